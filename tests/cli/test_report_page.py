"""A report as it is read by the one it is forwarded to: on a phone, on paper, with a screen reader. $QAMRO is the command."""
import os
import re

import pytest
from browser import Browser
from command import ROOT, run
from report_page import is_quiet, needs_browser, page_data, table, write_tables

EXAMPLE = ROOT / "examples" / "neural_codecs"
PAPERS = {"A4": (8.27, 11.69), "Letter": (8.5, 11)}
ON_1_DECEMBER = {**os.environ, "SOURCE_DATE_EPOCH": "1796083200"}  # 2026-12-01


@pytest.fixture(scope="module")
def browser():
    with Browser() as one:
        yield one


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A report on two axes, six systems, 72 clips: enough to tell some systems apart."""
    folder = tmp_path_factory.mktemp("small")
    command = ["evaluate", *write_tables(folder, clips=12, first_name="system 0"), "--bootstrap", "50", "--report", folder / "report.html"]
    result = run(*command, env=ON_1_DECEMBER)
    assert result.returncode == 0, result.stderr
    return folder, command


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A report as long as the demo's: 14 systems of 24 clips, listeners, and the ablation's curve and table."""
    folder = tmp_path_factory.mktemp("large")
    result = run("ablate", EXAMPLE / "recipe.toml", "--output", folder / "ablation", "--set", "training.max_epochs=2", "--set",
                 "training.seeds=[0]", "--set", "split.folds=2", "--set", "ablate.bootstrap_resamples=20", "--set",
                 "ablate.preference_factors=[1,7]")
    assert result.returncode == 0, result.stderr
    result = run("evaluate", *write_tables(folder, 14, 24, "recording_codec2_3200"), "--axis", "mos", "--bootstrap", "50", "--run",
                 folder / "ablation", "--report", folder / "report.html")
    assert result.returncode == 0, result.stderr
    return folder / "report.html"


def page_bytes(pdf):
    """The length of each page's drawing, in the pages' order."""
    contents = [int(number) for number in re.findall(rb"/Type /Page\b(?!s).*?/Contents (\d+) 0 R", pdf, re.DOTALL)]
    lengths = {int(number): int(length) for number, length in re.findall(rb"\n(\d+) 0 obj\n<<[^>]*?/Length (\d+)", pdf)}
    return [lengths[number] for number in contents]


@needs_browser
@pytest.mark.parametrize("paper", PAPERS)
def test_it_prints_on_four_pages(browser, large, paper):
    browser.open(large)
    pages = page_bytes(browser.pdf(*PAPERS[paper]))
    assert 2 <= len(pages) <= 4
    assert min(pages) > 1000, f"a page with hardly anything on it: {pages}"


@needs_browser
def test_paper_shows_no_provenance_no_players_and_no_empty_column(browser, small):
    browser.open(small[0] / "report.html", media="print", width=700)
    hidden = browser.evaluate("""Array.from(document.querySelectorAll("footer, nav, audio, details, .skip"))
        .filter(node => node.getBoundingClientRect().height > 0).length""")
    assert hidden == 0
    empty = browser.evaluate("""Array.from(document.querySelectorAll("table")).flatMap(table =>
        Array.from(table.tHead.rows[0].cells, (header, i) => [header, Array.from(table.tBodies[0].rows, row => row.cells[i])])
          .filter(([header, cells]) => header.getBoundingClientRect().width > 0 &&
                  cells.every(cell => cell.textContent.trim() === "" && !cell.querySelector("i")))
          .map(([header]) => header.textContent))""")
    assert empty == []
    columns = browser.evaluate("""Array.from(document.querySelectorAll("table.clips th"), header => header.getBoundingClientRect().width > 0)""")
    assert not all(columns), "on the screen there is a column of players"


@needs_browser
def test_a_phone_shows_every_number(browser, small):
    browser.open(small[0] / "report.html", width=390, height=844)
    for name in ("ranking-0", "best-0"):
        sizes = browser.evaluate(f"""Array.from(document.querySelectorAll("#{name} td.number, #{name} td .range"),
            node => [node.getBoundingClientRect().width, node.getBoundingClientRect().right])""")
        assert sizes and all(0 < width and right <= 390 for width, right in sizes)


