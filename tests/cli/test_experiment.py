"""experiment: from a folder of ratings and audio to the paper's tables. Audio is generated and heads
train for three epochs, so accuracy is not checked; results from labels alone are compared with the
published figures."""
import csv
import json
import os
import pathlib
import shutil

import pytest
import small_clap
from command import kill_after, run, write_wav
from small_audiobox import write_model

DATA = pathlib.Path(os.environ.get("QAMRO_DATA", "/nowhere"))
MUSICEVAL = DATA / "musiceval" / "MusicEval-full"
ROWS = ["regression only", "+ fixed margin (Eq. 1)", "+ adaptive margin (Eq. 2)",
        "+ quality weighting = QAMRO (Eq. 3)"]
HELD_OUT = ["regression only, its system held out", "quality weighting = QAMRO (Eq. 3), its system held out"]
LOOKUP = "look-up: mean of the system over training clips, no audio"
CONSTANT = "constant: mean of the training clips"
SMALL = ["--quick", "--set", "split.folds=4"]


def files_of(folder):
    """All files but metrics.jsonl, which holds times."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "metrics.jsonl"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def experiment(kind, data, output, *more):
    return run("experiment", kind, "--data", data, "--output", output, *more)


def results(folder):
    return json.loads((folder / "results.json").read_text())


def models(folder):
    return [model["model"] for model in results(folder)["results"][0]["models"]]


@pytest.fixture(scope="module")
def codecs(tmp_path_factory):
    """Ratings published like those of the neural codecs: 4 sentences × 4 conditions, and anchors
    without audio."""
    folder = tmp_path_factory.mktemp("codecs")
    with open(folder / "ratings_formated_filtered.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["signal", "condition", "ratings", "participant_ids", "file"])
        for sentence in range(4):
            writer.writerow([f"sentence {sentence}", "Anchor", "[5.0]", "[1]", ""])
            for number, condition in enumerate(["Reference", "a", "b", "c"]):
                name = f"stim_{sentence}/{condition}.wav"
                write_wav(folder / "audio" / name, 0.4 + 0.1 * sentence, pitch=0.03 + 0.02 * number + 0.003 * sentence)
                ratings = [90.0 - 20 * number + 3 * sentence, 80.0 - 15 * number - 2 * sentence]
                writer.writerow([f"sentence {sentence}", condition, ratings, [1, 2], name])
    return folder


@pytest.fixture(scope="module")
def ablation(codecs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("experiment") / "whole"
    result = experiment("ablation", codecs, folder, *SMALL)
    assert result.returncode == 0, result.stderr
    return folder, result.stdout


def test_an_ablation_from_audio_has_every_row_and_a_verdict(ablation):
    folder, report = ablation
    assert models(folder) == [*ROWS, *HELD_OUT, "distill-mos as it is", LOOKUP, CONSTANT]
    scopes = results(folder)["steps"]
    assert [(scope["clips"], len(scope["steps"])) for scope in scopes] == [("all clips", 3), ("without Reference", 3)]
    for step in scopes[0]["steps"]:
        for level in ("utterance", "system"):
            assert step[level]["verdict"] in ("helps", "hurts", "cannot be told from chance", "undecided")
        assert step["system"]["verdict"] == "undecided" and step["system"]["smallest_p_holm"] == 3 * 2 / 2**4
    assert "all clips: system level: 3 tests of 4 systems cannot go below p = .375; p <= .05 needs 7 systems" in report
    for part in ("ranking with a fixed margin", "the adaptive margin", "quality weighting"):
        assert f"  {part} (" in report
    assert (folder / "preference_factor.svg").read_text().startswith("<?xml")
    assert results(folder)["missing"] == [] and results(folder)["rows_left_out"] == []


def test_steps_are_differences_of_the_tables_rows(ablation):
    folder, _ = ablation
    for scope, steps in zip(results(folder)["results"], results(folder)["steps"]):
        srcc = {model["model"]: model["utterance"]["srcc"] for model in scope["models"]}
        for step in steps["steps"]:
            assert step["utterance"]["srcc_difference"] == pytest.approx(srcc[step["with"]] - srcc[step["without"]])


def test_the_record_is_enough_to_repeat_it(ablation, codecs, tmp_path):
    folder, report = ablation
    record = json.loads((folder / "experiment.json").read_text())
    assert record["command"] == f"qamro experiment ablation --data {codecs} --output {folder} --set split.folds=4 --quick"
    assert record["seeds"] == [0] and record["encoder"]["model"] == "distill-mos"
    assert len(record["encoder"]["sha256"]) == len(record["audio_and_encoder_sha256"]) == 64
    assert record["data"]["files"][0]["file"].endswith("ratings_formated_filtered.csv")
    (tmp_path / "recipe.toml").write_text(record["recipe"])
    again = experiment("ablation", codecs, tmp_path / "again", "--recipe", tmp_path / "recipe.toml")
    assert again.returncode == 0, again.stderr
    assert again.stdout == report
    assert results(tmp_path / "again")["results"] == results(folder)["results"]


@pytest.mark.parametrize("wait", [0.3, 2.5, 4.5])
def test_a_killed_experiment_goes_on_to_the_same_bytes(ablation, codecs, wait):
    folder, report = ablation
    output = folder.parent / f"kil{wait:.0f}e"
    kill_after(wait, "experiment", "ablation", "--data", codecs, "--output", output, *SMALL)
    result = experiment("ablation", codecs, output, *SMALL)
    assert result.returncode == 0, result.stderr
    assert result.stdout == report
    killed, whole = files_of(output), files_of(folder)
    assert set(killed) == set(whole)
    for name in whole:
        if name.endswith((".toml", "experiment.json")):  # these contain the name of the output folder
            assert killed[name].replace(output.name.encode(), folder.name.encode()) == whole[name]
        else:
            assert killed[name] == whole[name], name


def test_another_experiments_folder_is_refused(ablation, codecs):
    folder, _ = ablation
    result = experiment("ablation", codecs, folder, *SMALL, "--set", "training.seeds=[5]")
    assert result.returncode == 2
    assert "cannot resume" in result.stderr


def test_fig1_compares_factors_with_no_weighting(codecs, tmp_path):
    result = experiment("fig1", codecs, tmp_path / "fig1", *SMALL)
    assert result.returncode == 0, result.stderr
    scope = results(tmp_path / "fig1")["results"][0]
    assert scope["models"][0]["model"] == ROWS[2]
    assert [model["preference_factor"] for model in scope["preference_factors"]] == [7]
    assert "(the paper's curve, of systems, peaks at 7)" in result.stdout
    peaks = results(tmp_path / "fig1")["preference_factor_peaks"]
    assert [peak["level"] for peak in peaks] == ["system", "utterance"] * 2, "the paper's level comes first"
    assert all(peak["factors"] == 1 and peak["verdict"].startswith("one factor has no peak") for peak in peaks)
    assert result.stdout.index("one factor has no peak") < result.stdout.index("utterance level (n = ")
    assert (tmp_path / "fig1" / "preference_factor.svg").exists()


def test_broken_audio_is_named_and_labels_still_speak(codecs, tmp_path):
    for path in codecs.rglob("*"):
        if path.is_file():
            copy = tmp_path / "data" / path.relative_to(codecs)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    (tmp_path / "data" / "audio" / "stim_1" / "b.wav").write_bytes(b"no sound")
    result = experiment("ablation", tmp_path / "data", tmp_path / "output", *SMALL)
    assert result.returncode == 1
    assert "audio of 1 of 16 clips, which cannot be read" in result.stdout and "stim_1/b.wav" in result.stdout
    assert models(tmp_path / "output") == [LOOKUP, CONSTANT]
    (tmp_path / "data" / "audio" / "stim_1" / "b.wav").unlink()
    result = experiment("ablation", tmp_path / "data", tmp_path / "output", *SMALL)
    assert "missing: audio of 1 of 16 clips (stim_1/b.wav)" in result.stdout
    assert str(tmp_path / "data" / "audio") in result.stdout and "github.com/BenjSta" in result.stdout
    assert results(tmp_path / "output")["rows_left_out"] == [*ROWS, "preference factor 1", "preference factor 7",
                                                             *HELD_OUT, "distill-mos as it is"]


@pytest.fixture(scope="module")
def musiceval(tmp_path_factory):
    """A small copy of MusicEval's package: 4 systems × 7 prompts."""
    folder = tmp_path_factory.mktemp("musiceval")
    (folder / "sets").mkdir()
    for side, prompts in (("train", range(3)), ("dev", range(3, 5)), ("test", range(5, 7))):
        lines = []
        for system in range(4):
            for prompt in prompts:
                name = f"audiomos2025-track1-S{system:03}_P{prompt:03}.wav"
                write_wav(folder / "wav" / name, 0.3 + 0.05 * prompt, pitch=0.02 + 0.02 * system + 0.002 * prompt)
                lines.append(f"{name},{1 + system * 0.8 + prompt * 0.1:.1f},{4.6 - system * 0.7 - prompt * 0.1:.1f}")
        (folder / "sets" / f"{side}_mos_list.txt").write_text("\r\n".join(lines) + "\r\n")
    return folder


