"""qamro evaluate: published formats, both truths, bad input, baselines, ceilings, parts, bootstrap levels."""
import csv
import json
import os
import pathlib

import pytest

from command import ROOT, run

DATA = pathlib.Path(os.environ.get("QAMRO_DATA", "/nowhere"))
needs_data = pytest.mark.skipif(not (DATA / "musiceval").exists(), reason="QAMRO_DATA is not here")

LABELS = "path,system,mos,domain\na_1.wav,a,1,speech\na_2.wav,a,2,music\nb_1.wav,b,3,speech\nb_2.wav,b,5,music\n"
PREDICTIONS = "path,mos\na_1.wav,1.5\na_2.wav,2\nb_1.wav,3\nb_2.wav,4\n"


def evaluate(tmp_path, *arguments, labels=LABELS, predictions=PREDICTIONS, **options):
    (tmp_path / "labels.csv").write_text(labels)
    (tmp_path / "predictions.csv").write_text(predictions)
    result = run("evaluate", "--labels", tmp_path / "labels.csv", "--predictions", tmp_path / "predictions.csv",
                 "--json", tmp_path / "out.json", *arguments, **options)
    out = tmp_path / "out.json"
    return result, json.loads(out.read_text()) if out.exists() else None


def test_numbers_by_hand(tmp_path):
    result, numbers = evaluate(tmp_path, "--bootstrap", 0)
    assert result.returncode == 0
    assert numbers["utterance"]["mos"] == {"n": 4, "mse": pytest.approx(1.25 / 4), "lcc": pytest.approx(5.625 / (3.6875 * 8.75) ** 0.5),
                                           "srcc": 1.0, "ktau": 1.0}
    assert numbers["system"]["mos"]["n"] == 2
    assert numbers["system"]["mos"]["mse"] == pytest.approx(((1.75 - 1.5) ** 2 + (3.5 - 4) ** 2) / 2)
    assert "bootstrap" not in numbers and numbers["system_truth"] == "split"


def test_parts_systems_and_levels(tmp_path):
    result, numbers = evaluate(tmp_path, "--by", "domain", "--systems", "--resample", "systems+clips")
    assert result.returncode == 0, result.stderr
    assert set(numbers["parts"]["values"]) == {"speech", "music"}
    assert numbers["parts"]["values"]["speech"]["utterance"]["mos"]["n"] == 2
    assert [row["system"] for row in numbers["systems"]["mos"]] == ["a", "b"]
    assert numbers["systems"]["mos"][1]["label"]["rank"] == 1
    assert numbers["bootstrap"]["drawn"]["system"] == "systems and clips within systems"
    assert "resamples of systems and clips within systems" in result.stdout
    assert "== domain: speech" in result.stdout and "place" in result.stdout


def test_raters_are_drawn_where_they_are_known(tmp_path):
    labels = 'path,system,mos\na_1.wav,a,"[1, 2, 1]"\na_2.wav,a,"[2, 3, 2]"\nb_1.wav,b,"[4, 4, 3]"\nb_2.wav,b,"[5, 4, 5]"\n'
    result, numbers = evaluate(tmp_path, "--resample", "raters", "--ceiling", labels=labels)
    assert result.returncode == 0, result.stderr
    assert numbers["bootstrap"]["drawn"]["utterance"] == "raters within clips"
    low, high = numbers["utterance"]["mos"]["mse_ci"]
    assert low < numbers["utterance"]["mos"]["mse"] < high
    assert numbers["ceilings"]["mos"]["raters"] == 3
    assert "ideal predictor" in result.stdout
    result, _ = evaluate(tmp_path, "--resample", "clips+raters")
    assert result.returncode == 2 and "raters" in result.stderr
    result, _ = evaluate(tmp_path, "--ceiling")
    assert result.returncode == 2 and "single raters" in result.stderr
    result, _ = evaluate(tmp_path, "--resample", "clips+systems")
    assert result.returncode == 2 and "clips+systems" in result.stderr


@pytest.mark.parametrize("option, predictions, named", [
    ("--missing-predictions", "path,mos\na_1.wav,1.5\na_2.wav,2\nb_1.wav,3\n", "b_2.wav"),
    ("--missing-labels", PREDICTIONS + "extra.wav,4\n", "extra.wav"),
    ("--nan-predictions", PREDICTIONS.replace("b_2.wav,4", "b_2.wav,nan"), "b_2.wav"),
])
def test_what_does_not_match_is_an_error_unless_dropped(tmp_path, option, predictions, named):
    result, numbers = evaluate(tmp_path, predictions=predictions)
    assert result.returncode == 2 and named in result.stderr and numbers is None
    result, numbers = evaluate(tmp_path, option, "drop", predictions=predictions)
    assert result.returncode == 0, result.stderr
    assert named in result.stderr and "left out" in result.stderr
    listed = [row for rows in numbers["left_out"].values() if isinstance(rows, list) for row in rows]
    assert len(listed) == 1 and named in listed[0]
    assert numbers["utterance"]["mos"]["n"] == (4 if named == "extra.wav" else 3)


