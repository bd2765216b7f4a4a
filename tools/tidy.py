"""tidy.py [--alone] [BASE]: clang-tidy on the C++ files that changed since the commit BASE (default: on all of them).

It reads build-debug/compile_commands.json (tools/setup.sh lint). Torch's headers cost clang-tidy 20 seconds, so it
reads up to 24 files with the same command together, and without the static analyzer, which looks only at a main file.
--alone: each file by itself, with every check of .clang-tidy.
A changed header is checked through a source that includes it. What clang cannot read (g++ can: it is compiled) is
listed and is no failure.
QAMRO_TIDY_SECONDS: start nothing after so many seconds. The last line says how many files were left out, and why."""
import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache/tidy"
FOLDERS = ("src", "cli", "python", "benchmarks", "tests")
FILES_PER_RUN = 24
NOT_IN_TESTS = ",-performance-*,-bugprone-implicit-widening-of-multiplication-result"  # their numbers are small
TUNED_FOR = 14  # clang-tidy of Debian 12; a newer one has more checks
# What only g++ understands: its precompiled header, so that each file must name what it uses.
ONLY_GCC = re.compile(r" -Winvalid-pch| -include \S*cmake_pch\.hxx| -fpch-preprocess")


def lines_of(*command):
    """What the command prints; nothing if it finds nothing."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.splitlines()


def changed_files(base):
    patterns = [f"{folder}/*.{ending}" for folder in FOLDERS for ending in ("cpp", "h")]
    command = ["git", "diff", "--name-only", "--diff-filter=d", base, "--"] if base else ["git", "ls-files"]
    return subprocess.run([*command, *patterns], cwd=ROOT, check=True, stdout=subprocess.PIPE,
                          text=True).stdout.splitlines()


def source_of(name, commands):
    """The source through which a file is checked; None if there is none."""
    if name.endswith(".cpp"):
        return name if name in commands else None
    twin = name.removesuffix("h") + "cpp"
    if twin in commands:
        return twin
    included = name if name.startswith("cli/") else name.split("/", 1)[1]
    users = lines_of("git", "grep", "-l", "-F", f'#include "{included}"', "--", "*.cpp")
    return next((path for path in users if path in commands), None)


def compile_commands():
    """The command of each source, by its path below ROOT, without what it reads and writes."""
    commands = {}
    for entry in json.loads((ROOT / "build-debug/compile_commands.json").read_text(encoding="utf-8")):
        path = Path(entry["file"])
        if path.suffix == ".cpp" and path.is_relative_to(ROOT):
            command = ONLY_GCC.sub("", re.sub(r" -o \S+ -c \S+$", "", entry["command"]))
            commands[str(path.relative_to(ROOT))] = command + " -Wno-unknown-warning-option"
    return commands


def grouped(sources, commands, files_per_run):
    """Lists of sources that are read together, in the order in which they are checked: the quick ones first."""
    groups = defaultdict(list)
    for source in sorted(sources):
        is_test = source.startswith("tests/")
        program = source if re.search(r"^int main\(", (ROOT / source).read_text(encoding="utf-8"), re.M) else ""
        groups["/torch/" in commands[source], is_test, commands[source], program].append(source)
    runs = [(key, group[first:first + files_per_run]) for key, group in groups.items()
            for first in range(0, len(group), files_per_run)]
    return [run for key, run in sorted(runs, key=lambda item: (*item[0][:2], -len(item[1])))]


def halves(run):
    return [run[:len(run) // 2], run[len(run) // 2:]]


class Tidy:
    def __init__(self, commands, is_alone, deadline):
        self.commands = commands
        self.checks = "" if is_alone else "-clang-analyzer-*,"
        self.deadline = deadline
        self.numbers = count()
        self.verdicts = {}  # "clean", "faulty" or "unreadable" of each source that was checked

    def check(self, run):
        if not run or time.monotonic() > self.deadline:
            return
        begun = time.monotonic()
        returncode, words = self.run_clang_tidy(run)
        refusals = "\n".join(line for line in words.splitlines() if "[clang-diagnostic-error]" in line)
        if refusals and len(run) > 1:  # clang cannot read one of them, or names meet that never do in one program
            refused = [source for source in run if f"/{source}:" in refusals]
            rest = [source for source in run if source not in refused]
            for part in [rest, *([source] for source in refused)] if refused else halves(run):
                self.check(part)
            return
        print(f"{time.monotonic() - begun:5.0f} s  {' '.join(run)}\n{words}", end="", flush=True)
        verdict = "unreadable" if refusals else "faulty" if returncode else "clean"
        self.verdicts.update(dict.fromkeys(run, verdict))

    def run_clang_tidy(self, run):
        folder = CACHE / str(next(self.numbers))
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "sources.cpp"
        path.write_text("".join(f'#include "{ROOT / source}"\n' for source in run), encoding="utf-8")
        arguments = [*shlex.split(self.commands[run[0]]), "-c", str(path)]
        (folder / "compile_commands.json").write_text(
            json.dumps([{"directory": str(ROOT / "build-debug"), "file": str(path), "arguments": arguments}]),
            encoding="utf-8")
        checks = self.checks + "-bugprone-suspicious-include" + (NOT_IN_TESTS if run[0].startswith("tests/") else "")
        done = subprocess.run(["clang-tidy", "--quiet", "-p", str(folder), f"--checks={checks}",
                               f"--header-filter=^{ROOT}/({'|'.join(FOLDERS)})/", str(path)],
                              capture_output=True, text=True)
        return done.returncode, done.stdout or (done.stderr if done.returncode else "")


def main(arguments):
    is_alone = "--alone" in arguments
    base = next((argument for argument in arguments if argument and not argument.startswith("--")), None)
    limit = float(os.environ.get("QAMRO_TIDY_SECONDS") or "inf")
    begun = time.monotonic()
    commands = compile_commands()
    source_by_file = {name: source_of(name, commands) for name in changed_files(base)}
    sources = {source for source in source_by_file.values() if source}
    tidy = Tidy(commands, is_alone, begun + limit)
    with ThreadPoolExecutor(int(os.environ.get("QAMRO_TIDY_JOBS") or os.cpu_count())) as pool:
        list(pool.map(tidy.check, grouped(sources, commands, 1 if is_alone else FILES_PER_RUN)))
    verdicts = {name: tidy.verdicts.get(source, "left out") if source else "unknown"
                for name, source in source_by_file.items()}
    for verdict, words in (("unknown", "not in the debug build"), ("unreadable", "clang cannot read it")):
        for name in sorted(name for name in verdicts if verdicts[name] == verdict):
            print(f"{words}: {name}")
    numbers = Counter(verdicts.values())
    print(f"clang-tidy: {len(verdicts)} files changed, {numbers['clean'] + numbers['faulty']} checked in "
          f"{time.monotonic() - begun:.0f} s, {numbers['left out']} left out (QAMRO_TIDY_SECONDS={limit:g}), "
          f"{numbers['unreadable']} that clang cannot read, {numbers['unknown']} not in the debug build")
    version = int(re.search(r"version (\d+)", "\n".join(lines_of("clang-tidy", "--version")))[1])
    if numbers["faulty"] and version != TUNED_FOR:
        print(f"clang-tidy {version} has other checks than {TUNED_FOR}, which .clang-tidy is written for: no failure")
        return 0
    return 1 if numbers["faulty"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
