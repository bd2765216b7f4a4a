"""ablate: all runs of all rows are one pool of jobs, a killed ablation resumes to the same bytes, and the
report says which differences are larger than chance."""
import csv
import json

import pytest
from command import ROOT, kill_after, run

RECIPE = ROOT / "examples" / "neural_codecs" / "recipe.toml"
SHORT = ["--set", "training.max_epochs=3", "--set", "training.seeds=[0,1]", "--set", "ablate.bootstrap_resamples=200",
         "--set", "ablate.preference_factors=[1,9]", "--set", "training.checkpoint_interval_seconds=0"]
ROWS = ["regression only", "+ fixed margin (Eq. 1)", "+ adaptive margin (Eq. 2)",
        "+ quality weighting = QAMRO (Eq. 3)"]


def files_of(folder):
    """All files but metrics.jsonl, which holds times."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "metrics.jsonl"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ablate") / "whole"
    result = run("ablate", RECIPE, "--output", folder, *SHORT)
    assert result.returncode == 0, result.stderr
    return folder, result.stdout


def test_one_sentence_per_row_says_what_is_chance(whole):
    _, report = whole
    for row in ROWS[1:] + ["distill_mos as it is", "look-up: mean of the system, no audio"]:
        sentences = [line for line in report.splitlines() if line.startswith(f"{row.removeprefix('+ ')} - regression")]
        assert len(sentences) == 2, "all clips, and without the reference"
        assert all("larger than chance (p " in line and "utterance SRCC" in line for line in sentences)
    assert "Holm-corrected over the 5 rows" in report


def test_p_values_are_holms(whole):
    folder, _ = whole
    for scope in json.loads((folder / "ablation.json").read_text())["results"]:
        differences = [model["utterance"]["difference"] for model in scope["models"][1:]]
        order = sorted(differences, key=lambda one: one["srcc_p"])
        largest = 0
        for rank, one in enumerate(order):
            largest = max(largest, min(1, one["srcc_p"] * (len(order) - rank)))
            assert one["srcc_p_holm"] == pytest.approx(largest)
            assert one["srcc_smallest_p_holm"] == pytest.approx(len(order) / 2001)
            low, high = one["srcc_ci"]
            assert one["srcc"] == pytest.approx((low + high) / 2), "no interval begins at its own difference"
            if not 0.02 < one["srcc_p"] < 0.1:  # near .05 the two methods may differ
                assert (low <= 0 <= high) == (one["srcc_p"] > 0.05), "p-value and interval tell the same"


def test_differences_are_those_of_compare(whole, tmp_path):
    """`compare --labels` of two rows' out_of_fold.csv, drawn by sentence as in the ablation."""
    folder, _ = whole
    rows = {1: "regression only", 4: ROWS[3]}
    files = {number: next(folder.glob(f"{number}_*")) / "out_of_fold.csv" for number in rows}
    with open(RECIPE.parent / "ratings.csv", newline="") as source, open(tmp_path / "labels.csv", "w") as target:
        target.write("path,system,sentence,mos\n")
        for row in csv.DictReader(source):
            target.write(f"{row['path']},{row['system']},{row['sentence']},{float(row['mushra']) * 0.04 + 1!r}\n")
    result = run("compare", "--labels", tmp_path / "labels.csv", files[4], files[1], "--resample", "sentence",
                 "--bootstrap", 200, "--permutations", 2000, "--json", tmp_path / "compare.json")
    assert result.returncode == 0, result.stderr
    compared = json.loads((tmp_path / "compare.json").read_text())
    model = json.loads((folder / "ablation.json").read_text())["results"][0]["models"][3]
    assert model["model"] == ROWS[3]
    for level in ("utterance", "system"):
        difference, srcc = model[level]["difference"], compared["axes"]["mos"][level]["srcc"]
        assert difference["srcc"] == pytest.approx(srcc["difference"], abs=1e-9)
        assert difference["srcc_ci"] == pytest.approx(srcc["difference_ci"], abs=1e-9)
        assert difference["srcc_p"] == pytest.approx(srcc["p_permutation"], abs=1e-9)


def test_factors_are_a_table_of_their_own(whole):
    folder, report = whole
    for scope in json.loads((folder / "ablation.json").read_text())["results"]:
        assert [model["model"] for model in scope["models"]][:4] == ROWS
        assert [row["preference_factor"] for row in scope["preference_factors"]] == [1, 9]
        adaptive, one = scope["models"][2], scope["preference_factors"][0]
        assert one["utterance"]["srcc"] == adaptive["utterance"]["srcc"], "factor 1 is Eq. 2"
    assert "preference factor 9" not in report and "preference factor  utterance SRCC" in report
    assert "preference factor" not in (folder / "ablation.md").read_text()


