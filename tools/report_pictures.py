#!/usr/bin/env python3
"""Pictures of reports, to look at after a change of the page: a clear winner, a tie, three unfamiliar systems; each on a
light and a dark screen, on a phone and on paper. Needs build/qamro and a headless Chromium.

    tools/demo/make_speech.sh demo/audio
    tools/report_pictures.py demo/audio                                       writes .cache/pictures/*.png and *.pdf
    tools/report_pictures.py --page demo/report.html docs/images/report.png   the README's picture, after `make demo`
"""
import argparse
import math
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import wave

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "cli"))
from browser import Browser  # noqa: E402

RATE = 16000
SCREENS = {"light": {}, "dark": {"dark": True}, "phone": {"width": 390, "height": 844},
           "paper": {"media": "print", "width": 700, "height": 990}}


def pluck(source, seconds):
    """A plucked string (Karplus and Strong, 1983)."""
    string = [source.uniform(-1, 1) for _ in range(RATE // source.choice([110, 147, 196, 262]))]
    samples = []
    for i in range(int(seconds * RATE)):
        at = i % len(string)
        samples.append(string[at])
        string[at] = 0.498 * (string[at] + string[(at + 1) % len(string)])
    return samples


def drum(source, seconds):
    """Decaying noise, four times a second."""
    return [source.uniform(-1, 1) * math.exp(-20 * ((i / RATE) % 0.25)) for i in range(int(seconds * RATE))]


def chord(source, seconds):
    pitches = [source.choice([220, 247, 262, 294]) * ratio for ratio in (1, 1.25, 1.5)]
    return [sum(math.sin(2 * math.pi * pitch * i / RATE) for pitch in pitches) / 3 for i in range(int(seconds * RATE))]


def make_unfamiliar(folder, clips=8):
    """Systems that no model of speech knows."""
    source = random.Random(1)
    for make in (pluck, drum, chord):
        for clip in range(clips):
            file = folder / make.__name__ / f"{clip}.wav"
            file.parent.mkdir(parents=True, exist_ok=True)
            with wave.open(str(file), "wb") as sound:
                sound.setparams((1, 2, RATE, 0, "NONE", ""))
                sound.writeframes(b"".join(struct.pack("<h", int(12000 * value)) for value in make(source, 2)))
    return [folder / name for name in ("pluck", "drum", "chord")]


def make_tie(recordings, folder):
    """One system's clips, shared out to two."""
    for number, clip in enumerate(sorted(recordings.glob("*.wav"))):
        target = folder / f"half_{number % 2 + 1}"
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(clip, target / clip.name)
    return [folder / "half_1", folder / "half_2"]


def score(systems, page):
    qamro = os.environ.get("QAMRO", ROOT / "build" / "qamro")
    subprocess.run([qamro, "score", *systems, "--system", "folder", "--model", "distill-mos", "--output",
                    page.with_suffix(".jsonl"), "--report", page], check=True, stdout=subprocess.DEVNULL)


def photograph(browser, page):
    for name, screen in SCREENS.items():
        browser.open(page, **screen)
        browser.screenshot(page.with_name(f"{page.stem}-{name}.png"))
        browser.screenshot(page.with_name(f"{page.stem}-{name}-first.png"), full=False)
    browser.open(page)
    page.with_suffix(".pdf").write_bytes(browser.pdf())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("audio", type=pathlib.Path, nargs="?", default=ROOT / "demo" / "audio",
                        help="folder made by tools/demo/make_speech.sh (default: demo/audio)")
    parser.add_argument("output", type=pathlib.Path, nargs="?", default=ROOT / ".cache" / "pictures")
    parser.add_argument("--page", type=pathlib.Path, nargs=2, metavar=("REPORT", "PICTURE"),
                        help="photograph this report alone, 1100 pixels wide")
    options = parser.parse_args()
    with Browser() as browser:
        if options.page:
            report, picture = options.page
            browser.open(report, width=1100, height=1340)
            browser.screenshot(picture, full=False)
            return
        options.output.mkdir(parents=True, exist_ok=True)
        cases = {"winner": [options.audio / name for name in ("recording", "recording_opus_6kbps", "recording_codec2_700C")],
                 "tie": make_tie(options.audio / "recording", options.output / "tie"),
                 "unfamiliar": make_unfamiliar(options.output / "unfamiliar"),
                 "demo": sorted(path for path in options.audio.iterdir() if path.is_dir())}
        for name, systems in cases.items():
            page = options.output / f"{name}.html"
            score(systems, page)
            photograph(browser, page)
            print(page.with_name(name + "-*.png"))


if __name__ == "__main__":
    main()
