"""Writes tests/golden/resampler.json: seeded noise and what torchaudio.functional.resample makes of it.

  .peers/bin/python tools/golden/resampler.py > tests/golden/resampler.json
"""
import json

import numpy as np
import torch
import torchaudio

PAIRS = [(48000, 16000), (44100, 16000), (24000, 16000), (22050, 16000), (8000, 16000), (11025, 16000),
         (16000, 48000), (32000, 44100), (192000, 8000), (16001, 16000), (16000, 24000)]

generator = np.random.default_rng(0)
cases = []
for from_hz, to_hz in PAIRS:
    # as many samples as give about 150 of output; values of 4 decimals keep the file small
    samples = generator.uniform(-1, 1, max(1, 150 * from_hz // to_hz)).round(4).astype(np.float32)
    output = torchaudio.functional.resample(torch.from_numpy(samples), from_hz, to_hz).numpy()
    cases.append({"from": from_hz, "to": to_hz, "input": [round(float(v), 4) for v in samples],
                  "output": [round(float(v), 8) for v in output]})
print("[" + ",\n".join(json.dumps(case) for case in cases) + "]")
