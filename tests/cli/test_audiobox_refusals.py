"""Errors in a model of kind "audiobox", or in a list of clips for it, are named; the rest is scored."""
import json

import pytest
from command import rows, run, write_wav
from small_audiobox import AXES, published_tensors, write_checkpoint, write_hugging_face, write_model


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_wav(tmp_path_factory.mktemp("clip") / "a.wav", 0.8)


def refused(clip, model):
    """What the command prints about that model."""
    result = run("score", clip, "--model", model)
    assert result.returncode == 3, result.stdout
    assert result.stdout == ""
    assert "qamro score: " in result.stderr and result.stderr.count("\n") == 1
    return result.stderr


def without_axis(axis):
    return {name: tensor for name, tensor in published_tensors().items() if f".{axis}" not in name}


@pytest.mark.parametrize("axis", AXES)
def test_a_checkpoint_without_an_axis(clip, tmp_path, axis):
    for model in (write_hugging_face(tmp_path / "hf", without_axis(axis)),
                  write_checkpoint(tmp_path / "checkpoint.pt", without_axis(axis))):
        said = refused(clip, model)
        assert f"proj_layer.{axis}.0.weight" in said and f"layer_weights.{axis}" in said
        assert str(model) in said
    settings = {other: {"mean": 5.0, "std": 1.5} for other in AXES if other != axis}
    said = refused(clip, write_checkpoint(tmp_path / "two.pt", published_tensors(), target_transform=settings))
    assert "two.pt: target_transform" in said and f"'{axis}'" in said


def test_a_tensor_of_another_shape(clip, tmp_path):
    tensors = published_tensors()
    shape, values = tensors["proj_layer.PC.0.weight"]
    tensors["proj_layer.PC.0.weight"] = [1, shape[1] + 1], [*values, 0.5]
    said = refused(clip, write_checkpoint(tmp_path / "checkpoint.pt", tensors))
    assert "checkpoint.pt" in said and "'proj_layer.PC.0.weight'" in said
    assert "expected [1, 24], got [1, 25]" in said


def test_a_file_cut_short(clip, tmp_path):
    write_checkpoint(tmp_path / "checkpoint.pt", published_tensors())
    write_hugging_face(tmp_path / "hf", published_tensors())
    for file, model in ((tmp_path / "checkpoint.pt", tmp_path / "checkpoint.pt"),
                        (tmp_path / "hf" / "model.safetensors", tmp_path / "hf")):
        whole = file.read_bytes()
        for share in (0.999, 0.5, 0.01, 0):
            file.write_bytes(whole[:int(share * len(whole))])
            assert file.name in refused(clip, model)


def test_settings_that_contradict_the_tensors(clip, tmp_path):
    for key, value, says in (("proj_num_layer", 2, "proj_layer."), ("nth_layer", 13, "13"),
                             ("output_dim", 2, "output_dim"), ("use_weighted_layer_sum", False, "layer_weights.")):
        said = refused(clip, write_hugging_face(tmp_path / key, published_tensors(), **{key: value}))
        assert says in said and str(tmp_path / key) in said
    model = write_model(tmp_path / "own")
    whole = json.loads((model / "model.json").read_text())
    for key, value in (("encoder_embed_dim", 48), ("encoder_layers", 3), ("encoder_attention_heads", 8), ("conv_pos", 4)):
        changed = {**whole, "encoder_config": {**whole["encoder_config"], key: value}}
        (model / "model.json").write_text(json.dumps(changed))
        assert str(model) in refused(clip, model)


@pytest.mark.parametrize("form", ["jsonl", "csv", "audio-aes"])
def test_bad_rows_of_a_list_are_named_and_the_rest_is_scored(clip, tmp_path, form):
    model = write_model(tmp_path / "own")
    entries = [json.dumps(entry) for entry in (
        {"path": str(clip)}, {"path": str(tmp_path / "absent.wav")},
        {"path": str(clip), "start_time": 0.5, "end_time": 0.25}, {"path": str(clip), "start_time": 0.9, "end_time": 1},
        {"path": str(clip), "start_time": 0.2, "end_time": 1.5}, {"path": str(clip), "start_time": "soon"},
        {"start_time": 0, "end_time": 0.5}, {"path": str(clip), "start_time": 0.2, "end_time": 0.7})]
    entries.insert(3, '{"path": "' + str(clip))
    listed = tmp_path / "input.jsonl"
    listed.write_text("\n".join(entries) + "\n")
    result = run("score", listed, "--model", model, "--format", form)
    assert result.returncode == 1
    says = {1: "absent.wav", 2: "input.jsonl:3: expected end_time above start_time", 3: "input.jsonl:4",
            4: "the start lies past the file's end", 5: "the end lies past the file's end",
            6: "input.jsonl:7: 'start_time'", 7: "input.jsonl:8: expected a value for 'path'"}
    lines = result.stdout.splitlines()[1 if form == "csv" else 0:]
    assert len(lines) == len(entries)
    for i, line in enumerate(lines):
        assert (i in says) == ("error" in line if form != "csv" else not line.endswith(",")), line
        if i in says:
            assert says[i] in line
    if form != "csv":
        good = [row for row in rows(result.stdout) if "error" not in row]
        assert len(good) == 2 and good[0]["PQ"] != good[1]["PQ"]
    assert "7 failed" in result.stderr
