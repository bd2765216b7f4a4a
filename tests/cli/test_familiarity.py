"""How familiar audio is to the speech models: rows, summary, ranking, compare, gate, report, damaged statistics."""
import json
import math
import os
import pathlib
import random
import shutil
import struct
import wave

import pytest

from command import ROOT, rows, run

SHIPPED = ROOT / "models" / "distill-mos"
WEIGHTS = SHIPPED / "distill_mos_v7.pt"
SPEECH = pathlib.Path(os.environ.get("QAMRO_DATA", "/nonexistent")) / "neural_codec_mushra" / "audio"
FAMILIAR, FAR = 0.5, 0.1  # src/qamro/evaluation/clip_conditions.h

pytestmark = pytest.mark.skipif(not WEIGHTS.exists(), reason="needs the weights of distill-mos")


def write(path, samples, rate=16000):
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(struct.pack(f"<{len(samples)}h", *(int(32767 * sample) for sample in samples)))


def sine(seconds, pitch_hz=440, rate=16000):
    return [0.5 * math.sin(2 * math.pi * pitch_hz * i / rate) for i in range(int(seconds * rate))]


def noise(seconds, seed=1):
    random_numbers = random.Random(seed)
    return [random_numbers.uniform(-0.3, 0.3) for _ in range(int(seconds * 16000))]


def drums(seconds):
    random_numbers = random.Random(2)
    beat = [math.exp(-i / 900) * (math.sin(0.02 * i) + random_numbers.uniform(-0.3, 0.3)) * 0.7 for i in range(4000)]
    return (beat * int(seconds * 4 + 1))[: int(seconds * 16000)]


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """No speech: tones, noise, drums and silence, as systems."""
    folder = tmp_path_factory.mktemp("sounds")
    for clip in range(2):
        write(folder / "tones" / f"{clip}.wav", sine(2 + clip, 300 * (clip + 1)))
        write(folder / "noise" / f"{clip}.wav", noise(2 + clip, clip))
        write(folder / "drums" / f"{clip}.wav", drums(2 + clip))
        write(folder / "silence" / f"{clip}.wav", [0] * 16000 * (2 + clip))
    return folder


def score(*arguments):
    result = run("score", *arguments)
    assert result.returncode == 0, result.stderr
    return rows(result.stdout), result.stderr


@pytest.fixture(scope="module")
def scored(sounds):
    return {model: score(sounds, "--system", "folder", "--model", model)
            for model in ("distill-mos", "qamro-speech", str(WEIGHTS))}


def test_what_is_no_speech_is_far_from_it(scored):
    for model, (scores, said) in scored.items():
        assert [row["familiarity"] < FAR for row in scores] == [True] * 8, (model, scores)
        assert "8 far from the speech it was fitted on" in said
        assert "2 of 2" in said and "8 of 8" in said, "by system and in all, below the ranking"


def test_all_doors_to_the_model_tell_the_same(scored):
    by_name, of_heads, by_file = (scored[model][0] for model in scored)
    assert by_name == by_file
    assert [row["familiarity"] for row in by_name] == [row["familiarity"] for row in of_heads]


@pytest.mark.skipif(not SPEECH.is_dir(), reason="needs QAMRO_DATA")
def test_recorded_and_coded_speech_is_not_far(scored):
    clips = sorted(SPEECH.glob("stim_0[1-4]/*.flac"))
    for model in ("distill-mos", "qamro-speech"):
        scores, said = score(*clips, "--model", model)
        assert all(row["familiarity"] >= FAMILIAR for row in scores), scores
        assert "the speech it was fitted on" not in said


@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs espeak-ng")
def test_synthetic_speech_is_not_far(tmp_path):
    import subprocess
    for number, text in enumerate(["The conference is locked.", "Please try again later, or press the pound key."]):
        subprocess.run(["espeak-ng", "-w", tmp_path / f"{number}.wav", text], check=True)
    scores, _ = score(tmp_path, "--model", "distill-mos")
    assert all(row["familiarity"] >= FAMILIAR for row in scores), scores


def test_a_clip_does_not_depend_on_others_or_on_threads(sounds, scored):
    alone, _ = score(sounds / "drums" / "1.wav", "--system", "folder", "--model", "distill-mos", "--threads", 1)
    row = next(row for row in scored["distill-mos"][0] if row["path"].endswith("drums/1.wav"))
    assert alone == [row]


def test_rows_say_how_a_clip_was_recorded(sounds, tmp_path):
    write(tmp_path / "loud.wav", sine(1, rate=32000), 32000)
    (row, silent), _ = score(tmp_path / "loud.wav", sounds / "silence" / "0.wav", "--model", "distill-mos")
    assert list(row) == ["path", "mos", "duration_seconds", "familiarity", "sample_rate_hz", "channels", "level_db"]
    assert (row["sample_rate_hz"], row["channels"]) == (32000, 1)
    assert row["level_db"] == pytest.approx(20 * math.log10(0.5 / math.sqrt(2)), abs=0.01)
    assert silent["level_db"] is None


