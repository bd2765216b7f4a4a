"""include_order.py ROOT: src/ includes only from the folders that src/qamro/CMakeLists.txt lists above the including
one, and never from cli/. Prints each other include as FILE:LINE and then fails."""
import re
import sys
from pathlib import Path

INCLUDE = re.compile(r'\s*#\s*include\s*(["<])([^">]+)[">]')
LIST = re.compile(r"^foreach\(folder IN ITEMS ([^)]*)\)", re.MULTILINE)


def declared_order(cmake):
    lists = LIST.findall(cmake.read_text(encoding="utf-8"))
    if len(lists) != 1:
        sys.exit(f"{cmake}: expected one 'foreach(folder IN ITEMS ...)', found {len(lists)}; change it or this script")
    return lists[0].split()


def fault(order, folder, quote, included):
    """What is wrong with an include in a file of src/qamro/FOLDER; None if nothing is."""
    parts = included.split("/")
    if parts[0] == "cli" or ".." in parts:
        return 'the library knows nothing of cli/ and of relative paths; expected "qamro/FOLDER/NAME.h"'
    if parts[0] != "qamro":
        return None if quote == "<" else 'expected "qamro/FOLDER/NAME.h", or <> for a header of another project'
    target = parts[1]
    if target not in order:
        return f"{target} is not a folder that src/qamro/CMakeLists.txt lists; add it there or correct the include"
    if order.index(target) > order.index(folder):
        return (f"{folder} comes before {target} in src/qamro/CMakeLists.txt; "
                f"move what both need to {folder} or above it, or this file to {target} or below it")
    return None


def includes(root):
    """(file, line number, quote, included path) of every include under src/."""
    for path in sorted(path for path in (root / "src").rglob("*") if path.is_file()):
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            match = INCLUDE.match(line)
            if match:
                yield path.relative_to(root), number, match[1], match[2]


def main(root):
    order = declared_order(root / "src/qamro/CMakeLists.txt")
    faults = [f"src/qamro/{path.name}: not listed in src/qamro/CMakeLists.txt, so it is not built; list or remove it"
              for path in sorted((root / "src/qamro").iterdir()) if path.is_dir() and path.name not in order]
    count = 0
    for path, number, quote, included in includes(root):
        count += 1
        folder = path.parts[2] if path.parts[1] == "qamro" else ""
        if folder not in order:
            faults.append(f"{path}:{number}: not in a folder that src/qamro/CMakeLists.txt lists; move it into one")
            continue
        wrong = fault(order, folder, quote, included)
        if wrong:
            faults.append(f"{path}:{number}: includes {included}: {wrong}")
    if count == 0:
        faults.append(f"{root}/src: expected C++ files that include something, found none")
    print("\n".join(faults) or f"{count} includes of {len(order)} folders in order")
    return 1 if faults else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("include_order.py: expected one argument, the root of the source tree")
    sys.exit(main(Path(sys.argv[1]).resolve()))
