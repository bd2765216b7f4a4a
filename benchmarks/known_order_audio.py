"""The audio of known_order.py: clean clips of several sources and their degraded versions; imported, not run.

Everything is 16 kHz, mono, 16 bits, and the same bytes in every run. Python's standard library and commands only.
"""
import array
import functools
import glob
import math
import multiprocessing
import operator
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import wave
from typing import Callable, NamedTuple

from known_order_pairs import CLEAN, LADDERS, conditions_of

ROOT = pathlib.Path(__file__).resolve().parents[1]
DEMO = ROOT / "tools" / "demo"
ASTERISK = pathlib.Path("/usr/share/asterisk/sounds")
ALSA = pathlib.Path("/usr/share/sounds/alsa")
DATA = pathlib.Path(os.environ.get("QAMRO_DATA", ROOT.parent / "shared" / "data"))
CODEC_REFERENCES = DATA / "neural_codec_mushra" / "audio"
RATE_HZ = 16000
FRAME = RATE_HZ // 50  # 20 ms, what a packet of speech holds


class Source(NamedTuple):
    kind: str  # "recording" or "synthesis"
    needs: tuple  # (what, pattern of a file or name of a program, where it comes from)
    clips: Callable  # () → names, in a fixed order
    make: Callable  # (clip, path) → writes the clip as the source gives it


def command(*arguments, **options):
    done = subprocess.run([*map(str, arguments)], capture_output=True, **options)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, arguments))}: exit code {done.returncode}: {done.stderr.decode()[-500:]}")
    return done


@functools.cache
def sentences():
    lines = (DEMO / "sentences.tsv").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if line and not line.startswith("#"))


def demo_clip(system):
    """What tools/demo/make_clip.sh makes of a sentence."""
    def make(prompt, path):
        with tempfile.TemporaryDirectory() as folder:
            command(DEMO / "make_clip.sh", folder, system, prompt, sentences()[prompt])
            shutil.move(pathlib.Path(folder) / system / f"{prompt.replace('/', '-')}.wav", path)
    return make


def speaks(program, *arguments):
    """An engine that takes the text as its last argument and the file before it."""
    return lambda prompt, path: command(program, *arguments, path, "--", sentences()[prompt])


def prompts_of(voice):
    return lambda: [prompt for prompt in sentences() if (ASTERISK / voice / f"{prompt}.g722").exists()]


def asterisk(language, voice):
    needs = ((f"recordings of {voice}", str(ASTERISK / voice), f"asterisk-core-sounds-{language}-g722"),
             ("libspandsp", "/usr/lib/*/libspandsp.so.*", "libspandsp2"), PYTHON)
    return Source("recording", needs, prompts_of(voice), lambda prompt, path: command(
        "python3", DEMO / "decode_g722.py", ASTERISK / voice / f"{prompt}.g722", path))


def engine(name, make, *needs):
    return Source("synthesis", tuple(needs), lambda: list(sentences()), make)


def festival(name, voice, package):
    return engine(name, demo_clip(name), ("text2wave", "text2wave", "festival"),
                  (f"voice {voice}", f"/usr/share/festival/voices/*/{voice}", package))


