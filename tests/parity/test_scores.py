"""Compares `qamro score --model distill-mos` with the distillmos package, file by file (`make parity`).

The package's own command reads the file, keeps the first channel, resamples with
torchaudio.transforms.Resample and averages its segments. Its read function needs torchcodec, so soundfile
reads here. A long file goes through its network segment by segment, because it would hold all segments at
once. Everything else is the package's.
"""
import contextlib
import io
import json
import os
import pathlib
import subprocess

import numpy as np
import pytest
import soundfile
import torch
import torchaudio
from distillmos import ConvTransformerSQAModel
from distillmos.sqa import MAX_HOP_LEN, SEQ_LEN

ROOT = pathlib.Path(__file__).parents[2]
QAMRO = pathlib.Path(os.environ.get("QAMRO_BUILD", ROOT / "build")) / "qamro"
CODECS = pathlib.Path(os.environ.get("QAMRO_DATA", ROOT.parent / "shared/data")) / "neural_codec_mushra/audio"
ALL = os.environ.get("QAMRO_PARITY") == "all"  # every codec clip, ten minutes
TOLERANCE = 1e-4  # MOS


@pytest.fixture(scope="module", autouse=True)
def no_gradients():
    with torch.no_grad():
        yield


@pytest.fixture(scope="module")
def network():
    with contextlib.redirect_stdout(io.StringIO()):
        return ConvTransformerSQAModel(segmenting_in_forward=False).eval()


def expected_score(network, path, mono="first"):
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    x = torch.from_numpy(samples.T)
    x = x[:1] if mono == "first" else x.mean(0, keepdim=True)
    if rate != 16000:
        x = torchaudio.transforms.Resample(rate, 16000)(x)
    over = max(0, x.shape[1] - SEQ_LEN)
    x = torch.nn.functional.pad(x, (0, max(0, SEQ_LEN - x.shape[1])))
    starts = [int(part * over) for part in np.linspace(0, 1, int(np.ceil(over / MAX_HOP_LEN)) + 1)]
    return torch.cat([network(x[:, start:start + SEQ_LEN]).reshape(1) for start in starts]).mean().item()


def scores(files, *options):
    result = subprocess.run([QAMRO, "score", *files, "--model", "distill-mos", "--no-ranking", *options],
                            capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return [json.loads(line)["mos"] for line in result.stdout.splitlines()]


def speech(seconds, rate, channels=1):
    """A voiced tone with syllables in noise, a different one in each channel."""
    rng = np.random.default_rng(int(seconds * 1000) + rate)
    t = np.arange(int(seconds * rate)) / rate
    phase = 2 * np.pi * np.cumsum(120 + 30 * np.sin(2 * np.pi * 0.4 * t)) / rate
    voiced = sum(np.sin(k * phase) / k for k in range(1, 12)) * (1 - np.cos(6 * np.pi * t)) / 2
    return np.stack([(0.1 / (c + 1) * voiced + 0.003 * rng.standard_normal(t.size)) for c in range(channels)], 1)


FILES = {
    "tone.wav": (3, 16000, 1), "cd.flac": (4, 44100, 1), "telephone.wav": (5, 8000, 1), "studio.wav": (9, 48000, 2),
    "stereo.ogg": (6, 44100, 2), "music.mp3": (8, 44100, 2), "voice.mp3": (3, 24000, 1), "short.wav": (0.3, 16000, 1),
    "shorter.flac": (0.12, 22050, 1), "segment.wav": (7.68, 16000, 1), "sample_over.wav": (7.6800625, 16000, 1),
    "two_segments.wav": (8.7, 16000, 1), "minute.ogg": (60, 32000, 1),
}


if not ALL:
    del FILES["minute.ogg"]


@pytest.mark.parametrize("mono", ["first", "mean"])
def test_formats_rates_channels_and_lengths(network, tmp_path, mono):
    files = [tmp_path / name for name in FILES]
    for file, (seconds, rate, channels) in zip(files, FILES.values()):
        soundfile.write(file, speech(seconds, rate, channels), rate)
    found = scores(files, "--mono", mono)
    differences = {file.name: abs(score - expected_score(network, file, mono)) for file, score in zip(files, found)}
    print(f"largest difference {max(differences.values()):.1e} MOS; mono {mono}")
    assert max(differences.values()) <= TOLERANCE, differences
    assert max(found) - min(found) > 0.1  # scores distinguish the files


@pytest.mark.skipif(not ALL, reason="QAMRO_PARITY=all")
def test_ten_minutes(network, tmp_path):
    file = tmp_path / "long.flac"
    soundfile.write(file, speech(600, 16000), 16000)
    difference = abs(scores([file])[0] - expected_score(network, file))
    print(f"ten minutes: difference {difference:.1e} MOS")
    assert difference <= TOLERANCE


def test_codec_clips(network):
    files = sorted(CODECS.rglob("*.flac"))[:: 1 if ALL else 8]
    if not files:
        pytest.skip(f"no audio under {CODECS}")
    expected = np.array([expected_score(network, file) for file in files])
    exact = np.array(scores(files, "--mono", "first"))
    fast = np.array(scores(files, "--mono", "first", "--precision", "bf16"))
    ranks = np.corrcoef(expected.argsort().argsort(), fast.argsort().argsort())[0, 1]
    print(f"{len(files)} codec clips: fp32 within {abs(exact - expected).max():.1e} MOS, "
          f"bf16 within {abs(fast - expected).max():.3f} MOS (rank correlation {ranks:.4f})")
    assert abs(exact - expected).max() <= TOLERANCE
    assert abs(fast - expected).max() <= 0.05
    if ALL:  # among few clips, one swap of neighbours exceeds the limit
        assert ranks >= 0.99
