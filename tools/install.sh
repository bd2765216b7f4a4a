#!/usr/bin/env bash
# install.sh PREFIX: installs what tools/setup.sh built (cmake/Install.cmake) and says how to use it.
set -euo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
prefix=$(realpath -m -- "$1")
log=$root/.cache/install.log

cmake --install "$root/build" --prefix "$prefix" >"$log" 2>&1 || { tail -20 "$log" >&2; exit 3; }
installed=$prefix/share/qamro/installed.txt
{ cat "$root/build/install_manifest.txt"; echo; echo "$installed"; } >"$installed.aside"
mv "$installed.aside" "$installed"
cat >&2 <<END
'$prefix/bin/qamro' is ready and does not need this folder. CMake finds the C++ library with
    -DCMAKE_PREFIX_PATH='$prefix'
To remove what was installed:
    xargs -d '\n' rm <'$installed'
END
if [[ :$PATH: != *:$prefix/bin:* ]]; then echo "'$prefix/bin' is not in PATH yet." >&2; fi
