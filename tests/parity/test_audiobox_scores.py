"""Compares `qamro score` with the audiobox_aesthetics package, file by file (`make parity`).

The released weights are not available everywhere. Seeded random weights of the same sizes, calibrated so that
scores differ between clips, come from peers/audiobox.py beside $QAMRO_DATA. It also takes the package's steps
from the file to the scores (the package's file reader needs torchcodec). Differences are in standard
deviations between clips.

Lower precisions and equal bits are tested once per instruction tier of the processor (QAMRO_CPU; only on a
CPU). QAMRO_PARITY=all takes every codec clip, 100 for the lower precisions, three seeds, and 47 s and ten
minutes through the whole network; otherwise a subset takes about a minute and a half on two cores. With
QAMRO_TEST_DEVICE=cuda qamro runs on a GPU, while the package stays on the CPU.
"""
import contextlib
import json
import os
import pathlib
import random
import re
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import torch

ROOT = pathlib.Path(__file__).parents[2]
QAMRO = pathlib.Path(os.environ.get("QAMRO_BUILD", ROOT / "build")) / "qamro"
DATA = pathlib.Path(os.environ.get("QAMRO_DATA", ROOT.resolve().parent / "shared/data"))
CODECS = DATA / "neural_codec_mushra/audio"
ALL = os.environ.get("QAMRO_PARITY") == "all"
DEVICE = os.environ.get("QAMRO_TEST_DEVICE", "cpu")
AXES = ["CE", "CU", "PC", "PQ"]

PEERS = DATA.parent / "peers"
if not (PEERS / "audiobox.py").exists():
    pytest.skip(f"no audiobox.py in {PEERS}", allow_module_level=True)
sys.path.insert(0, str(PEERS))
import audiobox  # noqa: E402
from audiobox_aesthetics import infer  # noqa: E402
from audiobox_aesthetics.model import aes  # noqa: E402

from bfloat16_peer import as_autocast  # noqa: E402

# In standard deviations between clips: the largest difference for fp32, the root mean square over clips and
# axes for lower precisions; then the smallest rank correlation.
LIMITS = {"fp32": (1e-3, 0.9999), "bf16": (0.10, 0.99), "int8": (0.25, 0.97), "fp16": (0.10, 0.99)}
SMALL = {"conv_feature_layers": "[(32,10,5)] + [(32,3,2)] * 4 + [(32,2,2)] * 2", "encoder_layers": 2,
         "encoder_embed_dim": 96, "encoder_ffn_embed_dim": 192, "encoder_attention_heads": 4, "conv_pos_groups": 4}


def codec_clips(count):
    files = sorted(CODECS.rglob("*.flac"))
    if not files:
        pytest.skip(f"no audio under {CODECS}")
    random.Random(0).shuffle(files)
    return files[:count]


def sounds(seconds, rate, channels=1):
    """A voiced tone with syllables over noise, a different one in each channel."""
    rng = np.random.default_rng(int(seconds * 1000) + rate)
    t = np.arange(int(seconds * rate)) / rate
    phase = 2 * np.pi * np.cumsum(120 + 30 * np.sin(2 * np.pi * 0.4 * t)) / rate
    voiced = sum(np.sin(k * phase) / k for k in range(1, 12)) * (1 - np.cos(6 * np.pi * t)) / 2
    return np.stack([(0.1 / (c + 1) * voiced + 0.02 * rng.standard_normal(t.size)) for c in range(channels)], 1)


FORMATS = {
    "instant.wav": (0.3, 8000, 1), "short.ogg": (3, 24000, 2), "window.wav": (10, 16000, 1),
    "sample_over.flac": (10.01, 44100, 2), "long.flac": (47, 48000, 2), "telephone.wav": (3, 8000, 2),
    "cd.wav": (5, 44100, 1), "stereo.wav": (0.3, 16000, 2),
}


@pytest.fixture(scope="module")
def formats(tmp_path_factory):
    folder = tmp_path_factory.mktemp("formats")
    for name, (seconds, rate, channels) in FORMATS.items():
        soundfile.write(folder / name, sounds(seconds, rate, channels), rate)
    return [folder / name for name in FORMATS]


@pytest.fixture(scope="module")
def ten_minutes(tmp_path_factory):
    file = tmp_path_factory.mktemp("long") / "ten_minutes.flac"
    soundfile.write(file, sounds(600, 16000), 16000)
    return file


@pytest.fixture(scope="module", autouse=True)
def no_gradients():
    with torch.inference_mode():
        yield


class Network:
    """A checkpoint and the package's model of it."""

    def __init__(self, folder, seed, files, config=audiobox.CONFIG):
        with torch.inference_mode(False):
            audiobox.make(folder, seed, files, config)
        self.checkpoint = folder / "checkpoint.pt"
        self.model = audiobox.load(folder)

    def expected(self, files):
        rows = [audiobox.score(self.model, [file])[0] for file in files]
        return np.array([[row[axis] for axis in AXES] for row in rows])

    def scores(self, files, *options, tier=None):
        rows = run(files, "--model", self.checkpoint, *options, tier=tier)
        return np.array([[row[axis] for axis in AXES] for row in map(json.loads, rows)])


