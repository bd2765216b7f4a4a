"""Time per window of the Distill-MOS network and of the distillmos package, alternately and at equal threads.

    .peers/bin/python benchmarks/distillmos_network.py [--threads 2] [--rounds 5]

The least of all rounds. "latency": one window at a time on all threads. "throughput": qamro computes as many
windows at a time as there are threads, one on each, as `qamro score` does. The peer pads a 3 s clip to
7.68 s. "cpu" (with one thread only): processor time, which a busy machine changes little.
"""
import argparse
import contextlib
import io
import json
import os
import pathlib
import subprocess

import torch
from distillmos import ConvTransformerSQAModel
from distillmos.sqa import DEFAULT_WEIGHTS_CHKPT

from network_timing import ROOT, least_milliseconds, merge

PROGRAM = pathlib.Path(os.environ.get("QAMRO_BUILD", ROOT / "build")) / "benchmarks/encoder_benchmark"
WINDOW = 122880


def peer_milliseconds(model, seconds, repetitions):
    window = torch.zeros(1, WINDOW)
    samples = int(seconds * 16000)
    window[0, :samples] = 0.1 * torch.randn(samples)
    return least_milliseconds(lambda: model(window), repetitions)


def report(threads, ours, peer):
    kinds = ["latency", "throughput"] + (["cpu"] if threads == 1 else [])
    print(f"{threads} threads; load the file {ours['load']:.1f} ms", end="")
    for precision in ("fp32", "bf16"):
        own = ours[precision]
        print(f"; {precision}: pack {own['pack']:.1f} ms, first window of 3 s {own['first_3s']:.1f} ms", end="")
    print(f"\n{'audio':>6} {'':12}" + "".join(f"{kind + ', ms':>16} {'ratio':>6}" for kind in kinds))
    for seconds in ("7.68s", "3s"):
        for name, own in (("distillmos", peer), ("qamro fp32", ours["fp32"]), ("qamro bf16", ours["bf16"])):
            cells = (f"{own[seconds][kind]:16.1f} {peer[seconds][kind] / own[seconds][kind]:6.2f}" for kind in kinds)
            print(f"{seconds:>6} {name:12}" + "".join(cells))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5, help="times that both programs take turns")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.set_grad_enabled(False)
    with contextlib.redirect_stdout(io.StringIO()):
        model = ConvTransformerSQAModel(segmenting_in_forward=False).eval()
    ours, peer = {}, {}
    for _ in range(arguments.rounds):
        command = [PROGRAM, DEFAULT_WEIGHTS_CHKPT, str(arguments.threads), "10"]
        merge(ours, json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        merge(peer, {name: peer_milliseconds(model, s, 5) for name, s in (("7.68s", 7.68), ("3s", 3.0))})
    report(arguments.threads, ours, peer)


if __name__ == "__main__":
    main()
