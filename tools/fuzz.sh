#!/usr/bin/env bash
# fuzz.sh: runs libFuzzer on the readers of files (tests/fuzz), one after another, and prints a table.
#   FUZZ_SECONDS=60         for each reader
#   FUZZ_TARGETS="pickle"   only these; default: all
# What it has learnt stays in .cache/fuzz/NAME/corpus for the next run. A finding's input is .cache/fuzz/NAME/crash-…
# (timeout-…, oom-…, leak-…), and what was found stands in .cache/fuzz/NAME/log. Exits 1 if there is one; once it is
# mended, its input goes to tests/fuzz/regressions/NAME.
set -euo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
cd "$root"
program=$root/build-fuzz/tests/fuzz/fuzz_readers
seconds=${FUZZ_SECONDS:-60}

[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "FUZZ_SECONDS: expected a whole number of seconds, got '$seconds'" >&2; exit 2; }
shared=/dev/shm  # in memory: readers take files, which are written thousands of times per second
[[ -w $shared ]] || shared=${TMPDIR:-/tmp}
TMPDIR=$(mktemp -d "$shared/qamro_fuzz_XXXXXX")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
export OMP_NUM_THREADS=1
export ASAN_OPTIONS=${ASAN_OPTIONS:-} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$root/tools/leak_sanitizer.supp:print_suppressions=0}

declare -A max_bytes
names=()
while read -r name bytes; do
  names+=("$name")
  max_bytes[$name]=$bytes
done < <(QAMRO_FUZZ_TARGET=list "$program")
read -r -a chosen <<<"${FUZZ_TARGETS:-${names[*]}}"
for name in "${chosen[@]}"; do
  [[ -n ${max_bytes[$name]:-} ]] || { echo "FUZZ_TARGETS: expected some of ${names[*]}, got '$name'" >&2; exit 2; }
done

# statistic LOG NAME: a number that libFuzzer prints at its end; 0 if it ended without.
statistic() { awk -v name="stat::$2:" '$1 == name { value = $2 } END { print value + 0 }' "$1"; }

rows=()
status=0
for name in "${chosen[@]}"; do
  folder=$root/.cache/fuzz/$name
  mkdir -p "$folder/corpus"
  find "$folder" -maxdepth 1 -type f -delete
  seeds=("tests/fuzz/corpus/$name")
  [[ -d tests/fuzz/regressions/$name ]] && seeds+=("tests/fuzz/regressions/$name")
  echo "fuzzing $name for $seconds s" >&2
  code=0
  start=$SECONDS
  QAMRO_FUZZ_TARGET=$name "$program" "$folder/corpus" "${seeds[@]}" -max_total_time="$seconds" -max_len="${max_bytes[$name]}" \
    -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=1024 -print_final_stats=1 -artifact_prefix="$folder/" \
    >"$folder/log" 2>&1 </dev/null || code=$?
  findings=$(find "$folder" -maxdepth 1 -type f ! -name log ! -name 'slow-unit-*' | wc -l)
  if [[ $code != 0 ]]; then
    status=1
    ((findings > 0)) || findings=1  # it died without a word
    echo "$name: a finding (exit code $code), see $folder" >&2
    grep -m 5 -E 'ERROR: |SUMMARY: |runtime error|terminate called|what\(\)' "$folder/log" >&2 || tail -5 "$folder/log" >&2
  fi
  took=$((SECONDS - start))
  executions=$(statistic "$folder/log" number_of_executed_units)
  rows+=("$(printf '%-12s %12d %14d %9d %9d' "$name" "$executions" "$((executions / (took > 0 ? took : 1)))" "$took" "$findings")")
done

printf '\n%-12s %12s %14s %9s %9s\n' target executions executions/s seconds findings
printf '%s\n' "${rows[@]}"
exit $status
