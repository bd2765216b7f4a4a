"""One step of training a whole CLAP and the paper's heads. The loss and every gradient are compared with
PyTorch's, on the package's module with the same batch (with the ranking loss written pair by pair). Dropout
and BatchNorm follow the package, which calls eval() before each embedding."""
import subprocess

import clap_peer
import numpy as np
import pytest
import soundfile
import torch
from probe import BUILD
from safetensors.torch import load_file, save_file
from test_losses import pairwise_loss

PROMPTS = ["a slow sad piano melody", "fast drums with a distorted guitar, 180 bpm", "钢琴 😀"]
LABELS = torch.tensor([[1.2, 3.0], [4.4, 2.2], [3.0, 4.8]])


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clap_training")
    files = []
    for i, seconds in enumerate((2.0, 11.0, 31.0)):  # the last one is cut
        time = np.arange(int(16000 * seconds)) / 16000
        noise = np.random.default_rng(i).standard_normal(len(time))
        wave = 0.3 * np.sin(2 * np.pi * 150 * (i + 1) * time * (1 + time / 40)) + 0.02 * (i + 1) * noise
        files.append(folder / f"{i}.wav")
        soundfile.write(files[-1], wave.astype(np.float32), 16000, subtype="FLOAT")
    predictor = clap_peer.build_predictor(clap_peer.build("tiny", 6), 6, files)
    torch.save(predictor.state_dict(), folder / "predictor.pt")
    ids = [clap_peer.token_ids(prompt) for prompt in PROMPTS]
    save_file({"labels": LABELS, "tokens": torch.tensor(sum(ids, [])), "lengths": torch.tensor([len(i) for i in ids])},
              folder / "in.safetensors")
    yield folder, predictor, files
    (folder / "predictor.pt").unlink()


@pytest.fixture(scope="module")
def expected(setting):
    _, predictor, files = setting
    scores = []
    for file, prompt in zip(files, PROMPTS):
        samples, _ = soundfile.read(file, dtype="float32")
        scores.append(torch.stack(predictor(torch.from_numpy(samples)[None, :480000], [prompt]), 1))
    scores = torch.cat(scores)
    loss = 0
    for axis in range(2):
        loss = loss + torch.nn.functional.huber_loss(scores[:, axis], LABELS[:, axis])
        loss = loss + pairwise_loss(scores[:, axis], LABELS[:, axis], 0.0, 0.2, 7.0)
    loss.backward()
    gradients = {}
    for name, parameter in predictor.named_parameters():
        if parameter.grad is not None:
            encoder = name.startswith("upstream_model.model.")
            gradients[("encoder." if encoder else "heads.") + name.removeprefix("upstream_model.model.")] = parameter.grad
    return loss.item(), gradients


@pytest.mark.parametrize("micro_batch", [0, 1])
def test_loss_and_every_gradient_of_a_step(setting, expected, micro_batch):
    folder, _, files = setting
    out = folder / f"step{micro_batch}.safetensors"
    subprocess.run([BUILD / "tests/parity/clap_training_probe", folder / "predictor.pt", folder / "in.safetensors", out,
                    str(micro_batch), *files], check=True)
    found = load_file(out)
    loss, gradients = expected
    assert abs(found.pop("loss").item() - loss) <= 1e-3 * abs(loss)
    found = {name.removeprefix("grad."): gradient for name, gradient in found.items()}
    assert set(found) == set(gradients)
    # A bias of keys has no gradient, because softmax does not see it; both sides have only rounding.
    floor = 1e-4 * max(gradient.abs().max().item() for gradient in gradients.values())
    worst = 0
    for name, gradient in gradients.items():
        size = max(gradient.abs().max().item(), floor)
        difference = (found[name] - gradient).abs().max().item() / size
        assert difference <= 1e-3, f"{name}: {difference:.1e}"
        worst = max(worst, difference)
    print(f"micro batch {micro_batch}: {len(gradients)} gradients within {worst:.1e}")
