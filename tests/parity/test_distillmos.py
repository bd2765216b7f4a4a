"""Compares Distill-MOS, stage by stage, with the distillmos package (`make parity`)."""
import contextlib
import io
import os
import pathlib
import subprocess

import pytest
import soundfile
import torch
import torchaudio
from distillmos import ConvTransformerSQAModel
from distillmos.sqa import DEFAULT_WEIGHTS_CHKPT, _complex_compressed
from safetensors.torch import load_file, save_file

ROOT = pathlib.Path(__file__).parents[2]
PROBE = pathlib.Path(os.environ.get("QAMRO_BUILD", ROOT / "build")) / "tests/parity/encoder_probe"
WINDOW = 122880
THREADS = "2"


@pytest.fixture(scope="module", autouse=True)
def no_gradients():
    torch.set_num_threads(int(THREADS))
    with torch.no_grad():
        yield


@pytest.fixture(scope="session")
def reference():
    with contextlib.redirect_stdout(io.StringIO()):
        return ConvTransformerSQAModel(segmenting_in_forward=False).eval()


def padded(samples):
    return torch.nn.functional.pad(samples, (0, WINDOW - len(samples)))


def generated_windows():
    """Lengths around the ends of tokens, chunks and the window; silence at the beginning, inside
    and everywhere."""
    generator = torch.Generator().manual_seed(0)
    windows = [padded(0.1 * torch.randn(n, generator=generator))
               for n in (0, 1, 50, 160, 4800, 15360, 48000, 122720, 122800, 122879, WINDOW)]
    click = torch.zeros(WINDOW)
    click[-1] = 1
    island = torch.zeros(WINDOW)
    island[60000:60100] = 0.5
    faint = 1e-6 * torch.randn(WINDOW, generator=generator)
    ramp = torch.sin(2 * torch.pi * torch.arange(WINDOW) / 16000 * torch.linspace(50, 4000, WINDOW)) * 0.9
    return torch.stack(windows + [click, island, faint, ramp])


def codec_windows():
    root = pathlib.Path(os.environ.get("QAMRO_DATA", ROOT.parent / "shared/data")) / "neural_codec_mushra/audio"
    files = sorted(root.rglob("*.flac"))[:: 4 if os.environ.get("QAMRO_PARITY") == "all" else 16]
    if not files:
        pytest.skip(f"no audio under {root}")
    windows = []
    for file in files:
        samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
        windows.append(padded(torchaudio.functional.resample(torch.from_numpy(samples[:, 0]), rate, 16000)[:WINDOW]))
    return torch.stack(windows)


def reference_stages(model, window):
    """All stages that `SingleLayerModel.forward` and its parts compute; window: [1, 122880]."""
    top = model.transformer_pool_attn
    inner = top.transformer
    over_channels = lambda norm, x: norm(x.transpose(1, 2)).transpose(1, 2)
    normalised = window / (window.abs().max(dim=1, keepdim=True).values + 1e-8)
    stages = {"spectrum": _complex_compressed(window, 160, 320).permute(0, 3, 1, 2)}
    features = model.cnn(normalised).permute(0, 2, 1)
    x = stages["projected"] = inner.linear_proj(over_channels(inner.norm, over_channels(top.norm_input, features)))
    x = inner.position_encoding(x)
    for i, layer in enumerate(inner.transformer_encoder.layers):
        x = stages[f"layer{i + 1}"] = layer(x)
    x = stages["normalised"] = over_channels(top.norm_trans, x)
    weights = torch.softmax(top.pool.linear2(torch.relu(top.pool.linear1(x))), dim=1)
    stages["pooled"] = (weights * x).sum(1)
    stages["mos"] = model(window).reshape(1)
    return stages


def run_probe(tmp_path, windows, path, threads=THREADS):
    save_file({"windows": windows.contiguous()}, tmp_path / "in.safetensors")
    out = tmp_path / f"{path}.safetensors"
    subprocess.run([PROBE, DEFAULT_WEIGHTS_CHKPT, tmp_path / "in.safetensors", out, path, threads], check=True)
    return load_file(out)


@pytest.mark.parametrize("path", ["module", "fp32"])
def test_every_stage(tmp_path, reference, path):
    windows = generated_windows()
    found = run_probe(tmp_path, windows, path)
    for i, window in enumerate(windows):
        expected = reference_stages(reference, window[None])
        assert set(expected) == set(found)
        for name, tensor in expected.items():
            difference = (found[name][i] - tensor[0]).abs().max().item()
            tolerance = 1e-5 if name == "mos" else 1e-4
            assert difference <= tolerance, f"window {i}, {name}: {difference}"


def test_codec_clips(tmp_path, reference):
    windows = codec_windows()
    expected = torch.cat([reference(w[None]).reshape(1) for w in windows])
    for path, tolerance in (("module", 1e-5), ("fp32", 1e-5), ("bf16", 0.05)):
        found = run_probe(tmp_path, windows, path)["mos"]
        difference = (found - expected).abs().max().item()
        ranks = torch.stack([found.argsort().argsort(), expected.argsort().argsort()]).double()
        print(f"{path}: {len(windows)} clips, largest difference {difference:.2e} MOS, "
              f"rank correlation {torch.corrcoef(ranks)[0, 1]:.6f}")
        assert difference <= tolerance


@pytest.mark.parametrize("path", ["fp32", "bf16"])
def test_threads_do_not_change_a_bit(tmp_path, path):
    windows = generated_windows()[4:]
    outputs = [run_probe(tmp_path, windows, path, threads) for threads in ("1", "2", "4")]
    for other in outputs[1:]:
        for name, tensor in outputs[0].items():
            assert torch.equal(tensor, other[name]), name
