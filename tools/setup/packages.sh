# Debian and Ubuntu packages. Sourced by tools/setup.sh; needs `fail` and `say`.

# The names in a package list, one a line, without comments.
listed_packages() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@"; }

is_installed() { dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed; }

# A python3 of another origin that can make virtual environments needs no python3-venv.
is_satisfied() {
  local choice
  [[ $1 == python3 ]] && command -v python3 >/dev/null && return
  [[ $1 == python3-venv ]] && python3 -c 'import ensurepip, venv' 2>/dev/null && return
  for choice in ${1//|/ }; do
    if is_installed "$choice"; then return 0; fi
  done
  return 1
}

first_available() {
  local choice
  for choice in ${1//|/ }; do
    if apt-cache show "$choice" >/dev/null 2>&1; then echo "$choice"; return; fi
  done
  echo "${1%% *}"
}

# Sets `missing` to the entries of the given lists that nothing installed satisfies.
find_missing() {
  local entry
  missing=()
  while IFS= read -r entry; do
    is_satisfied "$entry" || missing+=("$entry")
  done < <(listed_packages "$@")
}

explain_missing() {
  local entry names=()
  for entry in "${missing[@]}"; do names+=("$(first_available "$entry")"); done
  fail "these packages are missing, and installing them needs root. Run:

    sudo apt-get update && sudo apt-get install -y --no-install-recommends ${names[*]}

then run the same command again. (As root, or with sudo, it is done for you.)"
}

# ensure_packages LIST...: installs what is missing from the package lists, as root or through sudo.
ensure_packages() {
  local as_root=() entry names=()
  if ! command -v dpkg-query >/dev/null; then
    say "not Debian or Ubuntu: assuming that the packages of $* are installed"
    return
  fi
  find_missing "$@"
  [[ ${#missing[@]} -eq 0 ]] && return
  if [[ $EUID -ne 0 ]]; then
    command -v sudo >/dev/null || explain_missing
    as_root=(sudo)
    # Where nobody can type a password, sudo must not wait for one.
    if [[ ! -t 0 ]]; then sudo -n true 2>/dev/null || explain_missing; fi
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=5)
  "${apt[@]}" -qq update >>"$log" 2>&1 || say "apt-get update failed in part (see $log); continuing with the lists that are there"
  for entry in "${missing[@]}"; do names+=("$(first_available "$entry")"); done
  "${apt[@]}" -qq -y --no-install-recommends install "${names[@]}" </dev/null >>"$log" 2>&1 ||
    { tail -20 "$log" >&2; fail "apt-get could not install: ${names[*]} (full output: $log)"; }
}