def tiers_here():
    text = subprocess.run([QAMRO, "--version", "--verbose"], capture_output=True, text=True, check=True).stdout
    tiers = re.search("^tiers here: (.*)$", text, re.M)[1].split()
    if DEVICE != "cpu" or "QAMRO_CPU" in os.environ:
        return [None]
    return tiers[1:] or tiers  # "portable" always computes in fp32


def run(files, *options, tier=None):
    environment = os.environ if tier is None else {**os.environ, "QAMRO_CPU": tier}
    result = subprocess.run([QAMRO, "score", *files, "--no-ranking", "--device", DEVICE, *options], capture_output=True,
                            text=True, env=environment)
    if result.returncode == 2 and "precision: expected" in result.stderr:
        pytest.skip(f"not in this version: {result.stderr.strip()}")
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


@contextlib.contextmanager
def small_encoder():
    """Makes the package build a small encoder; afterwards restores the whole one for other tests."""
    published = dict(aes.DEFAULT_AUDIO_CFG.__dict__)
    aes.DEFAULT_AUDIO_CFG.update(SMALL)
    try:
        yield
    finally:
        aes.DEFAULT_AUDIO_CFG.update(published)


@pytest.fixture(scope="module")
def small(tmp_path_factory, formats):
    """The same network at a small size."""
    with small_encoder():
        return Network(tmp_path_factory.mktemp("small"), 1, formats, {**audiobox.CONFIG, "nth_layer": 3})


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return Network(tmp_path_factory.mktemp("whole"), 1, codec_clips(6))


@pytest.fixture(scope="module")
def codec_scores(whole):
    files = codec_clips(160 if ALL else 10)
    return files, whole.expected(files)


def report(name, found, expected, spread, limit, limit_of_mean_square=np.inf):
    """Prints, in standard deviations, the largest difference of an axis and the root mean square. Returns
    the latter."""
    difference = np.abs(found - expected) / spread
    mean_square = np.sqrt((difference**2).mean())
    print(f"\n{name}: {len(found)} files, largest difference {difference.max():.2e} of the standard deviation, "
          f"root mean square {mean_square:.2e}; standard deviations {spread.round(3)}")
    assert np.isfinite(found).all()
    assert difference.max() <= limit, dict(zip(AXES, difference.max(0)))
    assert mean_square <= limit_of_mean_square
    return mean_square


def own_error(network, files):
    """How much the package's scores change with threads and batches, which its arithmetic leaves open."""
    before = torch.get_num_threads()
    runs = []
    for threads, batch in ((1, 1), (2, 1), (2, len(files))):
        torch.set_num_threads(threads)
        rows = [row for i in range(0, len(files), batch) for row in audiobox.score(network.model, files[i:i + batch])]
        runs.append([[row[axis] for axis in AXES] for row in rows])
    torch.set_num_threads(before)
    return np.ptp(np.array(runs), axis=0).max(0)


def test_codec_clips(whole, codec_scores):
    files, expected = codec_scores
    spread = expected.std(0)
    assert (spread > 0.05).all(), "calibrated scores differ between clips"
    own = own_error(whole, files[:4 if ALL else 2]) / spread
    print(f"\nthe package itself, 1 and 2 threads, batches of 1 and {4 if ALL else 2}: {own.max():.1e} of the standard deviation")
    report("codec clips", whole.scores(files), expected, spread, max(LIMITS["fp32"][0], 2 * own.max()))


def test_lengths_rates_and_channels(whole, codec_scores, formats):
    files = formats if ALL else [file for file in formats if file.name != "long.flac"]  # the small network takes it
    report("formats", whole.scores(files), whole.expected(files), codec_scores[1].std(0), LIMITS["fp32"][0])


def test_small_network(small, formats, ten_minutes):
    expected = small.expected([*formats, ten_minutes])
    report("in small, with ten minutes", small.scores([*formats, ten_minutes]), expected, expected[:-1].std(0),
           LIMITS["fp32"][0])


@pytest.mark.skipif(not ALL, reason="QAMRO_PARITY=all: the ten minutes take the package a minute and 4 GB")
def test_ten_minutes(whole, codec_scores, ten_minutes):
    report("ten minutes", whole.scores([ten_minutes]), whole.expected([ten_minutes]), codec_scores[1].std(0),
           LIMITS["fp32"][0])


@pytest.mark.skipif(not ALL, reason="QAMRO_PARITY=all: each seed takes the package half a minute")
@pytest.mark.parametrize("seed", [2, 3])
def test_other_weights(tmp_path, seed):
    files = codec_clips(24)
    network = Network(tmp_path, seed, files[:6])
    expected = network.expected(files)
    report(f"seed {seed}", network.scores(files), expected, expected.std(0), LIMITS["fp32"][0])