def test_curve_as_numbers(whole):
    folder, _ = whole
    with open(folder / "preference_factor.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    results = json.loads((folder / "ablation.json").read_text())["results"]
    for row in rows:
        scope = next(one for one in results if one["clips"] == row["clips"])
        models = scope["models"][:1] + scope["preference_factors"]
        model = next(one for one in models if str(one.get("preference_factor", "")) in (row["preference_factor"],
                                                                                       row["preference_factor"] + ".0"))
        assert float(row["srcc"]) == model[row["level"]]["srcc"]
        assert [float(row["low"]), float(row["high"])] == model[row["level"]]["srcc_ci"]
    assert [row["preference_factor"] for row in rows if row["clips"] == "all clips" and row["level"] == "system"] == \
        ["", "1", "9"]


def test_table_1_in_markdown(whole):
    folder, _ = whole
    tables = (folder / "ablation.md").read_text().strip().split("\n\n")
    assert len(tables) == 4, "systems and utterances, with and without the reference"
    for table in tables:
        lines = table.splitlines()
        assert lines[0].endswith("| MSE | LCC | SRCC | KTAU |")
        assert {line.count("|") for line in lines} == {6}


def test_threads_do_not_change_a_bit(whole, tmp_path):
    folder, report = whole
    result = run("ablate", RECIPE, "--output", tmp_path / "one", "--threads", 1, *SHORT)
    assert result.stdout == report
    one, other = files_of(tmp_path / "one"), files_of(folder)
    assert {name for name in one if one[name] != other[name]} == {"recipe.toml"}, "which says threads = 1"


@pytest.mark.parametrize("wait", [0.05, 0.6, 1.2, 2.0])
def test_a_killed_ablation_resumes_to_the_same_bytes(whole, tmp_path, wait):
    folder, report = whole
    kill_after(wait, "ablate", RECIPE, "--output", tmp_path / "run", *SHORT)
    result = run("ablate", RECIPE, "--output", tmp_path / "run", *SHORT, "--resume")
    assert result.returncode == 0, result.stderr
    assert result.stdout == report
    assert files_of(tmp_path / "run") == files_of(folder)


def test_rows_are_trained_side_by_side(tmp_path):
    """One run per row, far too long to finish. With four threads all four rows run at once."""
    kill_after(4, "ablate", RECIPE, "--output", tmp_path / "run", "--threads", 4, "--set", "split.kind=holdout",
               "--set", "training.seeds=[0]", "--set", "training.max_epochs=1000000",
               "--set", "ablate.preference_factors=[]")
    assert len(list((tmp_path / "run").glob("*/folds/*/metrics.jsonl"))) == 4


def test_another_reference_needs_no_training(whole, tmp_path):
    folder, _ = whole
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("metrics.jsonl")}
    wanted = ["--set", f'ablate.reference="{ROWS[3]}"']
    result = run("ablate", RECIPE, "--output", folder, *SHORT, *wanted, "--resume")
    assert result.returncode == 0, result.stderr
    assert "regression only - quality weighting = QAMRO (Eq. 3): utterance SRCC" in result.stdout
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("metrics.jsonl")} == before
    assert run("ablate", RECIPE, "--output", folder, *SHORT, "--resume").returncode == 0  # restores it for the other tests


def test_a_reference_that_is_no_row_is_refused_before_the_work(tmp_path):
    result = run("ablate", RECIPE, "--output", tmp_path / "run", *SHORT, "--set", "ablate.reference=nothing")
    assert result.returncode != 0
    assert "regression only" in result.stderr and "'nothing'" in result.stderr
    assert not (tmp_path / "run").exists()


def test_too_few_permutations_are_reported(tmp_path):
    result = run("ablate", RECIPE, "--output", tmp_path / "run", *SHORT, "--set", "training.max_epochs=1", "--set",
                 "ablate.permutations=100", "--set", "ablate.preference_factors=[1,3,5,7,9,11]")
    assert result.returncode == 0, result.stderr
    assert "6 tests of 16 sentences cannot go below p = .059; p <= .05 needs 119 permutations" in result.stdout
    refused = run("ablate", RECIPE, "--output", tmp_path / "few", *SHORT, "--set", "ablate.permutations=10")
    assert refused.returncode == 2 and "permutations: expected 100 to" in refused.stderr


def test_runs_cut_short_are_named(tmp_path):
    result = run("ablate", RECIPE, "--output", tmp_path / "run", *SHORT, "--set", "split.validation_fraction=0.2",
                 "--set", "training.patience=5")
    assert result.returncode == 0, result.stderr
    assert "warning: training.max_epochs = 3 ended" in result.stderr and "regression only (16 of 16)" in result.stderr
    assert "Note: training.max_epochs = 3 ended" in result.stdout
    written = json.loads((tmp_path / "run" / "ablation.json").read_text())
    assert written["results"][0]["models"][0]["runs"] == {"count": 16, "cut_short_by_max_epochs": 16}
    assert written["notes"] and "Note: training.max\\_epochs = 3" in (tmp_path / "run" / "ablation.md").read_text()


def test_a_look_up_that_knows_no_tested_system_is_left_out(tmp_path):
    result = run("ablate", RECIPE, "--output", tmp_path / "run", *SHORT, "--set", "split.group=system", "--set",
                 "training.max_epochs=1")
    assert result.returncode == 0, result.stderr
    assert "Note: there is no row for the look-up table of system means" in result.stdout
    models = json.loads((tmp_path / "run" / "ablation.json").read_text())["results"][0]["models"]
    assert not [model for model in models if model["model"].startswith("look-up")]
