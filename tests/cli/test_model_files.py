"""qamro model convert, verify and list, on small random models. $QAMRO is the command."""
import json
import math
import os
import shutil

import pytest
from command import rows, run, write_wav
from small_audiobox import published_tensors, write_checkpoint, write_hugging_face


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    tensors = published_tensors()
    write_hugging_face(folder / "hf", tensors)
    write_checkpoint(folder / "checkpoint.pt", tensors)
    # The paper's track 2 program leaves the state_dict alone, beside the config.json.
    (folder / "track2").mkdir()
    shutil.copy(folder / "hf" / "config.json", folder / "track2")
    write_checkpoint(folder / "track2" / "best.pt", tensors, model_cfg=None, target_transform=None)
    write_wav(folder / "clip.wav", 12.5)
    return folder


@pytest.mark.parametrize("source", ["hf", "hf/model.safetensors", "checkpoint.pt", "track2/best.pt"])
def test_a_converted_model_scores_with_the_same_bits(published, tmp_path, source):
    converted = run("model", "convert", published / source, tmp_path / "mine")
    assert converted.returncode == 0, converted.stderr
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == ["model.json", "model.safetensors"]
    document = json.loads((tmp_path / "mine" / "model.json").read_text())
    assert document["name"] == "mine" and document["sha256"] in converted.stdout
    assert document["provenance"]["converted_from"] == (source.split("/")[-1] if "." in source else "model.safetensors")
    before, after = (run("score", published / "clip.wav", "--model", model, "--windows")
                     for model in (published / source, tmp_path / "mine"))
    assert before.returncode == 0, before.stderr
    assert before.stdout == after.stdout
    verified = run("model", "verify", tmp_path / "mine")
    assert verified.returncode == 0, verified.stderr
    assert "as model.json" in verified.stdout and "all finite" in verified.stdout


def test_the_published_layouts_score_alike(published):
    scores = [{axis: row[axis] for axis in ("CE", "CU", "PC", "PQ")} for row in
              (rows(run("score", published / "clip.wav", "--model", published / name).stdout)[0]
               for name in ("hf", "checkpoint.pt", "track2/best.pt"))]
    assert scores[0] == scores[1] == scores[2]


def test_convert_refuses(published, tmp_path):
    assert run("model", "convert", published / "hf", tmp_path / "mine").returncode == 0
    again = run("model", "convert", published / "hf", tmp_path / "mine")
    assert again.returncode == 2 and "expected a folder without a model" in again.stderr
    own = run("model", "convert", tmp_path / "mine", tmp_path / "other")
    assert own.returncode == 2 and "already" in own.stderr
    text = tmp_path / "words.pt"
    text.write_text("no checkpoint")
    other = run("model", "convert", text, tmp_path / "other")
    assert other.returncode == 3 and "words.pt" in other.stderr
    assert not (tmp_path / "other").exists()


def test_verify_names_what_is_not_finite(published, tmp_path):
    tensors = published_tensors()
    tensors["proj_layer.CU.0.bias"][1][0] = math.nan
    result = run("model", "verify", write_hugging_face(tmp_path / "nan", tensors))
    assert result.returncode == 3
    assert "'proj_layer.CU.0.bias' (1 of 1)" in result.stderr and result.stdout == ""


def changed_weights(published, folder):
    """Changes one bit of the last tensor of a converted model."""
    assert run("model", "convert", published / "hf", folder).returncode == 0
    weights = folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-3] ^= 1
    weights.write_bytes(data)
    return weights


def test_verify_names_a_file_that_was_changed(published, tmp_path):
    weights = changed_weights(published, tmp_path / "mine")
    result = run("model", "verify", tmp_path / "mine")
    assert result.returncode == 3 and "expected SHA-256" in result.stderr and str(weights) in result.stderr


def test_changed_weights_give_no_score(published, tmp_path):
    """They still load; only the hash reveals it, which is computed while the first clip is encoded."""
    weights = changed_weights(published, tmp_path / "mine")
    write_wav(tmp_path / "a.wav", 1)
    result = run("score", tmp_path / "a.wav", "--model", tmp_path / "mine", "--output", tmp_path / "scores.jsonl")
    assert result.returncode == 3 and "expected SHA-256" in result.stderr and str(weights) in result.stderr
    assert result.stdout == "" and not (tmp_path / "scores.jsonl").exists()


def test_the_list_shows_what_can_be_fetched_and_what_was(published, tmp_path):
    environment = {**os.environ, "QAMRO_HOME": str(tmp_path / "home")}
    before = run("model", "list", env=environment).stdout.splitlines()
    line = next(line for line in before if line.startswith("audiobox-aesthetics"))
    assert "to fetch, 415 MB" in line
    clip = published / "clip.wav"
    absent = run("score", clip, "--model", "audiobox-aesthetics", env=environment)
    assert absent.returncode == 2 and "qamro model fetch audiobox-aesthetics" in absent.stderr
    shutil.copytree(published / "hf", tmp_path / "home" / "models" / "audiobox-aesthetics")
    after = run("model", "list", env=environment).stdout.splitlines()
    line = next(line for line in after if line.startswith("audiobox-aesthetics"))
    assert "here" in line and "PQ 1–10" in line
    assert len(before) == len(after)
    assert run("score", clip, "--model", "audiobox-aesthetics", env=environment).returncode == 0
