#!/usr/bin/env python3
"""make_speech.py FOLDER: speech of many kinds in FOLDER/<source>/<clip>.wav, by programs and recordings of Debian.

People (asterisk-core-sounds-*, asterisk-prompt-*), speech engines (espeak-ng, flite, festival), codecs, noise,
low-pass, clipping, reverberation, lost packets, other pitch and tempo. The same files on every run. Needs numpy, and
the packages of tools/setup/packages-demo.txt with asterisk-core-sounds-{es,fr,it,ru}-g722, asterisk-prompt-es-co,
asterisk-prompt-fr-armelle, lame, libgsm-tools and speex. --rated FOLDER: also the clips of neural_codec_mushra
(CC BY 4.0), as FOLDER/audio/<stimulus>/<condition>.flac.
"""
import argparse
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from sound import read, run, through, write

sys.path.append(str(Path(__file__).resolve().parent.parent / "demo"))
from decode_g722 import decode  # noqa: E402

SOUNDS = Path("/usr/share/asterisk/sounds")
PEOPLE = {"person_en": "en_US_f_Allison", "person_es": "es_MX_f_Allison", "person_fr": "fr_CA_f_June",
          "person_it": "it_IT_m_Carlo", "person_ru": "ru_RU_f_IvrvoiceRU"}
TELEPHONE = {"telephone_es": "es", "telephone_fr": "fr"}
ESPEAK = {"espeak_us": "en-us", "espeak_gb_f": "en-gb+f3", "espeak_scot_m": "en-gb-scotland+m7", "espeak_de": "de",
          "espeak_fr": "fr", "espeak_ru": "ru", "espeak_whisper": "en-us+whisper"}
FLITE = ["kal", "kal16", "awb", "rms", "slt"]
FESTIVAL = {"festival_kal": "kal_diphone", "festival_ked": "ked_diphone", "festival_slt_hts": "cmu_us_slt_arctic_hts"}
CLIPS_PER_PERSON = 40
NO_SPEECH = re.compile("silence|tone|beep|monkeys|weasels")
MIN_BYTES = {"g722": 16_000, "gsm": 3_300}  # two seconds


def sentences() -> dict[str, str]:
    lines = (Path(__file__).resolve().parent.parent / "demo/sentences.tsv").read_text().splitlines()
    return dict(line.split("\t") for line in lines if line and not line.startswith("#"))


def record_people(folder: Path) -> None:
    for source, place in (PEOPLE | TELEPHONE).items():
        ending = "gsm" if source in TELEPHONE else "g722"
        files = sorted(file for file in (SOUNDS / place).rglob(f"*.{ending}")
                       if file.stat().st_size >= MIN_BYTES[ending] and not NO_SPEECH.search(str(file)))
        for index in np.linspace(0, len(files) - 1, min(CLIPS_PER_PERSON, len(files))).astype(int):
            file = files[index]
            out = folder / source / f"{file.stem}.wav"
            if ending == "gsm":
                write(out, *read(file))
            else:
                write(out, np.frombuffer(decode(file.read_bytes()), np.int16) / 32768.0, 16000)


def speak(folder: Path) -> None:
    jobs = []
    for name, text in sentences().items():
        clip = name.replace("/", "-") + ".wav"
        for source, voice in ESPEAK.items():
            jobs.append((["espeak-ng", "-v", voice, "-w", folder / source / clip, "--", text], None))
        for voice in FLITE:
            jobs.append((["flite", "-voice", voice, "-t", text, "-o", folder / f"flite_{voice}" / clip], None))
        for source, voice in FESTIVAL.items():
            jobs.append((["text2wave", "-eval", f"(voice_{voice})", "-o", folder / source / clip], text))
    for source in [*ESPEAK, *(f"flite_{voice}" for voice in FLITE), *FESTIVAL]:
        (folder / source).mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda job: run(*job[0], text=job[1]), jobs))


def level(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples**2)))


