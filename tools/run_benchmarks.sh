#!/usr/bin/env bash
# run_benchmarks.sh: every Google Benchmark program of the build, then whole commands beside their Python peers.
set -euo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
cd "$root"
ninja -C build benchmarks/all
for program in build/benchmarks/*_bench; do
  if [[ -x $program ]]; then "$program" --benchmark_counters_tabular=true; fi
done
for script in benchmarks/*.py; do
  # a peer_*.py is what another one starts, network_timing.py what they import; known_order*.py is not about speed
  if [[ ${script##*/} != peer_* && ${script##*/} != known_order* && ${script##*/} != network_timing.py ]]; then .peers/bin/python "$script"; fi
done
