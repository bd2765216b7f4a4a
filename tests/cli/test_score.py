"""Scoring folders, manifests and shards. A killed run ends like one that was not killed."""
import csv
import io
import json
import os

import pytest
from command import kill_after, rows, run, write_wav

MODEL = ["--model", "distill-mos"]


@pytest.fixture(scope="module")
def systems(tmp_path_factory):
    root = tmp_path_factory.mktemp("systems")
    for number in range(4):
        for system in ("one", "two"):
            write_wav(root / system / f"{number}.wav", 0.5 + 0.3 * number, pitch=0.02 * (number + 1))
    return root


@pytest.fixture(scope="module")
def scores(systems):
    result = run("score", systems, *MODEL, "--system", "folder")
    assert result.returncode == 0, result.stderr
    return rows(result.stdout)


def test_rows_are_flat_ordered_and_name_the_system(systems, scores):
    assert [list(row) for row in scores] == [["path", "system", "mos", "duration_seconds", "familiarity", "sample_rate_hz", "channels", "level_db"]] * 8
    assert [row["path"] for row in scores] == sorted(row["path"] for row in scores)
    assert [row["system"] for row in scores] == ["one"] * 4 + ["two"] * 4
    assert scores[1]["duration_seconds"] == pytest.approx(0.8)


@pytest.mark.parametrize("options", [["--threads", "1"], ["--threads", "2"], ["--threads", "5"]])
def test_threads_do_not_change_a_score(systems, scores, options):
    assert rows(run("score", systems, *MODEL, "--system", "folder", *options).stdout) == scores


def weights_laid_out(clips, output, *options):
    """How often oneDNN reordered numbers, from its own trace (standard output; scores go to a file)."""
    result = run("score", *clips, *MODEL, "--output", output, *options,
                 env=dict(os.environ, ONEDNN_VERBOSE="profile_exec"))
    assert result.returncode == 0, result.stderr
    trace = result.stdout.splitlines()
    assert any(",exec,cpu,convolution," in line for line in trace), "no trace"
    return sum(",exec,cpu,reorder," in line for line in trace)


@pytest.mark.parametrize("threads", ["1", "2", "3"])
def test_weights_are_laid_out_once_not_with_every_clip(systems, tmp_path, threads):
    """In the layout of the computing threads, each of which works alone on its window."""
    clips = sorted(systems.rglob("*.wav"))
    every = weights_laid_out(clips, tmp_path / "every.jsonl", "--threads", threads)
    assert every == weights_laid_out(clips[:1], tmp_path / "one.jsonl", "--threads", threads)


def test_a_score_does_not_depend_on_the_other_files(systems, scores):
    for row in reversed(scores):
        assert rows(run("score", row["path"], *MODEL).stdout)[0]["mos"] == row["mos"]


def test_shards_are_the_whole(systems, scores):
    parts = [rows(run("score", systems, *MODEL, "--system", "folder", "--shard", f"{i}/3").stdout) for i in (1, 2, 3)]
    assert sorted(len(part) for part in parts) == [2, 3, 3]
    assert sorted((row for part in parts for row in part), key=lambda row: row["path"]) == scores


def test_csv_has_the_same_numbers(systems, scores):
    table = list(csv.DictReader(io.StringIO(run("score", systems, *MODEL, "--system", "folder", "--format",
                                                "csv").stdout)))
    assert [float(row["mos"]) for row in table] == [row["mos"] for row in scores]


def test_a_manifest_gives_systems_and_segments(systems):
    clip = str(systems / "one" / "3.wav")
    lines = "".join(json.dumps(line) + "\n" for line in
                    [{"path": clip, "system": "mine"}, {"path": clip, "start_time": 0.25, "end_time": 1.0}])
    result = rows(run("score", "-", *MODEL, input=lines).stdout)
    assert result[0]["system"] == "mine"
    assert result[1]["duration_seconds"] == pytest.approx(0.75)
    assert result[0]["mos"] != result[1]["mos"]


@pytest.mark.parametrize("wait", [0.05, 0.4, 0.8])
def test_a_killed_run_resumes_to_the_same_bytes(systems, tmp_path, wait):
    whole, output = tmp_path / "whole.jsonl", tmp_path / "scores.jsonl"
    assert run("score", systems, *MODEL, "--output", whole).returncode == 0
    command = ["score", systems, *MODEL, "--output", output, "--threads", "1"]
    kill_after(wait, *command)
    resumed = run(*command, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert output.read_bytes() == whole.read_bytes()
    provenance = json.loads((tmp_path / "scores.jsonl.provenance.json").read_text())
    assert {"qamro_version", "model", "precision", "resampler", "mono_policy"} <= set(provenance)
    assert len(provenance["model"]["sha256"]) == 64
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["scores.jsonl", "scores.jsonl.provenance.json", "whole.jsonl", "whole.jsonl.provenance.json"])


def test_says_which_clips_the_heads_do_not_know(systems):
    result = run("score", systems, "--model", "qamro-speech")
    assert "far from the speech it was fitted on" in result.stderr  # tones are not speech
    own = rows(run("score", systems, *MODEL).stdout)
    assert [row["mos"] for row in rows(result.stdout)] == pytest.approx([row["mos"] for row in own], abs=1e-6)


def test_the_default_model_is_distill_mos(systems, scores, tmp_path):
    result = run("score", systems, "--system", "folder", "--output", tmp_path / "scores.jsonl")
    assert result.returncode == 0, result.stderr
    assert rows((tmp_path / "scores.jsonl").read_text()) == scores
    assert json.loads((tmp_path / "scores.jsonl.provenance.json").read_text())["model"]["name"] == "distill-mos"
    assert "distill-mos (default)" in run("model", "list").stdout
    assert any(f"--model TEXT{mark}distill-mos" in run("score", "--help").stdout for mark in ("=", " ["))  # CLI11 2.3; later ones


def test_windows_are_a_timeline(tmp_path):
    clip = write_wav(tmp_path / "long.wav", 20)
    timeline = rows(run("score", clip, *MODEL, "--windows").stdout)
    assert len(timeline) > 1
    assert all(row["path"] == str(clip) for row in timeline)
