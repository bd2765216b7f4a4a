"""Decoding against soundfile, resampling against torchaudio, windows against distillmos' own arithmetic."""
import functools
import json
import math
import os
import pathlib
import subprocess

import numpy as np
import pytest
import soundfile
import torch
import torchaudio
from probe import BUILD

PROBE = BUILD / "tests" / "parity" / "audio_probe"
DATA = pathlib.Path(os.environ.get("QAMRO_DATA", "/nonexistent"))
TOLERANCE = 1e-6


def probe(*arguments):
    done = subprocess.run([PROBE, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def decode(path, out, *options):
    answer = probe("decode", path, out, *options)
    assert "error" not in answer, answer
    samples = np.fromfile(out, np.float32)
    assert answer["read"] == answer["frames"] == len(samples)
    return samples, answer["rate"]


def resample(signal, from_hz, to_hz, folder, *options):
    signal.astype(np.float32).tofile(folder / "in.f32")
    probe("resample", folder / "in.f32", from_hz, to_hz, folder / "out.f32", *options)
    return np.fromfile(folder / "out.f32", np.float32)


def difference(got, want):
    assert len(got) == len(want)
    worst = float(np.max(np.abs(got.astype(np.float64) - want.astype(np.float64)))) if len(got) else 0.0
    assert worst <= TOLERANCE, worst  # NaN fails too
    return worst


def noise(samples, channels=1, seed=0):
    shape = samples if channels == 1 else (samples, channels)
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


FORMATS = [
    ("wav", "WAV", "PCM_U8"), ("wav", "WAV", "PCM_16"), ("wav", "WAV", "PCM_24"), ("wav", "WAV", "PCM_32"),
    ("wav", "WAV", "FLOAT"), ("wav", "WAV", "DOUBLE"), ("wav", "WAV", "ULAW"), ("wav", "WAVEX", "PCM_16"),
    ("wav", "RF64", "PCM_16"), ("flac", "FLAC", "PCM_16"), ("flac", "FLAC", "PCM_24"), ("ogg", "OGG", "VORBIS"),
    ("opus", "OGG", "OPUS"), ("mp3", "MP3", "MPEG_LAYER_III"), ("aiff", "AIFF", "PCM_16"), ("au", "AU", "PCM_16"),
    ("caf", "CAF", "PCM_24"),
]  # fmt: skip


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("suffix,container,subtype", FORMATS)
def test_decode_equals_soundfile(tmp_path, suffix, container, subtype, channels):
    path = tmp_path / f"sound.{suffix}"
    soundfile.write(path, noise(48_000 * 3 + 17, channels) * 0.5, 48_000, format=container, subtype=subtype)
    want, rate = soundfile.read(path, dtype="float32", always_2d=True)
    got, got_rate = decode(path, tmp_path / "out.f32")
    assert got_rate == rate
    print(f"{container} {subtype} {channels}: {difference(got, want.mean(axis=1, dtype=np.float32)):.2e}")
    got, _ = decode(path, tmp_path / "out.f32", "--first")
    difference(got, want[:, 0])


@pytest.mark.parametrize("channels", [3, 6, 8])
def test_mean_of_many_channels(tmp_path, channels):
    path = tmp_path / "sound.wav"
    soundfile.write(path, noise(5_000, channels), 16_000, subtype="FLOAT")
    want, _ = soundfile.read(path, dtype="float32")
    difference(decode(path, tmp_path / "out.f32")[0], torch.from_numpy(want.T.copy()).mean(0).numpy())


@pytest.mark.parametrize("suffix,container,subtype", [("wav", "WAV", "PCM_16"), ("flac", "FLAC", "PCM_16"),
                                                      ("ogg", "OGG", "VORBIS"), ("mp3", "MP3", "MPEG_LAYER_III"),
                                                      ("opus", "OGG", "OPUS")])  # fmt: skip
def test_segments_are_cut_as_by_audiobox_aesthetics(tmp_path, suffix, container, subtype):
    path = tmp_path / f"sound.{suffix}"
    soundfile.write(path, noise(48_000 * 2, seed=1) * 0.5, 48_000, format=container, subtype=subtype)
    whole, rate = soundfile.read(path, dtype="float32")
    for start, end in [(0.1, 0.3), (1 / 3, 1.0), (0.0, 1.999), (1.25, 1.250_1)]:
        got, _ = decode(path, tmp_path / "out.f32", "--start", start, "--end", end)
        first = int(start * rate)
        difference(got, whole[first : first + int((end - start) * rate)])


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000, 44_100])
@pytest.mark.parametrize("channels", [1, 2])
def test_mp3_without_a_length_tag(tmp_path, rate, channels):
    """At a constant bit rate libsndfile guesses the length well, so its samples must equal ours."""
    with soundfile.SoundFile(tmp_path / "tagged.mp3", "w", rate, channels, format="MP3", bitrate_mode="CONSTANT",
                             compression_level=0.5) as file:  # fmt: skip
        file.write(noise(rate * 3, channels) * 0.5)
    stream = (tmp_path / "tagged.mp3").read_bytes()
    path = tmp_path / "untagged.mp3"
    path.write_bytes(stream[stream.index(stream[:2], 40) :])
    want, _ = soundfile.read(path, dtype="float32", always_2d=True)
    got, _ = decode(path, tmp_path / "out.f32")
    assert len(want) <= len(got) <= len(want) + 3  # libsndfile rounds its guess down
    difference(got[: len(want)], want.mean(axis=1, dtype=np.float32))


