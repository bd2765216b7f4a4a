#!/usr/bin/env python3
"""The ranking loss, forward and backward, beside Python: the pair loop as the paper's code has it (n = 256), and all
pairs at once with torch (n = 4096). Both sides on one thread, alternately, in one run; prints medians and ratios.

    .peers/bin/python benchmarks/loss_against_python.py        (after make build; QAMRO_BUILD names another build)
"""
import pathlib
import statistics
import sys
import time

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "parity"))
from probe import Probe  # noqa: E402
from test_losses import pairwise_loss  # noqa: E402

OPTIONS = {"margin": 0.0, "margin_scale": 0.2, "preference_factor": 7.0}


def all_pairs_loss(pred, target, margin, margin_scale, preference_factor):
    quality = (target - target.min()) / (target.max() - target.min())
    i, j = torch.triu_indices(len(pred), len(pred), 1)
    gap = target[i] - target[j]
    weight = 1 + (preference_factor - 1) * torch.maximum(quality[i], quality[j])
    hinge = weight * torch.relu(margin + margin_scale * gap.abs() - gap.sign() * (pred[i] - pred[j]))
    different = gap != 0
    return hinge[different].sum() / different.sum()


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


def compare(probe, name, loss, n, rounds, repeat):
    pred, target = batch(n)
    theirs, ours = [], []
    for _ in range(rounds):
        seconds, value, gradient = python_seconds(loss, pred, target)
        theirs.append(seconds)
        got = probe(pred=pred.tolist(), target=target.tolist(), repeat=repeat, **OPTIONS)
        ours += got["seconds"]
    error = (torch.tensor(got["gradient"], dtype=torch.float64) - gradient).abs().max() / gradient.abs().max()
    assert abs(got["loss"] / value - 1) < 1e-10 and error < 1e-10, (got["loss"], value, error)
    their, our = statistics.median(theirs), statistics.median(ours)
    print(f"n = {n:>7,}  {name:<22} {1e3 * their:10.1f} ms   qamro {1e3 * our:8.3f} ms   ratio {their / our:10,.0f}")


def main():
    torch.set_num_threads(1)
    probe = Probe("loss_probe")
    print("Ranking loss, forward and backward, one thread, equal value and gradient (1e-10):")
    compare(probe, "Python pair loop", pairwise_loss, 256, rounds=3, repeat=200)
    compare(probe, "torch, all pairs", all_pairs_loss, 4096, rounds=3, repeat=20)
    pred, target = batch(1_000_000)
    seconds = probe(pred=pred.tolist(), target=target.tolist(), repeat=3, **OPTIONS)["seconds"]
    print(f"n = 1,000,000  alone (5e11 pairs)                       qamro {1e3 * statistics.median(seconds):8.0f} ms")
    probe.close()


if __name__ == "__main__":
    main()