@needs_browser
def test_the_page_shows_what_its_data_hold(browser, small):
    browser.open(small[0] / "report.html")
    data = page_data(browser)
    assert browser.evaluate("document.querySelector('h1').textContent") == data["headline"]["answer"]
    assert browser.evaluate("document.querySelector('.sureness').textContent") == data["headline"]["sureness"]
    for number, axis in enumerate(data["axes"]):
        cells = browser.evaluate(f"""Array.from(document.getElementById("ranking-{number}").tBodies[0].rows, row => Array.from(row.cells, cell => cell.textContent))""")
        for values, texts, row in zip(table(browser, f"ranking-{number}"), cells, axis["systems"], strict=True):
            for column, side in ((3, row["prediction"]), (4, row["label"])):
                assert float(values[column]) == side["mean"], "to the last digit"
                low, high = side["mean_ci"]
                assert texts[column] == f"{side['mean']:.2f}[{low:.2f}, {high:.2f}]"
            assert [int(texts[0]), texts[1], int(texts[2]), int(texts[5]), texts[7]] == [
                row["prediction"]["rank"], row["system"], row["clips"], row["label"]["rank"], row["prediction"]["tie"]]
        said = axis["verdict"]["pairs"][0]
        assert f"{said['difference']:.2f} [{said['difference_ci'][0]:+.2f}, {said['difference_ci'][1]:+.2f}]" in axis["verdict"]["verdict"]
        section = browser.evaluate("document.getElementById('ranking').textContent")
        for text in (axis["verdict"]["verdict"], axis["label_verdict"]["verdict"], axis["verdict"]["letters"].replace("\n", " ")):
            assert text in section


@needs_browser
def test_numbers_are_rounded_as_on_the_command_line(browser, small):
    browser.open(small[0] / "report.html")
    numbers = [0.125, 0.375, 2.5, -0.125, -0.375, 4.135, 1.005, 3.995, 0.0, -0.001, 12345.5, 1e-9, 1e22]
    got = browser.evaluate(f"{numbers}.map(value => decimals(value, 2))")
    assert got == [f"{number:.2f}".replace("-0.00", "0.00").replace("-", "\u2212") for number in numbers[:-1]] + [got[-1]]


@needs_browser
def test_lines_part_neighbours_without_a_common_letter(browser, small):
    browser.open(small[0] / "report.html")
    tie = browser.evaluate("""((letters) => { const table = buildTable([{title: "x"}], letters.map((_, i) => [i]), null, "");
        markTies(table, letters.map(groups => ({prediction: {groups}})));
        return Array.from(table.querySelectorAll("tbody tr"), row => row.classList.contains("new-tie")); })
        ([[0], [0, 1], [1, 2, 3, 4], [4], [5], [0, 5]])""")
    assert tie == [False, False, False, False, True, False]
    data = page_data(browser)
    lines = browser.evaluate("""Array.from(document.querySelectorAll("#ranking-0 tbody tr"), row => row.classList.contains("new-tie"))""")
    groups = [set(row["prediction"]["groups"]) for row in data["axes"][0]["systems"]]
    assert lines == [False] + [not above & below for above, below in zip(groups, groups[1:])]
    assert True in lines


@needs_browser
def test_scales_have_round_ticks_and_are_the_models_own(browser, small):
    browser.open(small[0] / "report.html")
    def ticks(given, values):
        return browser.evaluate(f"(scale => [scale.ticks, scale.low, scale.high])(scaleOf({given}, {values}))")
    assert ticks("[1, 5]", "[4.31, 4.38]") == [[1, 2, 3, 4, 5], 1, 5], "not stretched to the data"
    assert ticks("[1, 10]", "[4, 5]")[0] == [1, 4, 7, 10]
    assert ticks("[0, 100]", "[40, 50]")[0] == [0, 20, 40, 60, 80, 100]
    assert ticks("[1, 5]", "[0.5, 5.34]") == [[0, 1, 2, 3, 4, 5, 6], 0, 6], "what leaves the scale is drawn where it is"
    assert ticks("null", "[3.31, 4.68]") == [[3, 3.5, 4, 4.5, 5], 3, 5]
    for values in ("[2, 2]", "[0]", "[1e-9, 2e-9]", "[-1e6, 1e6]"):
        got, low, high = ticks("null", values)
        assert len(got) >= 2 and low <= min(eval(values)) <= max(eval(values)) <= high
    shown = browser.evaluate("Array.from(document.querySelectorAll('#ranking-0 .scale i'), tick => Number(tick.textContent))")
    assert len(shown) >= 3 and shown == sorted(shown)


