"""Tensor files against torch.save / torch.load and the safetensors package."""
import argparse
import collections
import os
import pathlib

import numpy as np
import pytest
import safetensors
import torch
from probe import Probe
from safetensors.torch import load_file, save_file

DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16,
          torch.int8, torch.uint8, torch.bool]


@pytest.fixture(scope="module")
def probe():
    probe = Probe("io_probe")
    yield probe
    probe.close()


@pytest.fixture
def copy(probe, tmp_path):
    def copy(source, **options):
        answer = probe(copy=str(source), to=str(tmp_path / "copy.safetensors"), **options)
        assert "error" not in answer, answer
        return load_file(tmp_path / "copy.safetensors")
    return copy


def every_dtype():
    torch.manual_seed(0)
    tensors = {}
    for dtype in DTYPES:
        name = str(dtype).split(".")[1]
        values = (torch.randn(3, 5, 2) * 40).round().to(dtype)
        tensors.update({name: values, name + ".scalar": values[0, 0, 0].clone(), name + ".none": values[:0].clone()})
    return tensors


def expect_same(got, want):
    assert sorted(got) == sorted(want)
    for name, tensor in want.items():
        assert got[name].dtype == tensor.dtype and got[name].shape == tensor.shape, name
        bits = lambda t: t.detach().contiguous().reshape(-1).view(torch.uint8).numpy()
        assert np.array_equal(bits(got[name]), bits(tensor)), name


def test_safetensors_both_ways(copy, tmp_path):
    save_file(every_dtype(), tmp_path / "theirs.safetensors", metadata={"format": "pt", "é": "ü\n"})
    expect_same(copy(tmp_path / "theirs.safetensors"), every_dtype())
    with safetensors.safe_open(tmp_path / "copy.safetensors", "pt") as file:
        assert file.metadata() == {"format": "pt", "é": "ü\n"}


def test_safetensors_are_byte_identical_to_the_reference(copy, tmp_path):
    tensors = {f"{layer}.{name}": torch.randn(7, 3) for layer in range(12) for name in ("weight", "bias")}
    save_file(tensors, tmp_path / "theirs.safetensors")
    copy(tmp_path / "theirs.safetensors")
    assert (tmp_path / "copy.safetensors").read_bytes() == (tmp_path / "theirs.safetensors").read_bytes()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_checkpoints_of_every_dtype_and_protocol(copy, tmp_path, protocol):
    torch.save(every_dtype(), tmp_path / "a.pt", pickle_protocol=protocol)
    expect_same(copy(tmp_path / "a.pt"), every_dtype())


@pytest.mark.parametrize("protocol", [2, 5])
def test_a_training_checkpoint(copy, tmp_path, protocol):
    module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))
    optimizer = torch.optim.Adam(module.parameters())
    module(torch.randn(5, 4)).sum().backward()
    optimizer.step()
    torch.save({"state_dict": module.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "best": 0.5,
                "names": ["a", ("b", None)], "raw": b"\x00\xff", "shape": torch.Size([1, 2]), "large": 2**40},
               tmp_path / "a.pt", pickle_protocol=protocol)
    expect_same(copy(tmp_path / "a.pt"), module.state_dict())
    flat = copy(tmp_path / "a.pt", key="optimizer")
    expect_same({k: v for k, v in flat.items() if k.startswith("state.0.")},
                {f"state.0.{k}": v for k, v in optimizer.state_dict()["state"][0].items()})


def test_views_and_parameters(copy, tmp_path):
    base = torch.arange(60.0).view(3, 4, 5)
    tensors = collections.OrderedDict(whole=base, turned=base.permute(2, 0, 1), part=base[1:, ::2, 3], one=base[2, 3, 4],
                                      repeated=torch.ones(1).expand(7), parameter=torch.nn.Parameter(base[0].clone()))
    torch.save(tensors, tmp_path / "a.pt")
    expect_same(copy(tmp_path / "a.pt"), tensors)


def test_the_published_distillmos_checkpoint(copy):
    distillmos = pytest.importorskip("distillmos")
    path = pathlib.Path(distillmos.__file__).parent / "weights" / "distill_mos_v7.pt"
    expect_same(copy(path), torch.load(path, map_location="cpu", weights_only=True)["model"])


class Owned:
    def __reduce__(self):
        return os.system, ("touch owned",)


@pytest.mark.parametrize("value, name", [
    (Owned(), "posix.system"),
    (argparse.Namespace(a=1), "argparse.Namespace"),
    (np.float64(1), "numpy"),
    ({1, 2}, ""),
    (torch.nn.Linear(1, 1), "torch.nn.modules.linear.Linear"),
    (torch.ones(2, dtype=torch.complex64), "torch.ComplexFloatStorage"),
    (torch.ones(2).to(torch.float8_e4m3fn), "torch"),
    (torch.ones(2).to_sparse(), "torch._utils._rebuild_sparse_tensor"),
])
@pytest.mark.parametrize("protocol", [2, 4])
def test_other_values_are_refused_by_name(probe, tmp_path, value, name, protocol):
    torch.save({"x": torch.ones(1), "value": value}, tmp_path / "a.pt", pickle_protocol=protocol)
    answer = probe(copy=str(tmp_path / "a.pt"), to=str(tmp_path / "b.safetensors"))
    assert "refused" in answer["error"] and name in answer["error"], answer
    assert not (tmp_path / "b.safetensors").exists() and not pathlib.Path("owned").exists()


def test_older_formats_are_refused_with_advice(probe, tmp_path):
    torch.save({"x": torch.ones(1)}, tmp_path / "a.pt", _use_new_zipfile_serialization=False)
    assert "before PyTorch 1.6" in probe(copy=str(tmp_path / "a.pt"), to=str(tmp_path / "b"))["error"]
    torch.jit.script(torch.nn.Linear(1, 1)).save(tmp_path / "b.pt")
    assert "TorchScript" in probe(copy=str(tmp_path / "b.pt"), to=str(tmp_path / "b"))["error"]
