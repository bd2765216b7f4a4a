"""The paper's track 1 predictor on laion-clap as a command: scores of clips and their prompts, as its program computes them.

    peer_clap.py INPUT.jsonl PREDICTOR.pt OUTPUT.jsonl [--size base] [--batch-size 8]

Audio is not resampled, each clip has its own prompt, and prompts are padded to 77 tokens. Downloads are
replaced as in tests/parity/clap_peer.py: RoBERTa is built at random instead of read, before
PREDICTOR.pt is loaded.
"""
import argparse
import functools
import importlib
import json
import pathlib
import sys
import types

# The tests' module uses pytest only to ask whether packages are there; the command does without importing it.
sys.modules["pytest"] = types.SimpleNamespace(importorskip=importlib.import_module)
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "parity"))

import numpy as np  # noqa: E402
import soundfile  # noqa: E402
import torch  # noqa: E402

import clap_peer  # noqa: E402

clap_peer.tokenizer = functools.cache(clap_peer.tokenizer)  # the package loads its tokenizer once
LONGEST_SAMPLES = 480000


def load(rows):
    """Zero-padded to the longest clip of the batch."""
    clips = [soundfile.read(row["path"], dtype="float32", always_2d=True)[0].mean(1)[:LONGEST_SAMPLES] for row in rows]
    longest = max(map(len, clips))
    return torch.from_numpy(np.stack([np.pad(clip, (0, longest - len(clip))) for clip in clips]))


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("input")
    parser.add_argument("predictor")
    parser.add_argument("output")
    parser.add_argument("--size", default="base")
    parser.add_argument("--batch-size", type=int, default=8)
    args = parser.parse_args()
    clap = clap_peer.laion_clap.CLAP_Module(enable_fusion=False, amodel=f"HTSAT-{args.size}", device="cpu")
    predictor = clap_peer.Predictor(clap).eval()
    predictor.load_state_dict(torch.load(args.predictor, map_location="cpu"))
    rows = [json.loads(line) for line in open(args.input)]
    with open(args.output, "w") as output:
        for start in range(0, len(rows), args.batch_size):
            batch = rows[start : start + args.batch_size]
            scores = predictor(load(batch), [row["prompt"] for row in batch])
            for row, overall, textual in zip(batch, *map(torch.Tensor.tolist, scores)):
                output.write(json.dumps({"path": row["path"], "MI": overall, "TA": textual}) + "\n")


if __name__ == "__main__":
    main()