def with_noise(samples, snr_db, random, exponent=0.0):
    """exponent: 0 white noise, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(random.standard_normal(len(samples)))
    spectrum[1:] /= np.arange(1, len(spectrum)) ** (exponent / 2)
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum, len(samples))
    return samples + noise * (level(samples) / level(noise) * 10 ** (-snr_db / 20))


def with_echoes(samples, rate_hz, random, seconds):
    times = np.arange(int(seconds * rate_hz)) / rate_hz
    room = random.standard_normal(len(times)) * np.exp(-6.9 * times / seconds)
    room[0] = 8.0
    return np.convolve(samples, room / np.sqrt(np.sum(room**2)))[: len(samples)]


def with_lost_packets(samples, rate_hz, random, share):
    packet = rate_hz // 50
    kept = samples.copy()
    for start in range(0, len(samples), packet):
        if random.random() < share:
            kept[start : start + packet] = 0
    return kept


def clipped(samples, share):
    limit = np.quantile(np.abs(samples), 1 - share)
    return np.clip(samples, -limit, limit)


def loudest_piece(samples, length):
    energy = np.cumsum(samples**2)
    start = int(np.argmax(energy[length:] - energy[:-length])) if len(samples) > length else 0
    return samples[start : start + length]


CODECS = {
    "opus_6": [["opus", "opusenc", "--quiet", "--serial", "1", "--bitrate", "6", "IN", "OUT"],
               ["wav", "opusdec", "--quiet", "--no-dither", "--rate", "16000", "IN", "OUT"]],
    "opus_16": [["opus", "opusenc", "--quiet", "--serial", "1", "--bitrate", "16", "IN", "OUT"],
                ["wav", "opusdec", "--quiet", "--no-dither", "--rate", "16000", "IN", "OUT"]],
    "mp3_16": [["mp3", "lame", "--quiet", "-b", "16", "IN", "OUT"], ["wav", "lame", "--quiet", "--decode", "IN", "OUT"]],
    "speex_8": [["wav", "sox", "-D", "IN", "-r", "8000", "OUT"], ["spx", "speexenc", "--quality", "2", "IN", "OUT"],
                ["wav", "speexdec", "IN", "OUT"]],
    "gsm": [["gsm", "sox", "-D", "IN", "-r", "8000", "OUT"]],
    **{f"codec2_{mode}": [
        ["raw", "sox", "-D", "IN", "-r", "8000", "-e", "signed", "-b", "16", "OUT"],
        ["c2", "c2enc", mode, "IN", "OUT"], ["raw8", "c2dec", mode, "IN", "OUT"],
        ["wav", "sox", "-t", "raw", "-r", "8000", "-e", "signed", "-b", "16", "-c", "1", "IN", "OUT"],
    ] for mode in ("700C", "3200")},
    "narrow_8k": [["wav", "sox", "-D", "IN", "-r", "8000", "OUT"]],
    "lowpass_1k": [["wav", "sox", "-D", "IN", "OUT", "sinc", "-1000"]],
    "lowpass_2k5": [["wav", "sox", "-D", "IN", "OUT", "sinc", "-2500"]],
    "highpass_800": [["wav", "sox", "-D", "IN", "OUT", "sinc", "800"]],
    "faster": [["wav", "sox", "-D", "IN", "OUT", "tempo", "-s", "1.5"]],
    "slower": [["wav", "sox", "-D", "IN", "OUT", "tempo", "-s", "0.7"]],
    "higher": [["wav", "sox", "-D", "IN", "OUT", "pitch", "400"]],
    "lower": [["wav", "sox", "-D", "IN", "OUT", "pitch", "-400"]],
}
CHANGES = {
    "white_20db": lambda x, rate, random: with_noise(x, 20, random),
    "white_5db": lambda x, rate, random: with_noise(x, 5, random),
    "pink_15db": lambda x, rate, random: with_noise(x, 15, random, 1.0),
    "pink_0db": lambda x, rate, random: with_noise(x, 0, random, 1.0),
    "brown_5db": lambda x, rate, random: with_noise(x, 5, random, 2.0),
    "small_room": lambda x, rate, random: with_echoes(x, rate, random, 0.3),
    "hall": lambda x, rate, random: with_echoes(x, rate, random, 1.2),
    "lost_packets": lambda x, rate, random: with_lost_packets(x, rate, random, 0.1),
    "clipped": lambda x, rate, random: clipped(x, 0.1),
    "hum": lambda x, rate, random: x + level(x) * 0.3 * np.sin(2 * np.pi * 50 * np.arange(len(x)) / rate),
    "piece": lambda x, rate, random: loudest_piece(x, int(rate * random.uniform(0.4, 1.2))),
    "pauses": lambda x, rate, random: np.pad(x, [int(rate * seconds) for seconds in random.uniform(0.5, 3, 2)]),
    "repeated": lambda x, rate, random: np.tile(np.pad(x, (0, rate // 2)), 4),
    "quiet": lambda x, rate, random: x * 0.01,
}
# What is changed: people and an engine of each kind.
CHANGED = ["person_en", "person_it", "person_ru", "person_fr", "espeak_us", "flite_slt", "festival_slt_hts"]
CLIPS_PER_CHANGE = 21


def change(folder: Path) -> None:
    clips = [sorted((folder / source).glob("*.wav")) for source in CHANGED]

    def one(job):
        number, name, index = job
        random = np.random.default_rng([number, index])
        of_source = clips[index % len(clips)]
        clip = of_source[(index // len(clips) * 7 + number) % len(of_source)]
        samples, rate = read(clip)
        if name in CODECS:
            samples, rate = through(samples, rate, *CODECS[name])
        else:
            samples = CHANGES[name](samples, rate, random)
        write(folder / name / f"{clip.parent.name}-{clip.stem}.wav", samples, rate)

    jobs = [(number, name, index) for number, name in enumerate([*CODECS, *CHANGES]) for index in range(CLIPS_PER_CHANGE)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, jobs))


def babble(folder: Path) -> None:
    """Four people at once, and two."""
    clips = [clip for source in PEOPLE for clip in sorted((folder / source).glob("*.wav"))]
    random = np.random.default_rng(77)
    for talkers in (2, 4):
        for index in range(CLIPS_PER_CHANGE):
            parts = [read(clip)[0] for clip in random.choice(clips, talkers, replace=False)]
            length = min(max(map(len, parts)), 16000 * 7)
            mixed = sum(np.resize(part / level(part), length) for part in parts)
            write(folder / f"talkers_{talkers}" / f"{index:02}.wav", 0.05 * mixed, 16000)


def rated(folder: Path, data: Path) -> None:
    for clip in sorted((data / "audio").glob("*/*.flac")):
        write(folder / f"codec_{clip.stem}" / f"{clip.parent.name}.wav", *read(clip))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rated", type=Path)
    arguments = parser.parse_args()
    record_people(arguments.folder)
    speak(arguments.folder)
    change(arguments.folder)
    babble(arguments.folder)
    if arguments.rated:
        rated(arguments.folder, arguments.rated)


if __name__ == "__main__":
    main()
