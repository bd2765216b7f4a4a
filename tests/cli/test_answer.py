"""qamro score --format answer writes the format of the AudioMOS challenge. $QAMRO is the command."""
import csv
import json

import pytest
from command import ROOT, run, write_wav

EXAMPLE = ROOT / "examples" / "neural_codecs"


@pytest.fixture(scope="module")
def music_model(tmp_path_factory):
    """A model with the axes MI and TA, trained briefly on other ratings."""
    folder = tmp_path_factory.mktemp("answer")
    with open(EXAMPLE / "ratings.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    with open(folder / "ratings.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "MI", "TA"])
        writer.writeheader()
        writer.writerows({**row, "MI": row["mushra"], "TA": 100 - float(row["mushra"])} for row in rows)
    result = run("train", EXAMPLE / "recipe.toml", "--output", folder / "run", "--set", "training.max_epochs=2",
                 "--set", "training.seeds=[0]", "--set", f'data.labels="{folder}/ratings.csv"',
                 "--set", 'data.axes=["TA","MI"]', "--set", 'data.label_columns=["TA","MI"]')
    assert result.returncode == 0, result.stderr
    return folder / "run" / "model"


def test_track_1(music_model, tmp_path):
    clips = [write_wav(tmp_path / f"audiomos2025-track1-S00{i}_P001.wav", 0.5 + i / 10) for i in (2, 1)]
    (tmp_path / "broken.wav").write_text("no sound")
    result = run("score", *clips, tmp_path / "broken.wav", "--model", music_model, "--format", "answer", "--output",
                 tmp_path / "answer.txt")
    assert result.returncode == 1
    assert "broken.wav" in result.stderr and "1 failed" in result.stderr
    rows = list(csv.reader((tmp_path / "answer.txt").read_text().splitlines()))
    assert [row[0] for row in rows] == ["audiomos2025-track1-S002_P001", "audiomos2025-track1-S001_P001"]
    scores = [json.loads(line) for line in run("score", *clips, "--model", music_model).stdout.splitlines()]
    assert [[float(x) for x in row[1:]] for row in rows] == [[row["MI"], row["TA"]] for row in scores]


def test_a_model_of_other_axes_is_refused(tmp_path):
    clip = write_wav(tmp_path / "a.wav", 0.5)
    result = run("score", clip, "--model", "distill-mos", "--format", "answer")
    assert result.returncode == 2
    assert "MI and TA (track 1)" in result.stderr and "'mos'" in result.stderr


def test_two_clips_of_one_name_are_refused_before_anything_is_scored(music_model, tmp_path):
    clips = [write_wav(tmp_path / folder / "x.wav", 0.5) for folder in "ab"]
    result = run("score", *clips, "--model", music_model, "--format", "answer")
    assert result.returncode == 2 and "'x'" in result.stderr and result.stdout == ""
    assert run("score", clips[0], "--model", music_model, "--format", "answer", "--windows").returncode == 2
