#!/usr/bin/env python3
"""Compares the ranking loss, value and gradient, with Python's ways to compute it: the pair loop of the
paper's code, all pairs at once with torch until memory runs out, and the same compiled. Everything runs on
one thread, alternately, in one run. Prints medians, ratios, memory and how the time grows.

    .peers/bin/python benchmarks/loss_against_python.py        (after make build; QAMRO_BUILD names another build)
"""
import math
import pathlib
import statistics
import sys
import time

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "parity"))
from probe import Probe  # noqa: E402
from test_losses import pairwise_loss  # noqa: E402

OPTIONS = {"margin": 0.0, "margin_scale": 0.2, "preference_factor": 7.0}
SIZES = [16, 256, 4_096, 65_536, 1_000_000]
BYTES_A_PAIR = 120  # what torch holds at once for forward and backward of all pairs, measured at 4,096


def all_pairs_loss(pred, target, margin, margin_scale, preference_factor):
    """All pairs as [n, n] tables; each pair occurs twice, which does not change the mean."""
    quality = (target - target.min()) / (target.max() - target.min())
    gap = target[:, None] - target[None, :]
    weight = 1 + (preference_factor - 1) * torch.maximum(quality[:, None], quality[None, :])
    hinge = weight * torch.relu(margin + margin_scale * gap.abs() - gap.sign() * (pred[:, None] - pred[None, :]))
    different = gap != 0
    return torch.where(different, hinge, 0).sum() / different.sum()


def batch(n):
    generator = torch.Generator().manual_seed(n)
    target = 1 + 4 * torch.rand(n, generator=generator, dtype=torch.float64)
    return target + torch.randn(n, generator=generator, dtype=torch.float64), target


def python_seconds(loss, pred, target):
    pred = pred.clone().requires_grad_()
    start = time.perf_counter()
    value = loss(pred, target, **OPTIONS)
    value.backward()
    return time.perf_counter() - start, value.item(), pred.grad


def free_bytes():
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable"):
            return 1024 * int(line.split()[1])


def peak_bytes(process):
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return 1024 * int(line.split()[1])


def duration(seconds):
    return f"{1e3 * seconds:,.3f} ms" if seconds < 1 else f"{seconds:,.2f} s"


def compare(probe, name, loss, n, rounds, limit_bytes=math.inf):
    """Alternately, after a warm-up of the Python loss."""
    if BYTES_A_PAIR * n * n > limit_bytes:
        print(f"n = {n:>9,}  {name:<26} does not fit: about {BYTES_A_PAIR * n * n / 2**30:,.0f} GiB")
        return
    pred, target = batch(n)
    theirs, ours = [], []
    python_seconds(loss, pred, target)
    for _ in range(rounds):
        seconds, value, gradient = python_seconds(loss, pred, target)
        theirs.append(seconds)
        got = probe(pred=pred.tolist(), target=target.tolist(), repeat=200 if n <= 4096 else 3, **OPTIONS)
        ours += got["seconds"]
    error = (torch.tensor(got["gradient"], dtype=torch.float64) - gradient).abs().max() / gradient.abs().max()
    assert abs(got["loss"] / value - 1) < 1e-10 and error < 1e-10, (got["loss"], value, error)
    their, our = statistics.median(theirs), statistics.median(ours)
    print(f"n = {n:>9,}  {name:<26} {duration(their):>14}   qamro {duration(our):>11}   ratio {their / our:9,.0f}")


def growth():
    """Runs each size in its own process, so that the peak memory is that size's."""
    print("\nAlone:")
    base, points = None, []
    for n in SIZES:
        probe = Probe("loss_probe")
        if base is None:
            probe(pred=[0.0, 1.0], target=[1.0, 2.0], **OPTIONS)
            base = peak_bytes(probe.process)
        pred, target = batch(n)
        seconds = statistics.median(
            probe(pred=pred.tolist(), target=target.tolist(), repeat=200 if n <= 4096 else 5, **OPTIONS)["seconds"]
        )
        memory = peak_bytes(probe.process) - base
        points.append((n, seconds))
        pairs = n * (n - 1) / 2
        print(f"n = {n:>9,}  {duration(seconds):>12}   {pairs:.1e} pairs   {1e9 * seconds / n:7.0f} ns an element   "
              f"{memory / n:7,.0f} bytes an element, the request's text included")
        probe.close()
    (n0, t0), (n1, t1) = points[2], points[-1]
    print(f"growth from {n0:,} to {n1:,}: time ~ n^{math.log(t1 / t0) / math.log(n1 / n0):.2f} "
          f"(n log n: {math.log(n1 * math.log(n1) / (n0 * math.log(n0))) / math.log(n1 / n0):.2f}, all pairs: 2)")


def main():
    torch.set_num_threads(1)
    probe = Probe("loss_probe")
    compiled = torch.compile(all_pairs_loss)
    print("Ranking loss, value and gradient in float64, one thread, equal to 1e-10:")
    for n in SIZES[:2]:
        compare(probe, "Python pair loop", pairwise_loss, n, rounds=3)
    for name, loss in [("torch, all pairs", all_pairs_loss), ("torch, all pairs, compiled", compiled)]:
        for n in SIZES[:4]:
            compare(probe, name, loss, n, rounds=3 if n > 256 else 20, limit_bytes=0.7 * free_bytes())
    probe.close()
    growth()


if __name__ == "__main__":
    main()
