"""train and ablate on the project's own ratings. A killed run ends like one that was not killed."""
import csv
import json

import pytest
from command import ROOT, kill_after, run

EXAMPLE = ROOT / "examples" / "neural_codecs"
SHORT = ["--set", "training.max_epochs=6", "--set", "training.seeds=[0,1]"]


def files_of(folder):
    """Everything that a run determines, without metrics.jsonl, which also holds times."""
    names = ["out_of_fold.csv", "model/model.safetensors", "recipe.toml"]
    return {name: (folder / name).read_bytes() for name in names}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("train") / "run"
    result = run("train", EXAMPLE / "recipe.toml", "--output", folder, *SHORT)
    assert result.returncode == 0, result.stderr
    return folder


def test_every_clip_is_predicted_by_heads_that_have_not_seen_it(trained):
    with open(trained / "out_of_fold.csv", newline="") as file:
        predictions = list(csv.DictReader(file))
    with open(EXAMPLE / "ratings.csv", newline="") as file:
        clips = {row["path"]: row for row in csv.DictReader(file)}
    assert {row["path"] for row in predictions} == set(clips)
    folds = {}
    for row in predictions:
        folds.setdefault(row["fold"], set()).add(clips[row["path"]]["sentence"])
    assert len(folds) == 8
    seen = [sentence for sentences in folds.values() for sentence in sentences]
    assert len(seen) == len(set(seen)), "a sentence lies in two folds"


def test_the_trained_model_is_a_model(trained):
    result = run("model", "inspect", trained / "model")
    assert result.returncode == 0, result.stderr
    assert "mos" in result.stdout


def test_metrics_hold_each_epoch_of_each_run(trained):
    lines = [json.loads(line) for line in (trained / "metrics.jsonl").read_text().splitlines()]
    epochs = [(line["seed"], line["fold"], line["epoch"]) for line in lines if "epoch" in line]
    assert len(epochs) == len(set(epochs))
    assert {seed for seed, _, _ in epochs} == {0, 1}


def test_threads_do_not_change_a_bit(trained, tmp_path):
    assert run("train", EXAMPLE / "recipe.toml", "--output", tmp_path / "one", "--threads", 1, *SHORT).returncode == 0
    assert files_of(tmp_path / "one")["model/model.safetensors"] == files_of(trained)["model/model.safetensors"]
    assert files_of(tmp_path / "one")["out_of_fold.csv"] == files_of(trained)["out_of_fold.csv"]


@pytest.mark.parametrize("wait", [0.02, 0.2, 0.5])
def test_a_killed_run_resumes_to_the_same_bytes(trained, tmp_path, wait):
    folder = tmp_path / "run"
    options = [*SHORT, "--set", "training.checkpoint_interval_seconds=0"]
    whole = tmp_path / "whole"
    assert run("train", EXAMPLE / "recipe.toml", "--output", whole, *options).returncode == 0
    kill_after(wait, "train", EXAMPLE / "recipe.toml", "--output", folder, *options)
    resumed = run("train", EXAMPLE / "recipe.toml", "--output", folder, *options, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert files_of(folder) == files_of(whole)


def test_another_recipe_does_not_resume(trained):
    result = run("train", EXAMPLE / "recipe.toml", "--output", trained, *SHORT, "--set", "optimizer.learning_rate=0.1",
                 "--resume")
    assert result.returncode != 0
    assert "recipe" in result.stderr


def test_a_folder_with_a_run_is_not_overwritten(trained):
    before = files_of(trained)
    result = run("train", EXAMPLE / "recipe.toml", "--output", trained, *SHORT)
    assert result.returncode != 0
    assert "--resume" in result.stderr
    assert files_of(trained) == before


def test_a_run_that_max_epochs_ends_too_early_is_reported(trained, tmp_path):
    validated = ["--set", "split.validation_fraction=0.2", "--set", "training.patience=5"]
    result = run("train", EXAMPLE / "recipe.toml", "--output", tmp_path / "run", *SHORT, *validated)
    assert result.returncode == 0, result.stderr
    assert "warning: training.max_epochs = 6 ended 16 of 16 runs while the loss of their validation clips" in result.stderr
    provenance = json.loads((tmp_path / "run" / "model" / "model.json").read_text())["provenance"]
    assert provenance["runs"] == {"count": 16, "cut_short_by_max_epochs": 16}
    fold = json.loads((tmp_path / "run" / "folds" / "seed_0_fold_0" / "result.json").read_text())
    assert fold["best_validation_epoch"] == fold["best_epoch"] == 6
    provenance = json.loads((trained / "model" / "model.json").read_text())["provenance"]
    assert provenance["runs"]["cut_short_by_max_epochs"] == 0, "nothing is validated, so nothing is known"


def test_the_fallback_is_a_choice(trained, tmp_path):
    """Without it, the heads score every clip; `-1` is what qamro-speech was trained with."""
    assert 'fallback_column = "none"' in (trained / "recipe.toml").read_text()
    assert json.loads((trained / "model" / "model.json").read_text())["familiarity"] is None
    result = run("train", EXAMPLE / "recipe.toml", "--output", tmp_path / "run", *SHORT, "--set",
                 "model.fallback_column=-1")
    assert result.returncode == 0, result.stderr
    model = json.loads((tmp_path / "run" / "model" / "model.json").read_text())
    assert model["familiarity"]["fallback_column"] == 1624
    shipped = json.loads((ROOT / "models" / "qamro-speech" / "model.json").read_text())
    assert model["familiarity"] == shipped["familiarity"], "it depends on the embeddings and folds alone"


def test_ablation_has_a_row_for_each_part_of_the_loss(tmp_path):
    result = run("ablate", EXAMPLE / "recipe.toml", "--output", tmp_path / "a", "--set", "training.max_epochs=2",
                 "--set", "training.seeds=[0]", "--set", "ablate.bootstrap_resamples=50",
                 "--set", "model.ensemble=1")
    assert result.returncode == 0, result.stderr
    report = json.loads((tmp_path / "a" / "ablation.json").read_text())
    text = json.dumps(report)
    for row in ("regression", "fixed margin", "adaptive margin", "quality weighting"):
        assert row in text
    assert "fixed margin" in result.stdout + result.stderr