PYTHON = ("python3", "python3", "python3")
SOURCES = {
    "english": asterisk("en", "en_US_f_Allison"),
    "spanish": asterisk("es", "es_MX_f_Allison"),
    "french": asterisk("fr", "fr_CA_f_June"),
    "italian": asterisk("it", "it_IT_m_Carlo"),
    "russian": asterisk("ru", "ru_RU_f_IvrvoiceRU"),
    "loudspeaker_test": Source("recording", (("recordings of alsa-utils", str(ALSA / "Front_Center.wav"), "alsa-utils"),),
                               lambda: sorted(one.stem for one in ALSA.glob("*_*.wav")),
                               lambda clip, path: shutil.copyfile(ALSA / f"{clip}.wav", path)),
    "codec_references": Source("recording", (("rated codec audio", str(CODEC_REFERENCES / "stim_01" / "ref.flac"),
                                              "QAMRO_DATA (neural_codec_mushra)"),),
                               lambda: sorted(one.parent.name for one in CODEC_REFERENCES.glob("*/ref.flac")),
                               lambda clip, path: command("sox", "-D", CODEC_REFERENCES / clip / "ref.flac", path)),
    "espeak_ng": engine("espeak_ng", demo_clip("espeak_ng"), ("espeak-ng", "espeak-ng", "espeak-ng")),
    **{f"flite_{voice}": engine(voice, demo_clip(f"flite_{voice}"), ("flite", "flite", "flite"))
       for voice in ("kal16", "awb", "rms", "slt")},
    "festival_kal": festival("festival_kal", "kal_diphone", "festvox-kallpc16k"),
    "festival_ked": festival("festival_ked", "ked_diphone", "festvox-kdlpc16k"),
    "festival_slt_hts": festival("festival_slt_hts", "cmu_us_slt_arctic_hts", "festvox-us-slt-hts"),
    "pico": engine("pico", speaks("pico2wave", "-l", "en-US", "-w"),
                   ("pico2wave", "pico2wave", "libttspico-utils (non-free)")),
    "mbrola_us1": engine("mbrola_us1", speaks("espeak-ng", "-v", "mb-us1", "-w"), ("mbrola", "mbrola", "mbrola (contrib)"),
                         ("voice us1", "/usr/share/mbrola/us1", "mbrola-us1 (non-free)")),
}
# What the conditions need beside sox, by ladder.
LADDER_NEEDS = {
    "codec2": (("c2enc", "c2enc", "codec2"),),
    "opus": (("opusenc", "opusenc", "opus-tools"),),
    "mp3": (("lame", "lame", "lame"),),
}


def missing(needs):
    """The needs that this machine does not have."""
    return [need for need in needs if not (glob.glob(need[1]) if "/" in need[1] else shutil.which(need[1]))]


def read_samples(path):
    with wave.open(str(path), "rb") as file:
        samples = array.array("h")
        samples.frombytes(file.readframes(file.getnframes()))
    return samples