def test_table1_on_a_small_package_has_the_papers_layout(musiceval, tmp_path):
    result = experiment("table1", musiceval, tmp_path / "t", "--quick", "--model", "distill-mos", "--set",
                        "training.batch_size=0")
    assert result.returncode == 0, result.stderr
    table = json.loads((tmp_path / "t" / "table1.json").read_text())
    assert table["level"] == "system" and table["n"] == [4, 4]
    assert [(row["model"], row["source"]) for row in table["rows"]] == [
        ("MusicEval-baseline", "paper"), (ROWS[0], "ours"), ("QAMRO", "paper"), (ROWS[3], "ours"),
        ("w/o quality-aware weighting", "paper"), (ROWS[2], "ours"), ("w/o adaptive margin", "paper"),
        (ROWS[1], "ours"), (HELD_OUT[0], "ours"), (HELD_OUT[1], "ours"), (LOOKUP, "ours"), (CONSTANT, "ours")]
    assert table["rows"][2]["MI"] == {"mse": 0.139, "lcc": 0.961, "srcc": 0.972, "ktau": 0.876}
    with open(tmp_path / "t" / "table1.csv", newline="") as file:
        written = {(row["model"], row["source"], row["axis"], row["metric"]): row["value"] for row in csv.DictReader(file)}
    for row in table["rows"]:
        for axis in ("MI", "TA"):
            for metric in ("mse", "lcc", "srcc", "ktau"):
                cell = written[row["model"], row["source"], axis, metric]
                assert (float(cell) if cell else None) == row[axis][metric]
    lines = (tmp_path / "t" / "table1.md").read_text().split("\n\n")[0].splitlines()
    assert len(lines) == 2 + len(table["rows"]) and len({line.count("|") for line in lines}) == 1


