"""Writes tests/golden/distillmos.json: what the distillmos package says of synthetic audio.

Run with the interpreter of .peers:  .peers/bin/python tools/golden/distillmos_scores.py
The audio is a formula in exact arithmetic, repeated in tests/encoders/distillmos_golden_test.cpp.
"""
import contextlib
import json
import pathlib
import sys

import numpy as np
import torch
from distillmos import ConvTransformerSQAModel

WINDOW = 122880
LENGTHS = [1, 800, 4800, 48000, 122880]


def synthetic_audio(samples):
    """A triangle wave of 200 Hz, on and off each 0.1 s, in noise of a linear congruential generator."""
    state, out = 1, np.zeros(samples)
    for n in range(samples):
        state = (state * 1664525 + 1013904223) % 2**32
        noise = (state >> 8) / 2**24 - 0.5
        triangle = abs(n % 80 - 40) / 40 - 0.5
        out[n] = 0.5 * triangle * ((n // 1600) % 2) + 0.0625 * noise
    return out.astype(np.float32)


def main():
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    with contextlib.redirect_stdout(sys.stderr):
        model = ConvTransformerSQAModel(segmenting_in_forward=False).eval()
    pooled = []
    model.transformer_pool_attn.pool.linear3.register_forward_hook(lambda _m, i, _o: pooled.append(i[0].flatten()))
    cases = []
    for length in LENGTHS:
        window = torch.zeros(1, WINDOW)
        window[0, :length] = torch.from_numpy(synthetic_audio(length))
        mos = model(window).item()
        cases.append({"samples": length, "mos": mos, "pooled": [round(v, 6) for v in pooled[-1].tolist()]})
    path = pathlib.Path(__file__).parents[2] / "tests/golden/distillmos.json"
    rows = ",\n".join(json.dumps(case) for case in cases)
    path.write_text('{"cases": [\n%s\n]}\n' % rows)


if __name__ == "__main__":
    main()