def test_windows_have_a_familiarity_each(tmp_path):
    write(tmp_path / "long.wav", noise(9) + sine(9))
    scores, _ = score(tmp_path, "--model", "distill-mos", "--windows")
    assert len(scores) > 2 and all(0 <= row["familiarity"] <= 1 and "level_db" not in row for row in scores)


def test_systems_that_were_not_recorded_alike_are_named_once(tmp_path):
    for clip in range(3):
        write(tmp_path / "short" / f"{clip}.wav", [0.1 * x for x in noise(1)])
        write(tmp_path / "wide" / f"{clip}.wav", sine(3, rate=48000), 48000)
    _, said = score(tmp_path, "--system", "folder", "--model", "distill-mos")
    for phrase in ("sample rate: 16 kHz (short), 48 kHz (wide)", "median level: from short", "median length: from short 1.0 s"):
        assert said.count(phrase) == 1, said
    assert "channels" not in said


def test_compare_reads_them_from_saved_rows(sounds, tmp_path):
    assert run("score", sounds, "--system", "folder", "--model", "distill-mos", "--output", tmp_path / "rows.csv",
               "--format", "csv").returncode == 0
    result = run("compare", tmp_path / "rows.csv", "--json", tmp_path / "out.json", "--permutations", 100)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("Scores of clips far from the speech") == 1 and "8 of 8" in result.stdout
    conditions = json.loads((tmp_path / "out.json").read_text())["mos"]["conditions"]
    assert conditions["familiarity"] == {"known": 8, "a_little_unlike": 0, "far": 8}
    assert [system["sample_rates_hz"] for system in conditions["systems"]] == [[16000]] * 4


def test_gate_says_it_in_its_line_and_json(sounds, tmp_path):
    result = run("gate", sounds / "drums", "--min", "mos=1", "--not-worse-than", sounds / "tones", "--margin", 5,
                 "--model", "distill-mos", "--json", tmp_path / "out.json")
    assert result.stdout.count("\n") == 1
    assert f"2 of 2 clips of {sounds / 'drums'} are far from the speech" in result.stdout
    conditions = json.loads((tmp_path / "out.json").read_text())["conditions"]
    assert [system["familiarity"]["far"] for system in conditions["systems"]] == [2, 2]


def test_a_report_has_the_numbers(sounds, tmp_path):
    assert run("score", sounds, "--system", "folder", "--model", "distill-mos", "--output", tmp_path / "rows.jsonl",
               "--report", tmp_path / "report.html").returncode == 0
    page = (tmp_path / "report.html").read_text()
    assert '"familiarity":{"known":8,"a_little_unlike":0,"far":8}' in page


@pytest.fixture
def copy(tmp_path):
    """A model with statistics of its own to damage."""
    folder = tmp_path / "model"
    folder.mkdir()
    for file in ("model.json", "familiarity.safetensors"):
        shutil.copy(SHIPPED / file, folder)
    (folder / WEIGHTS.name).symlink_to(WEIGHTS)
    return folder


def refusal(sounds, model):
    result = run("score", sounds / "drums", "--model", model)
    assert result.returncode == 3 and result.stdout == "", result.stdout
    return result.stderr


def test_damaged_statistics_are_refused(sounds, copy):
    statistics = copy / "familiarity.safetensors"
    whole = statistics.read_bytes()
    for damaged in (whole[:-1], whole + b"\0", whole[:100] + bytes([whole[100] ^ 1]) + whole[101:], b""):
        statistics.write_bytes(damaged)
        said = refusal(sounds, copy)
        assert str(statistics) in said and "expected SHA-256" in said, said
    statistics.unlink()
    assert str(statistics) in refusal(sounds, copy)
    model = json.loads((copy / "model.json").read_text())
    model["familiarity"] = "familiarity.safetensors"
    (copy / "model.json").write_text(json.dumps(model))
    assert "key 'familiarity'" in refusal(sounds, copy)


def test_a_model_without_statistics_says_nothing(sounds, copy, scored):
    model = json.loads((copy / "model.json").read_text())
    del model["familiarity"]
    (copy / "model.json").write_text(json.dumps(model))
    scores, said = score(sounds, "--system", "folder", "--model", copy)
    assert all("familiarity" not in row for row in scores) and "fitted on" not in said
    assert [row["mos"] for row in scores] == [row["mos"] for row in scored["distill-mos"][0]], "the same bytes"


def test_converting_keeps_them(sounds, tmp_path, scored):
    assert run("model", "convert", WEIGHTS, tmp_path / "mine").returncode == 0
    scores, _ = score(sounds, "--system", "folder", "--model", tmp_path / "mine")
    assert scores == scored["distill-mos"][0]
