"""The recipes of examples/musiceval run completely, with MusicEval's own labels and prompts (QAMRO_DATA), a
small random CLAP and generated audio. Accuracy is not checked."""
import csv
import json
import os
import pathlib

import pytest
from command import ROOT, rows, run, write_wav
from small_clap import write_model

RECIPES = ROOT / "examples" / "musiceval"
DATA = pathlib.Path(os.environ.get("QAMRO_DATA", "/nowhere")) / "musiceval"
LISTS = DATA / "MusicEval-full/sets"
DEMOS = ("S001", "S006", "S013", "S017", "S018", "S033")
pytestmark = pytest.mark.skipif(not LISTS.exists(), reason=f"no {LISTS}")


def name_parts(name):
    system, prompt = name.removeprefix("audiomos2025-track1-").removesuffix(".wav").split("_")
    return int(system[1:]), int(prompt[1:])


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Some clips of each list, with CRLF and a last row of a TAB as in the wild. Each clip has a sound whose
    pitch depends on its system."""
    folder = tmp_path_factory.mktemp("package") / "MusicEval-full"
    (folder / "sets").mkdir(parents=True)
    names = []
    for side, step in (("train", 40), ("dev", 10), ("test", 12)):
        lines = (LISTS / f"{side}_mos_list.txt").read_text().splitlines()[::step]
        (folder / "sets" / f"{side}_mos_list.txt").write_text("\r\n".join([*lines, "\t", ""]), newline="")
        names += [line.split(",")[0] for line in lines if line]
    for name in names:
        system, prompt = name_parts(name)
        write_wav(folder / "wav" / name, 0.4 + 0.01 * (prompt % 10), pitch=0.01 * system + 0.0005 * prompt)
    (folder / "prompt_info.txt").write_bytes((DATA / "prompt_info.txt").read_bytes())
    demos = [name for name in names if any(f"-{system}_" in name for system in DEMOS)]
    (folder / "demo_prompt_info.txt").write_text("id\ttext\n" + "".join(f"{n}\ta demo, {n[-7:-4]}\n" for n in demos))
    write_model(folder / "small", heads=False)
    return folder


def settings(package, **others):
    values = {"data.labels": package / "sets/train_mos_list.txt",
              "data.validation_labels": package / "sets/dev_mos_list.txt",
              "data.test_labels": package / "sets/test_mos_list.txt", **others}
    return [part for key, value in values.items() for part in ("--set", f"{key}={json.dumps(value, default=str)}")]


@pytest.fixture(scope="module")
def embeddings(package):
    output = package / "clap.safetensors"
    result = run("embed", package / "wav", "--model", package / "small", "--prompts", package / "prompt_info.txt",
                 package / "demo_prompt_info.txt", "--output", output)
    assert result.returncode == 0, result.stderr
    return output


def expect_answer(package, output):
    """Expects one row per test clip in the challenge's format, which both conventions of a system's truth
    can evaluate."""
    expected = [line.split(",")[0].removesuffix(".wav")
                for line in (package / "sets/test_mos_list.txt").read_text().splitlines() if line.strip()]
    answer = [line.split(",") for line in (output / "answer.txt").read_text().splitlines()]
    assert sorted(row[0] for row in answer) == sorted(expected) and all(len(row) == 3 for row in answer)
    systems = {name_parts(name)[0] for name in expected}
    truths = LISTS.parent / "system_mos/system_mos_phase1_traindev.csv"
    with_truth = {int(row[0][1:]) for row in csv.reader(truths.open())}
    for truth, known in (("split", systems), (truths, systems & with_truth)):
        report = output / "report.json"
        result = run("evaluate", "--labels", package / "sets/test_mos_list.txt", "--predictions",
                     output / "answer.txt", "--system-truth", truth, "--json", report)
        assert result.returncode == 0, result.stderr
        metrics = json.loads(report.read_text())
        assert metrics["utterance"]["MI"]["n"] == len(expected) and metrics["system"]["TA"]["n"] == len(known) > 15


def test_the_papers_recipe_on_embeddings(package, embeddings):
    output = package / "paper"
    result = run("train", RECIPES / "paper.toml", "--output", output,
                 *settings(package, **{"data.embeddings": embeddings, "model.encoder": package / "small",
                                       "optimizer.learning_rate": 0.05, "training.patience": 5}))
    assert result.returncode == 0, result.stderr
    expect_answer(package, output)
    epochs = [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]
    in_fold = [epoch for epoch in epochs if epoch["fold"] == 0]
    best = max(epoch["epoch"] for epoch in in_fold if epoch["is_best"])
    assert len(in_fold) == best + 5 < 1000  # early stopping
    model = json.loads((output / "model/model.json").read_text())
    assert model["kind"] == "clap" and model["head_activation"] == "relu" and model["audio_policy"] == "correct"
    clip = sorted((package / "wav").iterdir())[0]
    scored = run("score", clip, "--model", output / "model", "--prompts", package / "prompt_info.txt",
                 package / "demo_prompt_info.txt")  # the vocabulary was copied, too
    assert scored.returncode == 0, scored.stderr
    assert all(isinstance(rows(scored.stdout)[0][axis], float) for axis in ("MI", "TA"))


@pytest.mark.parametrize("preset, micro_batch", [("published", 4), ("baseline", 3)])
def test_all_of_clap_is_trained(package, preset, micro_batch):
    output = package / preset
    few = {}
    for side in ("train", "dev", "test"):
        few[side] = package / f"few_{preset}_{side}.txt"
        few[side].write_text("".join((package / f"sets/{side}_mos_list.txt").read_text().splitlines(True)[:8]))
    result = run("train", RECIPES / f"{preset}.toml", "--output", output,
                 *settings(package, **{"data.labels": few["train"], "data.validation_labels": few["dev"],
                                       "data.test_labels": few["test"], "data.audio": package / "wav",
                                       "data.prompts": [package / "prompt_info.txt", package / "demo_prompt_info.txt"],
                                       "model.encoder": package / "small", "training.max_epochs": 2,
                                       "training.micro_batch": micro_batch}))
    assert result.returncode == 0, result.stderr
    model = json.loads((output / "model/model.json").read_text())
    assert model["audio_policy"] == "published" and model["head_activation"] == "none"
    before, after = (package / "small/model.safetensors").read_bytes(), (output / "model/model.safetensors").read_bytes()
    assert before[-4000:] != after[-4000:]
    scored = run("score", package / "wav", "--model", output / "model", "--prompt", "x", "--format", "answer")
    assert scored.returncode == 0, scored.stderr


def test_heads_know_the_audio_policy_of_their_embeddings(package):
    output = package / "published.safetensors"
    arguments = ("embed", package / "wav", "--model", package / "small", "--prompts", package / "prompt_info.txt",
                 package / "demo_prompt_info.txt", "--output", output)
    assert run(*arguments, "--audio-policy", "published").returncode == 0
    changes = {"data.embeddings": output, "model.encoder": package / "small", "training.max_epochs": 2,
               "training.patience": 0}
    result = run("train", RECIPES / "paper.toml", "--output", package / "policy", *settings(package, **changes))
    assert result.returncode == 0, result.stderr
    assert json.loads((package / "policy/model/model.json").read_text())["audio_policy"] == "published"
    result = run("train", RECIPES / "paper.toml", "--output", package / "other",
                 *settings(package, **changes, **{"model.audio_policy": "correct"}))
    assert result.returncode == 2 and "audio_policy" in result.stderr


def test_all_missing_files_and_prompts_are_named_at_once(package):
    absent = package / "absent.txt"
    absent.write_text("nowhere/S002_P001.wav,3,3\nnowhere/S002_P002.wav,2,4\nnowhere/S002_P003.wav,2.5,4\n")
    changes = {"data.labels": absent, "data.audio": package / "wav", "data.prompts": [package / "prompt_info.txt"],
               "model.encoder": package / "small"}
    few = package / "few_demo_less.txt"
    few.write_text("audiomos2025-track1-S002_P001.wav,3,3\n")
    changes.update({"data.validation_labels": few, "data.test_labels": absent})
    (package / "absent_test.txt").write_text("nowhere/S002_P004.wav,3,3\n")
    changes["data.test_labels"] = package / "absent_test.txt"
    result = run("train", RECIPES / "published.toml", "--output", package / "x", *settings(package, **changes))
    assert result.returncode == 2
    for number in (1, 2, 3, 4):
        assert f"nowhere/S002_P00{number}.wav" in result.stderr
    absent.write_text("audiomos2025-track1-S001_P001.wav,3,3\nS002_P777.wav,2,4\n")
    result = run("train", RECIPES / "published.toml", "--output", package / "x", *settings(package, **changes))
    assert result.returncode == 2 and "S001_P001" in result.stderr and "P777" in result.stderr


def test_impossible_recipes_are_refused(package, embeddings):
    base = {"data.embeddings": embeddings, "model.encoder": package / "small"}
    for changes, complaint in [({"data.axes": ["MI"], "data.label_columns": ["MI"]}, "data.axes"),
                               ({"model.head_kind": "mlp"}, "audio+text"),
                               ({"data.prompts": ["x.txt"]}, "data.prompts"),
                               ({"model.audio_policy": "best"}, "audio_policy")]:
        result = run("train", RECIPES / "paper.toml", "--output", package / "refused",
                     *settings(package, **base, **changes))
        assert result.returncode == 2 and complaint in result.stderr, result.stderr
