"""Shared by the scripts that time networks beside their packages; imported, not run."""
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "parity"))  # where the peers are built


def least_milliseconds(work, repetitions):
    wall = cpu = float("inf")
    for _ in range(repetitions):
        start, cpu_start = time.perf_counter(), time.process_time()
        work()
        wall = min(wall, 1e3 * (time.perf_counter() - start))
        cpu = min(cpu, 1e3 * (time.process_time() - cpu_start))
    return {"latency": wall, "throughput": wall, "cpu": cpu}


def merge(least, new, best=min):
    """Keeps the least of each number (the largest of each speed), in nested dicts."""
    for name, value in new.items():
        if isinstance(value, dict):
            merge(least.setdefault(name, {}), value, max if name == "peak" else best)
        else:
            least[name] = best(value, least.get(name, value))


def peak_of(ours, title):
    """The machine's peak in the arithmetic of a table row ("qamro bf16"); fp32's peak for other rows."""
    return ours["peak"].get(title.split()[-1], ours["peak"]["fp32"])
