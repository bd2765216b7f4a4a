# Configures and builds. Sourced by tools/setup.sh; needs `fail` and `say`.

# One compiler run with torch's headers takes up to 2 GB.
build_jobs() {
  local cores memory_gb
  cores=$(nproc)
  memory_gb=$(awk '/MemAvailable/ { print int($2 / 1048576) }' /proc/meminfo)
  local by_memory=$((memory_gb / 2 > 0 ? memory_gb / 2 : 1))
  echo $((cores < by_memory ? cores : by_memory))
}

# As cmake/WarningsAsErrors.cmake: no user's build stops at what a newer compiler warns of.
warnings_as_errors() { if [[ ${QAMRO_DEVELOPER:-} == 1 ]]; then echo ON; else echo OFF; fi; }

# configure PRESET FOLDER: only the first time, or when .venv or QAMRO_DEVELOPER is another; CMake runs again by itself
# when its files change.
configure() {
  local preset=$1 folder=$2 torch stamp
  torch=$(compgen -G "$root/.venv/lib/python3*/site-packages/torch" | head -1)
  stamp="$torch $(warnings_as_errors)"
  if [[ -e $folder/build.ninja && $(cat "$folder/.configured" 2>/dev/null) == "$stamp" ]]; then return; fi
  say "configuring (cmake --preset $preset)"
  rm -f "$folder/CMakeCache.txt"
  (cd "$root" && cmake --preset "$preset" -DQAMRO_TORCH_DIR="$torch") >>"$log" 2>&1 ||
    { tail -30 "$log" >&2; fail "cmake could not configure (all of its words: $log)"; }
  echo "$stamp" >"$folder/.configured"
}

# build_preset PRESET FOLDER [TARGET...]: all but the benchmarks, or only the targets.
build_preset() {
  local preset=$1 folder=$2
  shift 2
  configure "$preset" "$folder"
  ninja -C "$folder" -j "$(build_jobs)" "$@" >&2 || fail "the build failed: the compiler's words are above"
}
