"""One run of rows, five readers: the ranking of `qamro score`, its report, `qamro compare`, `qamro gate` and `qamro evaluate`
give the same means, intervals, tests and tie letters. $QAMRO is the command."""
import json
import math
import random
import re
import struct
import wave

import pytest
from browser import Browser
from command import rows, run
from report_page import needs_browser, page_data, shown

# The systems: noise added to the same clips, in parts of their level.
SYSTEMS = {"clean": 0.0, "noisy": 0.02, "noisier": 0.2}
CLIPS = 8


def write_clip(path, clip, noise):
    """Three vowels of a buzzing voice, with noise."""
    source = random.Random(f"{path.parent.name} {clip}")
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = []
    for i in range(16000):
        time = i / 16000
        voice = sum(math.sin(2 * math.pi * (100 + 7 * clip) * h * time) / h for h in range(1, 12, 1 + (i // 5400) % 3))
        samples.append(int(max(-32767, min(32767, 6000 * voice * abs(math.sin(9 * time)) + 32767 * noise * source.gauss(0, 0.2)))))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))


def checked(*arguments, codes=(0,)):
    result = run(*arguments)
    assert result.returncode in codes, result.stderr
    return result


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What each command says: standard output by name, and the folder with their files."""
    folder = tmp_path_factory.mktemp("same")
    for system, noise in SYSTEMS.items():
        for clip in range(CLIPS):
            write_clip(folder / "audio" / system / f"{clip}.wav", clip, noise)
    scores = folder / "scores.jsonl"
    said = {"score": checked("score", folder / "audio", "--system", "folder", "--model", "distill-mos", "--output", scores, "--report",
                             folder / "score.html").stdout}
    said["compare"] = checked("compare", scores, "--json", folder / "compare.json").stdout
    table = rows(scores.read_text())
    source = random.Random(5)
    (folder / "labels.jsonl").write_text("".join(
        json.dumps({"path": row["path"], "system": row["system"], "mos": row["mos"] + source.gauss(0, 0.1)}) + "\n" for row in table))
    said["evaluate"] = checked("evaluate", "--labels", folder / "labels.jsonl", "--predictions", scores, "--systems", "--bootstrap", "20",
                               "--json", folder / "evaluate.json", "--report", folder / "evaluate.html").stdout
    for system in SYSTEMS:
        (folder / f"{system}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in table if row["system"] == system))
    said["gate"] = checked("gate", folder / "noisier.jsonl", "--not-worse-than", folder / "clean.jsonl", "--min", "mos=1", "--json",
                           folder / "gate.json", codes=(0, 1)).stdout
    return said, folder


def read(folder, name):
    return json.loads((folder / f"{name}.json").read_text())


def compared(folder):
    """What `compare` says of each system: (mean, [low, high], letters, rank)."""
    return {row["system"]: (row["mean"], row["mean_ci"], row["tie"], row["rank"]) for row in read(folder, "compare")["mos"]["systems"]}


def test_the_rows_make_a_ranking_worth_testing(told):
    systems = compared(told[1])
    assert list(systems) != [] and len({tie for _, _, tie, _ in systems.values()}) >= 2, "somebody is told apart"
    means = [mean for mean, *_ in systems.values()]
    assert means == sorted(means, reverse=True)


def test_means_are_those_of_the_rows(told):
    table = rows((told[1] / "scores.jsonl").read_text())
    for system, (mean, (low, high), _, _) in compared(told[1]).items():
        values = [row["mos"] for row in table if row["system"] == system]
        assert mean == pytest.approx(math.fsum(values) / len(values), abs=1e-12)
        spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values))
        t_7 = 2.364624251592785  # Student's t, 97.5 %, 7 degrees of freedom
        assert [low, high] == pytest.approx([mean - t_7 * spread, mean + t_7 * spread], abs=1e-9)


def test_score_prints_what_compare_prints(told):
    said, folder = told
    text = said["score"].strip()
    text = text[:text.index("95 % confidence.\n") + 17]  # below it: what is unfamiliar, which `compare` says after the pairs
    assert text.startswith("mos: ") and "Systems that share a letter" in text
    assert text in said["compare"], "the whole ranking, verdict and footer included"
    ranking = text.splitlines()
    for system, (mean, (low, high), tie, rank) in compared(folder).items():
        line = next(line for line in ranking if re.match(rf" *{rank}  {system} ", line))
        assert f"{CLIPS}  {mean:.2f}  [{low:.2f}, {high:.2f}]  {tie} " in re.sub(" {3,}", "  ", line) + " "


def test_evaluate_agrees(told):
    expected = compared(told[1])
    found = {row["system"]: row["prediction"] for row in read(told[1], "evaluate")["systems"]["mos"]}
    assert found.keys() == expected.keys()
    for system, (mean, interval, _, rank) in expected.items():
        assert found[system]["mean"] == mean
        assert found[system]["mean_ci"] == interval
        assert found[system]["rank"] == rank
        assert f"{mean:.2f} [{interval[0]:.2f}, {interval[1]:.2f}]" in told[0]["evaluate"]


def test_gate_agrees(told):
    numbers, folder = read(told[1], "gate"), told[1]
    expected = compared(folder)["noisier"]
    for check in numbers["checks"]:
        assert check["mean"] == expected[0]
        assert check["mean_ci"] == expected[1]
    pair = next(pair for pair in read(folder, "compare")["mos"]["pairs"] if {pair["better"], pair["worse"]} == {"clean", "noisier"})
    against = next(check for check in numbers["checks"] if "difference" in check)
    sign = 1 if pair["better"] == "noisier" else -1
    assert against["paired"] and pair["paired"]
    assert against["difference"] == pytest.approx(sign * pair["difference"], abs=1e-12)
    assert sorted(against["difference_ci"]) == pytest.approx(sorted(sign * end for end in pair["difference_ci"]), abs=1e-12)


@needs_browser
@pytest.mark.parametrize("page", ["score", "evaluate"])
def test_the_page_agrees(told, page):
    said, folder = told
    comparison = read(folder, "compare")["mos"]
    with Browser() as browser:
        browser.open(folder / f"{page}.html")
        data = page_data(browser)
        axis = data["axes"][0]
        cells = shown(browser, "ranking-0")
        headline = browser.evaluate("document.querySelector('h1').textContent")
        sureness = browser.evaluate("document.querySelector('.sureness').textContent")
        text = browser.evaluate("document.body.textContent")
    for row, line, expected in zip(axis["systems"], cells, comparison["systems"], strict=True):
        found = {"system": row["system"], "clips": row["clips"], **row["prediction"]}
        assert found == {key: expected[key] for key in found}, "to the last digit"
        assert [line[0], line[1], line[2], line[3], line[-1]] == [
            str(expected["rank"]), expected["system"], str(CLIPS), f"{expected['mean']:.2f}", expected["tie"]]
    assert axis["scale"] == [1, 5], "the model's own"
    assert axis["verdict"]["verdict"] == comparison["verdict"]
    assert axis["verdict"]["pairs"][0] in comparison["pairs"]
    letters = axis["verdict"]["letters"]
    assert letters in said["score"] and letters.replace("\n", " ") in text
    if page == "score":
        assert headline.startswith("15 of 24 clips are far from the speech"), "tones and noise: no winner is named"
        guess = sureness.removeprefix("What the guesses say: ").split("]")[0]  # the evidence follows the interval
        assert guess.lower() in comparison["verdict"].lower()
