"""qamro compare and qamro gate: predictors, systems as score files and as audio, exit codes, JSON."""
import json
import os
import random

import pytest

from command import run, write_wav


@pytest.fixture
def rated(tmp_path):
    """40 clips of 8 systems. "good" follows the label closely, "bad" hardly at all."""
    rng = random.Random(1)
    lines = {"labels": ["path,system,mos"], "good": ["path,mos"], "bad": ["path,mos"]}
    for clip in range(40):
        label = 1 + 0.5 * (clip % 8) + 0.3 * rng.random()
        lines["labels"].append(f"{clip}.wav,s{clip % 8},{label}")
        lines["good"].append(f"{clip}.wav,{label + 0.1 * rng.gauss(0, 1)}")
        lines["bad"].append(f"{clip}.wav,{label + 3 * rng.gauss(0, 1)}")
    for name, text in lines.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(text) + "\n")
    return tmp_path


def compare(folder, *arguments):
    result = run("compare", *arguments, "--json", folder / "out.json", "--permutations", 999)
    return result, json.loads((folder / "out.json").read_text()) if result.returncode < 2 else None


def test_two_predictors(rated):
    result, numbers = compare(rated, "--labels", rated / "labels.csv", rated / "good.csv", rated / "bad.csv")
    assert result.returncode == 0, result.stderr
    utterance = numbers["axes"]["mos"]["utterance"]
    assert utterance["n"] == 40
    assert utterance["srcc"]["difference"] == pytest.approx(utterance["srcc"]["first"] - utterance["srcc"]["second"])
    assert utterance["srcc"]["p_permutation"] < 0.01 and utterance["srcc"]["difference_ci"][0] > 0
    needed = utterance["units_to_settle"]
    assert needed["unit"] == "clips" and needed["units"] == 40 and needed["at_interval_end"] <= needed["enough"] <= 40
    assert "good.csv is better" in result.stdout.splitlines()[0]
    result, numbers = compare(rated, "--labels", rated / "labels.csv", rated / "bad.csv", rated / "good.csv", "--metric", "mse")
    assert "good.csv is better" in result.stdout.splitlines()[0]


def test_a_predictor_beside_itself(rated):
    result, numbers = compare(rated, "--labels", rated / "labels.csv", rated / "good.csv", rated / "good.csv")
    assert result.returncode == 0, result.stderr
    assert numbers["axes"]["mos"]["system"]["ktau"]["p_permutation"] == 1.0
    assert "no difference can be shown" in result.stdout


def test_two_predictors_are_two(rated):
    result, _ = compare(rated, "--labels", rated / "labels.csv", rated / "good.csv")
    assert result.returncode == 2 and "two files" in result.stderr
    (rated / "short.csv").write_text("path,mos\n0.wav,3\n")
    result, _ = compare(rated, "--labels", rated / "labels.csv", rated / "good.csv", rated / "short.csv")
    assert result.returncode == 2 and "short.csv" in result.stderr


def test_names_that_are_no_utf8_do_not_cost_the_result(rated):
    good, bad = (os.fsdecode(os.fsencode(rated / name) + b"\xff.csv") for name in ("good", "bad"))
    os.rename(rated / "good.csv", good)
    os.rename(rated / "bad.csv", bad)
    result = run("compare", "--labels", rated / "labels.csv", good, bad, "--json", rated / "out.json", "--permutations", 999,
                 errors="replace")
    assert result.returncode == 0, result.stderr
    numbers = json.loads((rated / "out.json").read_text(encoding="utf-8"))
    assert numbers["first"].endswith("good\ufffd.csv") and numbers["second"].endswith("bad\ufffd.csv")
    assert "good\ufffd.csv is better" in numbers["axes"]["mos"]["utterance"]["verdict"]
    scores = rated / "scores.csv"
    scores.write_bytes(b"path,system,mos\n" + b"".join(b"%d.wav,%s,%d\n" % (i, (b"a\xff", b"b")[i % 2], 3 + i % 2 + i % 3)
                                                    for i in range(24)))
    result = run("compare", scores, "--json", rated / "out.json", "--permutations", 999, errors="replace")
    assert result.returncode == 0, result.stderr
    assert "a\ufffd" in [row["system"] for row in json.loads((rated / "out.json").read_text())["mos"]["systems"]]


def write_scores(path, mean, clips=24, spread=0.3, seed=1):
    rng = random.Random(seed)
    path.write_text("".join(json.dumps({"path": f"{path.stem}/{i}.wav", "mos": mean + spread * rng.gauss(0, 1)}) + "\n"
                            for i in range(clips)))
    return path


def test_systems_of_score_files(tmp_path):
    a = write_scores(tmp_path / "a.jsonl", 3.8, seed=1)
    b = write_scores(tmp_path / "b.jsonl", 3.2, seed=2)
    result, numbers = compare(tmp_path, b, a)
    assert result.returncode == 0, result.stderr
    assert [row["system"] for row in numbers["mos"]["systems"]] == [str(a), str(b)]
    pair = numbers["mos"]["pairs"][0]
    assert pair["paired"] and pair["p_holm"] < 0.05 and pair["difference_ci"][0] > 0
    assert f"{a} is ahead of {b}" in result.stdout.splitlines()[0]


