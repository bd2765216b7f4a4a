"""The console script `qamro`: runs the program in the package with the libraries of the installed torch.

It is a separate package, because importing `qamro` would import torch, which takes seconds and is
not needed here.
"""
import importlib.metadata
import importlib.util
import os
import pathlib
import sys
from typing import NoReturn

NOTHING_DONE = 3


def _fail(message: str) -> NoReturn:
    print(f"qamro: {message}", file=sys.stderr)
    sys.exit(NOTHING_DONE)


def package_folder(name: str) -> pathlib.Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        _fail(f"expected the Python package '{name}' to be installed, got none: pip install {name}")
    return pathlib.Path(found.origin).parent


def program() -> pathlib.Path:
    path = package_folder("qamro") / "bin" / "qamro"
    if not path.exists():
        _fail(
            "this package was installed without the command, as the libraries that it needs were not found. "
            "Install those of tools/setup/packages-build.txt, then in qamro's source folder: "
            "pip install --force-reinstall --no-deps -Ccmake.define.QAMRO_COMMAND=ON ."
        )
    return path


def check_torch(path: pathlib.Path) -> None:
    """The program uses libtorch's C++ interface, which changes with every minor version."""
    built = (path.parent / "torch_version").read_text().strip()
    installed = importlib.metadata.version("torch")
    if installed.split(".")[:2] != built.split(".")[:2]:
        _fail(
            f"the command was built with torch {built}, expected torch {built}.*, got {installed}. In qamro's source "
            "folder run: pip install --force-reinstall --no-deps . (or install that torch). "
            "The Python package itself works with both."
        )


def environment() -> dict[str, str]:
    libraries = [str(package_folder("torch") / "lib"), os.environ.get("LD_LIBRARY_PATH", "")]
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(filter(None, libraries))}


def main() -> NoReturn:
    path = program()
    check_torch(path)
    os.execve(path, [str(path), *sys.argv[1:]], environment())
