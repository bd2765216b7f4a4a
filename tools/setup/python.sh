# Virtual environments from requirements.lock. Sourced by tools/setup.sh; needs `fail` and `say`.

# lock_section NAME: the lines of one [section] of the lock file, ready for pip.
lock_section() {
  awk -v section="[$1]" '/^\[/ { inside = ($0 == section); next } inside && NF && !/^#/' "$root/requirements.lock"
}

# ensure_environment FOLDER SECTION...: FOLDER is a virtual environment that holds exactly those sections' pins.
# The stamp is written last, so a half-made environment is never taken for a whole one; nothing outside the lock
# file comes in (--no-deps), and nothing is compiled (--only-binary).
ensure_environment() {
  local folder=$1 section pins stamp
  shift
  pins=$(for section in "$@"; do lock_section "$section"; done)
  [[ -n $pins ]] || fail "requirements.lock has no section named $*"
  stamp=$(printf '%s\n' "$(python3 --version)" "$pins" | sha256sum | cut -d ' ' -f 1)
  [[ -x $folder/bin/python && $(cat "$folder/.complete" 2>/dev/null) == "$stamp" ]] && return
  python3 -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))' ||
    fail "expected Python 3.10 to 3.14 (the torch wheel exists for these), got $(python3 --version)"
  say "installing $(wc -l <<<"$pins") Python wheels into ${folder#"$root"/} (torch alone is 530 MB)"
  rm -f "$folder/.complete"
  [[ -x $folder/bin/python && $("$folder/bin/python" --version 2>&1) == "$(python3 --version)" ]] || rm -rf "$folder"
  python3 -m venv "$folder" >>"$log" 2>&1 || { tail -5 "$log" >&2; fail "python3 -m venv failed"; }
  "$folder/bin/python" -m pip --disable-pip-version-check --no-input install --no-deps --only-binary :all: \
    --retries 10 --timeout 180 -r <(echo "$pins") </dev/null >>"$log" 2>&1 ||
    { tail -20 "$log" >&2; fail "pip could not install the wheels (full output: $log)"; }
  echo "$stamp" >"$folder/.complete"
}

# ensure_own_package FOLDER: our Python package in that environment, from these sources; the command is not built, for
# build/qamro is there. Built in a folder of its own, so that only what changed is compiled.
ensure_own_package() {
  local folder=$1 stamp
  stamp=$(cd "$root" && find python src/qamro/losses src/qamro/core/error.h src/qamro/core/export.h pyproject.toml CMakeLists.txt \
    "$folder/.complete" -type f ! -name "*.pyc" -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1)
  stamp+=" $(warnings_as_errors)"
  [[ $(cat "$folder/.own_package" 2>/dev/null) == "$stamp" ]] && return
  say "building our Python package into ${folder#"$root"/}"
  rm -f "$folder/.own_package"
  QAMRO_TORCH_DIR=$(compgen -G "$folder/lib/python3*/site-packages/torch") \
    "$folder/bin/python" -m pip --disable-pip-version-check --no-input install --force-reinstall --no-deps --no-index \
    --no-build-isolation --config-settings=build-dir=build/python --config-settings=cmake.define.QAMRO_COMMAND=OFF \
    --config-settings=cmake.define.QAMRO_WARNINGS_AS_ERRORS="$(warnings_as_errors)" "$root" </dev/null >>"$log" 2>&1 ||
    { tail -30 "$log" >&2; fail "pip could not build our Python package (full output: $log)"; }
  echo "$stamp" >"$folder/.own_package"
}
