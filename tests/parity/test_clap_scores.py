"""Compares CLAP from files to embeddings and scores with the laion-clap package on seeded random weights
(`make parity`)."""
import json
import os
import pathlib
import subprocess

import clap_peer
import numpy as np
import pytest
import soundfile
import soxr
import torch
from safetensors import safe_open
from safetensors.torch import load_file

ROOT = pathlib.Path(__file__).parents[2]
QAMRO = pathlib.Path(os.environ.get("QAMRO_BUILD", ROOT / "build")) / "qamro"
CODECS = clap_peer.DATA / "neural_codec_mushra/audio"
MUSICEVAL = clap_peer.DATA / "musiceval/prompt_info.txt"
ENVIRONMENT = {**os.environ, "QAMRO_DATA": str(clap_peer.VOCABULARY.parent), "QAMRO_HOME": "/nowhere"}
# QAMRO_PARITY=all also takes the base size and a second seed.
SIZES = [("tiny", 2)] + ([("base", 1), ("tiny", 3)] if os.environ.get("QAMRO_PARITY") == "all" else [])


def run(*arguments, exit_code=0):
    result = subprocess.run([QAMRO, *map(str, arguments)], capture_output=True, text=True, env=ENVIRONMENT)
    assert result.returncode == exit_code, result.stderr
    return result


