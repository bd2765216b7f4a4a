"""Whole commands, start-up included, beside their Python peer: `qamro score` and `distillmos`.

    .peers/bin/python benchmarks/whole_command.py [--rounds 5] [--threads 2] [--precision fp32|bf16] [--skip folder,memory]

Both get the same files and the same number of threads, and run alternately, so that other load on the machine
affects both. A time is the median of the rounds; the ratio is peer / qamro (above 1: qamro is faster). The
audio is synthetic and seeded: a network's cost depends on the length alone.
"""
import argparse
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np
import soundfile

HERE = pathlib.Path(__file__).resolve().parent
QAMRO = pathlib.Path(os.environ.get("QAMRO_BUILD", HERE.parent / "build")) / "qamro"
RATE_HZ = 16000
FOLDER_FILES = 500
HOUR_SECONDS = 3600
PEER_LONG_SECONDS = 120  # the peer holds every segment of a file at once, 60 MB per second of audio


def speech_like(seconds, rng):
    """A voiced tone with syllables, in noise; float32 in [-1, 1]."""
    t = np.arange(int(seconds * RATE_HZ), dtype=np.float64) / RATE_HZ
    pitch_hz = 120 + 30 * np.sin(2 * np.pi * 0.4 * t)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    voiced = sum(np.sin(k * phase) / k for k in range(1, 12))
    syllables = 0.5 * (1 - np.cos(2 * np.pi * 3 * t))
    return (0.1 * voiced * syllables + 0.003 * rng.standard_normal(t.size)).astype(np.float32)


def write(path, seconds, rng):
    soundfile.write(path, speech_like(seconds, rng), RATE_HZ, subtype="PCM_16")


def write_long(path, seconds, rng):
    """Repeats one minute, so that an hour of audio is never held in memory."""
    minute = speech_like(60, rng)
    with soundfile.SoundFile(path, "w", RATE_HZ, 1, subtype="PCM_16") as file:
        for _ in range(seconds // 60):
            file.write(minute)


def peak_memory_mb(pid):
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)


class Run:
    """One command: wall seconds and peak resident memory (MB) of the whole process, stopped above a limit.

    The peak is what the kernel records for the process (VmHWM), read until it ends. getrusage would be wrong,
    because a child starts with its parent's peak.
    """

    def __init__(self, command, threads, memory_limit_mb=float("inf")):
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads))
        self.stopped = False
        self.peak_mb = 0.0
        start = time.perf_counter()
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors, env=environment)
            watch = threading.Thread(target=self._watch, args=(process, memory_limit_mb))
            watch.start()
            code = process.wait()
            self.seconds = time.perf_counter() - start
            watch.join()
            if code != 0 and not self.stopped:
                errors.seek(0)
                sys.exit(f"{' '.join(map(str, command))}: exit {code}\n{errors.read().decode()[-2000:]}")

    def _watch(self, process, limit_mb):
        while process.returncode is None:
            self.peak_mb = max(self.peak_mb, peak_memory_mb(process.pid))
            if self.peak_mb > limit_mb:
                self.stopped = True
                process.kill()
            time.sleep(0.02)


class Commands:
    def __init__(self, folder, threads, model, precision):
        self.folder, self.threads, self.model, self.precision = folder, threads, model, precision

    def qamro(self, target, **options):
        return Run([QAMRO, "score", target, "--model", self.model, "--threads", str(self.threads),
                    "--precision", self.precision, "--output", self.folder / "qamro.jsonl"], self.threads, **options)

    def peer(self, target, **options):
        output = self.folder / "peer.csv"
        output.unlink(missing_ok=True)  # else the peer would choose another name
        return Run([sys.executable, HERE / "peer_distillmos.py", target, "--output", output], self.threads, **options)


def compare(title, rounds, ours, theirs, warm_up=True):
    if warm_up:
        ours(), theirs()  # files into the page cache
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    mine = statistics.median(run.seconds for run, _ in pairs)
    peer = statistics.median(run.seconds for _, run in pairs)
    ratios = sorted(b.seconds / a.seconds for a, b in pairs)
    print(f"{title:<38}{mine:>10.3f} s{peer:>10.3f} s{peer / mine:>9.2f} x   [{ratios[0]:.2f}, {ratios[-1]:.2f}]", flush=True)


def memory_row(title, run):
    peak = f"above {run.peak_mb:.0f}" if run.stopped else f"{run.peak_mb:.0f}"
    note = ", stopped" if run.stopped else f", {run.seconds:.1f} s"
    print(f"{title:<38}{peak:>12} MB{note}", flush=True)


def compare_memory(commands, folder, rng):
    physical_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20
    print("\npeak memory of one file")
    for seconds in (60, PEER_LONG_SECONDS, HOUR_SECONDS):
        path = folder / f"long_{seconds}.wav"
        write_long(path, seconds, rng)
        memory_row(f"  qamro, {seconds // 60} min", commands.qamro(path))
        if seconds <= PEER_LONG_SECONDS:
            memory_row(f"  distillmos, {seconds // 60} min", commands.peer(path, memory_limit_mb=0.7 * physical_mb))


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="rounds for one file; a folder gets two at most")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--model", default="distill-mos", help="the same network as the peer's")
    parser.add_argument("--precision", default="fp32", help="of qamro; the peer computes in fp32")
    parser.add_argument("--skip", default="", help="parts to leave out: file, folder, memory")
    args = parser.parse_args()
    skip = set(args.skip.split(","))
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory(prefix="qamro-bench-") as name:
        folder = pathlib.Path(name)
        commands = Commands(folder, args.threads, args.model, args.precision)
        print(f"{processor()}, {os.cpu_count()} processors; {args.threads} threads each, alternately; qamro in {args.precision}")
        print(f"{'whole command':<38}{'qamro':>12}{'distillmos':>12}{'ratio':>11}   [lowest, highest]")
        if "file" not in skip:
            clip = folder / "three_seconds.wav"
            write(clip, 3, rng)
            compare("one file of 3 s", args.rounds, lambda: commands.qamro(clip), lambda: commands.peer(clip))
        if "folder" not in skip:
            many = folder / "many"
            many.mkdir()
            for i in range(FOLDER_FILES):
                write(many / f"{i:03}.wav", rng.uniform(1, 10), rng)
            compare(f"a folder of {FOLDER_FILES} files of 1 to 10 s", min(2, args.rounds),
                    lambda: commands.qamro(many), lambda: commands.peer(many))
        if "memory" not in skip:
            compare_memory(commands, folder, rng)


if __name__ == "__main__":
    main()
