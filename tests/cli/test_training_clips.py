"""A model knows the clips it was trained on: score marks them, and evaluate, compare and gate say so."""
import csv
import json
import os
import pathlib
import random
import shutil
import struct
import wave

import pytest
from command import ROOT, rows, run, write_wav

CODECS = pathlib.Path(os.environ.get("QAMRO_DATA") or "/nowhere") / "neural_codec_mushra"
SENTENCE = "clips are among those that the model was trained on: {} say nothing of new clips"
RECIPE = """[data]
embeddings = "embeddings.safetensors"
labels = "labels.csv"
axes = ["mos"]
label_columns = ["mos"]
[split]
folds = 3
group = "path"
[model]
name = "toy"
[[loss]]
kind = "huber"
[training]
max_epochs = 3
patience = 0
seeds = [0]
"""


def write_au(path, source, change=None):
    """The samples of a 16-bit wav in another container, one of them changed if asked."""
    with wave.open(str(source)) as file:
        samples = list(struct.unpack(f"<{file.getnframes()}h", file.readframes(file.getnframes())))
    if change is not None:
        samples[change] += 1
    header = struct.pack(">4s5I4x", b".snd", 28, 2 * len(samples), 3, 16000, 1)
    path.write_bytes(header + struct.pack(f">{len(samples)}h", *samples))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """trained/ has the clips of the model in run/model; mixed/ has four of them and four others of system a, and
    four others of system b."""
    folder = tmp_path_factory.mktemp("training_clips")
    labels = ["path,mos"]
    for clip in range(9):
        write_wav(folder / f"trained/{clip}.wav", 0.5 + 0.05 * clip, pitch=0.03 + 0.01 * clip)
        labels.append(f"{clip}.wav,{1 + clip * 0.4}")
    (folder / "labels.csv").write_text("\n".join(labels) + "\n")
    (folder / "recipe.toml").write_text(RECIPE)
    manifest = folder / "trained/manifest.jsonl"
    manifest.write_text("".join(json.dumps({"path": f"{clip}.wav"}) + "\n" for clip in range(9)))
    for step in (("embed", manifest, "--model", "distill-mos", "--output", folder / "embeddings.safetensors"),
                 ("train", folder / "recipe.toml", "--output", folder / "run")):
        result = run(*step)
        assert result.returncode == 0, result.stderr
    for system in "ab":
        (folder / "mixed" / system).mkdir(parents=True)
        for clip in range(4):
            write_wav(folder / f"mixed/{system}/new{clip}.wav", 0.7, pitch=0.2 + 0.01 * clip + 0.001 * (system == "b"))
    mixed = folder / "mixed" / "a"
    shutil.copy(folder / "trained/0.wav", mixed / "another_name.wav")
    shutil.copy(folder / "trained/1.wav", mixed / "1.wav")
    write_au(mixed / "converted.au", folder / "trained/2.wav")
    write_au(mixed / "one_sample_changed.au", folder / "trained/2.wav", change=-1)
    return folder


SEEN = {"a/another_name.wav", "a/1.wav", "a/converted.au"}


@pytest.fixture(scope="module")
def scored(folder):
    output = folder / "scores.jsonl"
    result = run("score", folder / "mixed", "--system", "folder", "--model", folder / "run/model", "--output", output,
                 "--report", folder / "report.html")
    assert result.returncode == 0, result.stderr
    return result, rows(output.read_text())


def test_the_model_has_a_list(folder):
    document = json.loads((folder / "run/model/model.json").read_text())
    assert document["provenance"]["training_clips"]["file"] == "training_clips.csv"
    lines = (folder / "run/model/training_clips.csv").read_text().splitlines()
    assert lines[0] == "file,samples" and len(lines) == 10


def test_rows_of_training_clips_are_marked(folder, scored):
    marked = {str(pathlib.Path(row["path"]).relative_to(folder / "mixed")) for row in scored[1] if "in_training" in row}
    assert marked == SEEN
    assert all(row.get("in_training", True) is True for row in scored[1])


def test_summary_ranking_report_and_provenance_say_so(folder, scored):
    result, _ = scored
    assert "; 3 of 12 " + SENTENCE.format("their scores") in result.stderr
    assert "trained on 3 of 8 clips of a\n" in result.stdout
    assert "3 of 12 " + SENTENCE.format("their scores") + " (trained on 3 of 8 clips of a)." in (folder / "report.html").read_text()
    provenance = json.loads((folder / "scores.jsonl.provenance.json").read_text())
    assert provenance["model"]["training_clips"]["file"] == "training_clips.csv"


def test_csv_and_windows_have_the_mark(folder):
    result = run("score", folder / "mixed/a", "--model", folder / "run/model", "--format", "csv", "--windows")
    assert result.returncode == 0, result.stderr
    header, *lines = result.stdout.splitlines()
    assert header.endswith(",in_training,note,error")
    assert {pathlib.Path(line.split(",")[0]).name for line in lines if line.endswith(",true,,")} == {name[2:] for name in SEEN}
    assert sum(line.endswith(",,,") for line in lines) == 5


