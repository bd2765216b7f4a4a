"""CLAP from the command line, with a small random model: embeddings, scores with prompts, and refusals."""
import csv
import json
import os

import pytest
from command import rows, run, write_wav
from small_clap import EMBEDDING, write_model

PROMPTS = "id\ttext\nP001\ta slow piano\nP002\tfast drums, 180 bpm\n"


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clap")
    for i, name in enumerate(["S002_P001.wav", "S002_P002.wav", "S003_P001.wav", "S003_P002.wav"]):
        write_wav(folder / "clips" / name, 1 + 0.3 * i, pitch=0.02 + 0.03 * i)
    write_model(folder / "small")
    (folder / "prompts.txt").write_text(PROMPTS)
    return folder


def score(setting, *arguments, model="small"):
    return run("score", *arguments, "--model", setting / model, "--no-ranking")


def test_prompts_by_file_name(setting):
    result = score(setting, setting / "clips", "--prompts", setting / "prompts.txt", "--system", "prefix")
    assert result.returncode == 0, result.stderr
    found = rows(result.stdout)
    assert len(found) == 4 and all(isinstance(row[axis], float) for row in found for axis in ("MI", "TA"))
    assert len({row["MI"] for row in found}) == 4
    assert [row["system"] for row in found] == ["S002", "S002", "S003", "S003"]


def test_one_prompt_and_prompts_of_a_manifest(setting):
    clip = setting / "clips/S002_P001.wav"
    by_name = rows(score(setting, clip, "--prompts", setting / "prompts.txt").stdout)[0]
    for_all = rows(score(setting, clip, "--prompt", "a slow piano").stdout)[0]
    other = rows(score(setting, clip, "--prompt", "fast drums").stdout)[0]
    manifest = setting / "manifest.csv"
    manifest.write_text(f'path,prompt\n{clip},a slow piano\n{clip},"fast drums"\n{clip},\n')
    by_column = rows(score(setting, manifest, "--prompt", "fast drums").stdout)
    assert by_name == for_all == by_column[0]
    assert other == by_column[1] == by_column[2]  # an empty cell means no prompt
    assert other["MI"] == for_all["MI"] and other["TA"] != for_all["TA"]


def test_a_clip_without_its_prompt_has_its_impression(setting):
    lonely = write_wav(setting / "lonely_P007.wav", 1.5)
    clip = setting / "clips/S002_P001.wav"
    whole = rows(score(setting, lonely, "--prompt", "x").stdout)[0]
    result = score(setting, clip, lonely, "--prompts", setting / "prompts.txt")
    assert result.returncode == 1
    first, second = rows(result.stdout)
    assert "error" not in first
    assert second["MI"] == whole["MI"] and second["TA"] is None and second["duration_seconds"] == 1.5
    assert "TA" in second["error"] and "'P007'" in second["error"]
    assert "1 of them only in part" in result.stderr
    alone = score(setting, lonely)
    assert alone.returncode == 1 and "--prompts" in rows(alone.stdout)[0]["error"]
    output = setting / "scores.csv"
    assert run("score", lonely, "--model", setting / "small", "--format", "csv", "--output", output).returncode == 1
    with open(output, newline="") as file:
        row = next(csv.DictReader(file))
    assert float(row["MI"]) == pytest.approx(whole["MI"]) and row["TA"] == "" and "prompt" in row["error"]
    answer = setting / "answer.txt"
    result = run("score", clip, lonely, "--model", setting / "small", "--format", "answer", "--output", answer,
                 "--prompts", setting / "prompts.txt")
    assert result.returncode == 1 and "'P007'" in result.stderr
    assert [line.split(",")[0] for line in answer.read_text().splitlines()] == ["S002_P001"]


def test_scores_do_not_depend_on_threads_order_or_neighbours(setting):
    clips = sorted((setting / "clips").iterdir())
    together = rows(score(setting, *clips, "--prompts", setting / "prompts.txt", "--threads", "3").stdout)
    for clip, row in reversed(list(zip(clips, together))):
        assert rows(score(setting, clip, "--prompts", setting / "prompts.txt", "--threads", "1").stdout) == [row]


