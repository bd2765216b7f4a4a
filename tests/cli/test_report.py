"""Reports in a headless Chromium (skipped if there is none): drawn, equal to the JSON, silent, and readable
in dark mode, on a phone and on paper."""
import json
import math

import pytest
from browser import Browser
from command import ROOT, rows, run, write_wav
from report_page import MARKS, is_quiet, needs_browser, shown, table, write_tables

EXAMPLE = ROOT / "examples" / "neural_codecs"
METRICS = ("mse", "lcc", "srcc", "ktau")


@pytest.fixture(scope="module")
def browser():
    with Browser() as one:
        yield one


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """(report, JSON, standard output) of one evaluation."""
    folder = tmp_path_factory.mktemp("report")
    tables = write_tables(folder)
    result = run("evaluate", *tables, "--bootstrap", "200", "--json", folder / "metrics.json", "--report", folder / "report.html")
    assert result.returncode == 0, result.stderr
    return folder / "report.html", json.loads((folder / "metrics.json").read_text()), result.stdout


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A short training and a short ablation on real ratings."""
    folder = tmp_path_factory.mktemp("runs")
    short = ["--set", "training.max_epochs=4", "--set", "training.seeds=[0]", "--set", "split.folds=2"]
    for command, more in (("train", []), ("ablate", ["--set", "ablate.bootstrap_resamples=20", "--set",
                                                      "ablate.preference_factors=[1,7]"])):
        result = run(command, EXAMPLE / "recipe.toml", "--output", folder / command, *short, *more)
        assert result.returncode == 0, result.stderr
    return folder


@needs_browser
def test_it_draws_and_asks_nobody(browser, evaluated):
    browser.open(evaluated[0])
    marks = browser.evaluate(MARKS)
    assert len(marks) == 8, "systems, places, clips and residuals of two axes"
    assert min(marks) > 0.005, "every drawing has lines, text and points"
    assert browser.evaluate("drawings.map(one => one.chart.data.datasets[0].data.length)") == [6, 6, 48, 48] * 2
    is_quiet(browser, evaluated[0])


@needs_browser
def test_metrics_are_those_of_the_json(browser, evaluated):
    path, metrics, _ = evaluated
    browser.open(path)
    expected = [[axis, level, str(entry["n"]), *(entry[name] for name in METRICS)]
                for axis in ("mos", "PQ")
                for level, entry in (("systems", metrics["system"][axis]), ("clips", metrics["utterance"][axis]))]
    got = [row[:3] + [float(cell) for cell in row[3:]] for row in only_own_rows(table(browser, "metrics"))]
    assert got == expected
    first = metrics["system"]["mos"]["srcc"]
    assert f"{first:.3f}" in [cell for row in shown(browser, "metrics") for cell in row]
    assert browser.evaluate("document.getElementById('figures-at-a-glance').textContent").count(f"{first:.3f}") >= 1


def only_own_rows(found):
    """Removes the rows and the column of baselines and ceilings, if there are any."""
    return [row[:2] + row[-5:] for row in found if len(row) == 7 or row[2] == "predictions"]


@needs_browser
def test_ranking_is_that_of_the_means(browser, evaluated):
    path = evaluated[0]
    browser.open(path)
    tables = [[json.loads(line) for line in (path.parent / f"{name}.jsonl").read_text().splitlines()]
              for name in ("predictions", "labels")]
    systems = {row["path"]: row["system"] for row in tables[1]}
    means = [{}, {}]
    for side, table_rows in enumerate(tables):
        for system in dict.fromkeys(systems.values()):
            values = [row["mos"] for row in table_rows if systems[row["path"]] == system]
            means[side][system] = math.fsum(values) / len(values)
    order = sorted(means[0], key=lambda system: -means[0][system])
    got = table(browser, "ranking-0")
    assert [row[1] for row in got] == order, "the badly named system is a name like any other"
    for row in got:
        assert float(row[3]) == pytest.approx(means[0][row[1]], abs=1e-12)
        assert float(row[4]) == pytest.approx(means[1][row[1]], abs=1e-12)


@needs_browser
def test_a_hostile_name_does_nothing(browser, evaluated):
    browser.open(evaluated[0])
    assert browser.evaluate("document.title") != "taken"
    assert browser.evaluate("document.querySelectorAll('img, script').length") == 3, "data, Chart.js, and the page's own"


@needs_browser
@pytest.mark.parametrize("how", [{}, {"width": 390, "height": 844}, {"width": 320, "height": 640}, {"dark": True},
                                 {"media": "print", "width": 720}])
def test_nothing_runs_over_the_side(browser, evaluated, how):
    browser.open(evaluated[0], **how)
    width, room = browser.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width <= room
    assert min(browser.evaluate(MARKS)) > 0.005
    is_quiet(browser, evaluated[0])


def luminance(colour):
    red, green, blue = (int(part) for part in colour.strip("rgb()").split(",")[:3])
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255


@needs_browser
def test_the_dark_is_dark_and_paper_is_white(browser, evaluated):
    colours = "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color, drawings[0].chart.options.scales.x.ticks.color]"
    browser.open(evaluated[0], dark=True)
    ground, ink, _ = browser.evaluate(colours)
    assert luminance(ground) < 0.15 and luminance(ink) > 0.8
    dark_ticks = browser.evaluate(colours)[2]
    browser.send("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    browser.evaluate("new Promise(done => setTimeout(done, 300))")
    ground, ink, ticks = browser.evaluate(colours)
    assert luminance(ground) > 0.95 and luminance(ink) < 0.2
    assert ticks != dark_ticks, "drawings are drawn again for paper"
    assert browser.pdf().startswith(b"%PDF")


@needs_browser
def test_titles_sort(browser, evaluated):
    browser.open(evaluated[0])
    button = "document.querySelector('#ranking-0 th:nth-child(4) button')"
    before = [float(row[3]) for row in table(browser, "ranking-0")]
    assert before == sorted(before, reverse=True)
    browser.evaluate(f"{button}.click()")
    assert [float(row[3]) for row in table(browser, "ranking-0")] == sorted(before)
    browser.evaluate(f"{button}.click()")
    assert [float(row[3]) for row in table(browser, "ranking-0")] == before


@needs_browser
def test_existing_clips_can_be_heard(browser, tmp_path):
    tables = write_tables(tmp_path, clips=1)
    for how in ("link", "embed", "none"):
        report = tmp_path / "reports" / f"{how}.html"
        report.parent.mkdir(exist_ok=True)
        result = run("evaluate", *tables, "--bootstrap", "20", "--report", report, "--report-audio", how)
        assert result.returncode == 0, result.stderr
        browser.open(report)
        seconds = browser.evaluate("""Promise.all(Array.from(document.querySelectorAll("audio"), audio => new Promise((done, fail) => {
            audio.onloadedmetadata = () => done(audio.duration); audio.onerror = () => fail(audio.src); audio.preload = "metadata"; audio.load(); })))""")
        assert len(seconds) == (0 if how == "none" else browser.evaluate("document.querySelectorAll('table.clips tbody tr').length"))
        assert seconds == pytest.approx([0.2] * len(seconds), abs=0.02)
        assert browser.complaints == []


@needs_browser
def test_runs_bring_their_curves(browser, evaluated, trained, tmp_path):
    folder = evaluated[0].parent
    report = tmp_path / "report.html"
    result = run("evaluate", "--labels", folder / "labels.jsonl", "--predictions", folder / "predictions.jsonl", "--bootstrap",
                 "20", "--report", report, "--run", trained / "train", "--run", trained / "ablate")
    assert result.returncode == 0, result.stderr
    browser.open(report)
    titles = browser.evaluate("Array.from(document.querySelectorAll('#runs h3, #runs h4'), title => title.textContent)")
    assert "Preference factor" in titles and "Learning curves of train" in titles and "Loss" in titles
    written = json.loads((trained / "ablate" / "ablation.json").read_text())
    models = [model for model in written["results"][0]["models"]] if "results" in written else []
    got = {(row[0], row[1]): float(row[5]) for row in table(browser, "table-0")}
    for model in models:
        assert got[model["model"], "utterance"] == model["utterance"]["srcc"]
    assert models and min(browser.evaluate(MARKS)) > 0.005
    is_quiet(browser, report)


@needs_browser
def test_scores_without_labels_are_ranked(browser, tmp_path):
    for system in ("one", "two"):
        for number in range(3):
            write_wav(tmp_path / system / f"{number}.wav", 0.5 + 0.2 * number, pitch=0.02 * (number + 1) * (1 + (system == "two")))
    report = tmp_path / "report.html"
    result = run("score", tmp_path, "--system", "folder", "--model", "distill-mos", "--report", report, "--output", tmp_path / "scores.jsonl")
    assert result.returncode == 0, result.stderr
    browser.open(report)
    scores = rows((tmp_path / "scores.jsonl").read_text())
    means = {system: sum(row["mos"] for row in scores if row["system"] == system) / 3 for system in ("one", "two")}
    # Three clips of each cannot show a difference, however large, and tones are no speech.
    assert browser.evaluate("document.querySelector('h1').textContent").startswith("6 of 6 clips are far from the speech")
    assert "No difference between " in browser.evaluate("document.querySelector('.sureness').textContent")
    assert "so few clips cannot reach p = .05" in browser.evaluate("document.querySelector('.sureness').textContent")
    assert {row[1]: pytest.approx(float(row[3])) for row in table(browser, "ranking-0")} == means
    assert browser.evaluate("document.getElementById('agreement')") is None
    assert browser.evaluate("document.querySelectorAll('audio').length") > 0
    is_quiet(browser, report)


def test_impossible_options_are_refused(evaluated, tmp_path):
    folder = evaluated[0].parent
    tables = ["--labels", folder / "labels.jsonl", "--predictions", folder / "predictions.jsonl", "--bootstrap", "20"]
    result = run("evaluate", *tables, "--report", tmp_path / "report.html", "--run", tmp_path)
    assert result.returncode == 2 and "expected metrics.jsonl" in result.stderr
    assert not (tmp_path / "report.html").exists()
    result = run("evaluate", *tables, "--report", tmp_path / "no folder" / "report.html")
    assert result.returncode == 3 and "no folder" in result.stderr
    result = run("score", folder, "--windows", "--report", tmp_path / "report.html")
    assert result.returncode == 2 and "--report" in result.stderr