def write_samples(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(array.array("h", (max(-32768, min(32767, round(one))) for one in samples)).tobytes())


def white(generator, count):
    return [generator.gauss(0.0, 1.0) for _ in range(count)]


def pink(generator, count):
    """Paul Kellet's filter of white noise: -3 dB per octave within 0.5 dB."""
    slow = middle = fast = 0.0
    noise = []
    for one in white(generator, count):
        slow = 0.99765 * slow + 0.0990460 * one
        middle = 0.96300 * middle + 0.2965164 * one
        fast = 0.57000 * fast + 1.0526913 * one
        noise.append(slow + middle + fast + 0.1848 * one)
    return noise


def energy(samples):
    return math.fsum(map(operator.mul, samples, samples))


def with_noise(make_noise, decibels, samples, generator):
    """decibels: signal to noise ratio over the whole clip."""
    noise = make_noise(generator, len(samples))
    gain = math.sqrt(energy(samples) / energy(noise) / 10 ** (decibels / 10))
    return [one + gain * other for one, other in zip(samples, noise)]


def clipped(decibels, samples, _):
    """Nothing lies above the peak lowered by that much."""
    limit = max(map(abs, samples)) / 10 ** (decibels / 20)
    return [max(-limit, min(limit, one)) for one in samples]


def with_lost_frames(percent, samples, generator):
    """Silent frames. What is lost at a low rate is lost at a higher one, too, and every clip loses at least one."""
    frames = list(range(-(-len(samples) // FRAME)))
    generator.shuffle(frames)
    degraded = array.array("h", samples)
    for frame in frames[:max(1, round(percent / 100 * len(frames)))]:
        for place in range(frame * FRAME, min(len(samples), (frame + 1) * FRAME)):
            degraded[place] = 0
    return degraded


def low_passed(limit_hz):
    return lambda clean, aside, out: command("sox", "-D", clean, out, "sinc", f"-{limit_hz}")


def through_8_khz(*coding):
    def make(clean, aside, out):
        command("sox", "-D", clean, "-r", 8000, *coding, f"{aside}.wav")
        command("sox", "-D", f"{aside}.wav", "-r", RATE_HZ, "-e", "signed", "-b", 16, out)
    return make


def codec2(mode):
    def make(clean, aside, out):
        raw = ("-t", "raw", "-r", 8000, "-e", "signed", "-b", 16, "-c", 1)
        command("sox", "-D", clean, *raw, f"{aside}.raw")
        command("c2enc", mode, f"{aside}.raw", f"{aside}.c2")
        command("c2dec", mode, f"{aside}.c2", f"{aside}.decoded")
        command("sox", "-D", *raw, f"{aside}.decoded", "-r", RATE_HZ, out)
    return make


def opus(kilobits):
    def make(clean, aside, out):  # a fixed serial number and no dither: the same clip every time
        command("opusenc", "--quiet", "--serial", 1, "--bitrate", kilobits, clean, f"{aside}.opus")
        command("opusdec", "--quiet", "--no-dither", "--rate", RATE_HZ, f"{aside}.opus", out)
    return make


def mp3(kilobits):
    def make(clean, aside, out):
        command("lame", "--quiet", "--cbr", "-b", kilobits, "--resample", 16, clean, f"{aside}.mp3")
        command("lame", "--quiet", "--decode", f"{aside}.mp3", out)
    return make


def on_samples(seed_name, degrade, amount):
    """The noise depends on the clip and the ladder alone: within a ladder it only becomes louder."""
    def make(clean, out, seed):
        generator = random.Random(f"{seed}:{seed_name}:{clean.parent.parent.name}:{clean.stem}")
        write_samples(out, degrade(amount, read_samples(clean), generator))
    return make


def through_commands(steps):
    def make(clean, out, _):
        with tempfile.TemporaryDirectory() as folder:
            steps(clean, pathlib.Path(folder) / "coded", out)
    return make


DEGRADE = {
    **{f"white_{amount}dB": on_samples("white", functools.partial(with_noise, white), amount) for amount in (30, 20, 10, 0)},
    **{f"pink_{amount}dB": on_samples("pink", functools.partial(with_noise, pink), amount) for amount in (20, 10, 0)},
    **{f"clipped_{amount}dB": on_samples("", clipped, amount) for amount in (6, 12, 24)},
    **{f"lost_{amount}percent": on_samples("lost", with_lost_frames, amount) for amount in (3, 10, 30)},
    **{f"lowpass_{limit}Hz": through_commands(low_passed(limit)) for limit in (4000, 2000, 1000)},
    "g711_64kbps": through_commands(through_8_khz("-e", "mu-law", "-b", 8)),
    "gsm_13kbps": through_commands(through_8_khz("-e", "gsm-full-rate")),
    "codec2_3200bps": through_commands(codec2("3200")),
    "codec2_1300bps": through_commands(codec2("1300")),
    "codec2_700bps": through_commands(codec2("700C")),
    **{f"opus_{rate}kbps": through_commands(opus(rate)) for rate in (24, 12, 6)},
    **{f"mp3_{rate}kbps": through_commands(mp3(rate)) for rate in (32, 16, 8)},
}
assert set(DEGRADE) == {condition for ladder in LADDERS for condition in conditions_of(ladder)}


def written_once(path, make):
    """Written aside and renamed, so that an interrupted run leaves only whole clips, which the next run keeps."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".making.") as folder:
            aside = pathlib.Path(folder) / path.name
            make(aside)
            os.replace(aside, path)


def make_clean(source, clip, path):
    """16 kHz, mono, with its peak at -9 dB: nothing is clipped when noise of the speech's own level is added."""
    with tempfile.TemporaryDirectory() as folder:
        given = pathlib.Path(folder) / "given.wav"
        SOURCES[source].make(clip, given)
        command("sox", "-D", given, "-r", RATE_HZ, "-c", 1, "-b", 16, path, "norm", "-9")


def make_versions(job):
    """job: folder, source, clip, conditions, seed. Writes FOLDER/SOURCE/CONDITION/CLIP.wav."""
    folder, source, clip, conditions, seed = job
    name = f"{clip.replace('/', '-')}.wav"
    clean = folder / source / CLEAN / name
    written_once(clean, functools.partial(make_clean, source, clip))
    paths = {(source, clip, CLEAN): clean}
    for condition in conditions:
        path = folder / source / condition / name
        written_once(path, lambda aside, condition=condition: DEGRADE[condition](clean, aside, seed))
        paths[source, clip, condition] = path
    return paths


def make_audio(folder, clips, ladders, seed):
    """clips: source → names. Returns (source, clip, condition) → path."""
    conditions = [condition for ladder in ladders for condition in conditions_of(ladder)]
    jobs = [(folder, source, clip, conditions, seed) for source, names in clips.items() for clip in names]
    with multiprocessing.Pool() as pool:
        return {key: path for made in pool.imap(make_versions, jobs) for key, path in made.items()}