def test_systems_of_one_file(tmp_path):
    rng = random.Random(3)
    (tmp_path / "scores.csv").write_text("path,system,mos\n" + "".join(
        f"{s}/{i}.wav,{s},{3 + rng.gauss(0, 0.3)}\n" for s in ("x", "y", "z") for i in range(12)))
    result, numbers = compare(tmp_path, tmp_path / "scores.csv")
    assert result.returncode == 0, result.stderr
    assert len(numbers["mos"]["pairs"]) == 3
    (tmp_path / "scores.csv").write_text("path,mos\n1.wav,3\n")
    result, _ = compare(tmp_path, tmp_path / "scores.csv")
    assert result.returncode == 2 and "two systems" in result.stderr


def test_systems_without_a_common_axis(tmp_path):
    a = write_scores(tmp_path / "a.jsonl", 3)
    (tmp_path / "b.csv").write_text("path,PQ\n1.wav,3\n2.wav,4\n")
    result, _ = compare(tmp_path, a, tmp_path / "b.csv")
    assert result.returncode == 2 and "common axis" in result.stderr


def gate(folder, *arguments):
    result = run("gate", *arguments, "--json", folder / "gate.json")
    return result, json.loads((folder / "gate.json").read_text()) if result.returncode < 2 else None


def test_gate_minimum(tmp_path):
    scores = write_scores(tmp_path / "a.jsonl", 3.6)
    result, numbers = gate(tmp_path, scores, "--min", "mos=3.4")
    assert result.returncode == 0 and numbers["passed"]
    assert result.stdout.startswith("PASS  mos") and result.stdout.count("\n") == 1
    result, numbers = gate(tmp_path, scores, "--min", "mos=4")
    assert result.returncode == 1 and not numbers["passed"] and result.stdout.startswith("FAIL  mos")
    mean, low = numbers["checks"][0]["mean"], numbers["checks"][0]["mean_ci"][0]
    between = f"mos={(mean + low) / 2}"
    assert gate(tmp_path, scores, "--min", between)[0].returncode == 0
    assert gate(tmp_path, scores, "--min", between, "--sure")[0].returncode == 1


def test_gate_against_a_baseline(tmp_path):
    base = write_scores(tmp_path / "base.jsonl", 3.6)
    same = write_scores(tmp_path / "same.jsonl", 3.6, seed=2)
    worse = write_scores(tmp_path / "worse.jsonl", 3.0, seed=3)
    assert gate(tmp_path, same, "--not-worse-than", base, "--alpha", ".05")[0].returncode == 0
    result, numbers = gate(tmp_path, worse, "--not-worse-than", base, "--alpha", ".05", "--min", "mos=1")
    assert result.returncode == 1
    assert [check["passed"] for check in numbers["checks"]] == [True, False]
    assert numbers["checks"][1]["paired"] and numbers["checks"][1]["p"] <= 0.05
    assert gate(tmp_path, same, "--not-worse-than", base, "--margin", "0.01")[0].returncode == 1
    assert gate(tmp_path, same, "--not-worse-than", base, "--margin", "0.9")[0].returncode == 0


def test_gate_exit_codes(tmp_path):
    scores = write_scores(tmp_path / "a.jsonl", 3.6)
    assert run("gate", scores).returncode == 2
    assert run("gate", scores, "--min", "mos=good").returncode == 2
    assert run("gate", scores, "--min", "PQ=3").returncode == 2
    assert run("gate", scores, "--min", "mos=3", "--alpha", "0.7").returncode == 2
    assert run("gate", tmp_path / "missing.jsonl", "--min", "mos=3").returncode == 3
    (tmp_path / "failed.jsonl").write_text('{"path": "a.wav", "error": "empty"}\n{"path": "b.wav", "mos": 4}\n')
    result = run("gate", tmp_path / "failed.jsonl", "--min", "mos=3")
    assert result.returncode == 1 and "1 of 2 clips have no score" in result.stdout
    assert run("gate", tmp_path / "failed.jsonl", "--min", "mos=3", "--allow-failures", 1).returncode == 0
    (tmp_path / "empty.jsonl").write_text('{"path": "a.wav", "error": "empty"}\n')
    assert run("gate", tmp_path / "empty.jsonl", "--min", "mos=3").returncode == 3


def test_folders_of_audio(tmp_path):
    for i in range(3):
        write_wav(tmp_path / "new" / f"{i}.wav", 1, pitch=0.05 + 0.01 * i)
        write_wav(tmp_path / "old" / f"{i}.wav", 1, pitch=0.05 + 0.01 * i)
    result, numbers = compare(tmp_path, tmp_path / "new", f"{tmp_path / 'old'}/", "--model", "distill-mos")
    assert result.returncode == 0, result.stderr
    assert numbers["mos"]["pairs"][0]["difference"] == 0 and numbers["mos"]["pairs"][0]["paired"]
    (tmp_path / "new" / "broken.wav").write_bytes(b"RIFF nothing")
    result, numbers = gate(tmp_path, tmp_path / "new", "--not-worse-than", tmp_path / "old", "--model", "distill-mos")
    assert result.returncode == 1 and "1 of 4 clips" in result.stdout and "broken.wav" in result.stderr
