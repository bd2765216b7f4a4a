"""Time per window of the Audiobox-Aesthetics network and of the audiobox_aesthetics package, alternately and
at equal threads.

    .peers/bin/python benchmarks/audiobox_network.py [--threads 2] [--rounds 3] [--precisions fp32,bf16,int8]

The least of all rounds, with random weights. "latency": one window at a time on all threads. "throughput":
qamro computes as many windows at a time as there are threads, one on each, as `qamro score` does. The peer
pads a 3 s clip to 10 s. "cpu" (with one thread only): processor time, which a busy machine changes least.
"of peak": the window's arithmetic in the reference divided by its time, as a share of what the machine
reaches in one large product of that precision in the same run (of fp32 for the package, and if the machine
has no instructions for that precision).
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile

import torch

from network_timing import ROOT, least_milliseconds, merge, peak_of  # adds the peers' folder to the path
from audiobox_peer import WINDOW, random_model, save_checkpoint

PROGRAM = pathlib.Path(os.environ.get("QAMRO_BUILD", ROOT / "build")) / "benchmarks/wavlm_benchmark"
SECONDS = {"10s": 10, "3s": 3}


def gflop(seconds):
    """Multiplications and additions (1e9) of convolutions and products, over the frames of that
    much audio alone."""
    frames = seconds * 50 - 1
    kernels, strides, channels = (10, 3, 3, 3, 3, 2, 2), (5, 2, 2, 2, 2, 2, 2), 512
    total, length, inputs = 0, int(seconds * 16000), 1
    for kernel, stride in zip(kernels, strides):
        length = (length - kernel) // stride + 1
        total += length * channels * inputs * kernel
        inputs = channels
    total += frames * 768 * (512 + 48 * 128)
    total += 12 * frames * (4 * 768 * 768 + 2 * 768 * 3072 + 2 * 768 * frames)
    return 2e-9 * total


def peer_milliseconds(model, seconds, repetitions):
    window = torch.zeros(1, 1, WINDOW)
    window[..., :seconds * 16000] = 0.1 * torch.randn(seconds * 16000)
    batch = {"wav": window, "mask": torch.arange(WINDOW).view(1, 1, -1) < seconds * 16000}
    return least_milliseconds(lambda: model(batch), repetitions)


def report(threads, precisions, ours, peer):
    kinds = ["latency", "throughput"] + (["cpu"] if threads == 1 else [])
    print(f"{threads} threads; load the file {ours['load']:.0f} ms", end="")
    for precision in precisions:
        print(f"; {precision}: pack {ours[precision]['pack']:.0f} ms, first window of 3 s "
              f"{ours[precision]['first_3s']:.0f} ms", end="")
    peaks = ", ".join(f"{name} {speed['wall']:.0f}" for name, speed in ours["peak"].items())
    print(f"\noneDNN's peak in one product, GFLOP/s: {peaks}")
    print(f"{'audio':>6} {'':14}" + "".join(f"{kind + ', ms':>16} {'ratio':>6}" for kind in kinds) + "  of peak")
    timer = "cpu" if threads == 1 else "wall"
    for name, seconds in SECONDS.items():
        rows = [("audiobox", peer)] + [("qamro " + precision, ours[precision]) for precision in precisions]
        for title, own in rows:
            cells = (f"{own[name][kind]:16.0f} {peer[name][kind] / own[name][kind]:6.2f}" for kind in kinds)
            useful = gflop(10 if own is peer else seconds)
            speed = 1e3 * useful / own[name]["cpu" if threads == 1 else "throughput"]
            print(f"{name:>6} {title:14}" + "".join(cells) + f"{speed / peak_of(ours, title)[timer]:9.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=3, help="times that both programs take turns")
    parser.add_argument("--precisions", default="fp32,bf16,int8")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.set_grad_enabled(False)
    model = random_model(seed=1)
    ours, peer = {}, {}
    with tempfile.TemporaryDirectory(prefix="qamro-bench-") as folder:
        checkpoint = pathlib.Path(folder) / "checkpoint.pt"
        save_checkpoint(model, checkpoint)
        command = [PROGRAM, checkpoint, str(arguments.threads), "3", arguments.precisions]
        for _ in range(arguments.rounds):
            merge(ours, json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
            merge(peer, {name: peer_milliseconds(model, seconds, 2) for name, seconds in SECONDS.items()})
    report(arguments.threads, arguments.precisions.split(","), ours, peer)


if __name__ == "__main__":
    main()
