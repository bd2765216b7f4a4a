"""Runs that are killed at random times, and resumed until they are done: they end like undisturbed ones."""
import collections
import shutil
import signal
import time

from results import ablate, contents, differences, reusable, score, train, write_sounds
from running import Tally

KILLS = 200
SIGNALS = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT]


def kills(soak):
    tally = Tally()
    numbers = soak.numbers("kills")
    sounds = write_sounds(soak.folder / "sounds", soak.clips(), numbers)
    commands = {"score": score(sounds), "train": train, "ablate": ablate}
    undisturbed = {name: Undisturbed(soak, tally, name, command) for name, command in commands.items()}
    counts, wanted, runs = collections.Counter(), soak.count(KILLS, 3), 0
    while tally.tried < wanted and runs < 3 * wanted:
        name = list(commands)[runs % len(commands)]
        folder = soak.folder / f"{name}_{runs}"
        folder.mkdir()
        killed_run(soak, tally, undisturbed[name], folder, numbers, counts)
        runs += 1
    tally.check(tally.tried >= wanted, f"expected {wanted} kills, only {tally.tried} runs lived until theirs")
    tally.notes.append(f"{runs} runs; kills: " + ", ".join(f"{counts[number.name]} {number.name}" for number in SIGNALS))
    tally.notes.append(f"resumes: {counts['resumes']}, of which {counts['reused']} had rows or epochs to reuse")
    return tally


class Undisturbed:
    """A run that nobody kills: its files and how long it takes."""

    def __init__(self, soak, tally, name, command):
        self.name, self.command = name, command
        folder = soak.folder / f"{name}_undisturbed"
        folder.mkdir()
        start = time.monotonic()
        soak.must(*command(folder))
        self.seconds = time.monotonic() - start
        self.contents = contents(folder)
        tally.notes.append(f"{name}: {self.seconds:.1f} s undisturbed, {len(self.contents)} files")


def killed_run(soak, tally, undisturbed, folder, numbers, counts):
    """One run: killed a few times, then left alone."""
    what, before = f"{folder.name}:", len(tally.wrong)
    resume = []
    for _ in range(numbers.randint(1, soak.max_kills_per_run())):
        number = numbers.choice(SIGNALS)
        seconds = undisturbed.seconds * numbers.random() ** 0.5  # rather late, when there is more to lose
        counts["reused"] += bool(resume) and reusable(folder)
        counts["resumes"] += bool(resume)
        code = soak.kill_after(seconds, number, *undisturbed.command(folder), *resume)
        if code == 0:  # done before the kill
            break
        tally.tried += 1
        counts[number.name] += 1
        what += f" {number.name} after {seconds:.2f} s,"
        tally.check(code == -number, f"{what} expected exit code {-number}, got {code}")
        check_results(tally, undisturbed, folder, what)
        resume = ["--resume"]
    else:
        counts["reused"] += reusable(folder)
        counts["resumes"] += 1
        result = soak.run(*undisturbed.command(folder), *resume)
        tally.check(result.returncode == 0, f"{what} --resume: expected exit code 0, got {result.returncode}: {result.stderr}")
    words = differences(contents(folder), undisturbed.contents)
    tally.check(not words, f"{what} and at the end {words}")
    if len(tally.wrong) == before:
        shutil.rmtree(folder)


def check_results(tally, undisturbed, folder, what):
    """A result that is there is whole, even while the run is not done. (Checkpoints, metrics and the journal
    grow.)"""
    for name, content in contents(folder).items():
        expected = undisturbed.contents.get(name)
        grows = name.endswith(("metrics.jsonl", "last.safetensors", "best.safetensors"))
        if expected is not None and not grows:
            tally.check(content == expected, f"{what} and {name} is there but not whole")
