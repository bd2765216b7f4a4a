"""Containers × {whole, cut, joined, damaged, sizes left open, junk in front or behind, a wav behind}: what `score` reads is what
is there, or it refuses the file by name. `python tests/cli/test_containers.py` prints the table. The files are made by ffmpeg."""
import array
import csv
import math
import random
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from command import rows, run

SECONDS = 3.0
DELAY = 0.15  # an encoder's and a decoder's delay, and the padding of the last packet
# name: (ending, ffmpeg's options)
CONTAINERS = {
    "wav": ("wav", "-c:a pcm_s16le"), "wav float": ("wav", "-c:a pcm_f32le"), "wav mulaw": ("wav", "-c:a pcm_mulaw"),
    "wav adpcm": ("wav", "-c:a adpcm_ms"), "wav mp3": ("wav", "-c:a libmp3lame -b:a 64k"),
    "wav ac3": ("wav", "-ar 48000 -c:a ac3"), "rf64": ("wav", "-c:a pcm_s16le -rf64 always"), "w64": ("w64", ""),
    "aiff": ("aiff", ""), "au": ("au", ""), "caf": ("caf", ""), "voc": ("voc", "-c:a pcm_s16le"), "flac": ("flac", ""),
    "ogg vorbis": ("ogg", "-c:a libvorbis"), "opus": ("opus", "-c:a libopus"), "ogg flac": ("oga", "-c:a flac"),
    "mp3": ("mp3", "-b:a 64k"), "mp3 vbr": ("mp3", "-q:a 4"), "mp3 untagged": ("mp3", "-b:a 64k -write_xing 0 -id3v2_version 0"),
    "mp2": ("mp2", ""), "m4a": ("m4a", "-c:a aac"), "m4a front": ("m4a", "-c:a aac -movflags +faststart"),
    "mp4 fragments": ("mp4", "-c:a aac -movflags +frag_keyframe+empty_moov -frag_duration 500000"),
    "alac": ("m4a", "-c:a alac"), "aac": ("aac", "-c:a aac"), "webm": ("webm", "-c:a libopus"), "mka": ("mka", "-c:a aac"), "webm live": ("webm", "-c:a libopus -live 1"),
    "ac3": ("ac3", "-ar 48000"), "wma": ("wma", "-c:a wmav2"), "film": ("mp4", ""),
}
# Streams of packets that nowhere say how long they are: a cut at a packet's end cannot be told.
ENDLESS = {"mp3 untagged", "mp2", "aac", "ac3", "wav mulaw cut"}
CHANGES = ("whole", "cut", "cut a little", "joined", "damaged", "placeholder", "junk in front", "junk behind", "wav behind")

# Half a second of another recording.
WAV = (b"RIFF" + struct.pack("<I", 16036) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16000, 32000, 2, 16) + b"data" +
       struct.pack("<I", 16000) + random.Random(4).randbytes(16000))

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def sound(folder):
    """A buzz that never repeats and is never silent."""
    noise = random.Random(1)
    samples = array.array("h")
    for i in range(int(SECONDS * 24000)):
        tones = sum(math.sin(2 * math.pi * 180 * k * i / 24000 + k) / k for k in range(1, 9))
        samples.append(round(6500 * tones * (0.7 + 0.3 * math.sin(i / 1200)) + 600 * noise.uniform(-1, 1)))
    (folder / "sound.raw").write_bytes(samples.tobytes())
    return folder / "sound.raw"


def encode(folder, name):
    ending, options = CONTAINERS[name]
    out = folder / f"{name.replace(' ', '_')}.{ending}"
    picture = "-f lavfi -i testsrc=size=64x48:rate=10 -shortest" if name == "film" else ""
    subprocess.run(f"ffmpeg -v error -y -f s16le -ar 24000 -ac 1 -i {sound(folder)} {picture} {options} {out}".split(),
                   check=True)
    return out


def with_placeholder(data):
    """Sizes as a program leaves them that writes into a pipe; the same bytes for a format without a size in front."""
    data = bytearray(data)
    at = data.find(b"data") + 4
    if data[:4] in (b"RIFF", b"RF64"):
        data[4:8] = data[at:at + 4] = b"\xff" * 4
    elif data[:4] == b"caff":
        data[at:at + 8] = b"\xff" * 8
    elif data[:4] == b".snd":
        data[8:12] = b"\xff" * 4
    elif data[:4] == b"FORM":
        at = data.find(b"SSND") + 4
        data[4:8] = data[at:at + 4] = bytes(4)
    elif data[:4] == b"fLaC":
        data[21] &= 0xf0
        data[22:26] = bytes(4)
    return bytes(data)