def test_duplicate_ids_are_refused_by_line(tmp_path):
    for bad in ({"labels": LABELS + "a_1.wav,a,1,speech\n"}, {"predictions": PREDICTIONS + "a_1.wav,1\n"}):
        result, numbers = evaluate(tmp_path, **bad)
        assert result.returncode == 2 and numbers is None
        assert "a_1.wav" in result.stderr and ":6" in result.stderr and "line 2" in result.stderr


def test_one_system_has_no_system_correlation(tmp_path):
    result, numbers = evaluate(tmp_path, labels=LABELS.replace(",b,", ",a,"))
    assert result.returncode == 0, result.stderr
    system = numbers["system"]["mos"]
    assert system["n"] == 1 and system["srcc"] is None and "fewer than 2 values" in system["reason"]
    assert system["mse"] == pytest.approx((10.5 - 11) ** 2 / 16)


def test_truths_that_disagree(tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("path,system,mos,domain\na_1.wav,a,1.5,speech\nc_1.wav,c,2,speech\n")
    result, _ = evaluate(tmp_path, "--labels", other)
    assert result.returncode == 2
    assert "other.csv:2" in result.stderr and "labels.csv:2" in result.stderr and "a_1.wav" in result.stderr
    other.write_text("path,system,mos,domain\na_1.wav,a,1,speech\n")  # repeating the same label does no harm
    result, numbers = evaluate(tmp_path, "--labels", other)
    assert result.returncode == 0 and numbers["utterance"]["mos"]["n"] == 4


def test_a_given_system_truth(tmp_path):
    truth = tmp_path / "truth.csv"
    truth.write_text("system,mos\na,2\nb,4\n")
    result, numbers = evaluate(tmp_path, "--system-truth", truth)
    assert result.returncode == 0, result.stderr
    assert numbers["system"]["mos"]["mse"] == pytest.approx((0.25**2 + 0.5**2) / 2)
    assert numbers["system_truth"] == str(truth)
    assert numbers["systems"]["mos"][0]["label"] == {"mean": 2.0, "mean_ci": None, "rank": 2, "rank_ci": None}
    again, through_pipe = evaluate(tmp_path, "--system-truth", "/dev/stdin", input="system,mos\na,2\nb,4\n")
    assert again.returncode == 0 and through_pipe["system"] == numbers["system"]
    truth.write_text("system,mos\na,2\n")
    result, _ = evaluate(tmp_path, "--system-truth", truth)
    assert result.returncode == 2 and "'b'" in result.stderr
    truth.write_text("system,mos\na,2\nb,3\na,4\n")
    result, _ = evaluate(tmp_path, "--system-truth", truth)
    assert result.returncode == 2 and "truth.csv:4" in result.stderr


def test_baselines_beside_a_model(tmp_path):
    train = tmp_path / "train.csv"
    train.write_text("path,system,mos\na_8.wav,a,1\na_9.wav,a,2\nb_9.wav,b,4\n")
    result, numbers = evaluate(tmp_path, "--baseline", "lookup", "--baseline", "constant", "--train", train,
                               "--baseline", f"regression={tmp_path / 'predictions.csv'}")
    assert result.returncode == 0, result.stderr
    assert list(numbers["baselines"]) == ["lookup", "constant", "regression"]
    assert numbers["baselines"]["lookup"]["system"]["mos"]["mse"] == 0.0
    assert numbers["baselines"]["constant"]["utterance"]["mos"]["srcc"] is None
    assert numbers["baselines"]["regression"]["utterance"] == numbers["utterance"]
    assert "== baseline: lookup" in result.stdout
    result, _ = evaluate(tmp_path, "--baseline", "lookup")
    assert result.returncode == 2 and "--train" in result.stderr
    result, _ = evaluate(tmp_path, "--baseline", "lookup", "--train", tmp_path / "labels.csv")
    assert result.returncode == 2 and "a_1.wav" in result.stderr


def test_without_anything_to_do_it_fails(tmp_path):
    (tmp_path / "labels.csv").write_text(LABELS)
    result = run("evaluate", "--labels", tmp_path / "labels.csv")
    assert result.returncode == 2 and "--predictions" in result.stderr
    result = run("evaluate", "--labels", tmp_path / "labels.csv", "--where", "split=test", "--ceiling")
    assert result.returncode == 2 and "split" in result.stderr


def test_bytes_that_are_no_utf8_do_not_cost_the_result(tmp_path):
    """Linux allows any bytes in a path: of the file, of a clip and so of its system."""
    labels = os.fsencode(tmp_path / "labels") + b"\xff.csv"
    pathlib.Path(os.fsdecode(labels)).write_bytes(LABELS.encode() + b"\xe9t\xe9/c.wav,sys\xff,4,music\n")
    (tmp_path / "predictions.csv").write_bytes(PREDICTIONS.encode() + b"d\xff.wav,3\n")
    result = run("evaluate", "--labels", os.fsdecode(labels), "--predictions", tmp_path / "predictions.csv", "--by", "system",
                 "--missing-predictions", "drop", "--missing-labels", "drop", "--bootstrap", 0, "--json", tmp_path / "out.json",
                 "--report", tmp_path / "out.html", "--report-audio", "none", errors="replace")
    assert result.returncode == 0, result.stderr
    left_out = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["left_out"]
    assert "labels\ufffd.csv:6 '\ufffdt\ufffd/c.wav'" in left_out["labels_without_prediction"][0]
    assert "'d\ufffd.wav'" in left_out["predictions_without_label"][0]
    assert "utterance" in result.stdout and (tmp_path / "out.html").exists()


def test_every_name_of_a_path_column_is_known(tmp_path):
    """As by 'qamro score': a file that it takes, evaluate takes too."""
    result, numbers = evaluate(tmp_path, "--bootstrap", 0, labels=LABELS.replace("path,", "audio_path,", 1))
    assert result.returncode == 0, result.stderr
    assert numbers["utterance"]["mos"]["n"] == 4


# What each program writes for the same four clips; all hold the same scores as PREDICTIONS.
FORMATS = {
    "versa.jsonl": "".join(json.dumps({"key": f"{k}_{i}", "mos": x}) + "\n"
                           for k, i, x in [("a", 1, 1.5), ("a", 2, 2), ("b", 1, 3), ("b", 2, 4)]),
    "plain.jsonl": "".join(json.dumps({"id": f"{k}_{i}", "mos": x}) + "\n"
                           for k, i, x in [("a", 1, 1.5), ("a", 2, 2), ("b", 1, 3), ("b", 2, 4)]),
    "sheet.csv": "wav_path,system_id,sample_id,avg_score,answer\n"
                 "w/a_1.wav,a,a_1,9,1.5\nw/a_2.wav,a,a_2,9,2\nw/b_1.wav,b,b_1,9,3\nw/b_2.wav,b,b_2,9,4\n",
    "plain.tsv": "sample_id\tmos\na_1\t1.5\na_2\t2\nb_1\t3\nb_2\t4\n",
}


@pytest.mark.parametrize("name", FORMATS)
def test_formats_of_predictions(tmp_path, name):
    (tmp_path / "labels.csv").write_text("wav_path,score,system_id,sample_id\n"
                                         "w/a_1.wav,1,a,a_1\nw/a_2.wav,2,a,a_2\nw/b_1.wav,3,b,b_1\nw/b_2.wav,5,b,b_2\n")
    (tmp_path / name).write_text(FORMATS[name])
    result = run("evaluate", "--labels", tmp_path / "labels.csv", "--predictions", tmp_path / name,
                 "--json", tmp_path / "out.json", "--bootstrap", 0)
    assert result.returncode == 0, result.stderr
    numbers = json.loads((tmp_path / "out.json").read_text())
    assert numbers["utterance"]["mos"]["mse"] == pytest.approx(1.25 / 4)
    assert numbers["system"]["mos"]["n"] == 2


def test_listeners_rows_are_raters(tmp_path):
    (tmp_path / "labels.csv").write_text("wav_path,score,system_id,sample_id,listener_id\n" + "".join(
        f"w/{s}_{i}.wav,{base + k % 2},{s},{s}_{i},l{k}\n"
        for s, base in (("a", 1), ("b", 3)) for i in (1, 2) for k in range(4)))
    result = run("evaluate", "--labels", tmp_path / "labels.csv", "--ceiling", "--json", tmp_path / "out.json")
    assert result.returncode == 0, result.stderr
    ceiling = json.loads((tmp_path / "out.json").read_text())["ceilings"]["mos"]
    assert ceiling["raters"] == 4 and ceiling["clips"] == 4


@needs_data
@pytest.mark.parametrize("labels", [
    ["--labels", DATA / "musiceval/MusicEval-full", "--where", "split=test"],
    ["--labels", DATA / "musiceval/MusicEval-full/sets/test_mos_list.txt",
     "--train", DATA / "musiceval/MusicEval-full/sets/train_mos_list.txt"],
])
def test_lookup_on_musiceval_is_the_published_figure(tmp_path, labels):
    result = run("evaluate", *labels, "--baseline", "lookup", "--bootstrap", 0, "--json", tmp_path / "out.json")
    assert result.returncode == 0, result.stderr
    system = json.loads((tmp_path / "out.json").read_text())["baselines"]["lookup"]["system"]
    for axis, want in {"MI": (.016, .985, .976, .876), "TA": (.032, .951, .938, .809)}.items():
        assert system[axis]["n"] == 30
        assert [round(system[axis][m], 3) for m in ("mse", "lcc", "srcc", "ktau")] == list(want)


@needs_data
def test_track1_answer_against_the_package(tmp_path):
    package = DATA / "musiceval/MusicEval-full"
    answer = tmp_path / "answer.txt"
    rows = [line.split(",") for line in (package / "sets/test_mos_list.txt").read_text().split()]
    answer.write_text("".join(f"audiomos2025-track1-{name.removeprefix('audiomos2025-track1-').removesuffix('.wav')},{mi},{ta}\n"
                              for name, mi, ta in rows))
    result = run("evaluate", "--labels", package, "--where", "split=test", "--predictions", answer, "--bootstrap", 0,
                 "--json", tmp_path / "out.json")
    assert result.returncode == 0, result.stderr
    numbers = json.loads((tmp_path / "out.json").read_text())
    assert numbers["utterance"]["MI"]["n"] == 413 and numbers["utterance"]["TA"]["srcc"] == 1.0


@needs_data
def test_track2_answer_against_ten_raters(tmp_path):
    labels = DATA / "aes/audiomos2025_track2_human_annotations.jsonl"
    axes = {"PQ": "Production_Quality", "PC": "Production_Complexity", "CE": "Content_Enjoyment", "CU": "Content_Usefulness"}
    rows = [json.loads(line) for line in labels.read_text().splitlines()]
    (tmp_path / "answer.csv").write_text("sample_id,PQ,PC,CE,CU\n" + "".join(
        row["data_path"] + "," + ",".join(str(sum(row[axis]) / 10 + 1) for axis in axes.values()) + "\n" for row in rows))
    result = run("evaluate", "--labels", labels, "--predictions", tmp_path / "answer.csv", "--bootstrap", 50,
                 "--resample", "clips+raters", "--json", tmp_path / "out.json")
    assert result.returncode == 0, result.stderr
    numbers = json.loads((tmp_path / "out.json").read_text())
    for axis in axes:
        assert numbers["utterance"][axis]["mse"] == pytest.approx(1)
        assert numbers["system"][axis]["n"] == 36


@needs_data
def test_domains_of_the_natural_lists(tmp_path):
    lists = [DATA / f"aes/AES_natural_{domain}.jsonl" for domain in ("speech", "music", "sound")]
    arguments = [part for path in lists for part in ("--labels", path)]
    predictions = [part for path in lists for part in ("--predictions", path)]
    result = run("evaluate", *arguments, *predictions, "--by", "domain", "--bootstrap", 0, "--json", tmp_path / "out.json")
    assert result.returncode == 0, result.stderr
    parts = json.loads((tmp_path / "out.json").read_text())["parts"]["values"]
    assert {name: part["utterance"]["Production_Quality"]["n"] for name, part in parts.items()} == {"speech": 950, "music": 1000, "sound": 1000}


def test_labels_and_scores_on_different_scales_are_noted(tmp_path):
    """MUSHRA 0 to 100 beside MOS 1 to 5: such an MSE (over 3,000) compares nothing."""
    with open(ROOT / "examples" / "neural_codecs" / "ratings.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    (tmp_path / "labels.csv").write_text("path,mos\n" + "".join(f"{row['path']},{row['mushra']}\n" for row in rows))
    (tmp_path / "scores.csv").write_text("path,mos\n" + "".join(f"{row['path']},{row['distill_mos']}\n" for row in rows))
    arguments = ["evaluate", "--predictions", tmp_path / "scores.csv", "--bootstrap", 0, "--json", tmp_path / "out.json"]
    result = run(*arguments, "--labels", tmp_path / "labels.csv")
    assert result.returncode == 0, result.stderr
    assert "Note: mos: labels lie between " in result.stdout and "the MSE compares nothing" in result.stdout
    written = json.loads((tmp_path / "out.json").read_text())
    assert written["utterance"]["mos"]["mse"] > 3000
    low, high = written["scale_mismatch"]["mos"]["predictions"]
    assert 1 <= low < high <= 5 and written["scale_mismatch"]["mos"]["labels"][1] > 90
    (tmp_path / "scaled.csv").write_text("path,mos\n" + "".join(f"{row['path']},{float(row['mushra']) * 0.04 + 1}\n" for row in rows))
    result = run(*arguments, "--labels", tmp_path / "scaled.csv")
    assert "Note" not in result.stdout and "scale_mismatch" not in json.loads((tmp_path / "out.json").read_text())