def embedding_header(folder):
    data = (folder / "embeddings.safetensors").read_bytes()
    return json.loads(data[8:8 + int.from_bytes(data[:8], "little")])


def test_table1_hears_the_audio_and_reads_the_prompts(musiceval, tmp_path):
    package = tmp_path / "package"
    shutil.copytree(musiceval, package)
    small_clap.write_model(tmp_path / "small", heads=False)
    arguments = ("table1", package, tmp_path / "t", "--quick", "--model", tmp_path / "small")
    result = experiment(*arguments)
    assert result.returncode == 1 and "missing: prompts of 28 of 28 clips" in result.stdout
    assert models(tmp_path / "t") == [LOOKUP, CONSTANT], "heads on audio alone would be another model"
    demo = [f"audiomos2025-track1-S001_P{p:03}.wav" for p in range(7)]
    (package / "prompt_info.txt").write_text("id\ttext\n" + "".join(f"P{p:03}\tprompt {p}\n" for p in range(7)))
    (package / "demo_prompt_info.txt").write_text("id\ttext\n" + "".join(f"{n}\tdemo {n}\n" for n in demo))
    result = experiment(*arguments)
    assert result.returncode == 0, result.stderr
    header = embedding_header(tmp_path / "t")
    assert header["__metadata__"]["embedding_layout"] == "audio+text"
    assert header["embedding"]["shape"] == [28, 2 * small_clap.EMBEDDING]
    assert models(tmp_path / "t") == [*ROWS, *HELD_OUT, LOOKUP, CONSTANT]
    assert 'head_kind = "clap"' in json.loads((tmp_path / "t" / "experiment.json").read_text())["recipe"]
    before = (tmp_path / "t" / "embeddings.safetensors").read_bytes()
    (package / "prompt_info.txt").write_text("id\ttext\n" + "".join(f"P{p:03}\tother {p}\n" for p in range(7)))
    experiment("table1", package, tmp_path / "other", *arguments[3:])
    assert (tmp_path / "other" / "embeddings.safetensors").read_bytes() != before, "the prompts are heard of"


