"""Compares WavLM at full size, stage by stage, with the audiobox_aesthetics package on random weights
(`make parity`).

QAMRO_PARITY=all takes more lengths and compares the bits on 1, 2 and 3 threads instead of 1 and 2.
"""
import os
import subprocess

import pytest
import torch
from audiobox_peer import random_model, save_checkpoint
from probe import BUILD
from safetensors.torch import load_file, save_file

WINDOW = 160000
# One frame, two, around the ends of frames, 0.3 s, a block of 25 frames and one more, 3 s, 7.77 s, the
# whole window.
ALL = os.environ.get("QAMRO_PARITY") == "all"
LENGTHS = ([1, 320, 321, 399, 400, 720, 4800, 8000, 8001, 48000, 124320, 159999, WINDOW] if ALL else
           [1, 321, 4800, 8001, 48000, WINDOW])
LAYERS = 13
STAGES = ["convolved", "projected", *[f"layer{i}" for i in range(LAYERS)], "pooled"]
# Largest difference relative to a stage's largest number. The reference itself changes as much with another
# number of threads or in float64.
TOLERANCE = {"module": 2e-5, "packed": 2e-5, "packed-bf16": 0.06, "packed-int8": 0.06}


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audiobox")
    torch.set_num_threads(2)
    with torch.no_grad():
        model = random_model(seed=3)
        save_checkpoint(model, folder / "checkpoint.pt")
        generator = torch.Generator().manual_seed(4)
        windows = torch.zeros(len(LENGTHS), WINDOW)
        for window, length in zip(windows, LENGTHS):
            window[:length] = 0.1 * torch.randn(length, generator=generator)
        save_file({"windows": windows, "valid_samples": torch.tensor(LENGTHS)}, folder / "in.safetensors")
        yield folder, [reference_stages(model.wavlm_model, w, n) for w, n in zip(windows, LENGTHS)]


def reference_stages(wavlm, window, valid):
    """Each stage over the window's valid frames, [frames, size]; "pooled": [layers, size]."""
    padding = torch.arange(WINDOW)[None] >= valid
    convolved = wavlm.feature_extractor(window[None]).transpose(1, 2)
    (_, layers), padding = wavlm.extract_features(window[None], padding_mask=padding, output_layer=LAYERS,
                                                  ret_layer_results=True)
    frames = (~padding).sum().item()
    stages = {"convolved": convolved[0, :frames],
              "projected": wavlm.post_extract_proj(wavlm.layer_norm(convolved))[0, :frames]}
    for i, (layer, _) in enumerate(layers):
        stages[f"layer{i}"] = layer[:frames, 0]
    stages["pooled"] = torch.stack([layer[:frames, 0].mean(0) for layer, _ in layers])
    return stages


def run_probe(folder, mode, threads="2"):
    out = folder / f"{mode}-{threads}.safetensors"
    if out.exists():
        return load_file(out)
    subprocess.run([BUILD / "tests/parity/wavlm_probe", folder / "checkpoint.pt", folder / "in.safetensors", out, mode,
                    threads], check=True)
    return load_file(out)


@pytest.mark.parametrize("mode", list(TOLERANCE))
def test_every_stage(setting, mode):
    folder, expected = setting
    found = run_probe(folder, mode)
    assert set(found) == set(STAGES)
    worst = {}
    for i, stages in enumerate(expected):
        for name, tensor in stages.items():
            own = found[name][i, :len(tensor)]
            error = ((own - tensor).abs().max() / tensor.abs().max()).item()
            assert error <= TOLERANCE[mode], f"{LENGTHS[i]} samples, {name}: {error}"
            worst[name] = max(error, worst.get(name, 0))
    print(f"{mode}: largest relative difference " + ", ".join(f"{name} {worst[name]:.1e}" for name in STAGES))


@pytest.mark.parametrize("mode", ["packed", "packed-bf16", "packed-int8"])
def test_threads_do_not_change_a_bit(setting, mode):
    folder, _ = setting
    outputs = [run_probe(folder, mode, threads) for threads in (("2", "1", "3") if ALL else ("2", "1"))]
    for other in outputs[1:]:
        for name, tensor in outputs[0].items():
            assert torch.equal(tensor, other[name]), name
