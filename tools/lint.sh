#!/usr/bin/env bash
# lint.sh [BASE]: clang-format and the scripts' syntax, then every check of .clang-tidy on what changed since the commit
# BASE (default: on everything that the debug build compiles). QAMRO_TIDY_SECONDS: see tools/tidy.py.
set -euo pipefail
cd "$(dirname "$(dirname "$(realpath "$0")")")"
tools/check_format.sh
python3 tools/tidy.py --alone "$@"
