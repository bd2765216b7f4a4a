"""A long trial of the command: many files, kills, full disks and hostile servers. `make soak` runs it.

    python3 tests/soak/soak.py --qamro build/qamro [--part kills] [--scale 0.05]

Exit code 1 if anything went wrong; what the wrong runs left is then kept."""
import argparse
import pathlib
import shutil
import signal
import sys
import tempfile
import time

from fetching import fetching
from full_disk import full_disk
from kills import kills
from many_files import many_files
from running import Soak

PARTS = {"many-files": many_files, "kills": kills, "full-disk": full_disk, "fetch": fetching}
MAX_MESSAGES = 20


def megabytes(count):
    return "-" if count is None else f"{count / 1e6:.0f}"


def row(cells):
    print("{:<12}{:>7}{:>7}{:>9}{:>14}{:>11}{:>12}".format(*cells), flush=True)


def run_part(name, options, folder):
    """Runs a part and prints its row, its notes and what went wrong. Returns how much went wrong."""
    folder.mkdir()
    start = time.monotonic()
    tally = PARTS[name](Soak(options.qamro.resolve(), folder, options.scale, options.seed))
    seconds = time.monotonic() - start
    row([name, tally.tried, len(tally.wrong), f"{seconds:.0f}", megabytes(tally.memory_early),
         megabytes(tally.memory_late), "-" if tally.open_files is None else tally.open_files])
    for note in tally.notes:
        print(f"  {note}")
    for message in tally.wrong[:MAX_MESSAGES]:
        print(f"  WRONG {message}")
    if len(tally.wrong) > MAX_MESSAGES:
        print(f"  and {len(tally.wrong) - MAX_MESSAGES} more")
    sys.stdout.flush()
    return len(tally.wrong)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--qamro", type=pathlib.Path, default=pathlib.Path("build/qamro"))
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part; may be repeated")
    parser.add_argument("--scale", type=float, default=1, help="1: all; 0.05: a trial of minutes")
    parser.add_argument("--seed", type=int, default=0, help="of everything random but the times of a busy machine")
    parser.add_argument("--folder", type=pathlib.Path, help="where to work (default: a new temporary folder)")
    options = parser.parse_args()
    if not options.qamro.exists():
        parser.error(f"{options.qamro}: expected the built command; run 'make build' first")
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("soak: ended by SIGTERM"))  # and what is mounted is unmounted
    work = pathlib.Path(tempfile.mkdtemp(prefix="soak-", dir=options.folder)).resolve()
    row(["part", "tried", "wrong", "seconds", "MB at clip 100", "MB at end", "open files"])
    wrong = sum(run_part(name, options, work / name) for name in options.part or PARTS)
    if wrong:
        print(f"what they left is in {work}")
    else:
        shutil.rmtree(work)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
