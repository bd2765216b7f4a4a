"""Time of CLAP's two encoders and of the laion-clap package, alternately and at equal threads.

    .peers/bin/python benchmarks/clap_network.py [--threads 2] [--rounds 3] [--size base|tiny] [--precisions fp32,bf16,int8]
                                              [--tokens 20]

The least of all rounds, with random weights: 10 s of audio from samples to embedding, and a prompt from
tokens to embedding (the peer pads it to 77 tokens). "latency": one at a time, on all threads. "throughput":
qamro computes as many at a time as there are threads, one on each, as `qamro score` does. "cpu" (with one
thread only): processor time, which a busy machine changes least. "of peak": the arithmetic in the reference
divided by its time, as a share of what the machine reaches in one large product of that precision in the same
run (of fp32 for the package, and if the machine has no instructions for that precision).
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile

import torch

from network_timing import ROOT, least_milliseconds, merge, peak_of  # adds the peers' folder to the path
import clap_peer

PROGRAM = pathlib.Path(os.environ.get("QAMRO_BUILD", ROOT / "build")) / "benchmarks/clap_benchmark"
WINDOW = 480000
PADDED_TOKENS = 77


def audio_gflop(size):
    """Multiplications and additions (1e9) of products: Swin's blocks (windows of
    8 x 8), mergings, spectrogram."""
    dim, depths = {"base": (128, (2, 2, 12, 2)), "tiny": (96, (2, 2, 6, 2))}[size]
    total, rows = 1001 * 1024 * 1026 + 1001 * 513 * 64 + 4096 * dim * 16, 4096
    for stage, depth in enumerate(depths):
        total += depth * rows * (12 * dim * dim + 2 * 64 * dim)
        if stage + 1 < len(depths):
            total += rows // 4 * 4 * dim * 2 * dim
            rows, dim = rows // 4, 2 * dim
    return 2e-9 * total


def text_gflop(tokens):
    return 2e-9 * 12 * tokens * (12 * 768 * 768 + 2 * 768 * tokens)


def measure_peer(model, tokens):
    window = {"waveform": 0.1 * torch.randn(WINDOW), "longer": torch.tensor([False])}
    ids = torch.ones(1, PADDED_TOKENS, dtype=torch.long)
    ids[0, :tokens] = torch.arange(tokens) + 1000
    text = {"input_ids": ids, "attention_mask": (ids != 1).long()}
    return {"audio": least_milliseconds(lambda: model.get_audio_embedding([window]), 2),
            "text": least_milliseconds(lambda: model.get_text_embedding(text), 4)}


def report(args, ours, peer):
    kinds = ["latency", "throughput"] + (["cpu"] if args.threads == 1 else [])
    timer = "cpu" if args.threads == 1 else "wall"
    peaks = ", ".join(f"{name} {speed[timer]:.0f}" for name, speed in ours["peak"].items())
    print(f"HTSAT-{args.size}, {args.threads} threads; oneDNN's peak in one product, GFLOP/s: {peaks}")
    print(f"{'':22}" + "".join(f"{kind + ', ms':>16} {'ratio':>6}" for kind in kinds) + "  of peak")
    rows = [("10 s, laion-clap", "audio", peer["audio"], audio_gflop(args.size))]
    rows += [(f"10 s, qamro {name}", "audio", ours[name], audio_gflop(args.size)) for name in args.precisions.split(",")]
    rows += [("prompt, laion-clap", "text", peer["text"], text_gflop(PADDED_TOKENS)),
             ("prompt, qamro fp32", "text", ours["text"], text_gflop(args.tokens))]
    for title, part, own, gflop in rows:
        cells = (f"{own[kind]:16.1f} {peer[part][kind] / own[kind]:6.2f}" for kind in kinds)
        speed = 1e3 * gflop / own["cpu" if args.threads == 1 else "throughput"]
        print(f"{title:22}" + "".join(cells) + f"{speed / peak_of(ours, title)[timer]:9.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=3, help="times that both programs take turns")
    parser.add_argument("--size", default="base", choices=("base", "tiny"), help="of HTSAT")
    parser.add_argument("--precisions", default="fp32,bf16,int8", help="of the audio")
    parser.add_argument("--tokens", type=int, default=20, help="of the prompt")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_grad_enabled(False)
    clap = clap_peer.build(args.size, 1)
    ours, peer = {}, {}
    with tempfile.TemporaryDirectory(prefix="qamro-bench-") as folder:
        checkpoint = pathlib.Path(folder) / "checkpoint.pt"
        clap_peer.save_checkpoint(clap, checkpoint)
        command = [PROGRAM, checkpoint, str(args.threads), "3", args.precisions, str(args.tokens)]
        for _ in range(args.rounds):
            merge(ours, json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
            merge(peer, measure_peer(clap.model, args.tokens))
    report(args, ours, peer)


if __name__ == "__main__":
    main()
