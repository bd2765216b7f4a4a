"""Pictures are SVG that parses and shows the right things; no name in them runs as a command; without gnuplot
the run continues."""
import csv
import json
import os
import shutil
import xml.etree.ElementTree as ElementTree

import pytest
from command import ROOT, kill_after, run

EXAMPLE = ROOT / "examples" / "neural_codecs"
TRAIN = ["--set", "training.max_epochs=12", "--set", "training.seeds=[0,1]", "--set", "training.patience=3", "--set",
         "split.validation_fraction=0.2", "--set", "training.monitor=system_srcc", "--set", "split.folds=4", "--set",
         "training.checkpoint_interval_seconds=0"]
ABLATE = ["--set", "training.max_epochs=1", "--set", "training.seeds=[0]", "--set", "ablate.bootstrap_resamples=20",
          "--set", "split.folds=2", "--set", "ablate.preference_factors=[1,7]"]


def texts(picture):
    """The texts of a picture, which must parse."""
    root = ElementTree.parse(picture).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    return [element.text.strip() for element in root.iter("{http://www.w3.org/2000/svg}text") if element.text]


def thin_lines(picture):
    """The number of drawn runs: starts of transparent lines."""
    root = ElementTree.parse(picture).getroot()
    paths = [element for element in root.iter("{http://www.w3.org/2000/svg}path") if "opacity" in element.attrib]
    return [element.attrib["d"].count("M") for element in paths]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures") / "run"
    result = run("train", EXAMPLE / "recipe.toml", "--output", folder, *TRAIN)
    assert result.returncode == 0, result.stderr
    return folder


def test_learning_curves_show_every_run(trained):
    picture = trained / "learning_curves.svg"
    shown = texts(picture)
    for text in ("training, mean of 8 runs", "validation, mean of 8 runs", "best epoch of each run", "epoch",
                 "SRCC of systems, validation", "loss, sum of its weighted parts"):
        assert text in shown
    assert thin_lines(picture) == [8, 8, 8], "training and validation loss, and the metric"


def test_without_validation_there_is_only_training(tmp_path):
    result = run("train", EXAMPLE / "recipe.toml", "--output", tmp_path / "run", "--set", "training.max_epochs=2",
                 "--set", "training.seeds=[0]")
    assert result.returncode == 0, result.stderr
    shown = texts(tmp_path / "run" / "learning_curves.svg")
    assert "training, mean of 8 runs" in shown
    assert not [text for text in shown if "validation" in text or "best" in text]


def test_a_resumed_run_draws_the_same_picture(trained, tmp_path):
    kill_after(0.5, "train", EXAMPLE / "recipe.toml", "--output", tmp_path / "run", *TRAIN)
    result = run("train", EXAMPLE / "recipe.toml", "--output", tmp_path / "run", *TRAIN, "--resume")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "run" / "learning_curves.svg").read_bytes() == (trained / "learning_curves.svg").read_bytes()


def test_preference_factor_curve(tmp_path):
    result = run("ablate", EXAMPLE / "recipe.toml", "--output", tmp_path / "run", *ABLATE)
    assert result.returncode == 0, result.stderr
    shown = texts(tmp_path / "run" / "preference_factor.svg")
    for text in ("preference factor β of Eq. 3", "SRCC, 95 % bootstrap interval", "mos, systems", "mos, utterances",
                 "all clips", "without Reference", "regression only, all clips"):
        assert text in shown
    assert {"1", "7"} <= set(shown), "the factors are the ticks"


def test_no_factors_no_picture(tmp_path):
    result = run("ablate", EXAMPLE / "recipe.toml", "--output", tmp_path / "run", *ABLATE, "--set",
                 "ablate.preference_factors=[]")
    assert result.returncode == 0, result.stderr
    assert not list((tmp_path / "run").glob("preference_factor.*"))


@pytest.mark.parametrize("command, options, picture, beside", [
    ("train", ["--set", "training.max_epochs=1", "--set", "training.seeds=[0]"], "learning_curves.svg", "out_of_fold.csv"),
    ("ablate", ABLATE, "preference_factor.svg", "preference_factor.csv"),
])
def test_without_gnuplot_the_run_goes_on(tmp_path, command, options, picture, beside):
    (tmp_path / "empty").mkdir()
    result = run(command, EXAMPLE / "recipe.toml", "--output", tmp_path / "run", *options,
                 env={**os.environ, "PATH": str(tmp_path / "empty")})
    assert result.returncode == 0, result.stderr
    notes = [line for line in result.stderr.splitlines() if "gnuplot" in line]
    assert len(notes) == 1
    assert str(tmp_path / "run" / picture) in notes[0] and "apt install gnuplot-nox" in notes[0]
    assert (tmp_path / "run" / beside).exists() and not (tmp_path / "run" / picture).exists()


def test_a_gnuplot_that_fails_leaves_no_half_picture(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gnuplot").write_text("#!/bin/sh\necho '<svg>'; echo 'no fonts' >&2; exit 1\n")
    (tmp_path / "bin" / "gnuplot").chmod(0o755)
    result = run("ablate", EXAMPLE / "recipe.toml", "--output", tmp_path / "run", *ABLATE,
                 env={**os.environ, "PATH": str(tmp_path / "bin")})
    assert result.returncode == 0
    assert "no fonts" in result.stderr
    assert not (tmp_path / "run" / "preference_factor.svg").exists()


def hostile_names(proof):
    return [f"`touch {proof}`", f"x`touch {proof}`y", f'"; system("touch {proof}"); x="', f"'; !touch {proof} #", f"a\n!touch {proof}\nb",
            f'\\" . system("touch {proof}") . \\"', "<script>alert(1)</script> & ]]> @GPVAL_ERRNO %s {/Bold x}",
            "x" * 3000, "\x1b[31m\x07\u2028", "β音声🎵"]


@pytest.mark.parametrize("number", range(10))
def test_names_are_names(tmp_path, number):
    """Tests the names of the reference row and of an excluded system; axes have only letters and digits."""
    proof = tmp_path / "proof"
    name = hostile_names(proof.name)[number]  # short, because long names are cut; commands run in tmp_path
    with open(EXAMPLE / "ratings.csv", newline="") as file:
        ratings = list(csv.DictReader(file))
    for row in ratings:
        row["system"] = name if row["system"] == "Reference" else row["system"]
    with open(tmp_path / "ratings.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, ratings[0])
        writer.writeheader()
        writer.writerows(ratings)
    shutil.copy(EXAMPLE / "embeddings.safetensors", tmp_path)
    quoted = json.dumps(name, ensure_ascii=False)
    recipe = (EXAMPLE / "recipe.toml").read_text()
    recipe = recipe.replace('exclude_systems = ["Reference"]', f"exclude_systems = [{quoted}]")
    recipe += f"\n[[ablate.variants]]\nname = {quoted}\n[[ablate.variants.loss]]\nkind = \"huber\"\n"
    (tmp_path / "recipe.toml").write_text(recipe)
    result = run("ablate", tmp_path / "recipe.toml", "--output", tmp_path / "run", *ABLATE, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert not proof.exists(), "a name was run"
    shown = "".join(texts(tmp_path / "run" / "preference_factor.svg"))
    if number == 9:
        assert "β音声🎵" in shown
    if number == 6:
        assert "<script>alert(1)</script>" in shown, "as text"
