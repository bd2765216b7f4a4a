"""Writes tests/golden/resampler.json: what torchaudio's two resamplers make of 1,000 random samples.

    .peers/bin/python tools/golden/resampler.py
"""
import json
import pathlib

import numpy as np
import torch
import torchaudio

PAIRS = [
    (48000, 16000), (44100, 16000), (22050, 16000), (11025, 16000), (8000, 48000),
    (192000, 8000), (16000, 44100), (24000, 16000), (4411, 1601), (1601, 4411),
]  # fmt: skip
HEAD, TAIL = 60, 40


def rounded(samples):
    return [float(f"{x:.9g}") for x in np.asarray(samples, np.float32)]


def case(signal, from_hz, to_hz):
    functional = torchaudio.functional.resample(signal, from_hz, to_hz)
    transform = torchaudio.transforms.Resample(from_hz, to_hz)(signal)
    return {
        "from_hz": from_hz,
        "to_hz": to_hz,
        "samples": len(functional),
        "functional": {"head": rounded(functional[:HEAD]), "tail": rounded(functional[-TAIL:])},
        "transform": {"head": rounded(transform[:HEAD]), "tail": rounded(transform[-TAIL:])},
    }


def lengths():
    """Lengths for which torchaudio's float32 quotient matters; a constant signal's length is all that is asked."""
    result = []
    for samples, from_hz, to_hz in [
        (0, 48000, 16000), (1, 48000, 16000), (1, 8000, 48000), (441 * 700 + 3, 44100, 16000),
        (441 * 700 + 1, 44100, 16000), (661_501, 44100, 16000), (26_460_001, 44100, 16000),
        (28_800_001, 48000, 16000), (52_920_003, 44100, 48000), (9_999_991, 22050, 16000),
    ]:  # fmt: skip
        got = torchaudio.functional.resample(torch.zeros(samples), from_hz, to_hz) if samples else []
        result.append({"samples": samples, "from_hz": from_hz, "to_hz": to_hz, "resampled": len(got)})
    return result


def main():
    torch.set_num_threads(1)
    signal = torch.from_numpy(np.random.default_rng(3).uniform(-1, 1, 1000).astype(np.float32))
    golden = {
        "torchaudio": torchaudio.__version__,
        "signal": rounded(signal),
        "cases": [case(signal, *pair) for pair in PAIRS],
        "lengths": lengths(),
    }
    path = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "resampler.json"
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