@needs_browser
def test_names_of_points_do_not_overlap(browser, large):
    for how in ({}, {"width": 390, "height": 844}):
        browser.open(large, **how)
        charts = browser.evaluate("""drawings.filter(one => one.chart.tags).map(({chart}) =>
            [chart.tags.filter(Boolean).map(box => [box.left, box.top, box.right, box.bottom]), chart.getDatasetMeta(0).data.map(point => [point.x, point.y])])""")
        assert len(charts) == 2
        for boxes, points in charts:
            assert len(boxes) >= len(points) * 3 / 4, "most points are named"
            for i, (left, top, right, bottom) in enumerate(boxes):
                assert not any(left < x < right and top < y < bottom for x, y in points)
                assert not any(left < other[2] and other[0] < right and top < other[3] and other[1] < bottom for other in boxes[:i])


@needs_browser
def test_it_can_be_read_without_seeing_it(browser, small):
    browser.open(small[0] / "report.html")
    data = page_data(browser)
    captions = browser.evaluate("""Array.from(document.querySelectorAll("table"), table => table.caption ? table.caption.textContent.trim() : "")""")
    assert captions and all(captions)
    assert browser.evaluate("document.querySelector(document.querySelector('body > a').getAttribute('href')).tagName") == "MAIN"
    assert browser.evaluate("Array.from(document.querySelectorAll('canvas, .track')).every(node => node.getAttribute('role') === 'img' && node.getAttribute('aria-label'))")
    assert browser.evaluate("document.querySelectorAll('figure').length") == browser.evaluate("document.querySelectorAll('figure details.values').length")
    # Every drawing's values, to the last bit: systems, places, clips, residuals of the first axis.
    browser.evaluate("document.querySelectorAll('details.values').forEach(one => { one.open = true; })")
    browser.evaluate("new Promise(done => setTimeout(done, 200))")
    tables = browser.evaluate("""Array.from(document.querySelectorAll("details.values table"), table =>
        Array.from(table.tBodies[0].rows, row => Array.from(row.cells, cell => cell.getAttribute("data-value"))))""")
    axis = data["axes"][0]
    assert [[name, float(x), float(y)] for name, x, y in tables[0]] == [
        [row["system"], row["label"]["mean"], row["prediction"]["mean"]] for row in axis["systems"]]
    assert [[float(row[-3]), float(row[-2])] for row in tables[3]] == [list(pair) for pair in zip(axis["points"]["label"], axis["points"]["prediction"])]
    assert all(float(row[-1]) == float(row[-2]) - float(row[-3]) for row in tables[3])
    is_quiet(browser, small[0] / "report.html")


@needs_browser
def test_clips_have_names_and_the_title_says_what_it_is(browser, small):
    browser.open(small[0] / "report.html")
    clips = browser.evaluate("""Array.from(document.querySelectorAll("table.clips td.clip"), cell => cell.textContent)""")
    assert clips and not any("/" in clip for clip in clips)
    assert browser.evaluate("clipNames(['a/1.wav', 'b/1.wav', 'b/2.wav'])") == ["a/1.wav", "b/1.wav", "b/2.wav"]
    assert browser.evaluate("clipNames(['x/a/1.wav', 'x/b/2.wav'])") == ["1.wav", "2.wav"]
    names = [row["system"] for row in page_data(browser)["axes"][0]["systems"]]
    assert browser.evaluate("document.title") == ", ".join(names[:3]) + " and 3 more · predictions.jsonl · 2026-12-01"


def test_the_same_inputs_give_the_same_page(small):
    folder, command = small
    page = (folder / "report.html").read_bytes()
    assert run(*command, env=ON_1_DECEMBER).returncode == 0
    assert (folder / "report.html").read_bytes() == page
