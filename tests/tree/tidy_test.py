"""tools/tidy.py on a small project, with a clang-tidy that finds a fault in every text with the word FAULT."""
import contextlib
import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

TOOL = Path(sys.argv.pop(1)).resolve() / "tools/tidy.py"
FAKE = """#!/bin/sh
[ "$1" = --version ] && { echo "Debian LLVM version 14.0.6"; exit 0; }
for last; do :; done
status=0
for source in $(sed 's/#include "//; s/"//' "$last"); do
  if grep -q FAULT "$source"; then echo "$source:1:1: warning: a fault [made-up]"; status=1; fi
  if grep -q ONLY_GCC "$source"; then echo "$source:1:1: error: what is this [clang-diagnostic-error]"; status=1; fi
done
exit $status
"""


def git(folder, *arguments):
    subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@y", *arguments], cwd=folder, check=True,
                   capture_output=True)


@unittest.skipUnless(shutil.which("git"), "git is not here")
class Tidy(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()
        (self.root / "bin").mkdir()
        (self.root / "bin/clang-tidy").write_text(FAKE)
        (self.root / "bin/clang-tidy").chmod(0o755)
        for name in ("a.cpp", "a.h", "b.cpp", "only_header.h", "c.cpp", "nobody.h"):
            self.write(name, '#include "only_header.h"\n' if name == "c.cpp" else "int x;\n")
        (self.root / "build-debug").mkdir()
        (self.root / "build-debug/compile_commands.json").write_text(json.dumps(
            [{"file": str(self.root / "src" / name), "command": f"c++ -O0 -o {name}.o -c {self.root}/src/{name}"}
             for name in ("a.cpp", "b.cpp", "c.cpp")]))
        git(self.root, "init", "-q")
        git(self.root, "add", "src")
        git(self.root, "commit", "-qm", "base")
        spec = importlib.util.spec_from_file_location("tidy", TOOL)
        self.tidy = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.tidy)
        self.tidy.ROOT, self.tidy.CACHE = self.root, self.root / "cache"

    def write(self, name, text):
        (self.root / "src").mkdir(exist_ok=True)
        (self.root / "src" / name).write_text(text)

    def run_tidy(self, *arguments, seconds=""):
        said = io.StringIO()
        environment = {"PATH": f"{self.root}/bin:{os.environ['PATH']}", "QAMRO_TIDY_SECONDS": seconds}
        with mock.patch.dict(os.environ, environment), contextlib.redirect_stdout(said):
            return self.tidy.main(list(arguments)), said.getvalue()

    def test_a_clean_tree_passes(self):
        status, said = self.run_tidy()
        self.assertEqual(status, 0)
        self.assertIn("6 files changed, 5 checked", said)
        self.assertIn("not in the debug build: src/nobody.h", said)

    def test_a_fault_fails_whether_alone_or_together(self):
        self.write("b.cpp", "FAULT\n")
        for arguments in ([], ["--alone"], ["HEAD"], ["HEAD", "--alone"]):
            status, said = self.run_tidy(*arguments)
            self.assertEqual(status, 1, arguments)
            self.assertIn("b.cpp:1:1: warning: a fault", said)

    def test_only_what_changed_is_checked(self):
        self.write("a.cpp", "FAULT\n")
        git(self.root, "commit", "-qam", "fault")
        self.write("b.cpp", "int y;\n")
        status, said = self.run_tidy("HEAD")
        self.assertEqual(status, 0)
        self.assertIn("1 files changed, 1 checked", said)

    def test_a_header_is_checked_through_a_source(self):
        for header, source in (("a.h", "a.cpp"), ("only_header.h", "c.cpp")):
            self.write(header, "int z;\n")
            (self.root / "src" / source).write_text((self.root / "src" / source).read_text() + "FAULT\n")
            git(self.root, "add", "src")
            commands = self.tidy.compile_commands()
            self.assertEqual(self.tidy.source_of(f"src/{header}", commands), f"src/{source}")
        self.assertEqual(self.run_tidy("HEAD")[0], 1)

    def test_what_clang_cannot_read_hides_nothing_else(self):
        self.write("a.cpp", "ONLY_GCC\n")
        status, said = self.run_tidy()
        self.assertEqual(status, 0)
        self.assertIn("clang cannot read it: src/a.cpp", said)
        self.write("b.cpp", "FAULT\n")
        self.assertEqual(self.run_tidy()[0], 1)

    def test_what_there_was_no_time_for_is_counted(self):
        self.write("b.cpp", "FAULT\n")
        status, said = self.run_tidy(seconds="-1")
        self.assertEqual(status, 0)
        self.assertIn("0 checked", said)
        self.assertIn("5 left out", said)


if __name__ == "__main__":
    unittest.main()
