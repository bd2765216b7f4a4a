"""qamro score --format audio-aes writes what the program audio-aes writes. $QAMRO is the command."""
import json
import struct

import pytest
from command import rows, run, write_wav
from small_audiobox import write_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("audio_aes") / "small")


def float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def dumped(row):
    """The package's line for that row: json.dumps of float32 scores."""
    return json.dumps({axis: float32(row[axis]) for axis in ("CE", "CU", "PC", "PQ")})


def write_list(folder, entries):
    path = folder / "input.jsonl"
    path.write_text("".join((entry if isinstance(entry, str) else json.dumps(entry)) + "\n" for entry in entries))
    return path


def test_lines_are_those_of_the_package(model, tmp_path):
    clips = [str(write_wav(tmp_path / f"{name}.wav", 0.6 + 0.3 * i, pitch=0.02 + 0.02 * i))
             for i, name in enumerate("cab")]
    entries = [{"path": clips[0]}, {"path": clips[2], "start_time": 0.25, "end_time": 1.125},
               {"path": clips[1], "start_time": 0, "end_time": 0.5}, {"path": clips[2]}, {"path": clips[0]}]
    listed = write_list(tmp_path, entries)
    result = run("score", listed, "--model", model, "--format", "audio-aes")
    assert result.returncode == 0, result.stderr
    scores = rows(run("score", listed, "--model", model).stdout)
    assert result.stdout == "".join(dumped(row) + "\n" for row in scores)
    assert result.stdout.splitlines()[0] == result.stdout.splitlines()[-1]
    assert len(set(result.stdout.splitlines())) == 4, "the clips and their parts differ"
    alone = [run("score", write_list(tmp_path, [entry]), "--model", model, "--format", "audio-aes").stdout
             for entry in entries]
    assert "".join(alone) == result.stdout, "a line does not depend on the others"


def test_a_clip_that_fails_keeps_its_line(model, tmp_path):
    clip = str(write_wav(tmp_path / "a.wav", 0.7))
    listed = write_list(tmp_path, [{"path": clip}, {"path": str(tmp_path / "absent.wav")}, '{"path": ', {"path": clip}])
    result = run("score", listed, "--model", model, "--format", "audio-aes", "--output", tmp_path / "out.jsonl")
    assert result.returncode == 1
    lines = rows((tmp_path / "out.jsonl").read_text())
    assert [list(line) for line in lines] == [["CE", "CU", "PC", "PQ"], ["error"], ["error"], ["CE", "CU", "PC", "PQ"]]
    assert "absent.wav" in lines[1]["error"] and "input.jsonl:3" in lines[2]["error"]
    assert lines[0] == lines[3]
    assert "2 failed" in result.stderr


def test_what_has_no_such_lines_is_refused(model, tmp_path):
    clip = write_wav(tmp_path / "a.wav", 0.5)
    other = run("score", clip, "--model", "distill-mos", "--format", "audio-aes")
    assert other.returncode == 2 and other.stdout == ""
    assert "expected the axes CE, CU, PC and PQ, got 'mos'" in other.stderr
    windows = run("score", clip, "--model", model, "--format", "audio-aes", "--windows")
    assert windows.returncode == 2 and "--windows" in windows.stderr and windows.stdout == ""
