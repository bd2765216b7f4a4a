#!/usr/bin/env bash
# check_format.sh: clang-format on every C++ file, and the syntax of every script. Changes nothing.
set -euo pipefail
cd "$(dirname "$(dirname "$(realpath "$0")")")"
git ls-files -z '*.h' '*.cpp' '*.cu' | xargs -0 -r clang-format --dry-run -Werror
git ls-files -z '*.sh' .ci/run | xargs -0 -r -n 1 bash -n
git ls-files -z '*.py' | xargs -0 -r python3 -c '
import ast, pathlib, sys
for path in sys.argv[1:]:
    ast.parse(pathlib.Path(path).read_text(), path)'
echo "format: $(git ls-files '*.h' '*.cpp' '*.cu' | wc -l) C++ files, $(git ls-files '*.sh' '*.py' | wc -l) scripts"