@pytest.mark.parametrize("tier", tiers_here())
@pytest.mark.parametrize("precision", ["bf16", "int8", "fp16"])
def test_lower_precisions(whole, codec_scores, precision, tier):
    files, expected = codec_scores[0][:100], codec_scores[1][:100]
    found = whole.scores(files, "--precision", precision, tier=tier)
    ranks = min(np.corrcoef(found[:, axis].argsort().argsort(), expected[:, axis].argsort().argsort())[0, 1]
                for axis in range(4))
    print(f"\n{precision}: smallest rank correlation {ranks:.4f}")
    if len(files) >= 100:  # among ten, one swap of neighbours exceeds the limit
        assert ranks >= LIMITS[precision][1]
    report(f"{precision} on {tier or DEVICE}", found, expected, expected.std(0), np.inf, LIMITS[precision][0])


@pytest.mark.skipif(not ALL, reason="QAMRO_PARITY=all: the package takes forty clips once more")
def test_bf16_is_no_further_off_than_the_package_in_bfloat16(whole, codec_scores, monkeypatch):
    files, expected = codec_scores[0][:40], codec_scores[1][:40]
    monkeypatch.setattr(whole.model, "forward", as_autocast(whole.model.forward))
    own = report("the package in bfloat16", whole.expected(files), expected, expected.std(0), np.inf)
    # The same rounding in another order of operations gives errors of the same size, up to chance.
    for tier in tiers_here():
        report(f"bf16 on {tier or DEVICE}", whole.scores(files, "--precision", "bf16", tier=tier), expected, expected.std(0),
               np.inf, 1.25 * own)


@pytest.mark.parametrize("tier", tiers_here())
@pytest.mark.parametrize("precision", LIMITS)
def test_neither_threads_nor_order_nor_other_files_change_a_bit(small, formats, precision, tier):
    files = [*formats, formats[2], *codec_clips(8)]
    options = ("--model", small.checkpoint, "--precision", precision)
    rows = run(files, *options, "--threads", "1", tier=tier)
    for threads in ("2", "5"):
        assert rows == run(files, *options, "--threads", threads, tier=tier)
    order = list(range(len(files)))
    random.Random(1).shuffle(order)
    assert [rows[i] for i in order] == run([files[i] for i in order], *options, tier=tier)
    for i in (0, 2, 4, 10):
        assert run([files[i]], *options, tier=tier) == [rows[i]]


def test_the_whole_network_gives_the_same_bits_on_any_number_of_threads(whole, codec_scores, formats):
    files = [*codec_scores[0][:3], formats[0], formats[1], formats[3]]
    rows = run(files, "--model", whole.checkpoint, "--threads", "1")
    assert rows == run(files[::-1], "--model", whole.checkpoint, "--threads", "3")[::-1]
    assert rows[3:4] == run(files[3:4], "--model", whole.checkpoint)


def converted(network, folder):
    subprocess.run([QAMRO, "model", "convert", network.checkpoint, folder], check=True, capture_output=True)
    return folder


def test_a_converted_checkpoint_gives_the_same_bits(whole, codec_scores, tmp_path):
    files = codec_scores[0][:2]
    assert (run(files, "--model", whole.checkpoint) == run(files, "--model", whole.checkpoint.parent / "hf")
            == run(files, "--model", converted(whole, tmp_path / "mine")))
    verified = subprocess.run([QAMRO, "model", "verify", tmp_path / "mine"], capture_output=True, text=True)
    assert verified.returncode == 0, verified.stderr


def read_wav(entry):
    """`infer.read_wav`, whose reader needs torchcodec, also for times that are not whole."""
    rate = soundfile.info(entry["path"]).samplerate
    start, stop = (int(entry[key] * rate) if key in entry else None for key in ("start_time", "end_time"))
    samples, _ = soundfile.read(entry["path"], dtype="float32", always_2d=True, start=start or 0, stop=stop)
    return torch.from_numpy(samples.T).mean(0, keepdim=True), rate


def test_audio_aes_lines(small, formats, tmp_path, monkeypatch):
    """The program's lines: keys, order and spelling byte for byte, numbers as close as fp32."""
    parts = [(None, None), (0, 0.3), (0.25, 2.125), (1, 9), (0.5, 10), (40, 47), (12.5, 40.75), (None, None)]
    entries = [{"path": str(file)} | ({} if start is None else {"start_time": start, "end_time": end})
               for file, (start, end) in zip([formats[i] for i in (0, 0, 1, 2, 3, 4, 4, 7)], parts)]
    listed = tmp_path / "input.jsonl"
    listed.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    monkeypatch.setattr(infer, "read_wav", read_wav)
    with small_encoder():
        expected = infer.main_predict(str(listed), str(small.checkpoint), batch_size=3)
    found = run([listed], "--model", small.checkpoint, "--format", "audio-aes")
    number = re.compile(r"-?\d+\.\d+(e[+-]\d\d)?")
    assert [number.sub("#", line) for line in found] == [number.sub("#", line) for line in expected]
    values = [np.array([list(json.loads(line).values()) for line in lines]) for lines in (found, expected)]
    assert (values[0] == values[0].astype(np.float32)).all(), "float32, as the package's"
    report("audio-aes", *values, small.expected(formats).std(0), LIMITS["fp32"][0])
    assert found == [json.dumps(json.loads(line)) for line in found], "spelt as json.dumps spells"
