"""Short sounds in several formats, and files damaged so that a careful reader refuses them."""
import math
import pathlib
import shutil
import struct
import subprocess
import wave

RATE_HZ = 16000


def write_sound(path, numbers):
    """A wav of 0.3 to 1 s: two tones and a little noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pitches = [numbers.uniform(0.01, 0.3) for _ in range(2)]
    noise = numbers.uniform(0, 0.3)
    samples = []
    for i in range(int(numbers.uniform(0.3, 1.0) * RATE_HZ)):
        value = math.sin(pitches[0] * i) + math.sin(pitches[1] * i) + noise * (numbers.random() - 0.5)
        samples.append(int(9000 * value))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return path


def convert(wav, suffix):
    """The same sound as flac or mp3, by sox or else ffmpeg; None if neither can."""
    target = wav.with_suffix(suffix)
    for command in (["sox", "-V1", wav, target], ["ffmpeg", "-v", "error", "-y", "-i", wav, target]):
        if not shutil.which(command[0]):
            continue
        done = subprocess.run(command, capture_output=True)
        if done.returncode == 0 and target.exists() and target.stat().st_size > 0:
            return target
        target.unlink(missing_ok=True)
    return None


def formats(folder, numbers):
    """The formats that this machine can write."""
    wav = write_sound(folder / "probe.wav", numbers)
    return [".wav", *(suffix for suffix in (".flac", ".mp3") if convert(wav, suffix))]


def distinct_sounds(folder, count, numbers):
    """`count` sounds, the formats in turn."""
    suffixes = formats(folder / "probe", numbers)
    sounds = []
    for i in range(count):
        wav = write_sound(folder / f"{i:03}.wav", numbers)
        suffix = suffixes[i % len(suffixes)]
        sounds.append(wav if suffix == ".wav" else convert(wav, suffix))
    return sounds, suffixes


def cut(source, target, numbers):
    """Ends early; the header, of known length, promises more."""
    content = source.read_bytes()
    return write(target.with_suffix(source.suffix), content[:int(len(content) * numbers.uniform(0.3, 0.9))])


def zeroed(source, target, numbers):
    """A third of the coded sound is zeros. (In a wav, zeros are silence.)"""
    content = bytearray(source.read_bytes())
    length = len(content) // 3
    start = numbers.randrange(length, len(content) - length)
    content[start:start + length] = bytes(length)
    return write(target.with_suffix(source.suffix), bytes(content))


def text(_, target, numbers):
    return write(target.with_suffix(".wav"), f"this is not sound {numbers.random()}\n".encode() * 50)


def empty(source, target, _):
    return write(target.with_suffix(source.suffix), b"")


def write(path: pathlib.Path, content):
    path.write_bytes(content)
    return path


# Damage and the formats it makes unreadable. (An mp3 may end after any frame: nothing says how many there are.)
DAMAGES = [(cut, [".wav", ".flac"]), (zeroed, [".flac", ".mp3"]), (text, [".wav"]), (empty, [".wav", ".flac", ".mp3"])]


def damaged(index, sounds, target, numbers):
    """Damages one of the sounds; the kinds and their formats in turn. Returns the file and the kind."""
    damage, suffixes = DAMAGES[index % len(DAMAGES)]
    present = [suffix for suffix in suffixes if any(sound.suffix == suffix for sound in sounds)]
    if not present:  # only wav here
        damage, present = cut, [".wav"]
    suffix = present[index // len(DAMAGES) % len(present)]
    source = numbers.choice([sound for sound in sounds if sound.suffix == suffix])
    return damage(source, target, numbers), f"{damage.__name__} {source.suffix[1:]}"
