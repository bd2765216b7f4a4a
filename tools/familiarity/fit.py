#!/usr/bin/env python3
"""fit.py SPEECH.safetensors OTHER.safetensors [--output FILE]: the statistics behind "familiarity" (docs/models.md).

The inputs are what `qamro embed FOLDER --model distill-mos --layout layer4.mean` writes of the folders that
make_speech.py and make_other.py make. Fits Fisher's linear discriminant between speech and other audio, every source
with the same weight, leaving out music under speech, which is neither. Each family of sources (all voices of an engine,
all music, ...) is then judged by a fit that never saw it, and the quantiles of that held-out speech calibrate the table
from distance to familiarity. Prints the shares by source. Needs numpy and safetensors.
"""
import argparse
import json
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

RIDGE = 0.1  # of the mean variance
# Quantiles of the held-out speech, and the familiarity at each.
CALIBRATION = [(0.5, 1.0), (0.95, 0.5), (0.995, 0.1)]
FAMILIAR, FAR = 0.5, 0.1  # evaluation/clip_conditions.h
FAMILIES = ("espeak", "flite", "festival", "codec_", "codec2", "opus", "telephone", "talkers", "white", "pink", "music",
            "effects", "podcast")
FAMILY_OF = {"sine": "tones", "chord": "tones", "sweep": "tones", "square": "tones", "siren": "tones",
             "white_noise": "noise", "pink_noise": "noise", "brown_noise": "noise", "silence": "silence",
             "near_silence": "silence"}


class Clips:
    def __init__(self, path: Path):
        with safe_open(path, "numpy") as file:
            metadata = file.metadata()
            self.values = file.get_tensor("embedding").astype(np.float64)
        self.layout = metadata["embedding_layout"]
        self.encoder = metadata["model_sha256"]
        self.source = np.array([Path(clip).parent.name for clip in json.loads(metadata["paths"])])
        self.family = np.array([FAMILY_OF.get(source) or next((f for f in FAMILIES if source.startswith(f)), source)
                                for source in self.source])

    def sources(self) -> list[str]:
        return sorted(set(self.source))

    def weight(self) -> np.ndarray:
        """Sums to 1; every source has the same share."""
        count = dict(zip(*np.unique(self.source, return_counts=True)))
        return np.array([1 / count[source] for source in self.source]) / len(count)

    def part(self, keep: np.ndarray) -> "Clips":
        part = object.__new__(Clips)
        part.values, part.source, part.family = self.values[keep], self.source[keep], self.family[keep]
        return part


def moments(clips: Clips) -> tuple[np.ndarray, np.ndarray]:
    weight = clips.weight()
    mean = weight @ clips.values
    centred = clips.values - mean
    return mean, centred.T @ (centred * weight[:, None])


def fit(speech: Clips, other: Clips, scale: np.ndarray) -> tuple[np.ndarray, float]:
    """Direction and offset: 0 at the mean of the speech, 1 at that of the other audio. scale: each dimension's."""
    (speech_mean, speech_spread), (other_mean, other_spread) = moments(speech), moments(other)
    spread = (speech_spread + other_spread) / 2 / np.outer(scale, scale)
    spread += RIDGE * np.trace(spread) / len(spread) * np.eye(len(spread))
    apart = (other_mean - speech_mean) / scale
    direction = np.linalg.solve(spread, apart)
    direction /= (direction @ apart) * scale
    return direction, -float(direction @ speech_mean)


def held_out(clips: Clips, fit_without) -> np.ndarray:
    distance = np.empty(len(clips.values))
    for family in sorted(set(clips.family)):
        out = clips.family == family
        direction, offset = fit_without(~out)
        distance[out] = clips.values[out] @ direction + offset
    return distance


def quantile(values: np.ndarray, weight: np.ndarray, share: float) -> float:
    order = np.argsort(values, kind="stable")
    return float(values[order][np.searchsorted(np.cumsum(weight[order]), share)])


def print_shares(title: str, clips: Clips, distance: np.ndarray, table: np.ndarray) -> None:
    familiarity = np.interp(distance, table[:, 0], table[:, 1])
    little = (familiarity < FAMILIAR) & (familiarity >= FAR)
    far = familiarity < FAR
    print(f"\n{title:34} clips  a little unlike   far  median familiarity")
    for source in clips.sources():
        own = clips.source == source
        print(f"{source:34} {own.sum():5} {little[own].mean():16.2f} {far[own].mean():5.2f} {np.median(familiarity[own]):19.2f}")
    weight = clips.weight()
    print(f"{'all, each source alike':34} {len(own):5} {weight @ little:16.3f} {weight @ far:5.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("speech", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    speech, other = Clips(arguments.speech), Clips(arguments.other)
    mixed = other.part(other.family == "podcast")
    apart = other.part(other.family != "podcast")
    scale = speech.values.std(0) + 1e-6
    direction, offset = fit(speech, apart, scale)
    speech_distance = held_out(speech, lambda keep: fit(speech.part(keep), apart, scale))
    other_distance = held_out(apart, lambda keep: fit(speech, apart.part(keep), scale))
    rows = [(quantile(speech_distance, speech.weight(), share), familiarity) for share, familiarity in CALIBRATION]
    table = np.array([*rows, (max(1.0, rows[-1][0] + 0.1), 0.0)])
    print_shares("speech, its family left out", speech, speech_distance, table)
    print_shares("other audio, its family left out", apart, other_distance, table)
    print_shares("other audio, as shipped", apart, apart.values @ direction + offset, table)
    if len(mixed.values):
        print_shares("music under speech", mixed, mixed.values @ direction + offset, table)
    print("\ndistance → familiarity:", ", ".join(f"{d:.3f} → {f:.2f}" for d, f in table))
    if arguments.output:
        tensors = {"direction": direction, "offset": np.array([offset]), "calibration": table}
        save_file({name: tensor.astype(np.float32) for name, tensor in tensors.items()}, arguments.output,
                  {"layout": speech.layout, "encoder_sha256": speech.encoder, "made_by": "tools/familiarity/fit.py"})


if __name__ == "__main__":
    main()
