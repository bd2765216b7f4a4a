#!/usr/bin/env bash
# lint.sh [BASE]: clang-format on every C++ file, the scripts' syntax, and clang-tidy on the sources that changed
# since BASE (default: every source). Fails on the first finding's kind, after showing all of that kind.
set -euo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
cd "$root"
base=${1:-}

git ls-files -z '*.h' '*.cpp' | xargs -0 clang-format --dry-run -Werror
git ls-files -z '*.sh' .ci/run | xargs -0 -n 1 bash -n
git ls-files -z '*.py' | xargs -0 python3 -m py_compile

# clang cannot read g++'s precompiled header, so it is taken out of the commands: each file must name what it uses.
mkdir -p .cache/tidy
sed -E 's#-Winvalid-pch##g; s#-include [^ ]*cmake_pch\.hxx##g; s#-fpch-preprocess##g' build/compile_commands.json \
  >.cache/tidy/compile_commands.json
if [[ -n $base ]]; then
  mapfile -t sources < <(git diff --name-only --diff-filter=d "$base" -- '*.cpp')
else
  mapfile -t sources < <(git ls-files 'src/*.cpp' 'cli/*.cpp')
fi
[[ ${#sources[@]} -eq 0 ]] && exit 0
run-clang-tidy -quiet -p .cache/tidy -j "$(nproc)" "${sources[@]/#/$root/}" 2>.cache/tidy/stderr.log
