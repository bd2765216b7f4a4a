"""What the tests of reports share: tables to report on, and readers of a page that a browser shows."""
import json
import random

import pytest
from browser import EXECUTABLE
from command import write_wav

HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
needs_browser = pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium: its package is chromium")

# The share of pixels of each canvas that are not empty.
MARKS = """Array.from(document.querySelectorAll("canvas"), canvas => {
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let marked = 0;
  for (let i = 3; i < pixels.length; i += 4) marked += pixels[i] > 0;
  return marked / (pixels.length / 4);
})"""


def write_tables(folder, systems=6, clips=8, first_name=HOSTILE):
    """Labels and predictions of two axes, one with a hostile name. Clip 0 of each system has a sound file."""
    source = random.Random(3)
    labels, predictions = [], []
    for system in range(systems):
        name = first_name if system == 0 else f"system {system}"
        for clip in range(clips):
            path = f"s{system}/{clip}.wav"
            truth = [1 + 0.6 * system + source.random(), 2 + 0.3 * system + source.random()]
            labels.append({"path": path, "system": name, "mos": truth[0], "PQ": truth[1]})
            predictions.append({"path": path, "mos": truth[0] + source.gauss(0, 0.4), "PQ": truth[1] + source.gauss(0, 0.4)})
            if clip == 0:
                write_wav(folder / path, 0.2)
    for name, table_rows in (("labels.jsonl", labels), ("predictions.jsonl", predictions)):
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in table_rows))
    return ["--labels", folder / "labels.jsonl", "--predictions", folder / "predictions.jsonl"]


def page_data(browser):
    return json.loads(browser.evaluate("document.getElementById('qamro-data').textContent"))


def table(browser, name):
    """The values behind the cells, row by row: numbers to the last bit, otherwise text."""
    return browser.evaluate(f"""Array.from(document.getElementById({json.dumps(name)}).tBodies[0].rows, row =>
        Array.from(row.cells, cell => cell.getAttribute("data-value") ?? cell.textContent))""")


def shown(browser, name):
    return browser.evaluate(f"""Array.from(document.getElementById({json.dumps(name)}).tBodies[0].rows, row =>
        Array.from(row.cells, cell => cell.firstChild ? cell.firstChild.textContent : ""))""")


def is_quiet(browser, path):
    """No request except for the page itself and its contents, nothing on the console."""
    outside = [url for url in browser.requests if not url.startswith("data:") and url != path.resolve().as_uri()]
    assert outside == []
    assert browser.complaints == []