@pytest.mark.skipif(not MUSICEVAL.exists(), reason="needs QAMRO_DATA")
def test_table1_of_the_labels_alone_has_the_published_look_up_row(tmp_path):
    result = experiment("table1", MUSICEVAL, tmp_path / "t", "--model", "no-such-model")
    assert result.returncode == 1
    table = json.loads((tmp_path / "t" / "table1.json").read_text())
    assert table["n"] == [30, 30]
    lookup = next(row for row in table["rows"] if row["model"] == LOOKUP)
    for axis, figures in (("MI", [.016, .985, .976, .876]), ("TA", [.032, .951, .938, .809])):
        assert [round(lookup[axis][metric], 3) for metric in ("mse", "lcc", "srcc", "ktau")] == figures
        for metric in ("lcc", "srcc", "ktau"):
            low, high = lookup[axis][metric + "_ci"]
            assert low <= lookup[axis][metric] <= high
    constant = next(row for row in table["rows"] if row["model"] == CONSTANT)
    assert constant["MI"]["srcc"] is None and constant["MI"]["mse"] > lookup["MI"]["mse"]
    assert "missing: audio of 2748 of 2748 clips" in result.stdout
    assert "tested clips share their prompt with clips that were trained on" in result.stderr
    assert results(tmp_path / "t")["rows_left_out"] == [*ROWS, *HELD_OUT]


@pytest.mark.skipif(not MUSICEVAL.exists(), reason="needs QAMRO_DATA")
def test_missing_weights_are_reported_with_the_command_that_gets_them(tmp_path):
    result = run("experiment", "table1", "--data", MUSICEVAL, "--output", tmp_path / "t",
                 env={**os.environ, "QAMRO_HOME": str(tmp_path), "HF_HOME": str(tmp_path)})
    assert result.returncode == 1
    assert "missing: weights of the encoder clap-music" in result.stdout
    assert "get it: qamro model fetch clap-music" in result.stdout
    assert "get it: from MusicEval, huggingface.co/datasets/BAAI/MusicEval" in result.stdout


COLUMNS = ["Production_Quality", "Production_Complexity", "Content_Enjoyment", "Content_Usefulness"]


