"""Disks that are full at random points: the command says so, breaks nothing, and does its work once there is space.

As root, the disk is a tmpfs with little space left, in turn with a limit on the size of a file; otherwise only
the latter."""
import collections
import contextlib
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import time

from results import contents, differences, score, train, write_sounds
from running import EXAMPLE, Tally

TRIALS = 120
PAGE_BYTES = 4096  # a tmpfs counts in these
DISK_BYTES = 64 << 20
EARLIER = b"the result of an earlier run\n"


class Job:
    """A command, the results that an earlier run left, and whether it can be resumed."""

    def __init__(self, name, command, earlier=(), resumes=False):
        self.name, self.command, self.earlier, self.resumes = name, command, earlier, resumes
        self.expected = self.bytes_needed = self.largest = self.seconds = None

    def run_undisturbed(self, soak):
        if self.expected is not None:
            return
        folder = soak.folder / f"{self.name}_undisturbed" / "results"  # as deep as on the disk: a report has relative paths
        folder.mkdir(parents=True)
        start = time.monotonic()
        soak.must(*self.command(folder))
        self.seconds = time.monotonic() - start
        self.expected = contents(folder)
        sizes = [path.stat().st_size for path in folder.rglob("*")]
        self.bytes_needed = sum(-(-size // PAGE_BYTES) for size in sizes) * PAGE_BYTES
        self.largest = max(sizes)


def jobs_of(soak, numbers):
    sounds = write_sounds(soak.folder / "sounds", soak.clips(), numbers)
    scores = score(sounds)
    ratings = EXAMPLE / "ratings.csv"
    evaluate = ["evaluate", "--labels", ratings, "--predictions", ratings, "--axis", "mushra=distill_mos", "--bootstrap", 50]
    return [Job("score", scores, ["scores.jsonl", "scores.jsonl.provenance.json"], resumes=True),
            Job("evaluate", lambda folder: [*evaluate, "--json", folder / "metrics.json"], ["metrics.json"]),
            Job("train", train, resumes=True),
            Job("report", lambda folder: [*scores(folder), "--report", folder / "report.html", "--report-audio", "none"],
                ["scores.jsonl", "report.html"], resumes=True)]


def full_disk(soak):
    tally = Tally()
    numbers = soak.numbers("full disk")
    jobs = jobs_of(soak, numbers)
    disk = soak.folder / "disk"
    disk.mkdir()
    kinds = [small_disk, small_files] if can_mount(disk) else [small_files]
    counts, wanted, runs = collections.Counter(), soak.count(TRIALS, 2), 0
    while tally.tried < wanted and runs < 4 * wanted:
        job, kind = jobs[runs % len(jobs)], kinds[runs // len(jobs) % len(kinds)]
        job.run_undisturbed(soak)
        runs += 1
        if trial(soak, tally, job, kind, disk, numbers):
            tally.tried += 1
            counts[f"{job.name} {kind.__name__}"] += 1
        else:
            counts["fitted in after all"] += 1
    tally.check(tally.tried >= wanted, f"expected {wanted} full disks, got {tally.tried}")
    tally.notes.append(", ".join(f"{count} {name}" for name, count in sorted(counts.items())))
    return tally


def can_mount(folder):
    """Whether a tmpfs can be mounted here."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        return False
    with contextlib.suppress(subprocess.CalledProcessError), tmpfs(folder):
        return True
    return False


@contextlib.contextmanager
def tmpfs(folder):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "soak", folder], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@contextlib.contextmanager
def small_disk(disk, job, numbers):
    """A disk with some free pages, fewer than the results need, beside a file that fills it. Yields the
    folder for the results, what limits the command, and the words of the system."""
    with tmpfs(disk):
        folder = disk / "results"
        folder.mkdir()
        yield folder, filler(disk, PAGE_BYTES * numbers.randrange(job.bytes_needed // PAGE_BYTES)), "No space left on device"


def filler(disk, free_bytes):
    """Call begin() once the earlier results are there, and end() to give the space back."""

    class Filler:
        options = {}

        @staticmethod
        def begin():
            system = os.statvfs(disk)
            with open(disk / "filler", "wb") as file:
                os.posix_fallocate(file.fileno(), 0, max(1, system.f_bavail * system.f_frsize - free_bytes))

        @staticmethod
        def end():
            (disk / "filler").unlink()

    return Filler


@contextlib.contextmanager
def small_files(disk, job, numbers):
    """A limit on the size of a file, below that of the largest result; small ones are as likely as large ones."""
    limit = int(job.largest ** numbers.random()) - 1

    class Limit:
        options = {"preexec_fn": lambda: limit_files(limit), "restore_signals": False}
        begin = end = staticmethod(lambda: None)

    folder = disk / "results"
    folder.mkdir()
    try:
        yield folder, Limit, "File too large"
    finally:
        shutil.rmtree(folder)


def limit_files(limit):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def trial(soak, tally, job, kind, disk, numbers):
    """Whether the disk was full. Half of the runs that can be resumed resume a killed one there."""
    with kind(disk, job, numbers) as (folder, limit, reason):
        for name in job.earlier:
            (folder / name).write_bytes(EARLIER)
        resume = ["--resume"] if job.resumes and numbers.random() < 0.5 else []
        if resume and soak.kill_after(numbers.uniform(0, job.seconds), signal.SIGKILL, *job.command(folder)) == 0:
            return False
        limit.begin()
        result = soak.run(*job.command(folder), *resume, **limit.options)
        what = f"{job.name} {' '.join(resume)} with {kind.__name__}:"
        if result.returncode == 0:
            words = differences(contents(folder), job.expected)
            tally.check(not words, f"{what} exit code 0, and yet {words}")
            return False
        check_refusal(tally, what, result, folder, reason)
        check_untouched(tally, what, job, contents(folder))
        limit.end()
        resume = ["--resume"] if job.resumes and (job.name == "train" or numbers.random() < 0.5) else []
        again = soak.run(*job.command(folder), *resume)
        what += f" again with space {' '.join(resume)}:"
        if tally.check(again.returncode == 0, f"{what} expected exit code 0, got {again.returncode}: {again.stderr}"):
            words = differences(contents(folder), job.expected)
            tally.check(not words, f"{what} {words}")
        return True


def check_refusal(tally, what, result, folder: pathlib.Path, reason):
    message = next((line for line in result.stderr.splitlines() if reason in line), "")
    tally.check(result.returncode > 0, f"{what} expected an exit code above 0, got {result.returncode}")
    tally.check(str(folder) in message, f"{what} expected a message with the file and '{reason}', got {result.stderr!r}")


def check_untouched(tally, what, job, found):
    """Each earlier result is still the earlier one, or already the new one."""
    for name in job.earlier:
        tally.check(found.get(name) in (EARLIER, job.expected[name]), f"{what} {name} is neither the earlier result nor the new one")
    leftovers = [name for name in found if name.endswith(".tmp")]
    tally.check(not leftovers, f"{what} left {leftovers}")
