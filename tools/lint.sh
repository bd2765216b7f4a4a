#!/usr/bin/env bash
# lint.sh [BASE]: clang-format and the scripts' syntax, then clang-tidy on the sources that changed since the commit
# BASE (default: on every source of the library and the command).
set -euo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
cd "$root"
base=${1:-}

tools/check_format.sh

# clang cannot read g++'s precompiled header, so it is taken out of the commands: each file must name what it uses.
mkdir -p .cache/tidy
sed -E 's#-Winvalid-pch##g; s#-include [^ ]*cmake_pch\.hxx##g; s#-fpch-preprocess##g' build-debug/compile_commands.json \
  >.cache/tidy/compile_commands.json
if [[ -n $base ]]; then
  mapfile -t sources < <(git diff --name-only --diff-filter=d "$base" -- '*.cpp')
else
  mapfile -t sources < <(git ls-files 'src/*.cpp' 'cli/*.cpp')
fi
[[ ${#sources[@]} -eq 0 ]] && exit 0
run-clang-tidy -quiet -p .cache/tidy -j "$(nproc)" "${sources[@]/#/$root/}" 2>.cache/tidy/stderr.log
