"""qamro score --windows gives a timeline: one row per window of 10 s. $QAMRO is the command."""
import csv

import pytest
from command import rows, run, write_wav
from small_audiobox import AXES, published_tensors, write_hugging_face


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_hugging_face(tmp_path_factory.mktemp("windows") / "hf", published_tensors())


def times(timeline):
    return [(row["start_time"], row["end_time"], row["duration_seconds"]) for row in timeline]


def test_rows_are_windows_with_their_times(model, tmp_path):
    long, short = write_wav(tmp_path / "long.wav", 25.5, rate=8000), write_wav(tmp_path / "short.wav", 10)
    result = run("score", long, short, "--model", model, "--windows")
    assert result.returncode == 0, result.stderr
    timeline = rows(result.stdout)
    assert [row["path"] for row in timeline] == [str(long)] * 3 + [str(short)]
    assert times(timeline) == [(0, 10, 10), (10, 20, 10), (20, 25.5, 5.5), (0, 10, 10)]
    assert list(timeline[0]) == ["path", "start_time", "end_time", *AXES, "duration_seconds", "sample_rate_hz", "channels"]
    whole = rows(run("score", long, short, "--model", model).stdout)
    for axis in AXES:
        weighted = sum(row[axis] * row["duration_seconds"] for row in timeline[:3]) / 25.5
        assert whole[0][axis] == pytest.approx(weighted, abs=1e-6)
        assert whole[1][axis] == timeline[3][axis]
        assert len({row[axis] for row in timeline}) == 4


def test_windows_of_a_part_are_timed_in_the_file(model, tmp_path):
    clip = write_wav(tmp_path / "a.wav", 30)
    (tmp_path / "list.jsonl").write_text(f'{{"path": "{clip}", "start_time": 1.25, "end_time": 13.5}}\n'
                                         f'{{"path": "absent.wav"}}\n')
    result = run("score", tmp_path / "list.jsonl", "--model", model, "--windows", "--format", "csv")
    assert result.returncode == 1
    timeline = list(csv.DictReader(result.stdout.splitlines()))
    assert [(row["start_time"], row["end_time"]) for row in timeline] == [("1.25", "11.25"), ("11.25", "13.5"), ("", "")]
    assert "absent.wav" in timeline[2]["error"] and timeline[0]["error"] == ""
