#!/usr/bin/env python3
"""make_other.py FOLDER: audio that is no speech in FOLDER/<kind>/<clip>.wav: tones, chords, sweeps, drums, plucked
strings, noise, silence, clicks. The same files on every run. Needs numpy and sox.

--packages FOLDER: also music and sound effects of Debian packages, unpacked there with
    apt-get download PACKAGE; dpkg -x PACKAGE_*.deb FOLDER/PACKAGE
--speech FOLDER: also music under speech, a "podcast": that folder's person_en with music under it.
"""
import argparse
from pathlib import Path

import numpy as np
from sound import read, write

RATE = 16000
CLIPS = 20
# Folders whose sound is music, and those with sound effects, by package.
MUSIC = {"drascula-music": "", "extremetuxracer-data": "music", "hyperrogue-music": "music",
         "lincity-ng-data": "music", "pathological": "music"}
EFFECTS = {"deepin-sound-theme": "", "extremetuxracer-data": "sounds", "frozen-bubble-data": "snd",
           "hyperrogue-music": "sounds", "lincity-ng-data": "sounds", "oxygen-sounds": "", "pathological": "sounds",
           "pingus-data": "sounds", "sound-theme-freedesktop": ""}


def seconds_of(random) -> np.ndarray:
    return np.arange(int(random.uniform(2, 8) * RATE)) / RATE


def sine(random):
    return 0.5 * np.sin(2 * np.pi * 50 * 100 ** random.random() * seconds_of(random))


def chord(random):
    time = seconds_of(random)
    root = 110 * 2 ** (random.integers(0, 24) / 12)
    steps = [(0, 4, 7), (0, 3, 7), (0, 4, 7, 11), (0, 5, 7)][random.integers(4)]
    partials = [np.sin(2 * np.pi * root * 2 ** (step / 12) * h * time) / h for step in steps for h in (1, 2, 3, 4)]
    return 0.15 * np.sum(partials, 0)


def sweep(random):
    time = seconds_of(random)
    low, high = sorted(50 * 150 ** random.random(2))
    octaves = np.log(high / low) / time[-1]
    return 0.5 * np.sin(2 * np.pi * low * np.expm1(octaves * time) / octaves)


def square(random):
    return 0.3 * np.sign(np.sin(2 * np.pi * random.uniform(60, 1000) * seconds_of(random)))


def siren(random):
    time = seconds_of(random)
    return 0.5 * np.sin(2 * np.pi * 700 * time + 200 * np.sin(2 * np.pi * random.uniform(0.3, 2) * time))


def coloured(random, exponent):
    spectrum = np.fft.rfft(random.standard_normal(len(seconds_of(random))))
    spectrum[1:] /= np.arange(1, len(spectrum)) ** (exponent / 2)
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum)
    return 0.1 * noise / np.sqrt(np.mean(noise**2))


def drums(random):
    """A bar of kick, snare and hi-hat, repeated."""
    beat = int(RATE * 60 / random.uniform(80, 170) / 2)
    time = np.arange(beat) / RATE
    kick = np.sin(2 * np.pi * 50 * time + 8 * (1 - np.exp(-30 * time))) * np.exp(-9 * time)
    snare = (random.standard_normal(beat) + np.sin(2 * np.pi * 190 * time)) * np.exp(-18 * time) * 0.6
    hat = np.diff(random.standard_normal(beat + 1)) * np.exp(-60 * time) * 0.3
    bar = [(kick if random.random() < (0.9 if step % 4 == 0 else 0.2) else 0)
           + (snare if step % 4 == 2 else 0) + (hat if random.random() < 0.8 else 0) + 0 * time for step in range(8)]
    return np.tile(0.5 * np.concatenate(bar), 3)


def plucked(random):
    """A melody of plucked strings (Karplus and Strong 1983)."""
    notes = []
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12])
    for _ in range(random.integers(8, 20)):
        period = int(RATE / (130.8 * 2 ** (random.choice(scale) / 12 + random.integers(0, 2))))
        note = np.empty(RATE // 4)
        note[:period] = random.uniform(-1, 1, period)
        for start in range(period, len(note), period):
            last = note[start - period : start]
            part = 0.498 * (last + np.roll(last, 1))
            note[start : start + period] = part[: len(note) - start]
        notes.append(note)
    return 0.5 * np.concatenate(notes)


def clicks(random):
    time = seconds_of(random)
    return np.where(random.random(len(time)) < random.uniform(2, 30) / RATE, 0.9, 0.0)


def silence(random):
    return 0 * seconds_of(random)


def near_silence(random):
    return 10 ** random.uniform(-4.5, -3.5) * random.standard_normal(len(seconds_of(random)))


KINDS = {"sine": sine, "chord": chord, "sweep": sweep, "square": square, "siren": siren,
         "white_noise": lambda random: coloured(random, 0), "pink_noise": lambda random: coloured(random, 1),
         "brown_noise": lambda random: coloured(random, 2), "drums": drums, "plucked": plucked, "clicks": clicks,
         "silence": silence, "near_silence": near_silence}


def synthesise(folder: Path) -> None:
    for number, (kind, make) in enumerate(KINDS.items()):
        for index in range(CLIPS):
            write(folder / kind / f"{index:02}.wav", make(np.random.default_rng([number, index])), RATE)


def files_of(packages: Path, package: str, place: str) -> list[Path]:
    return sorted(file for file in (packages / package).rglob("*")
                  if file.suffix in (".ogg", ".oga", ".wav") and (not place or place in file.parts) and file.is_file()
                  and not file.is_symlink())


def unpack(folder: Path, packages: Path) -> None:
    for package, place in MUSIC.items():
        clip = 0
        for file in files_of(packages, package, place)[:20]:
            samples, rate = read(file)
            for start in np.arange(0.1, 0.9, 0.3 if package == "drascula-music" else 0.15) * len(samples):
                piece = samples[int(start) :][: 7 * rate]
                if clip < 2 * CLIPS and len(piece) > 2 * rate and np.abs(piece).max() > 0.01:
                    write(folder / f"music_{package}" / f"{clip:02}.wav", piece, rate)
                    clip += 1
    for package, place in EFFECTS.items():
        for clip, file in enumerate(files_of(packages, package, place)[: 2 * CLIPS]):
            samples, rate = read(file)
            if len(samples) > 0.2 * rate and np.abs(samples).max() > 0.001:
                write(folder / f"effects_{package}" / f"{clip:02}_{file.stem}.wav", samples[: 7 * rate], rate)


def podcast(folder: Path, speech: Path) -> None:
    """music_db: level of the music against the speech."""
    music = sorted(folder.glob("music_*/*.wav"))
    for music_db in (-15, 0, 15):
        for index, clip in enumerate(sorted((speech / "person_en").glob("*.wav"))[:CLIPS]):
            samples, rate = read(clip)
            under, its_rate = read(music[index * 7 % len(music)])
            at = np.arange(len(samples)) / rate * its_rate
            under = np.interp(at % (len(under) - 1), np.arange(len(under)), under)
            scale = np.sqrt(np.mean(samples**2) / max(np.mean(under**2), 1e-9)) * 10 ** (music_db / 20)
            write(folder / f"podcast_{music_db}db" / f"{index:02}.wav", 0.5 * (samples + scale * under), rate)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--packages", type=Path)
    parser.add_argument("--speech", type=Path)
    arguments = parser.parse_args()
    synthesise(arguments.folder)
    if arguments.packages:
        unpack(arguments.folder, arguments.packages)
    if arguments.speech:
        podcast(arguments.folder, arguments.speech)


if __name__ == "__main__":
    main()
