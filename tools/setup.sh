#!/usr/bin/env bash
# setup.sh [setup|build|install|test|report-test|demo|parity|lint|sanitize|sanitize-readers|sanitize-threads|fuzz|soak|cuda]: makes this machine ready for the make target of that
# name and builds (setup and lint: only configures); cuda: for --device cuda, the libraries that a GPU needs. Safe to run
# again; with nothing to do it takes under a second.
#   1. Debian or Ubuntu packages, as root or through sudo; without either it prints the one line to run and exits 3
#   2. .venv with the wheels of requirements.lock (.peers for parity, and our own Python package in it)
#   3. Distill-MOS' weights from its wheel, checked by their SHA-256
#   4. CMake and ninja: build/qamro
set -euo pipefail
shopt -s inherit_errexit
root=$(dirname "$(dirname "$(realpath "$0")")")
purpose=${1:-build}
log=$root/.cache/setup.log

say() { echo "qamro setup: $*" >&2; }
fail() { say "$*"; exit 3; }
for part in packages python weights build; do
  # shellcheck source=/dev/null
  source "$root/tools/setup/$part.sh"
done

mkdir -p "$root/.cache"
exec 9>"$root/.cache/setup.lock"
flock -n 9 || { say "waiting for another set-up in this folder"; flock 9; }
: >"$log"

# What reads files from outside, and what runs on several threads.
readers_of_files=(io_test tensor_io_test hub_test audio_test text_test data_test)
users_of_threads=(models_test scoring_test losses_test)

lists=("$root/tools/setup/packages-build.txt")
case $purpose in
  setup | build | install | test | parity | sanitize | sanitize-readers | sanitize-threads | cuda) ;;
  demo | lint | report-test | fuzz | soak) lists+=("$root/tools/setup/packages-$purpose.txt") ;;
  *) say "expected setup, build, install, test, report-test, demo, parity, lint, sanitize, sanitize-readers, sanitize-threads, fuzz, soak or cuda, got '$purpose'"; exit 2 ;;
esac

ensure_packages "${lists[@]}"
sections=(runtime test)
if [[ $purpose == cuda ]]; then sections+=(cuda); fi
ensure_environment "$root/.venv" "${sections[@]}"
ensure_weights
if [[ $purpose == parity ]]; then
  ensure_environment "$root/.peers" parity cuda
  ensure_own_package "$root/.peers"
fi
case $purpose in
  setup | report-test) configure release "$root/build" ;;
  lint)  # clang-tidy reads the commands of every file compiled alone, as the CMakeLists.txt are now
    configure debug "$root/build-debug"
    ninja -C "$root/build-debug" build.ninja >>"$log" 2>&1 || { tail -30 "$log" >&2; fail "cmake could not configure"; }
    ;;
  sanitize) build_preset sanitize "$root/build-sanitize" ;;
  sanitize-readers) build_preset sanitize "$root/build-sanitize" "${readers_of_files[@]}" ;;
  sanitize-threads) build_preset sanitize-threads "$root/build-sanitize-threads" "${users_of_threads[@]}" ;;
  fuzz) build_preset fuzz "$root/build-fuzz" fuzz_readers ;;
  *)
    targets=()
    if [[ $purpose == build || $purpose == demo || $purpose == cuda || $purpose == soak ]]; then targets=(qamro); fi  # not the tests
    if [[ $purpose == install ]]; then targets=(qamro qamro_shared); fi
    build_preset release "$root/build" "${targets[@]}"
    say "build/qamro is ready"
    ;;
esac
