#!/usr/bin/env bash
# aarch64.sh [TEST...]: builds qamro for aarch64 (Graviton, Grace) on a Debian of another kind, and runs test programs
# of it under qemu-user: those named, or the ones that need no torch. Everything it brings lies in .cache/aarch64:
#   sysroot   Debian's arm64 libraries, unpacked without root (tools/setup/packages-build.txt's)
#   torch     torch's own aarch64 wheel and the two of NVIDIA's libraries that it names (requirements.lock)
# Needs g++-aarch64-linux-gnu and qemu-user (tools/setup/packages-aarch64.txt), and what `make setup` installs.
#   tools/aarch64.sh nn_test     with torch: minutes, as every instruction is translated
set -euo pipefail
shopt -s inherit_errexit
root=$(dirname "$(dirname "$(realpath "$0")")")
here=$root/.cache/aarch64
log=$here/setup.log
mkdir -p "$here"
: >"$log"

say() { echo "qamro aarch64: $*" >&2; }
fail() { say "$*"; exit 3; }
for part in packages python build; do
  # shellcheck source=/dev/null
  source "$root/tools/setup/$part.sh"
done

# Debian's arm64 libraries of this machine's own release, by an apt that knows only this folder.
ensure_sysroot() {
  local names state=$here/apt option=()
  mapfile -t names < <(listed_packages "$root/tools/setup/packages-build.txt" | grep -E -- '-dev$|^libjs-' | grep -v benchmark)
  [[ $(cat "$here/sysroot/.complete" 2>/dev/null) == "${names[*]}" ]] && return
  say "unpacking Debian's arm64 packages: ${names[*]}"
  rm -rf "$here/sysroot" "$state"
  mkdir -p "$here/sysroot" "$state/lists/partial" "$state/archives/partial"
  : >"$state/status"
  option=(-o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o "Dir::State=$state" -o "Dir::State::status=$state/status"
    -o "Dir::State::lists=$state/lists" -o "Dir::Cache=$state" -o "Dir::Cache::archives=$state/archives"
    -o Debug::NoLocking=true -o APT::Sandbox::User="$(id -un)")
  apt-get -qq "${option[@]}" update >>"$log" 2>&1 || fail "apt-get update failed for arm64 (see $log)"
  apt-get -qq "${option[@]}" -y --no-install-recommends --download-only install libc6-dev "${names[@]}" >>"$log" 2>&1 ||
    fail "apt-get could not fetch the arm64 packages (see $log)"
  find "$state/archives" -name '*.deb' -exec dpkg-deb -x {} "$here/sysroot" \; >>"$log" 2>&1
  rm -rf "$state"
  echo "${names[*]}" >"$here/sysroot/.complete"
}

# The wheels of [runtime] that hold libraries, unpacked as pip would install them.
ensure_torch() {
  local pins
  pins=$(lock_section runtime | grep -E '^(torch|nvidia-.*)==')
  [[ $(cat "$here/torch/.complete" 2>/dev/null) == "$pins" ]] && return
  say "fetching torch's wheels for aarch64 (420 MB)"
  rm -rf "$here/torch"
  python3 -m venv "$here/pip" >>"$log" 2>&1
  "$here/pip/bin/python" -m pip --disable-pip-version-check --no-input install --no-deps --only-binary :all: \
    --platform manylinux_2_28_aarch64 --platform manylinux_2_25_aarch64 --platform manylinux2014_aarch64 \
    --python-version 3.11 --implementation cp --target "$here/torch" -r <(echo "$pins") </dev/null >>"$log" 2>&1 ||
    { tail -5 "$log" >&2; fail "pip could not fetch the aarch64 wheels (see $log)"; }
  echo "$pins" >"$here/torch/.complete"
}

tests=("$@")
# The tests of the folders that do not see torch.
[[ ${#tests[@]} -gt 0 ]] || tests=(core_test io_test audio_test text_test data_test metrics_test statistics_test evaluation_test plotting_test report_test)

ensure_packages "$root/tools/setup/packages-build.txt" "$root/tools/setup/packages-aarch64.txt"
ensure_sysroot
ensure_torch
if [[ ! -e $root/build-aarch64/build.ninja ]]; then
  QAMRO_SYSROOT=$here/sysroot cmake -S "$root" --preset release -B "$root/build-aarch64" --toolchain "$root/cmake/aarch64.cmake" \
    -DQAMRO_SYSROOT="$here/sysroot" -DQAMRO_TORCH_DIR="$here/torch/torch" -DQAMRO_BUILD_BENCHMARKS=OFF -DQAMRO_CUDA=OFF >>"$log" 2>&1 ||
    { rm -f "$root/build-aarch64/build.ninja"; tail -30 "$log" >&2; fail "cmake could not configure (see $log)"; }
fi
ninja -C "$root/build-aarch64" -j "$(build_jobs)" "${tests[@]}" >&2 || fail "the build failed: see the compiler's messages above"
# By the programs' names, which the tests' own names begin with.
ctest --test-dir "$root/build-aarch64" --output-on-failure -j "$(nproc)" --no-tests=error -R "^($(IFS='|'; echo "${tests[*]}"))\\."
