#!/usr/bin/env python3
"""show.py FOLDER: what `qamro score` says of audio that the fit of fit.py never saw.

Makes FOLDER/<source>/<clip>.wav: 24 speech engines with sentences of their own, and tones, drums, noise and silence of
other seeds than make_other.py's. --music FILE...: also pieces of these files, and a "podcast", the first engine with
them under it. Then scores all with each model, prints a line a source, and what the command says below its rows.
Needs what make_speech.py needs.
"""
import argparse
import json
import os
import subprocess
from collections import defaultdict
from pathlib import Path

import make_other
import make_speech
import numpy as np
from sound import read, run, write

QAMRO = os.environ.get("QAMRO", str(Path(__file__).resolve().parents[2] / "build/qamro"))
SENTENCES = ["The birch canoe slid on the smooth planks.", "Glue the sheet to the dark blue background.",
             "It's easy to tell the depth of a well.", "These days a chicken leg is a rare dish.",
             "Rice is often served in round bowls.", "The juice of lemons makes fine punch."]
MORE_ESPEAK = {"espeak_rp": "en-gb-x-rp", "espeak_es": "es", "espeak_it": "it", "espeak_nl": "nl", "espeak_pl": "pl",
               "espeak_pt": "pt", "espeak_tr": "tr", "espeak_sv": "sv", "espeak_croak": "en-us+croak"}
OTHER = ("sine", "white_noise", "drums", "silence")
MUSIC_DB = (-15, 0, 15)  # of the music against the speech


def engines():
    """(source, command of SENTENCE and OUT, whether the sentence is its standard input)."""
    for source, voice in (make_speech.ESPEAK | MORE_ESPEAK).items():
        yield source, ["espeak-ng", "-v", voice, "-w", "OUT", "--", "SENTENCE"]
    for voice in make_speech.FLITE:
        yield f"flite_{voice}", ["flite", "-voice", voice, "-t", "SENTENCE", "-o", "OUT"]
    for source, voice in make_speech.FESTIVAL.items():
        yield source, ["text2wave", "-eval", f"(voice_{voice})", "-o", "OUT"]


def speak(folder):
    for source, command in engines():
        (folder / source).mkdir(parents=True, exist_ok=True)
        for number, sentence in enumerate(SENTENCES):
            filled = {"OUT": folder / source / f"{number}.wav", "SENTENCE": sentence}
            run(*(filled.get(part, part) for part in command), text=None if "SENTENCE" in command else sentence)


def play(folder, music):
    for kind in OTHER:
        for number in range(len(SENTENCES)):
            samples = make_other.KINDS[kind](np.random.default_rng([1000, number]))
            write(folder / kind / f"{number}.wav", samples, make_other.RATE)
    speech = [read(clip) for clip in sorted((folder / "flite_slt").glob("*.wav"))]
    for number in range(len(SENTENCES) if music else 0):
        samples, rate = read(music[number % len(music)])
        piece = samples[len(samples) * (number + 1) // (len(SENTENCES) + 2):][:7 * rate]
        write(folder / "music" / f"{number}.wav", piece, rate)
        said, said_rate = speech[number]
        under = np.interp(np.arange(len(said)) / said_rate * rate % (len(piece) - 1), np.arange(len(piece)), piece)
        scale = np.sqrt(np.mean(said**2) / max(np.mean(under**2), 1e-9))
        for music_db in MUSIC_DB:
            mixed = 0.5 * (said + scale * 10 ** (music_db / 20) * under)
            write(folder / f"podcast_{music_db}db" / f"{number}.wav", mixed, said_rate)


def show(folder, model):
    done = subprocess.run([QAMRO, "score", str(folder), "--model", model, "--system", "folder"], text=True,
                          capture_output=True, check=True)
    rows = defaultdict(list)
    for line in done.stdout.splitlines():
        row = json.loads(line)
        rows[row["system"]].append(row)
    print(f"\n{model}\n{'source':<20}{'clips':>6}{'mos':>14}{'familiarity':>14}{'a little unlike':>17}{'far':>5}")
    for source, of_source in sorted(rows.items()):
        mos, familiar = ([row[key] for row in of_source] for key in ("mos", "familiarity"))
        far, little = sum(f < 0.1 for f in familiar), sum(0.1 <= f < 0.5 for f in familiar)
        print(f"{source:<20}{len(mos):>6}{min(mos):>8.2f} – {max(mos):.2f}{min(familiar):>7.2f} – {max(familiar):.2f}"
              f"{little:>17}{far:>5}")
    print(done.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--music", type=Path, nargs="*", default=[])
    arguments = parser.parse_args()
    speak(arguments.folder)
    play(arguments.folder, arguments.music)
    for model in ("distill-mos", "qamro-speech"):
        show(arguments.folder, model)


if __name__ == "__main__":
    main()
