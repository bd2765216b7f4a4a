"""Writes src/qamro/text/unicode_class_ranges.cpp: which code points the reference's pattern takes for letters,
numbers and space. Asked of Hugging Face's `tokenizers` itself, one code point at a time, so that the table is that of
the version which requirements.lock pins (Unicode 16), whatever a distribution's own Unicode library knows.

    .peers/bin/python tools/text/unicode_classes.py
"""
import pathlib

from tokenizers.pre_tokenizers import ByteLevel

PATH = pathlib.Path(__file__).resolve().parents[2] / "src/qamro/text/unicode_class_ranges.cpp"
CLASSES = {"letter": "a", "number": "1", "other": "!"}  # a neighbour that only the same class joins
HEAD = """// Made by tools/text/unicode_classes.py, not by hand.
#include <array>

#include "qamro/text/utf8.h"

namespace qamro::text {

// clang-format off
"""


def class_of(splitter, character):
    for name, neighbour in CLASSES.items():
        if len(splitter.pre_tokenize_str(neighbour + character)) == 1:
            return name
    return "space"


def ranges():
    """[first, last] by class, both included. A surrogate is no character and belongs to no class."""
    splitter = ByteLevel(add_prefix_space=False)
    found = {"letter": [], "number": [], "space": []}
    last_class = None
    for value in range(0x110000):
        name = None if 0xD800 <= value < 0xE000 else class_of(splitter, chr(value))
        if name in found:
            if name == last_class:
                found[name][-1][1] = value
            else:
                found[name].append([value, value])
        last_class = name
    return found


def table(name, entries):
    lines, line = [], ""
    for first, last in entries:
        item = f"{{0x{first:X}, 0x{last:X}}},"
        if len(line) + len(item) + 1 > 108:
            lines.append(line)
            line = ""
        line += (" " if line else "  ") + item
    body = "\n".join(lines + [line])
    title = name.capitalize()
    return (f"static constexpr auto k{title}s = std::to_array<CodePointRange>({{\n{body}\n}});\n"
            f"const std::span<const CodePointRange> k{title}Ranges(k{title}s);\n")


if __name__ == "__main__":
    tables = "\n".join(table(name, entries) for name, entries in ranges().items())
    PATH.write_text(f"{HEAD}{tables}// clang-format on\n\n}}  // namespace qamro::text\n")