def test_a_resumed_run_gives_the_same_rows(setting):
    lonely = write_wav(setting / "lonely_P007.wav", 1.5)
    output = setting / "resumed.jsonl"
    arguments = ("score", setting / "clips", lonely, "--model", setting / "small", "--output", output,
                 "--prompts", setting / "prompts.txt")
    assert run(*arguments).returncode == 1
    whole = output.read_text()
    assert run(*arguments, "--resume").returncode == 1
    assert output.read_text() == whole


def test_the_audio_policy_of_a_model_counts(setting):
    write_model(setting / "published", policy="published")
    clip = setting / "clips/S002_P002.wav"
    correct = rows(score(setting, clip, "--prompt", "x").stdout)[0]
    published = rows(score(setting, clip, "--prompt", "x", model="published").stdout)[0]
    assert correct["MI"] != published["MI"]
    long = write_wav(setting / "long.wav", 31)
    longer = write_wav(setting / "longer.wav", 33)  # starts with the same samples
    result = run("score", long, longer, "--model", setting / "published", "--prompt", "x", "--windows", "--no-ranking")
    first, second = rows(result.stdout)
    assert first["MI"] == second["MI"] and first["end_time"] == 30  # 480,000 samples at 16 kHz
    windows = rows(run("score", long, "--model", setting / "small", "--prompt", "x", "--windows", "--no-ranking").stdout)
    assert [row["end_time"] for row in windows] == [10, 20, 30, 31]
    mean = sum(row["MI"] * row["duration_seconds"] for row in windows) / 31
    assert rows(score(setting, long, "--prompt", "x").stdout)[0]["MI"] != pytest.approx(mean, abs=1e-9)


def test_embeddings(setting):
    write_model(setting / "encoder", heads=False)
    output = setting / "audio.safetensors"
    result = run("embed", setting / "clips", "--model", setting / "encoder", "--output", output)
    assert result.returncode == 0 and f"[4, {EMBEDDING}]" in result.stderr
    result = run("embed", setting / "clips", "--model", setting / "encoder", "--output", output, "--prompts",
                 setting / "prompts.txt")
    assert result.returncode == 0 and f"[4, {2 * EMBEDDING}]" in result.stderr
    lonely = write_wav(setting / "lonely_P007.wav", 1.5)
    result = run("embed", lonely, setting / "clips", "--model", setting / "encoder", "--output", output, "--prompts",
                 setting / "prompts.txt")
    assert result.returncode == 1 and "4 of 5 clips" in result.stderr and "'P007'" in result.stderr
    result = score(setting, setting / "clips", model="encoder")
    assert result.returncode == 2 and "no heads" in result.stderr
    result = run("embed", setting / "clips", "--output", output, "--prompts", setting / "prompts.txt")
    assert result.returncode == 2 and "kind clap" in result.stderr


@pytest.mark.parametrize("text, complaint", [
    (b"id\ttext\nP001\ta\nP001\tb\n", "prompts.txt:3: id 'P001' is already in line 2"),
    (b"P001\ta\nP002\t \n", "prompts.txt:2: expected a prompt"),
    (b"P001\ta\n\nP002\t\xc3(\n", "prompts.txt:3:"),
    (b"P001 a\n", "prompts.txt:1: expected an id, a TAB and a text"),
    (b"\ta text\n", "prompts.txt:1: expected an id"),
    (b"", "at least one prompt"),
])
def test_bad_prompt_files(setting, tmp_path, text, complaint):
    (tmp_path / "prompts.txt").write_bytes(text)
    result = score(setting, setting / "clips", "--prompts", tmp_path / "prompts.txt")
    assert result.returncode == 2 and complaint in result.stderr, result.stderr
    assert result.stdout == ""