def music(seconds, rate, seed):
    """Changing chords over noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    notes = 110 * 2 ** (rng.integers(0, 36, (8, 3)) / 12)
    beat = (time * 2).astype(int) % 8
    tones = sum(np.sin(2 * np.pi * notes[beat, i] * time) / (i + 1) for i in range(3))
    return (0.2 * tones * np.exp(-3 * ((time * 2) % 1)) + 0.01 * rng.standard_normal(time.size)).astype(np.float32)


def real_audio(seconds):
    """Codec clips joined at 24 kHz, or music if there are none."""
    files = sorted(CODECS.rglob("*.flac"))
    if not files:
        return music(seconds, 24000, 7)
    pieces = [soundfile.read(file, dtype="float32")[0] for file in files[3:30:2]]
    return np.concatenate(pieces)[: round(seconds * 24000)]


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """1, 5 and 10 s at each rate, and one stereo clip that is too loud for 16 bits."""
    folder = tmp_path_factory.mktemp("clips")
    paths = []
    for rate in (16000, 24000, 44100, 48000):
        for seconds in (1, 5, 10):
            samples = real_audio(seconds)
            samples = soxr.resample(samples, 24000, rate) if rate != 24000 else samples
            paths.append(folder / f"{rate}_{seconds}.flac")
            soundfile.write(paths[-1], np.clip(samples, -1, 1), rate)
    for i in range(4):
        paths.append(folder / f"music{i}_P{i + 1:03}.wav")
        soundfile.write(paths[-1], music(3.3 + i, 16000, i), 16000)
    loud = np.stack([3 * music(2.1, 32000, 9), music(2.1, 32000, 10)], 1)
    paths.append(folder / "loud.wav")
    soundfile.write(paths[-1], loud, 32000, subtype="FLOAT")
    return paths


@pytest.fixture(scope="module", params=SIZES, ids=lambda p: f"{p[0]}-seed{p[1]}")
def model(request, clips, tmp_path_factory):
    """The package's model, as LAION publishes it and as the paper's program saves its predictor."""
    folder = tmp_path_factory.mktemp("model")
    clap = clap_peer.build(*request.param)
    predictor = clap_peer.build_predictor(clap, request.param[1], clips)
    clap_peer.save_checkpoint(clap, folder / "clap.pt")
    torch.save(predictor.state_dict(), folder / "predictor.pt")
    yield predictor, folder
    for path in folder.iterdir():
        path.unlink()


def embed(model, clips, output, *options):
    run("embed", *clips, "--model", model, "--output", output, *options)
    with safe_open(output, "pt") as file:
        metadata = file.metadata()
    return load_file(output)["embedding"], metadata


def expect_same_embeddings(found, expected):
    cosine = 1 - torch.nn.functional.cosine_similarity(found.double(), expected.double())
    print(f"cosine distance {cosine.max().item():.1e}, absolute {(found - expected).abs().max().item():.1e}; "
          f"between clips {(1 - expected @ expected.T).max().item():.1e}")
    assert cosine.max().item() <= 1e-4
    assert (found - expected).abs().max().item() <= 1e-3


@torch.no_grad()
def test_audio_of_files(model, clips, tmp_path, monkeypatch):
    """librosa makes 480,001 samples of 10 s at 44.1 kHz; the package takes 480,000 of them from a
    random place."""
    monkeypatch.setattr(np.random, "randint", lambda low, high: low)
    predictor, folder = model
    found, metadata = embed(folder / "clap.pt", clips, tmp_path / "audio.safetensors")
    assert metadata["embedding_layout"] == "audio" and metadata["audio_policy"] == "correct"
    expected = predictor.upstream_model.get_audio_embedding_from_filelist([str(path) for path in clips])
    expect_same_embeddings(found, torch.from_numpy(expected))


@torch.no_grad()
def test_audio_of_long_files(model, tmp_path):
    predictor, folder = model
    long = np.concatenate([music(10, 48000, 3), music(10, 48000, 4), music(4, 48000, 5)])
    soundfile.write(tmp_path / "long.wav", long, 48000, subtype="FLOAT")
    found, _ = embed(folder / "clap.pt", [tmp_path / "long.wav"], tmp_path / "long.safetensors")
    parts = [long[start:start + 480000] for start in (0, 480000, 960000)]
    embeddings = [predictor.upstream_model.get_audio_embedding_from_data(part[None])[0] for part in parts]
    expected = np.average(embeddings, axis=0, weights=[len(part) for part in parts])
    assert (found[0] - torch.from_numpy(expected).float()).abs().max().item() <= 1e-3


def prompts_file(folder):
    if MUSICEVAL.exists():
        return MUSICEVAL
    texts = ["slow piano", "fast drums, 180 bpm", "钢琴 😀", "a choir; rain", "jazz " * 40]
    path = folder / "prompts.txt"
    path.write_text("id\ttext\n" + "".join(f"P{i:03}\t{text}\n" for i, text in enumerate(texts, 1)))
    return path


def read_prompts(path):
    rows = [line.split("\t") for line in path.read_text().splitlines()[1:] if line.strip()]
    return {key: text for key, text in rows}


@torch.no_grad()
def test_text(model, tmp_path):
    predictor, folder = model
    prompts = read_prompts(prompts_file(tmp_path))
    some = dict(list(prompts.items())[::7]) | {"P901": "钢琴 😀", "P902": "very long, " * 60}
    path = tmp_path / "some.txt"
    path.write_text("".join(f"{key}\t{text}\n" for key, text in some.items()))
    clips = [tmp_path / f"{key}.wav" for key in some]
    for clip in clips:
        soundfile.write(clip, music(0.2, 48000, 1), 48000)
    found, metadata = embed(folder / "clap.pt", clips, tmp_path / "both.safetensors", "--prompts", path)
    assert metadata["embedding_layout"] == "audio+text" and found.shape[1] == 1024
    expected = predictor.upstream_model.get_text_embedding(list(some.values()), use_tensor=True)
    difference = (found[:, 512:] - expected).abs().max().item()
    print(f"text: {difference:.1e}; between prompts {(expected[1:] - expected[:-1]).abs().max().item():.1e}")
    assert difference <= 1e-4
    assert torch.equal(found[:, :512], found[:1, :512].expand(len(clips), 512))


@torch.no_grad()
def test_scores_of_the_published_path(model, clips, tmp_path):
    predictor, folder = model
    prompts = read_prompts(prompts_file(tmp_path))
    some = [*clips[1::3], *clips[-5:]]
    rows = [{"path": str(path), "prompt": text} for path, text in zip(some, prompts.values())]
    (tmp_path / "clips.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    expected = []
    for row in rows:
        samples, _ = soundfile.read(row["path"], dtype="float32", always_2d=True)
        waveform = torch.from_numpy(samples.mean(1))[None, :480000]
        expected.append([score.item() for score in predictor(waveform, [row["prompt"]])])
    expected = np.array(expected)
    result = run("score", tmp_path / "clips.jsonl", "--model", folder / "predictor.pt", "--no-ranking")
    found = np.array([[row["MI"], row["TA"]] for row in map(json.loads, result.stdout.splitlines())])
    spread = expected.std(0)
    print(f"published scores within {(abs(found - expected) / spread).max():.1e} of the spread {spread}")
    assert (abs(found - expected) <= 1e-3 * spread).all()


@torch.no_grad()
def test_the_layout_of_hugging_face(tmp_path):
    """transformers' ClapModel of the same size, saved by transformers: our embeddings equal its own."""
    transformers = pytest.importorskip("transformers")
    config = transformers.ClapConfig()
    config.audio_config.num_hidden_layers = config.audio_config.num_hidden_layers
    config.text_config.layer_norm_eps = 1e-5
    config.text_config.num_hidden_layers = 2
    theirs = transformers.ClapModel(config).eval()
    clap_peer.randomise(theirs, 4)
    theirs.save_pretrained(tmp_path / "theirs")
    windows = torch.from_numpy(np.stack([music(10, 48000, seed) for seed in (1, 2)]))
    windows = (windows.clamp(-1, 1) * 32767).to(torch.int16) / 32767
    clips = [tmp_path / f"P00{i}.wav" for i in (1, 2)]
    for clip, window in zip(clips, windows):
        soundfile.write(clip, window.numpy(), 48000, subtype="FLOAT")
    branch = clap_peer.build("tiny", 1).model.audio_branch
    mel = branch.logmel_extractor(branch.spectrogram_extractor(windows))
    texts = ["slow piano", "fast drums"]
    (tmp_path / "prompts.txt").write_text("".join(f"P00{i + 1}\t{text}\n" for i, text in enumerate(texts)))
    normalise = torch.nn.functional.normalize
    audio = theirs.audio_model(input_features=mel, is_longer=torch.zeros(2, 1, dtype=torch.bool)).pooler_output
    text = theirs.text_model(**clap_peer.tokenize(texts)).pooler_output
    found, _ = embed(tmp_path / "theirs", clips, tmp_path / "found.safetensors", "--prompts", tmp_path / "prompts.txt")
    expect_same_embeddings(found[:, :512], normalise(theirs.audio_projection(audio)))
    expect_same_embeddings(found[:, 512:], normalise(theirs.text_projection(text)))


@torch.no_grad()
def test_a_fusion_checkpoint_is_refused_by_name(clips, tmp_path):
    clap = clap_peer.build("tiny", 1, fusion=True)
    clap_peer.save_checkpoint(clap, tmp_path / "fusion.pt")
    result = subprocess.run([QAMRO, "embed", clips[0], "--model", tmp_path / "fusion.pt", "--output", tmp_path / "x"],
                            capture_output=True, text=True, env=ENVIRONMENT)
    assert result.returncode == 3 and "fusion" in result.stderr, result.stderr
    (tmp_path / "fusion.pt").unlink()
