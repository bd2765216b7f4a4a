"""Compares CLAP's encoders, layer by layer, with the laion-clap package (`make parity`)."""
import os
import pathlib
import subprocess

import clap_peer
import pytest
import torch
from safetensors.torch import load_file, save_file

ROOT = pathlib.Path(__file__).parents[2]
BUILD = pathlib.Path(os.environ.get("QAMRO_BUILD", ROOT / "build"))
WINDOW = 480000
PROMPTS = ["a slow sad piano melody", "", "钢琴 😀", "fast drums with a distorted guitar, 180 bpm, live " * 30]


# QAMRO_PARITY=all also takes the base size and a second seed.
SIZES = [("tiny", 2)] + ([("base", 1), ("tiny", 3)] if os.environ.get("QAMRO_PARITY") == "all" else [])


@pytest.fixture(scope="module", params=SIZES, ids=lambda p: f"{p[0]}-seed{p[1]}")
def model(request, tmp_path_factory):
    clap = clap_peer.build(*request.param)
    path = tmp_path_factory.mktemp("clap") / "clap.pt"
    clap_peer.save_checkpoint(clap, path)
    yield clap, path
    path.unlink()


def windows():
    """Noise, silence, a click, something faint, and tones that rise through all mel bands."""
    generator = torch.Generator().manual_seed(0)
    time = torch.arange(WINDOW) / 48000
    click = torch.zeros(WINDOW)
    click[-1] = 1
    noise = torch.randn(3, WINDOW, generator=generator)
    return torch.stack([0.1 * noise[0], torch.zeros(WINDOW), click, 1e-5 * noise[1],
                        0.5 * torch.sin(2 * torch.pi * time * (50 + 700 * time)) + 1e-3 * noise[2]])


def probe(tmp_path, weights, kind, inputs, *options):
    save_file(inputs, tmp_path / "in.safetensors")
    subprocess.run([BUILD / "tests/parity/clap_probe", weights, tmp_path / "in.safetensors",
                    tmp_path / "out.safetensors", kind, *options], check=True)
    return load_file(tmp_path / "out.safetensors")


def expect_close(found, expected, tolerance, what, floor=1e-30):
    """Within `tolerance` of the largest value, or of `floor` if that is larger."""
    assert found.shape == expected.shape, what
    difference = (found - expected).abs().max().item() / max(expected.abs().max().item(), floor)
    print(f"{what}: {difference:.2e}")
    assert difference <= tolerance, f"{what}: {difference:.2e} of the largest value"


def audio_stages(branch, waveforms):
    """All stages that `HTSAT_Swin_Transformer.forward` and its parts compute."""
    mel = branch.logmel_extractor(branch.spectrogram_extractor(waveforms))
    image = branch.reshape_wav2img(branch.bn0(mel.transpose(1, 3)).transpose(1, 3))
    stages = {"log_mel": mel[:, 0], "image": image}
    x = branch.patch_embed(image)
    square = lambda x: x.unflatten(1, (int(x.shape[1] ** 0.5), -1))
    stages["patches"] = square(x)
    for i, layer in enumerate(branch.layers):
        x = layer(x)[0]
        stages[f"stage{i}"] = square(x)
    stages["embedding"] = branch({"waveform": waveforms}, device="cpu")["embedding"]
    return stages


@torch.no_grad()
def test_every_stage_of_audio(model, tmp_path):
    clap, path = model
    expected = audio_stages(clap.model.audio_branch, windows())
    for path_of_code in ["audio", "fp32"]:
        found = probe(tmp_path, path, path_of_code, {"windows": windows()})
        assert set(found) == set(expected)
        for name, tensor in expected.items():
            expect_close(found[name], tensor, 1e-4, f"{path_of_code}: {name}")


@torch.no_grad()
@pytest.mark.parametrize("precision", ["bf16"] + (["int8"] if os.environ.get("QAMRO_PARITY") == "all" else []))
def test_rounded_audio_points_the_same_way(model, tmp_path, precision):
    """The error relative to the embeddings' spread between windows, which is what heads use; autocast of the
    reference sets the limit."""
    clap, path = model
    branch = clap.model.audio_branch
    expected = branch({"waveform": windows()}, device="cpu")["embedding"]
    found = probe(tmp_path, path, precision, {"windows": windows()})["embedding"]
    with torch.autocast("cpu", torch.bfloat16):
        autocast = branch({"waveform": windows()}, device="cpu")["embedding"].float()
    spread = (expected - expected.mean(0)).norm()
    error, yardstick = (found - expected).norm() / spread, (autocast - expected).norm() / spread
    print(f"{precision}: {error:.4f} of the spread, autocast {yardstick:.4f}")
    assert error <= (1.5 if precision == "bf16" else 4) * yardstick


@torch.no_grad()
@pytest.mark.parametrize("kind", ["text", "texts"])
def test_every_stage_of_text(model, tmp_path, kind):
    clap, path = model
    ids = [clap_peer.token_ids(prompt) for prompt in PROMPTS]
    found = probe(tmp_path, path, kind, {"ids": torch.tensor(sum(ids, [])), "lengths": torch.tensor([len(i) for i in ids])})
    tokens = clap_peer.tokenize(PROMPTS)
    reference = clap.model.text_branch(**tokens, output_hidden_states=True)
    expect_close(found.pop("pooled"), reference.pooler_output, 1e-5, "pooled")
    assert len(found) == len(reference.hidden_states)
    real = tokens["attention_mask"].bool()
    for i, states in enumerate(reference.hidden_states):
        expect_close(found[f"layer{i}"], states[real], 1e-5, f"layer{i}")


def expect_gradients(found, module, last, direction):
    module.zero_grad()
    (last * direction).sum().backward()
    expected = {name: p.grad for name, p in module.named_parameters() if p.grad is not None}
    gradients = {name.removeprefix("grad."): g for name, g in found.items() if name.startswith("grad.")}
    assert set(gradients) == set(expected)
    # A bias of keys has no gradient, because softmax does not see it; both sides have only rounding.
    floor = 1e-4 * max(gradient.abs().max().item() for gradient in expected.values())
    for name, gradient in expected.items():
        expect_close(gradients[name], gradient, 1e-3, f"gradient of {name}", floor)


def test_gradients(model, tmp_path):
    clap, path = model
    generator = torch.Generator().manual_seed(5)
    audio = windows()[[0, 4]]
    direction = torch.randn(2, clap.model.audio_branch.num_features, generator=generator)
    found = probe(tmp_path, path, "audio", {"windows": audio, "direction": direction}, "gradients")
    branch = clap.model.audio_branch
    expect_gradients(found, branch, branch({"waveform": audio}, device="cpu")["embedding"], direction)

    ids = [clap_peer.token_ids(prompt) for prompt in PROMPTS]
    direction = torch.randn(len(ids), 768, generator=generator)
    found = probe(tmp_path, path, "text", {"ids": torch.tensor(sum(ids, [])), "direction": direction,
                                           "lengths": torch.tensor([len(i) for i in ids])}, "gradients")
    branch = clap.model.text_branch
    expect_gradients(found, branch, branch(**clap_peer.tokenize(PROMPTS)).pooler_output, direction)
