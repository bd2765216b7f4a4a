"""The command of the distillmos package (`distillmos FILE_OR_FOLDER`), with its audio read by soundfile.

torchaudio 2.9 and later read audio only through torchcodec, which needs FFmpeg's libraries installed, and without
them the command does not start. soundfile reads through libsndfile, as qamro does. Nothing else is changed.
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
    from distillmos.sqa import command_line_inference

    sys.argv[0] = "distillmos"
    command_line_inference()
