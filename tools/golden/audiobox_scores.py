"""Writes tests/golden/audiobox.json: what the audiobox_aesthetics package says of synthetic audio.

Run with the interpreter of .peers:  .peers/bin/python tools/golden/audiobox_scores.py
The released weights cannot be part of a repository; a network in small takes its weights from a formula. That formula
is repeated in tests/models/small_audiobox.h, the audio's in tests/encoders/synthetic_audio.h.
"""
import json
import math
import pathlib
import warnings

import numpy as np
import torch
from audiobox_aesthetics.infer import AXES_NAME, Normalize, make_inference_batch
from audiobox_aesthetics.model import aes
from distillmos_scores import synthetic_audio

LENGTHS = [1, 800, 4800, 48000, 160000, 160160, 340000]
TRANSFORM = {"CE": (5.0, 1.5), "CU": (6.0, 1.25), "PC": (3.0, 1.75), "PQ": (7.0, 0.5)}


class Numbers:
    """A linear congruential generator of numbers in [-0.5, 0.5)."""

    def __init__(self):
        self.state = 1

    def draw(self, count):
        values = np.empty(count)
        for i in range(count):
            self.state = (self.state * 1664525 + 1013904223) % 2**32
            values[i] = (self.state >> 8) / 2**24 - 0.5
        return values


def fill(model):
    """Every parameter, by name, from one stream of numbers."""
    numbers = Numbers()
    state = model.state_dict()
    for name in sorted(state):
        shape = tuple(state[name].shape)
        u = numbers.draw(math.prod(shape))
        if name.endswith(("weight_g", "grep_a")) or (len(shape) == 1 and name.endswith("weight")):
            values = 1 + 0.4 * u
        elif len(shape) >= 2:
            values = u * (4 / math.sqrt(math.prod(shape[1:])))
        else:
            values = 0.6 * u
        state[name].copy_(torch.from_numpy(values.astype(np.float32)).view(shape))


def small_model():
    aes.DEFAULT_AUDIO_CFG.update({
        "conv_feature_layers": "[(8,10,5)] + [(8,3,2)] * 4 + [(8,2,2)] * 2", "encoder_layers": 2,
        "encoder_embed_dim": 24, "encoder_ffn_embed_dim": 40, "encoder_attention_heads": 4, "conv_pos_groups": 2})
    model = aes.AesMultiOutput(proj_num_layer=3, proj_ln=True, proj_dropout=0.0, nth_layer=3,
                               target_transform={a: {"mean": m, "std": s} for a, (m, s) in TRANSFORM.items()})
    fill(model)
    return model.eval()


def scores(model, wav):
    windows, masks, weights, _ = make_inference_batch([wav], 10, 10, sample_rate=16000)
    out = model({"wav": torch.stack(windows), "mask": torch.stack(masks)})
    weights = torch.tensor(weights, dtype=torch.float64)
    transform = model.target_transform
    return {a: ((Normalize(**transform[a]).inverse(out[a]).double() * weights).sum() / weights.sum()).item()
            for a in AXES_NAME}


def pooled_layers(model, wav):
    """Of the first window."""
    windows, masks, _, _ = make_inference_batch([wav], 10, 10, sample_rate=16000)
    (_, layers), padding = model.wavlm_model.extract_features(
        source=windows[0], padding_mask=~masks[0], output_layer=model.nth_layer, ret_layer_results=True)
    return [round(v, 6) for layer, _ in layers for v in layer[~padding[0], 0].mean(0).tolist()]


def main():
    warnings.simplefilter("ignore")
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    model = small_model()
    cases = []
    for length in LENGTHS:
        wav = torch.from_numpy(synthetic_audio(length))[None]
        cases.append({"samples": length, "scores": scores(model, wav), "pooled_layers": pooled_layers(model, wav)})
    path = pathlib.Path(__file__).parents[2] / "tests/golden/audiobox.json"
    path.write_text('{"cases": [\n%s\n]}\n' % ",\n".join(json.dumps(case) for case in cases))


if __name__ == "__main__":
    main()