PAIRS = [
    (48_000, 16_000), (44_100, 16_000), (22_050, 16_000), (11_025, 16_000), (8_000, 48_000), (192_000, 8_000),
    (16_000, 44_100), (24_000, 16_000), (32_000, 16_000), (8_000, 16_000), (44_100, 48_000), (96_000, 44_100),
    (16_000, 16_000), (4_411, 1_601), (1_601, 4_411), (7, 5), (16_000, 15_999 // 3),
]  # fmt: skip


@pytest.mark.parametrize("from_hz,to_hz", PAIRS)
def test_resample_equals_torchaudio(tmp_path, from_hz, to_hz, monkeypatch):
    kernel = torchaudio.functional.functional._get_sinc_resample_kernel  # up to 85 million numbers, so each is made once
    for module in (torchaudio.functional.functional, torchaudio.transforms._transforms):
        monkeypatch.setattr(module, "_get_sinc_resample_kernel", functools.cache(kernel))
    worst = 0.0
    for samples in [1, 2, 100, 5_000, 44_101, 150_001]:
        signal = noise(samples, seed=samples)
        tensor = torch.from_numpy(signal)
        want = torchaudio.functional.resample(tensor, from_hz, to_hz).numpy()
        worst = max(worst, difference(resample(signal, from_hz, to_hz, tmp_path), want))
        want = torchaudio.transforms.Resample(from_hz, to_hz)(tensor).numpy()
        worst = max(worst, difference(resample(signal, from_hz, to_hz, tmp_path, "--transform"), want))
    print(f"{from_hz} to {to_hz}: {worst:.2e}")


def torchaudio_at_phases(signal, from_hz, to_hz, phases):
    """torchaudio.functional.resample for some phases. For rates without a common divisor the whole kernel
    takes GB."""
    gcd = math.gcd(from_hz, to_hz)
    orig, new = from_hz // gcd, to_hz // gcd
    base = min(orig, new) * 0.99
    width = math.ceil(6 * orig / base)
    idx = torch.arange(-width, width + orig, dtype=torch.float32)[None, None] / orig
    t = (torch.arange(0, -new, -1, dtype=torch.float32)[phases, None, None] / new + idx) * base
    t = t.clamp_(-6, 6)
    window = torch.cos(t * math.pi / 6 / 2) ** 2
    t *= math.pi
    kernel = torch.where(t == 0, torch.tensor(1.0), t.sin() / t) * (window * (base / orig))
    padded = torch.nn.functional.pad(torch.from_numpy(signal), (width, width + orig))
    return torch.nn.functional.conv1d(padded[None, None], kernel, stride=orig)[0].numpy()


@pytest.mark.parametrize("from_hz,to_hz", [(44_101, 16_000), (47_999, 16_000), (16_000, 44_101), (44_099, 48_000)])
def test_rates_without_a_common_divisor(tmp_path, from_hz, to_hz):
    signal = noise(from_hz * 3 + 5, seed=2)
    got = resample(signal, from_hz, to_hz, tmp_path)
    assert abs(len(got) - math.ceil(len(signal) * to_hz / from_hz)) <= 1
    phases = np.unique(np.random.default_rng(0).integers(0, to_hz, 100))
    want = torchaudio_at_phases(signal, from_hz, to_hz, torch.from_numpy(phases))
    worst = max(difference(got[phase::to_hz], row[: len(got[phase::to_hz])]) for phase, row in zip(phases, want))
    print(f"{from_hz} to {to_hz}: {worst:.2e}")


@pytest.mark.parametrize("samples", [26_460_001, 441 * 60_000 + 1])
def test_ten_minutes(tmp_path, samples):
    signal = noise(samples, seed=3)
    want = torchaudio.functional.resample(torch.from_numpy(signal), 44_100, 16_000).numpy()
    print(f"ten minutes: {difference(resample(signal, 44_100, 16_000, tmp_path), want):.2e}")


@pytest.mark.parametrize("samples", [5, 122_880, 122_881, 138_880, 138_881, 400_000, 9_600_000 // 4])
def test_spread_windows_are_those_of_distillmos(tmp_path, samples):
    window, hop = 122_880, 16_000
    path = tmp_path / "sound.wav"
    signal = noise(samples, seed=4)
    soundfile.write(path, signal, 16_000, subtype="FLOAT")
    answer = probe("windows", path, 16_000, window, hop, tmp_path / "out.f32", "--spread")
    overlength = max(0, samples - window)
    hops = int(np.ceil(overlength / hop)) + 1
    starts = [int(c * overlength) for c in np.linspace(0, 1, hops)]
    assert answer["windows"] == [[start, min(samples, window)] for start in starts]
    want = np.concatenate([signal[start : start + window] for start in starts])
    assert np.array_equal(np.fromfile(tmp_path / "out.f32", np.float32), want)


def test_spread_windows_follow_linspace_for_many_lengths(tmp_path):
    rng = np.random.default_rng(5)
    for _ in range(40):
        window, hop, samples = (int(rng.integers(1, top)) for top in (40, 13, 3_000))
        path = tmp_path / "sound.wav"
        soundfile.write(path, noise(samples), 16_000, subtype="FLOAT")
        answer = probe("windows", path, 16_000, window, hop, tmp_path / "out.f32", "--spread")
        over = max(0, samples - window)
        starts = [int(c * over) for c in np.linspace(0, 1, int(np.ceil(over / hop)) + 1)]
        assert [start for start, _ in answer["windows"]] == starts


@pytest.mark.skipif(not (DATA / "neural_codec_mushra").exists(), reason="QAMRO_DATA is not here")
def test_real_recordings(tmp_path):
    files = sorted((DATA / "neural_codec_mushra").rglob("*.flac"))
    assert files
    decoded, resampled = 0.0, 0.0
    for path in files:
        want, rate = soundfile.read(path, dtype="float32", always_2d=True)
        want = want.mean(axis=1, dtype=np.float32)
        got, _ = decode(path, tmp_path / "out.f32")
        decoded = max(decoded, difference(got, want))
        for to_hz in (16_000, 44_100):
            reference = torchaudio.functional.resample(torch.from_numpy(want), rate, to_hz).numpy()
            resampled = max(resampled, difference(resample(got, rate, to_hz, tmp_path), reference))
    print(f"{len(files)} recordings: decoded {decoded:.2e}, resampled {resampled:.2e}")