def test_a_model_without_a_list_says_nothing(folder, scored, tmp_path):
    shutil.copytree(folder / "run/model", tmp_path / "old")
    document = json.loads((tmp_path / "old/model.json").read_text())
    del document["provenance"]["training_clips"]
    (tmp_path / "old/model.json").write_text(json.dumps(document))
    (tmp_path / "old/training_clips.csv").unlink()
    output = tmp_path / "scores.jsonl"
    result = run("score", folder / "mixed", "--system", "folder", "--model", tmp_path / "old", "--output", output)
    assert result.returncode == 0, result.stderr
    assert "trained" not in result.stdout + result.stderr and "unknown" not in result.stdout + result.stderr
    # The other clips' rows are the same bytes with and without a list.
    with_list = (folder / "scores.jsonl").read_text().splitlines()
    for old, new in zip(output.read_text().splitlines(), with_list, strict=True):
        assert old == new.replace(',"in_training":true', "")
        assert (old == new) == ("in_training" not in new)


@pytest.mark.parametrize("damage", ["changed", "cut", "missing"])
def test_a_damaged_list_is_refused(folder, tmp_path, damage):
    shutil.copytree(folder / "run/model", tmp_path / "model")
    file = tmp_path / "model/training_clips.csv"
    text = file.read_text()
    {"changed": lambda: file.write_text(text.replace(text[20], "f" if text[20] != "f" else "0", 1)),
     "cut": lambda: file.write_text(text[:-30]), "missing": file.unlink}[damage]()
    result = run("score", folder / "trained", "--model", tmp_path / "model")
    assert result.returncode == 3 and result.stdout == ""
    assert f"{file}: expected " in result.stderr
    assert "remove training_clips from model.json" in result.stderr


def test_evaluate_says_it_first(folder, scored, tmp_path):
    source = random.Random(1)
    labels = "path,mos\n" + "".join(f"{row['path']},{source.uniform(1, 5)}\n" for row in scored[1])
    (tmp_path / "labels.csv").write_text(labels)
    result = run("evaluate", "--labels", tmp_path / "labels.csv", "--predictions", folder / "scores.jsonl", "--json",
                 tmp_path / "out.json", "--report", tmp_path / "report.html")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("3 of 12 " + SENTENCE.format("these results") + "\ntrained on 3 of 8 clips of a\n\n")
    assert json.loads((tmp_path / "out.json").read_text())["in_training"] == {
        "clips": 3, "of": 12, "systems": {"a": {"clips": 3, "of": 8}, "b": {"clips": 0, "of": 4}}}
    assert 'class="warnings"' in (tmp_path / "report.html").read_text()

    other = tmp_path / "other.csv"
    other.write_text("path,mos\n" + "".join(f"{row['path']},{source.uniform(1, 5)}\n" for row in scored[1]))
    result = run("compare", "--labels", tmp_path / "labels.csv", folder / "scores.jsonl", other, "--json", tmp_path / "out.json",
                 "--permutations", 100)
    assert result.returncode == 0, result.stderr
    assert f"{folder / 'scores.jsonl'}: 3 of 12 " + SENTENCE.format("its results") in result.stdout
    marks = json.loads((tmp_path / "out.json").read_text())["in_training"]
    assert marks["first"]["clips"] == 3 and marks["second"]["clips"] == 0


@pytest.mark.parametrize("source", ["rows", "audio"])
def test_compare_and_gate_say_it(folder, scored, tmp_path, source):
    inputs = [folder / "scores.jsonl"] if source == "rows" else [folder / "mixed/a", folder / "mixed/b"]
    result = run("compare", *inputs, "--model", folder / "run/model", "--json", tmp_path / "out.json")
    assert result.returncode == 0, result.stderr
    name = "a" if source == "rows" else inputs[0]
    assert result.stdout.endswith("3 of 12 " + SENTENCE.format("their scores") + f"\ntrained on 3 of 8 clips of {name}\n")
    assert json.loads((tmp_path / "out.json").read_text())["mos"]["in_training"]["clips"] == 3

    result = run("gate", inputs[0], "--model", folder / "run/model", "--min", "mos=-100", "--json", tmp_path / "gate.json")
    assert result.returncode == 0, result.stderr
    assert f"qamro gate: 3 of {12 if source == 'rows' else 8} " + SENTENCE.format("their scores") in result.stderr
    assert json.loads((tmp_path / "gate.json").read_text())["in_training"]["clips"] == 3


@pytest.mark.skipif(not (CODECS / "audio").is_dir(), reason="QAMRO_DATA is not here")
def test_the_shipped_model_knows_the_codec_ratings(tmp_path):
    with open(ROOT / "examples/neural_codecs/ratings.csv", newline="") as file:
        paths = [row["path"] for row in csv.DictReader(file)][::50]
    clips = [(CODECS / "audio" / path).with_suffix(".flac") for path in paths]
    new = write_wav(tmp_path / "new.wav", 0.5)
    result = run("score", *clips, new, "--model", "qamro-speech")
    assert result.returncode == 0, result.stderr
    assert ["in_training" in row for row in rows(result.stdout)] == [True, True, True, False]
    assert "3 of 4 " + SENTENCE.format("their scores") in result.stderr


def test_the_shipped_list_has_all_its_clips():
    lines = (ROOT / "models/qamro-speech/training_clips.csv").read_text().splitlines()
    assert len(lines) == 1 + 128 and len(set(lines)) == 1 + 128