def test_a_missing_vocabulary_is_reported_before_scoring(setting, tmp_path):
    write_model(tmp_path / "bare", vocabulary=False)
    environment = {key: value for key, value in os.environ.items() if key != "QAMRO_DATA"}
    environment["QAMRO_HOME"] = str(tmp_path)
    result = run("score", setting / "clips", "--model", tmp_path / "bare", "--prompt", "x", env=environment)
    assert result.returncode == 3 and "model fetch roberta-base" in result.stderr
    only_impression = run("score", setting / "clips", "--model", tmp_path / "bare", env=environment)
    assert only_impression.returncode == 1  # MI needs no vocabulary


def test_models_that_do_not_fit(setting, tmp_path):
    folder = write_model(tmp_path / "odd")
    settings = json.loads((folder / "model.json").read_text())
    for change, complaint in [({"encoder_config": {"text_heads": 4, "audio": "HTSAT-base"}}, "HTSAT-base"),
                              ({"audio_policy": "perfect"}, "audio_policy"),
                              ({"head_activation": "swish"}, "head_activation"),
                              ({"axes": settings["axes"][:1]}, "axes"),
                              ({"axes": []}, "no heads"),
                              ({"encoder_config": {"text_heads": 5}}, "heads")]:
        (folder / "model.json").write_text(json.dumps({**settings, **change}))
        result = run("score", setting / "clips", "--model", folder, "--prompt", "x")
        assert result.returncode == 3 and complaint in result.stderr, (change, result.stderr)


def test_prompts_are_refused_by_a_model_that_reads_none(setting):
    result = run("score", setting / "clips", "--prompt", "x")
    assert result.returncode == 2 and "reads prompts" in result.stderr
    result = run("score", setting / "clips", "--model", setting / "small", "--prompt", "")
    assert result.returncode == 2


@pytest.fixture(scope="module")
def systems(setting):
    """Two folders of three clips with the same names, one of them without a prompt in PROMPTS."""
    for pitch, system in ((0.02, "ours"), (0.06, "theirs")):
        for i, name in enumerate(["a_P001.wav", "b_P002.wav", "c_P001.wav"]):
            write_wav(setting / system / name, 1 + 0.2 * i, pitch=pitch + 0.01 * i)
    return setting / "ours", setting / "theirs"


def mean(found, axis):
    return sum(row[axis] for row in found) / len(found)


def test_systems_are_compared_with_their_prompts(setting, systems):
    prompts = ("--prompts", setting / "prompts.txt")
    result = run("compare", *systems, "--model", setting / "small", *prompts, "--json", setting / "compared.json")
    assert result.returncode == 0, result.stderr
    compared = json.loads((setting / "compared.json").read_text())
    for axis in ("MI", "TA"):
        expected = {str(folder): mean(rows(score(setting, folder, *prompts).stdout), axis) for folder in systems}
        found = {system["system"]: system["mean"] for system in compared[axis]["systems"]}
        assert found == pytest.approx(expected)


def test_systems_without_prompts_are_compared_by_their_impression(setting, systems):
    result = run("compare", *systems, "--model", setting / "small", "--json", setting / "impression.json")
    assert result.returncode == 0, result.stderr
    assert list(json.loads((setting / "impression.json").read_text())) == ["MI"]
    assert result.stderr.count("no clip has a prompt (--prompts FILE, --prompt TEXT)") == 2


def test_a_gate_names_the_clip_that_lacks_its_prompt(setting, systems):
    gate = ("gate", systems[0], "--model", setting / "small", "--min", "TA=-1000")
    assert run(*gate, "--prompts", setting / "prompts.txt").returncode == 0
    (setting / "one_prompt.txt").write_text("P001\ta slow piano\n")
    result = run(*gate, "--prompts", setting / "one_prompt.txt")
    assert result.returncode == 1 and "1 of 3 clips" in result.stderr and "'P002'" in result.stderr
    assert run(*gate, "--prompts", setting / "one_prompt.txt", "--allow-failures", "1").returncode == 0