@pytest.fixture(scope="module")
def aes(tmp_path_factory):
    """A small copy of AES-Natural's lists, and a small random model of their kind."""
    folder = tmp_path_factory.mktemp("aes")
    number = 0
    for side in ("train", "dev"):
        with open(folder / f"audiomos2025-track2-{side}_list.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["sample_id", "data_path", *COLUMNS])
            for i in range(8):
                path = f"MUSDB18/train/song {i % 5}/{side} {i}.wav"
                write_wav(folder / "audio" / path, 0.2 + 0.03 * i, pitch=0.02 + 0.01 * number)
                writer.writerow([f"audiomos2025-track2-music-{side}{i}", "/your_path/" + path,
                                 *(2 + (i * (k + 2)) % 7 for k in range(4))])
                number += 1
    with open(folder / "audiomos2025_track2_human_annotations.jsonl", "w") as file:
        for i in range(12):
            name = f"audiomos2025-track2-sys{i % 3:05}-utt{i:05}"
            write_wav(folder / "audio" / f"{name}.wav", 0.2 + 0.04 * i, pitch=0.02 + 0.013 * i)
            ratings = {column: [float(1 + (i + k + r % 3) % 9) for r in range(10)] for k, column in enumerate(COLUMNS)}
            file.write(json.dumps({"data_path": name, **ratings}) + "\n")
    write_model(folder / "small")
    return folder


def test_table2_on_small_lists_has_the_papers_layout(aes, tmp_path):
    result = experiment("table2", aes, tmp_path / "t", "--quick", "--model", aes / "small", "--set",
                        "model.projection_layers=2")
    assert result.returncode == 0, result.stderr
    table = json.loads((tmp_path / "t" / "table2.json").read_text())
    assert table["level"] == "system" and table["n"] == [3] * 4
    paper = {row["model"]: row for row in table["rows"] if row["source"] == "paper"}
    assert [paper["QAMRO"][axis]["srcc"] for axis in ("PQ", "PC", "CE", "CU")] == [.883, .942, .869, .852]
    names = [row["model"] for row in table["rows"]]
    assert names[:3] == ["Audiobox-Aesthetics", "small as it is", ROWS[0]], "as it is above what was trained"
    ours = [row["model"] for row in table["rows"] if row["source"] == "ours"]
    assert sorted(ours) == sorted([*ROWS, "small as it is", CONSTANT]), "no system of the test is trained on"
    assert any("no row for the look-up table" in note for note in table["notes"])
    assert "warning: there is no row for the look-up table" in result.stderr
    assert all(row[axis]["srcc"] is None for row in table["rows"] if row["model"] == CONSTANT
               for axis in ("PQ", "PC", "CE", "CU"))
    assert all(isinstance(row[axis]["srcc"], float) for row in table["rows"] if row["model"] in ROWS
               for axis in ("PQ", "PC", "CE", "CU"))


def test_the_model_as_it_is_scores_as_qamro_score_does(aes, tmp_path):
    result = experiment("table2", aes, tmp_path / "t", "--quick", "--model", aes / "small", "--set",
                        "model.projection_layers=2")
    assert result.returncode == 0, result.stderr
    tested = sorted(aes.glob("audio/audiomos2025-track2-*.wav"))
    scored = run("score", *tested, "--model", aes / "small", "--output", tmp_path / "scores.jsonl")
    assert scored.returncode == 0, scored.stderr
    (tmp_path / "labels.jsonl").write_text((aes / "audiomos2025_track2_human_annotations.jsonl").read_text())
    evaluated = run("evaluate", "--labels", tmp_path / "labels.jsonl", "--predictions", tmp_path / "scores.jsonl",
                    "--json", tmp_path / "metrics.json")
    assert evaluated.returncode == 0, evaluated.stderr
    expected = json.loads((tmp_path / "metrics.json").read_text())["utterance"]
    for axis in results(tmp_path / "t")["results"]:
        own = next(model for model in axis["models"] if model["model"] == "small as it is")["utterance"]
        assert own["n"] == 12
        for metric in ("mse", "lcc", "srcc"):
            assert own[metric] == pytest.approx(expected[axis["axis"]][metric], abs=1e-5), (axis["axis"], metric)


def test_runs_that_max_epochs_ends_too_early_are_reported(musiceval, tmp_path):
    result = experiment("table1", musiceval, tmp_path / "t", "--quick", "--model", "distill-mos", "--set",
                        "training.batch_size=0")
    note = next(line for line in result.stderr.splitlines() if "training.max_epochs = 3 ended" in line)
    assert note.startswith("warning: ") and "regression only (1 of 1)" in note
    table = json.loads((tmp_path / "t" / "table1.json").read_text())
    assert any(text in note for text in table["notes"])
    assert "Note: training.max\\_epochs = 3 ended" in (tmp_path / "t" / "table1.md").read_text()
    rows = {model["model"]: model for model in results(tmp_path / "t")["results"][0]["models"]}
    assert rows[ROWS[0]]["runs"] == {"count": 1, "cut_short_by_max_epochs": 1}
    assert "runs" not in rows[LOOKUP]


def test_the_error_for_another_folder_says_what_it_should_hold(tmp_path):
    result = experiment("ablation", tmp_path, tmp_path / "output")
    assert result.returncode == 3
    for hint in ("ratings_formated_filtered.csv", "sets/train_mos_list.txt", "huggingface.co/datasets/BAAI/MusicEval",
                 "facebookresearch/audiobox-aesthetics"):
        assert hint in result.stderr
    assert not (tmp_path / "output").exists()


def test_data_of_another_table_are_refused(codecs, tmp_path):
    result = experiment("table1", codecs, tmp_path / "output")
    assert result.returncode == 2
    assert "expected MusicEval" in result.stderr and "neural codecs" in result.stderr
    assert run("experiment", "table3", "--data", codecs, "--output", tmp_path / "output").returncode == 2


def test_a_leak_is_an_error_where_the_recipe_says_so(codecs, tmp_path):
    leaky = [*SMALL, "--set", "split.group=path"]
    result = experiment("ablation", codecs, tmp_path / "warned", *leaky, "--set", "ablate.preference_factors=[]")
    assert result.returncode == 0
    assert "warning: 16 of 16 tested clips share their sentence with clips that were trained on: " in result.stderr
    result = experiment("ablation", codecs, tmp_path / "refused", *leaky, "--set", "split.leakage=error")
    assert result.returncode == 2
    assert "split.leakage" in result.stderr and "share their sentence" in result.stderr


@pytest.mark.skipif(not (DATA / "neural_codec_mushra").exists(), reason="needs QAMRO_DATA")
def test_published_ratings_and_audio_of_three_sentences(tmp_path):
    """The real ratings and clips, as published (the table names wav, the files are flac)."""
    source = DATA / "neural_codec_mushra"
    data = tmp_path / "data"
    data.mkdir()
    (data / "audio").symlink_to(source / "audio")
    with open(source / "ratings_formated_filtered.csv", newline="") as file:
        table = list(csv.DictReader(file))
    sentences = sorted({row["signal"] for row in table})[:3]
    with open(data / "ratings_formated_filtered.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(row for row in table if row["signal"] in sentences)
    result = experiment("ablation", data, tmp_path / "output", "--quick", "--set", "split.folds=3")
    assert result.returncode == 0, result.stderr
    assert results(tmp_path / "output")["clips"] == 24
    systems = next(model for model in results(tmp_path / "output")["results"][0]["models"]
                   if model["model"] == "distill-mos as it is")
    assert systems["system"]["n"] == 8 and systems["system"]["srcc"] > 0.5, "its own score orders real codecs"
