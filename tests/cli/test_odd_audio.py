"""Files as servers, browsers and careless copies leave them: all of their sound is scored, or they are refused by name."""
import struct
import subprocess

import pytest
from command import QAMRO, rows, run, write_wav

RATE = 16000


def chunk(name, body):
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def wav(seconds=1.0, data_size=None, riff_size=None, before=b"", after=b""):
    samples = b"".join(struct.pack("<h", (i * 7919) % 4001 - 2000) for i in range(int(seconds * RATE)))
    size = len(samples) if data_size is None else data_size
    body = (b"WAVE" + chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16)) + before + b"data" +
            struct.pack("<I", size) + samples + after)
    return b"RIFF" + struct.pack("<I", (len(body) if riff_size is None else riff_size) & 0xFFFFFFFF) + body


def score(path, *options):
    return rows(run("score", path, "--no-ranking", *options).stdout)


def read(tmp_path, data, name="a.wav"):
    (tmp_path / name).write_bytes(data)
    return score(tmp_path / name)[0]


# Writers that cannot go back put any number where the size belongs.
@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0x80000000, 2_000_000_000, 1_000_000_000,
                                  0x70000000, 0x7FFEFFFF, 0x7FFFFFFF - 36, 300_000_001, 4_000_000_000, 123_456_789])
def test_a_size_that_cannot_be_true_is_open(tmp_path, size):
    for riff_size in (size + 36, 0, 0xFFFFFFFF):
        assert read(tmp_path, wav(data_size=size, riff_size=riff_size))["duration_seconds"] == 1.0


def test_a_size_that_can_be_true_is_a_promise(tmp_path):
    for size in (2 * RATE + 1000, 4 * RATE, 20 * RATE, 1_000_000):
        assert "promises" in read(tmp_path, wav(data_size=size))["error"]


def test_a_wav_without_samples_is_refused(tmp_path):
    for after in (b"", chunk(b"LIST", b"INFOISFT\x04\0\0\0text")):
        assert "without any" in read(tmp_path, wav(seconds=0, after=after))["error"]


def test_sound_behind_the_samples_is_refused(tmp_path):
    whole = wav()
    for data in (whole + whole, whole + whole[44:], whole + whole[44:1044], wav(after=chunk(b"data", whole[44:])),
                 wav(after=chunk(b"LIST", b"INFO") + whole)):
        row = read(tmp_path, data)
        assert "behind its end" in row["error"], row


def test_tags_and_padding_behind_the_samples_are_none(tmp_path):
    for after in (chunk(b"LIST", b"INFOISFT\x04\0\0\0text"), chunk(b"id3 ", b"ID3\x03\0\0\0\0\x07\x76" + bytes(1014)),
                  b"ID3\x03\0\0\0\0\x07\x76" + bytes(1014), b"TAG" + bytes(125), bytes(4000), b"\n", b"LIST\x03\0\0\0abc"):
        assert read(tmp_path, wav(after=after))["duration_seconds"] == 1.0, after


def test_a_size_that_wrapped_at_4_gib_is_refused(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(wav())
    with open(path, "r+b") as file:
        file.truncate(44 + 2 * RATE + (1 << 32))  # sparse
    assert "4294967296 bytes" in score(path)[0]["error"]


def test_the_samples_may_follow_other_chunks(tmp_path):
    odd = chunk(b"bext", bytes(603)) + chunk(b"JUNK", bytes(28))
    assert read(tmp_path, wav(before=odd))["duration_seconds"] == 1.0
    assert read(tmp_path, wav(before=odd, data_size=0))["duration_seconds"] == 1.0


def test_sound_on_standard_input(tmp_path):
    whole = write_wav(tmp_path / "a.wav", 1.5)
    expected = score(whole)[0]
    done = subprocess.run([QAMRO, "score", "-", "--no-ranking"], input=whole.read_bytes(), capture_output=True, check=True)
    row = rows(done.stdout.decode())[0]
    assert row.pop("path") == "-"
    expected.pop("path"), expected.pop("system", None)
    assert row == expected
    lines = f'{{"path": "{whole}"}}\n'.encode()
    done = subprocess.run([QAMRO, "score", "-", "--no-ranking"], input=lines, capture_output=True, check=True)
    assert rows(done.stdout.decode())[0]["mos"] == expected["mos"]
    done = subprocess.run([QAMRO, "score", "-", "--no-ranking"], input=whole.read_bytes()[:9000], capture_output=True)
    assert done.returncode == 3 and "stdin: truncated" in rows(done.stdout.decode())[0]["error"]


def test_every_file_of_a_folder_is_scored_named_or_counted(tmp_path):
    for name in ("a/1.wav", "a/2.WAV", "a/noending"):
        write_wav(tmp_path / name, 1.0)
    for name in ("a/3.m4a", "b/1.webm", "b/2.Mp4", "b/3.ra"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"no sound at all")
    for name in ("a/notes.txt", "a/more.txt", "b/data.json", "README"):
        (tmp_path / name).write_text("text")
    result = run("score", tmp_path, "--system", "folder")
    names = {row["path"].rpartition("/")[2]: row for row in rows(result.stdout)}
    assert set(names) == {"1.wav", "2.WAV", "noending", "3.m4a", "1.webm", "2.Mp4", "3.ra"}
    assert {name for name, row in names.items() if "error" in row} == {"3.m4a", "1.webm", "2.Mp4", "3.ra"}
    assert result.returncode == 1
    assert "left out 4 files that are no audio: 1 without an ending, 1 .json, 2 .txt" in result.stderr
    assert run("gate", tmp_path, "--min", "mos=0.5").returncode == 1
