"""One step of fine-tuning WavLM and its heads. The loss and every gradient are compared with PyTorch's, on
the module of audiobox_aesthetics with the same batch (without dropout, with the ranking loss written pair
by pair)."""
import os
import subprocess

import numpy
import pytest
import soundfile
import torch
from audiobox_aesthetics.infer import make_inference_batch
from audiobox_aesthetics.model.aes import AesMultiOutput
from audiobox_aesthetics.model.wavlm import WavLM, WavLMConfig
from probe import BUILD
from safetensors.torch import load_file, save_file
from test_losses import pairwise_loss

AXES = ["PQ", "PC", "CE", "CU"]
CONFIG = dict(proj_num_layer=3, proj_ln=True, proj_act_fn="gelu", proj_dropout=0.0, nth_layer=13,
              use_weighted_layer_sum=True, precision="32", normalize_embed=True, output_dim=1)
TRANSFORM = {axis: {"mean": 4.0 + i, "std": 0.8 + 0.3 * i} for i, axis in enumerate(AXES)}
SECONDS = [1.3, 4.0, 11.5]  # the last one has two windows
LABELS = torch.tensor([[3.0, 4.5, 6.0, 7.5], [5.5, 4.0, 6.5, 2.0], [8.0, 6.0, 3.0, 5.0]])


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finetuning")
    torch.manual_seed(5)
    model = AesMultiOutput(**CONFIG, target_transform=TRANSFORM, freeze_encoder=False)
    with torch.no_grad():
        for axis in AXES:  # first layers that distinguish clips, and unequal layer weights
            model.proj_layer[axis][0].weight.mul_(20)
            model.layer_weights[axis].copy_(torch.randn(13))
    state = {"model." + name: tensor.clone() for name, tensor in model.state_dict().items()}
    torch.save({"state_dict": state, "model_cfg": CONFIG, "target_transform": TRANSFORM}, folder / "checkpoint.pt")
    save_file({"labels": LABELS}, folder / "labels.safetensors")
    files, waves = [], []
    for i, seconds in enumerate(SECONDS):
        t = numpy.arange(int(16000 * seconds)) / 16000
        noise = numpy.random.default_rng(i).standard_normal(len(t))
        wave = (0.2 * numpy.sin(2 * numpy.pi * 200 * (i + 1) * t) + 0.02 * (i + 1) * noise).astype(numpy.float32)
        files.append(folder / f"{i}.wav")
        soundfile.write(files[-1], wave, 16000, subtype="FLOAT")
        waves.append(torch.from_numpy(wave)[None])
    return folder, model, files, waves


def predictions(model, waves):
    """[clips, axes] in the training scale, with their graph."""
    windows, masks, weights, ids = make_inference_batch(waves, 10, 10, sample_rate=16000)
    model.eval()
    model.training = True  # only the outermost module: gradients, but no dropout
    out = model({"wav": torch.stack(windows), "mask": torch.stack(masks)})
    weights, ids = torch.tensor(weights), torch.tensor(ids)
    scores = torch.stack([out[axis] for axis in AXES], 1)
    rows = []
    for clip in range(len(waves)):
        weight = weights[ids == clip][:, None]
        rows.append((scores[ids == clip] * weight).sum(0) / weight.sum())
    return torch.stack(rows)


@pytest.fixture(scope="module")
def expected(setting):
    _, model, _, waves = setting
    pred = predictions(model, waves)
    loss = 0
    for i, axis in enumerate(AXES):
        target = (LABELS[:, i] - TRANSFORM[axis]["mean"]) / TRANSFORM[axis]["std"]
        loss = loss + torch.nn.functional.huber_loss(pred[:, i], target)
        loss = loss + pairwise_loss(pred[:, i], target, 0.0, 0.2, 7.0)
    loss.backward()
    names = {name.replace("wavlm_model.", "encoder.") if name.startswith("wavlm_model.") else "heads." + name: p.grad
             for name, p in model.named_parameters() if p.grad is not None}
    return loss.item(), names


# CLAP's training uses the same recomputation, and its test always runs both ways.
@pytest.mark.parametrize("micro_batch", [0, 1] if os.environ.get("QAMRO_PARITY") == "all" else [1])
def test_loss_and_every_gradient_of_a_step(setting, expected, micro_batch):
    folder, _, files, _ = setting
    out = folder / f"step{micro_batch}.safetensors"
    subprocess.run([BUILD / "tests" / "parity" / "finetuning_probe", folder / "checkpoint.pt",
                    folder / "labels.safetensors", out, str(micro_batch), *map(str, files)], check=True,
                   env={**os.environ, "OMP_NUM_THREADS": "2"})
    got = load_file(out)
    loss, gradients = expected
    assert abs(got.pop("loss").item() - loss) <= 1e-4 * loss
    got = {name.removeprefix("grad."): gradient for name, gradient in got.items()}
    assert set(got) == set(gradients)
    errors = {name: ((got[name] - gradient).norm() / gradient.norm().clamp_min(1e-12)).item()
              for name, gradient in gradients.items()}
    # A bias of keys changes all weights of a query equally, so its gradient is only rounding.
    worst = {name: error for name, error in errors.items() if not name.endswith("k_proj.bias")}
    small = max(gradient.norm().item() for gradient in gradients.values()) * 1e-5
    print("largest relative error of a gradient:", max(worst.values()), max(worst, key=worst.get))
    assert max(worst.values()) <= 1e-4, sorted(worst.items(), key=lambda item: -item[1])[:5]
    for name in set(errors) - set(worst):
        assert (got[name] - gradients[name]).norm().item() <= small, name


SMALL = {"extractor_mode": "default", "encoder_layers": 2, "encoder_embed_dim": 24, "encoder_ffn_embed_dim": 32,
         "encoder_attention_heads": 4, "layer_norm_first": False, "conv_bias": False, "conv_pos": 8,
         "conv_pos_groups": 4, "conv_feature_layers": "[(8,10,5)] + [(8,4,4)] * 3", "normalize": False,
         "relative_position_embedding": True, "num_buckets": 32, "max_distance": 800, "gru_rel_pos": True}


def test_training_starts_from_microsofts_checkpoint(tmp_path):
    torch.manual_seed(2)
    wavlm = WavLM(WavLMConfig(SMALL))
    torch.save({"cfg": SMALL, "model": wavlm.state_dict()}, tmp_path / "WavLM-Small.pt")
    rows = ["path,PQ,CE"]
    for i in range(4):
        soundfile.write(tmp_path / f"{i}.wav", 0.1 * torch.randn(9000 + 500 * i).numpy(), 16000)
        rows.append(f"{i}.wav,{2 + i},{7 - i}")
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "recipe.toml").write_text(f"""
[data]
audio = "."
labels = "labels.csv"
axes = ["PQ", "CE"]
label_scale = [1, 10]
[split]
kind = "holdout"
test_fraction = 0.25
[model]
encoder = "{tmp_path}/WavLM-Small.pt"
head_kind = "aesthetics"
projection_layers = 1
[[optimizer.parameter_groups]]
name = "^encoder"
learning_rate_scale = 0
[training]
max_epochs = 1
""")
    done = subprocess.run([BUILD / "qamro", "train", tmp_path / "recipe.toml", "--output", tmp_path / "run"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    saved = load_file(tmp_path / "run" / "model" / "model.safetensors")
    for name, tensor in wavlm.state_dict().items():
        assert torch.equal(saved["wavlm_model." + name], tensor), name