def changed(data, change):
    if change == "placeholder":
        return with_placeholder(data)
    if change == "cut":
        return data[:len(data) * 6 // 10]
    if change == "cut a little":
        return data[:len(data) * 995 // 1000]
    if change == "joined":
        return data + data
    if change == "damaged":
        at = len(data) // 2
        return data[:at] + bytes(len(data) // 5) + data[at + len(data) // 5:]
    if change == "junk in front":
        return random.Random(2).randbytes(1000) + data
    if change == "junk behind":
        return data + random.Random(3).randbytes(5000)
    if change == "wav behind":
        return data + WAV
    return data


def files(folder, names=CONTAINERS):
    """{(container, change): path}."""
    made = {}
    for name in names:
        whole = encode(folder, name)
        for change in CHANGES:
            path = folder / f"{whole.stem}-{change.replace(' ', '_')}{whole.suffix}"
            path.write_bytes(changed(whole.read_bytes(), change))
            made[name, change] = path
    return made


def results(folder, names=CONTAINERS):
    made = files(folder, names)
    return dict(zip(made, rows(run("score", *made.values(), "--no-ranking").stdout), strict=True))


def is_right(container, change, row, of_whole):
    """A length that is true of the file, or a refusal that names it."""
    if "error" in row:
        return change != "whole" and Path(row["path"]).name in row["error"]
    seconds = row["duration_seconds"]
    whole = abs(seconds - SECONDS) < DELAY
    if change == "joined":
        return abs(seconds - 2 * SECONDS) < 2 * DELAY
    if change.startswith("cut"):  # a little may be padding
        return container in ENDLESS or (change == "cut a little" and seconds == of_whole["duration_seconds"])
    return whole and not change.endswith("behind")


@pytest.mark.parametrize("container", CONTAINERS)
def test_what_is_read_is_there(container, tmp_path):
    found = results(tmp_path, [container])
    for (name, change), row in found.items():
        assert is_right(name, change, row, found[name, "whole"]), (change, row)


def test_a_caf_of_open_size_is_read_whole_and_as_far_as_it_goes(tmp_path):
    found = results(tmp_path, ["caf"])
    assert found["caf", "placeholder"]["mos"] == found["caf", "whole"]["mos"]
    cut = tmp_path / "half.caf"
    cut.write_bytes((data := (tmp_path / "caf-placeholder.caf").read_bytes())[:len(data) // 2])
    [row] = rows(run("score", cut, "--no-ranking").stdout)
    assert abs(row["duration_seconds"] - SECONDS / 2) < 0.01


def test_a_note_is_in_csv_too(tmp_path):
    encode(tmp_path, "mp3 untagged")
    (odd := tmp_path / "odd.mp3").write_bytes(bytes(2000) + (tmp_path / "mp3_untagged.mp3").read_bytes())
    [row] = rows(run("score", odd, "--no-ranking").stdout)
    [cells] = csv.DictReader(run("score", odd, "--no-ranking", "--format", "csv").stdout.splitlines())
    assert cells["note"] == row["note"] != ""


def ffmpeg_seconds(path):
    done = subprocess.run(["ffmpeg", "-v", "quiet", "-i", path, "-vn", "-f", "f32le", "-ac", "1", "-ar", "48000", "-"],
                          capture_output=True)
    return len(done.stdout) / 4 / 48000


def main():
    import tempfile
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = files(folder)
        read = rows(run("score", *made.values(), "--no-ranking").stdout)
        wrong = 0
        for (container, change), row in zip(made, read, strict=True):
            if change == "whole":
                of_whole = row
            right = is_right(container, change, row, of_whole)
            wrong += not right
            what = f"{row['duration_seconds']:.3f} s" if "error" not in row else row["error"].rpartition("/")[2]
            print(f"{container:14}{change:15}{'' if right else 'WRONG ':6}ffmpeg {ffmpeg_seconds(made[container, change]):5.2f} s  "
                  f"{what[:110]}{'  note: ' + row['note'] if 'note' in row else ''}")
    print(f"{len(made)} files, {wrong} wrong")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
