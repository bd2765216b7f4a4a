"""What cannot be scored or read is named, and the rest is done. $QAMRO is the command."""
import json
import math
import os
import pathlib
import pickle
import struct
import zipfile

import pytest
from command import ROOT, run, write_wav


def float_wav(path, samples, rate=16000):
    data = struct.pack(f"<{len(samples)}f", *samples)
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 3, 1, rate, rate * 4, 4,
                         32, b"data", len(data))
    path.write_bytes(header + data)
    return path


@pytest.fixture
def clips(tmp_path):
    """Good clips among broken ones, in name order."""
    write_wav(tmp_path / "a_good.wav", 1.0)
    (tmp_path / "b_empty.wav").write_bytes(b"")
    (tmp_path / "c_text.wav").write_text("words, not sound " * 20)
    write_wav(tmp_path / "d_none.wav", 0)
    write_wav(tmp_path / "e_short.wav", 0.01)
    float_wav(tmp_path / "f_nan.wav", [0.1] * 8000 + [math.nan] + [0.1] * 8000)
    whole = write_wav(tmp_path / "g_cut.wav", 1.0).read_bytes()
    (tmp_path / "g_cut.wav").write_bytes(whole[: len(whole) // 2])
    write_wav(tmp_path / "h_good.wav", 1.0)
    return tmp_path


EXPECTED = {"b_empty.wav": "empty file", "c_text.wav": "not audio", "d_none.wav": "", "e_short.wav": "too short",
            "f_nan.wav": "nan at 0.5", "g_cut.wav": "truncated"}


def test_broken_files_are_named_and_the_rest_is_scored(clips):
    result = run("score", clips, "--model", "distill-mos")
    assert result.returncode == 1, result.stderr
    rows = {pathlib.Path(row["path"]).name: row for row in map(json.loads, result.stdout.splitlines())}
    assert list(rows) == sorted(rows), "rows keep the inputs' order"
    for name, message in EXPECTED.items():
        assert set(rows[name]) == {"path", "error"}
        assert name in rows[name]["error"] and message in rows[name]["error"], rows[name]
    for name in ("a_good.wav", "h_good.wav"):
        assert 1 <= rows[name]["mos"] <= 5
        assert rows[name]["duration_seconds"] == 1.0
    assert rows["a_good.wav"]["mos"] == rows["h_good.wav"]["mos"], "a score does not depend on the other files"


def test_a_folder_without_audio_is_an_error(tmp_path):
    result = run("score", tmp_path, "--model", "distill-mos")
    assert result.returncode == 3
    assert str(tmp_path) in result.stdout + result.stderr


def test_wrong_usage_is_2(tmp_path):
    clip = write_wav(tmp_path / "a.wav", 0.5)
    assert run("score", clip, "--model", "no-such-model").returncode == 2
    assert run("score", clip, "--precision", "fp17").returncode == 2
    assert run("score", clip, "--shard", "3/2").returncode == 2
    assert run("score").returncode == 2
    assert run("sing").returncode == 2


def test_output_appears_whole_with_its_provenance(clips):
    output = clips / "scores.csv"
    result = run("score", clips / "a_good.wav", "--model", "distill-mos", "--format", "csv", "--output", output)
    assert result.returncode == 0, result.stderr
    assert output.read_text().splitlines()[0] == "path,system,mos,duration_seconds,familiarity,sample_rate_hz,channels,level_db,note,error"
    provenance = json.loads((clips / "scores.csv.provenance.json").read_text())
    assert len(provenance["model"]["sha256"]) == 64
    assert {"precision", "resampler", "mono_policy", "qamro_version"} <= set(provenance)
    assert not (clips / "scores.csv.journal").exists()


def test_threads_do_not_change_a_bit(clips):
    outputs = [run("score", clips, "--model", "qamro-speech", "--threads", n).stdout for n in (1, 3)]
    assert outputs[0] == outputs[1] and outputs[0]


def test_resume_takes_up_a_journal_cut_in_the_middle(clips):
    output = clips / "scores.jsonl"
    good = [write_wav(clips / "good" / f"{i}.wav", 0.3 + 0.1 * i) for i in range(4)]
    arguments = ("score", *good, "--model", "distill-mos", "--output", output)
    stopped = run(*arguments[:3], clips / "b_empty.wav", *arguments[3:], "--fail-fast")
    assert stopped.returncode in (1, 3) and not output.exists()
    journal = clips / "scores.jsonl.journal"
    assert journal.exists()
    refused = run(*arguments, "--resume", "--mono", "first")
    assert refused.returncode == 2 and "another model or other options" in refused.stderr
    resumed = run(*arguments, "--resume")
    assert resumed.returncode == 0 and "resumed: 2 of 4 clips were already done; 1 line of the journal was not used: " in resumed.stderr
    assert [json.loads(line)["path"] for line in output.read_text().splitlines()] == [str(p) for p in good]


def test_a_device_that_scores_nothing_is_refused_before_anything_is_read():
    for device in ("tpu", "cuda:", "cuda:-1"):
        said = f"expected cpu, cuda or cuda:N, got '{device}'"
        result = run("score", "/nowhere/at_all.wav", "--model", "no-such-model", "--device", device)
        assert result.returncode == 2 and result.stdout == ""
        assert "--device" in result.stderr and said in result.stderr
        assert "no-such-model" not in result.stderr and "at_all" not in result.stderr


class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/qamro_was_here",)


def test_a_checkpoint_that_runs_code_is_refused_by_name(tmp_path):
    with zipfile.ZipFile(tmp_path / "evil.pt", "w") as archive:
        archive.writestr("evil/data.pkl", pickle.dumps({"model": Evil()}, protocol=2))
        archive.writestr("evil/version", "3\n")
    result = run("model", "inspect", tmp_path / "evil.pt")
    assert result.returncode == 3
    assert "system" in result.stderr and "refused" in result.stderr
    assert not pathlib.Path("/tmp/qamro_was_here").exists()


def test_a_safetensors_with_an_offset_past_the_end_is_refused(tmp_path):
    header = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    (tmp_path / "short.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 8)
    result = run("model", "inspect", tmp_path / "short.safetensors")
    assert result.returncode == 3 and "short.safetensors" in result.stderr


def test_a_recipe_with_an_unknown_key_is_refused_by_line(tmp_path):
    recipe = (ROOT / "examples/neural_codecs/recipe.toml").read_text().replace("learning_rate", "lerning_rate")
    (tmp_path / "recipe.toml").write_text(recipe)
    result = run("train", tmp_path / "recipe.toml", "--output", tmp_path / "out")
    assert result.returncode == 2
    line = 1 + recipe[: recipe.index("lerning_rate")].count("\n")
    assert f"recipe.toml:{line}" in result.stderr and "learning_rate" in result.stderr


def test_a_label_file_with_a_bad_row_is_refused_by_line(tmp_path):
    (tmp_path / "labels.csv").write_text("path,mos\na.wav,3\nb.wav,three\nc.wav,4\n")
    (tmp_path / "predictions.csv").write_text("path,mos\na.wav,3\nb.wav,2\nc.wav,4\n")
    result = run("evaluate", "--labels", tmp_path / "labels.csv", "--predictions", tmp_path / "predictions.csv")
    assert result.returncode == 2
    assert "labels.csv:3" in result.stderr and "three" in result.stderr


def test_a_missing_gpu_is_refused_before_the_model_is_read(tmp_path):
    """Without the libraries that a GPU needs, without a driver, or beyond the GPUs of this machine."""
    result = run("score", write_wav(tmp_path / "clip.wav", 1.0), "--model", "no-such-model", "--device", "cuda:100")
    assert result.returncode == 2 and not result.stdout
    assert "--device" in result.stderr and "no-such-model" not in result.stderr
    assert any(said in result.stderr for said in ("tools/setup.sh cuda", "no GPU found", "expected a GPU from 0 to"))


def test_each_device_refuses_the_precisions_of_the_other(tmp_path):
    result = run("score", write_wav(tmp_path / "clip.wav", 1.0), "--model", "distill-mos", "--precision", "fp16")
    assert result.returncode == 2 and "expected fp32, bf16 or int8" in result.stderr and "fp16" in result.stderr
