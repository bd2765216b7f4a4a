#!/usr/bin/env bash
# run_tests.sh FOLDER: every test of a build folder (ctest), then those of the command line (pytest, tests/cli).
# Fails if either does; ends with the runners' own summaries.
set -uo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
folder=$root/${1:-build}
cd "$root" || exit 3
mkdir -p .cache
status=0

ctest --test-dir "$folder" --output-on-failure -j "$(nproc)" --no-tests=error | tee .cache/ctest.log || status=1
: >.cache/pytest.log
if compgen -G 'tests/cli/test_*.py' >/dev/null; then
  QAMRO=$folder/qamro .venv/bin/python -m pytest -n 2 --dist loadfile tests/cli | tee .cache/pytest.log || status=1
fi

echo
grep -E 'tests passed|tests failed' .cache/ctest.log
tail -1 .cache/pytest.log
exit $status
