"""The recipes of examples/aes_natural run completely, with a small random WavLM and generated audio. The
labels are those of AES-Natural if QAMRO_DATA has them. Accuracy is not checked."""
import csv
import json
import os
import pathlib

import pytest
from command import ROOT, rows, run, write_wav
from small_audiobox import AXES, write_model

RECIPES = ROOT / "examples" / "aes_natural"
COLUMNS = ["Production_Quality", "Production_Complexity", "Content_Enjoyment", "Content_Usefulness"]
DATA = pathlib.Path(os.environ.get("QAMRO_DATA", "/nowhere")) / "aes"


def human_labels(count):
    """Returns `count` × four means, and `count` × four lists of ten ratings."""
    lists = DATA / "audiomos2025-track2-train_list.csv"
    if lists.exists():
        with open(lists, newline="") as file:
            means = [[float(row[column]) for column in COLUMNS] for row in csv.DictReader(file)][:count]
        with open(DATA / "audiomos2025_track2_human_annotations.jsonl") as file:
            ratings = [[json.loads(line)[column] for column in COLUMNS] for _, line in zip(range(count), file)]
        return means, ratings
    means = [[3 + (i * (k + 3)) % 5 + 0.1 * k for k in range(4)] for i in range(count)]
    return means, [[[value + r % 2 for r in range(10)] for value in row] for row in means]


def write_lists(folder, names, labels):
    with open(folder, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["sample_id", "data_path", *COLUMNS])
        writer.writerows([name, f"/your_path/{name}", *values] for name, values in zip(names, labels))


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    folder = tmp_path_factory.mktemp("aesthetics")
    names = [f"{side}/{i}.wav" for side in ("train", "dev", "eval") for i in range(8)]
    for i, name in enumerate(names):
        write_wav(folder / "clips" / name, 0.2 + 0.09 * (i % 12), pitch=0.02 + 0.01 * i)
    means, ratings = human_labels(16)
    write_lists(folder / "train.csv", names[:8], means[:8])
    write_lists(folder / "dev.csv", names[8:16], means[8:])
    with open(folder / "eval.jsonl", "w") as file:
        for name, values in zip(names[16:], ratings):
            file.write(json.dumps({"data_path": f"/your_path/{name}", **dict(zip(COLUMNS, values))}) + "\n")
    write_model(folder / "small")
    return folder


def labels_of(folder):
    values = {"data.labels": folder / "train.csv", "data.validation_labels": folder / "dev.csv",
              "data.test_labels": folder / "eval.jsonl", "data.path_prefix": "/your_path/",
              "training.max_epochs": 2, "model.encoder": folder / "small", "model.projection_layers": 2}
    return [part for key, value in values.items() for part in ("--set", f"{key}={json.dumps(value, default=str)}")]


@pytest.fixture(scope="module")
def embeddings(setting):
    clips = sorted(path.relative_to(setting / "clips") for path in (setting / "clips").rglob("*.wav"))
    file = setting / "layers.safetensors"
    result = run("embed", *clips, "--model", setting / "small", "--layout", "pooled_layers", "--output", file,
                 cwd=setting / "clips")
    assert result.returncode == 0, result.stderr
    return file


@pytest.mark.parametrize("preset", ["paper", "published"])
def test_a_preset_trains_heads_that_score(setting, embeddings, preset):
    output = setting / preset
    result = run("train", RECIPES / f"{preset}.toml", "--output", output, *labels_of(setting), "--set",
                 f"data.embeddings={json.dumps(str(embeddings))}")
    assert result.returncode == 0, result.stderr
    with open(output / "out_of_fold.csv", newline="") as file:
        predictions = {row["path"]: row for row in csv.DictReader(file)}
    assert set(predictions) == {f"eval/{i}.wav" for i in range(8)}
    model = json.loads((output / "model" / "model.json").read_text())
    assert [axis["name"] for axis in model["axes"]] == AXES
    assert all(axis["target_transform"]["std"] > 0 for axis in model["axes"])
    scored = run("score", setting / "clips" / "eval" / "3.wav", "--model", output / "model")
    assert scored.returncode == 0, scored.stderr
    assert all(isinstance(rows(scored.stdout)[0][axis], float) for axis in AXES)


def test_the_whole_encoder_trains_on_random_crops(setting):
    output = setting / "whole"
    result = run("train", RECIPES / "published.toml", "--output", output, *labels_of(setting), "--set",
                 "data.embeddings=''", "--set", f"data.audio={json.dumps(str(setting / 'clips'))}", "--set",
                 "data.crop=random", "--set", "model.normalise_rms=true", "--set",
                 "training.micro_batch=3")
    assert result.returncode == 0, result.stderr
    model = json.loads((output / "model" / "model.json").read_text())
    assert model["encoder_config"]["normalise_rms"] is True
    scored = run("score", setting / "clips" / "eval" / "3.wav", "--model", output / "model")
    assert scored.returncode == 0, scored.stderr
    again = run("train", RECIPES / "published.toml", "--output", output, "--resume", *labels_of(setting), "--set",
                "data.embeddings=''", "--set", f"data.audio={json.dumps(str(setting / 'clips'))}", "--set",
                "data.crop=random", "--set", "model.normalise_rms=true", "--set",
                "training.micro_batch=3")
    assert again.returncode == 0, again.stderr


def test_heads_of_another_kind_are_refused(setting, embeddings):
    result = run("train", RECIPES / "paper.toml", "--output", setting / "refused", *labels_of(setting)[:-2], "--set",
                 f"data.embeddings={json.dumps(str(embeddings))}", "--set", "model.head_kind=mlp")
    assert result.returncode == 2
    assert "layer_norm" in result.stderr
