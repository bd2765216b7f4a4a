"""What is written replaces nothing that is read, has one writer, and is harmless; what is read cannot hurt."""
import json
import os
import pty
import signal
import struct
import subprocess
import time

import pytest
from command import QAMRO, ROOT, run, write_wav


def test_an_output_is_never_an_input(tmp_path):
    wav = write_wav(tmp_path / "in/a.wav", 1.0)
    before = wav.read_bytes()
    os.symlink(wav, tmp_path / "link.wav")
    os.link(wav, tmp_path / "hard.wav")
    (tmp_path / "m.jsonl").write_text(json.dumps({"path": str(wav)}))
    (tmp_path / "s.jsonl").write_text("".join(json.dumps({"path": f"{i}.wav", "mos": 3 + i % 2}) + "\n" for i in range(9)))
    for arguments in (("score", wav, "-o", wav), ("score", wav, "-o", tmp_path / "link.wav"),
                      ("score", wav, "-o", tmp_path / "hard.wav"), ("score", wav, "-o", tmp_path / "in/../in/a.wav"),
                      ("score", tmp_path / "in", "-o", wav), ("score", tmp_path / "m.jsonl", "-o", wav),
                      ("score", tmp_path / "m.jsonl", "-o", tmp_path / "m.jsonl"), ("score", wav, "--report", wav),
                      ("score", wav, "-o", tmp_path / "x", "--report", tmp_path / "in/../x"),
                      ("embed", wav, "-o", wav), ("gate", tmp_path / "s.jsonl", "--min", "mos=1", "--json", tmp_path / "s.jsonl"),
                      ("compare", tmp_path / "s.jsonl", wav, "--json", tmp_path / "s.jsonl"),
                      ("evaluate", "--labels", tmp_path / "s.jsonl", "--predictions", tmp_path / "m.jsonl", "--json",
                       tmp_path / "m.jsonl")):
        result = run(*arguments)
        assert result.returncode == 2 and "expected" in result.stderr, (arguments, result.stderr)
    assert wav.read_bytes() == before
    for _ in range(2):  # a result may be replaced by a later one, also in the folder that is read
        assert run("score", tmp_path / "in", "-o", tmp_path / "in/s.jsonl", "--report", tmp_path / "in/r.html").returncode == 0


def heed_signals():
    """Whoever runs the tests with nohup or in the background has signals ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def slow_score(tmp_path, **options):
    for i in range(60):
        write_wav(tmp_path / f"w/{i:02}.wav", 6.0, pitch=0.02 + 0.001 * i)
    return subprocess.Popen([QAMRO, "score", tmp_path / "w", "--threads", "1", "-o", tmp_path / "s.jsonl"],
                            stderr=subprocess.PIPE, text=True, **options)


def wait_for(path, lines):
    for _ in range(400):
        if path.exists() and len(path.read_bytes().splitlines()) > lines:
            return
        time.sleep(0.05)
    raise AssertionError(path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_says_how_to_go_on(tmp_path, number):
    process = slow_score(tmp_path, preexec_fn=heed_signals)
    wait_for(tmp_path / "s.jsonl.journal", 3)
    second = run("score", tmp_path / "w", "-o", tmp_path / "s.jsonl", "--resume")
    assert second.returncode == 2 and "another qamro process" in second.stderr
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == -number and "continue with --resume" in stderr
    assert not (tmp_path / "s.jsonl").exists()
    anew = run("score", tmp_path / "w/00.wav", "-o", tmp_path / "s.jsonl")
    assert anew.returncode == 0 and "starting anew" in anew.stderr


def test_an_ignored_signal_stays_ignored_and_a_lost_terminal_ends_the_run(tmp_path):
    process = slow_score(tmp_path, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))  # as nohup does
    wait_for(tmp_path / "s.jsonl.journal", 3)
    process.send_signal(signal.SIGHUP)
    wait_for(tmp_path / "s.jsonl.journal", 8)
    process.terminate()
    process.communicate(timeout=60)
    process = slow_score(tmp_path, preexec_fn=lambda: os.close(2))
    wait_for(tmp_path / "s.jsonl.journal", 3)
    process.terminate()
    process.wait(timeout=60)
    assert process.returncode == -signal.SIGTERM


def test_one_writer_of_a_run_folder(tmp_path):
    recipe = ROOT / "examples/neural_codecs/recipe.toml"
    seeds = ("--set", "training.seeds=[0,1,2,3,4,5,6,7,8,9]")
    first = subprocess.Popen([QAMRO, "train", recipe, "--output", tmp_path / "run", *seeds], stderr=subprocess.PIPE)
    for _ in range(200):
        if (tmp_path / "run/run.json").exists():
            break
        time.sleep(0.01)
    second = run("train", recipe, "--output", tmp_path / "run", "--resume", *seeds)
    first.communicate()
    assert second.returncode == 2 and "another qamro process" in second.stderr, second.stderr


def test_names_are_harmless_in_csv_and_on_a_terminal(tmp_path):
    folder = tmp_path / "w"
    write_wav(folder / "a.wav", 1.0).rename(folder / "\x1b]0;owned\x07.wav")
    write_wav(folder / "=1+1.wav", 1.0)
    result = subprocess.run([QAMRO, "score", "=1+1.wav", "--format", "csv", "--no-ranking"], cwd=folder, capture_output=True,
                            text=True)
    assert result.stdout.splitlines()[1].startswith("'=1+1.wav,")
    (folder / "p.csv").write_text(result.stdout)
    (folder / "l.csv").write_text("path,mos\n=1+1.wav,3\n")  # and the name still joins
    assert run("evaluate", "--labels", folder / "l.csv", "--predictions", folder / "p.csv").returncode == 0
    parent, child = pty.openpty()
    subprocess.run([QAMRO, "score", folder / "\x1b]0;owned\x07.wav", "--format", "csv"], stdout=child, stderr=child)
    os.close(child)
    shown = b""
    try:
        while piece := os.read(parent, 65536):
            shown += piece
    except OSError:
        pass
    assert b"\x1b]0" not in shown and b"\\x1b]0;owned\\x07" in shown


def test_json_beyond_its_limits_is_refused(tmp_path):
    model = tmp_path / "m"
    model.mkdir()
    for text, what in (("[" * 400_000, "nested deeper"), ('{"a":' * 80_000, "nested deeper"), ("{" + ",".join(
            f'"{i}":0' for i in range(20_000)) + "}", "names"), ('{"a": 1', "expected JSON"), ('{"a": "\xff"}', "UTF-8")):
        (model / "model.json").write_bytes(text.encode("latin-1"))
        result = run("score", write_wav(tmp_path / "a.wav", 1.0), "--model", model)
        assert result.returncode == 3 and "model.json" in result.stderr and what in result.stderr, result.stderr[-300:]


def test_a_safetensors_header_takes_linear_time(tmp_path):
    header = json.dumps({f"t{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(100_000)}).encode()
    (tmp_path / "a.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    begin = time.time()
    result = run("model", "inspect", tmp_path / "a.safetensors")
    assert result.returncode == 0 and "100000 tensors" in result.stdout
    assert time.time() - begin < 20  # it took minutes


def test_control_characters_in_a_recipe_are_named_by_line(tmp_path):
    (tmp_path / "r.toml").write_bytes(b'[data]\nlabels = "a\0b"\n')
    result = run("train", tmp_path / "r.toml", "--output", tmp_path / "run")
    assert result.returncode == 2 and "r.toml:2" in result.stderr and "0x00" in result.stderr
