"""Many files in one run: a row for each, in order, at constant memory and with few files open."""
import collections
import json
import os
import subprocess
import time

from running import TIMEOUT_SECONDS, Tally, open_files, resident_bytes
from sounds import damaged, distinct_sounds

FILES = 20_000
DAMAGED_SHARE = 0.01
MAX_DISTINCT = 300
MAX_OPEN_FILES = 16
MAX_GROWTH = 0.05
SAMPLE_SECONDS = 0.02
FEW = 100  # clips after which memory has settled


def many_files(soak):
    tally = Tally()
    numbers = soak.numbers("many files")
    total = soak.count(FILES, 12)
    sounds, suffixes = distinct_sounds(soak.folder / "distinct", min(MAX_DISTINCT, max(3, total // 50)), numbers)
    clips, bad = lay_out(soak.folder / "clips", total, sounds, numbers)
    tally.tried = total
    tally.notes.append(f"{total} files ({', '.join(suffix[1:] for suffix in suffixes)}) of {len(sounds)} sounds, "
                       f"{len(bad)} damaged: {summary(bad)}")
    alone = {sound: row_alone(soak, sound) for sound in sounds}
    output = soak.folder / "scores.jsonl"
    watched_run(soak, tally, output, total)
    check_rows(tally, output, clips, bad, alone)
    return tally


def lay_out(folder, total, sounds, numbers):
    """Hard links to the sounds under names of their own. Returns the sound behind each path, and what is
    wrong with the damaged ones. Some of these come early, so that what they need (FFmpeg, which is asked about
    unknown formats, takes 22 MB) is loaded before memory is measured."""
    folder.mkdir()
    damages = max(6, round(total * DAMAGED_SHARE))
    places = {*range(3, 43, 10), *numbers.sample(range(43, total), damages - 4)} if total > FEW else {1, 3, 5, 6, 8, 9}
    clips, bad = {}, {}
    for i in range(total):
        target = folder / f"{i:06}.any"
        if i in places:
            path, kind = damaged(len(bad), sounds, target, numbers)
            bad[str(path)] = kind
            clips[str(path)] = None
            continue
        sound = sounds[i % len(sounds)]
        os.link(sound, target.with_suffix(sound.suffix))
        clips[str(target.with_suffix(sound.suffix))] = sound
    return clips, bad


def summary(bad):
    return ", ".join(f"{count} {kind}" for kind, count in sorted(collections.Counter(bad.values()).items()))


def row_alone(soak, sound):
    row = json.loads(soak.must("score", sound, "--model", "distill-mos", "--no-ranking").stdout)
    del row["path"]
    return row


class LineCount:
    """Lines of a file that grows."""

    def __init__(self, path):
        self.path, self.file, self.lines = path, None, 0

    def read(self):
        if not self.file and self.path.exists():
            self.file = open(self.path, "rb")
        if self.file:
            self.lines += self.file.read().count(b"\n")
        return self.lines


def watched_run(soak, tally, output, total):
    """Scores all clips. The journal says how many are done: it has a line for each, after its first."""
    with open(soak.folder / "stderr.txt", "wb") as stderr:
        process = soak.start("score", soak.folder / "clips", "--model", "distill-mos", "--output", output,
                             stdout=subprocess.DEVNULL, stderr=stderr)
    journal = LineCount(output.with_name(output.name + ".journal"))
    start = time.monotonic()
    tally.open_files = early = late = 0
    while process.poll() is None:
        done = max(0, journal.read() - 1)
        memory = resident_bytes(process.pid) or 0
        tally.open_files = max(tally.open_files, open_files(process.pid))
        if FEW // 2 <= done < FEW + FEW // 2:
            early = max(early, memory)
        if done >= total - FEW:
            late = max(late, memory)
        if time.monotonic() - start > TIMEOUT_SECONDS * max(1, 4 * soak.scale):
            process.kill()
        time.sleep(SAMPLE_SECONDS)
    tally.check(process.returncode == 1, f"exit code: expected 1 (some inputs failed), got {process.returncode}; "
                                         f"see {soak.folder / 'stderr.txt'}")
    tally.notes.append(f"{total / (time.monotonic() - start):.1f} files per second in the run of all")
    tally.check(0 < tally.open_files <= MAX_OPEN_FILES, f"expected 1 to {MAX_OPEN_FILES} open files, got {tally.open_files}")
    tally.memory_early, tally.memory_late = early or None, late or None
    if total < 4 * FEW:
        return
    tally.check(early and late and late <= early * (1 + MAX_GROWTH),
                f"expected memory within {MAX_GROWTH:.0%}, got {early} bytes around clip {FEW} and {late} at the end")


def check_rows(tally, output, clips, bad, alone):
    if not tally.check(output.exists(), f"{output}: expected scores, got no file"):
        return
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    tally.check([row["path"] for row in rows] == sorted(clips), f"{output}: expected one row per file in their order")
    refused = collections.Counter()
    for row in rows:
        path = row.pop("path")
        if path in bad:
            refused[bad[path]] += "error" in row
            tally.check("error" in row and "mos" not in row, f"{path}: {bad[path]}, and yet {row}")
        else:
            expected = alone[clips[path]]
            tally.check(row == expected, f"{path}: alone {expected}, among many {row}")
    for kind, count in sorted(collections.Counter(bad.values()).items()):
        tally.check(refused[kind] == count, f"{kind}: expected {count} refused, got {refused[kind]}")
