"""The command of the audiobox_aesthetics package (`audio-aes INPUT.jsonl --ckpt FILE`), with its audio read by soundfile.

torchaudio 2.9 and later read audio only through torchcodec, which needs FFmpeg's libraries installed. soundfile reads
through libsndfile, as qamro does. Nothing else is changed.
"""
import sys

import soundfile
import torch
import torchaudio


def load(path):
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return torch.from_numpy(samples.T), rate


torchaudio.load = load

if __name__ == "__main__":
    from audiobox_aesthetics.cli import app

    sys.argv[0] = "audio-aes"
    app()
