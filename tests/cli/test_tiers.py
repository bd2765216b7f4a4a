"""Every kind of model in every precision on each instruction tier of this machine, and with plain operators
in the types of the highest tier (core/processor.h). Lower precisions stay near fp32, and no row depends on
threads, order or the other files."""
import json
import os

import pytest
import small_audiobox
import small_clap
from command import rows, run, write_wav
from tiers import PLAIN, TIERS, on, verbose_version

KINDS = {"audiobox": ("fp32", "bf16", "int8"), "clap": ("fp32", "bf16", "int8"), "distill-mos": ("fp32", "bf16")}
# What random weights of a few channels allow in lower precisions; parity judges the released sizes. fp32 has
# the limit that the package is held to: another order of sums makes 6e-5 in Distill-MOS' whole network.
LIMITS = {"fp32": 1e-4, "bf16": 0.05, "int8": 0.05}


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiers")
    for i, seconds in enumerate([0.3, 1.3, 2.6, 10.5]):
        write_wav(folder / "clips" / f"S00{i}_P001.wav", seconds, pitch=0.02 + 0.03 * i)
    small_audiobox.write_model(folder / "audiobox")
    small_clap.write_model(folder / "clap")
    return folder


def score(setting, kind, precision, tier, clips, *arguments):
    model = setting / kind if (setting / kind).exists() else kind
    prompt = ("--prompt", "a slow piano") if kind == "clap" else ()
    result = run("score", *clips, "--model", model, "--precision", precision, "--no-ranking", *prompt, *arguments,
                 env=on(tier))
    assert result.returncode == 0, result.stderr
    return rows(result.stdout)


def numbers(row):
    return {axis: value for axis, value in row.items() if axis not in ("path", "duration_seconds", "system")}


@pytest.mark.parametrize("tier", [*TIERS, PLAIN])
@pytest.mark.parametrize("kind, precision", [(kind, p) for kind, precisions in KINDS.items() for p in precisions])
def test_scores_of_a_tier_are_near_and_by_themselves(setting, kind, precision, tier):
    clips = sorted((setting / "clips").iterdir())
    together = score(setting, kind, precision, tier, clips, "--threads", "3")
    exact = score(setting, kind, "fp32", TIERS[-1], clips)
    for found, expected in zip(together, exact, strict=True):
        assert numbers(found) == pytest.approx(numbers(expected), rel=LIMITS[precision], abs=LIMITS[precision])
    assert score(setting, kind, precision, tier, clips[::-1], "--threads", "1")[::-1] == together
    assert score(setting, kind, precision, tier, clips[1:2], "--threads", "2") == together[1:2]


@pytest.mark.parametrize("tier", [*TIERS, PLAIN])
def test_the_tier_is_reported(setting, tier, tmp_path):
    assert verbose_version(QAMRO_CPU=tier)["processor"].split(" (")[0] == tier
    output = tmp_path / "scores.jsonl"
    score(setting, "audiobox", "bf16", tier, [setting / "clips"], "--output", output)
    assert json.loads(output.with_name("scores.jsonl.provenance.json").read_text())["processor"] == tier


def test_only_existing_tiers_are_accepted():
    result = run("--version", env=on("avx3"))
    assert result.returncode == 2 and "QAMRO_CPU: expected one of portable, avx2" in result.stderr


def test_an_error_inside_torch_is_one_line(setting):
    """oneDNN may use less than qamro expects: torch then refuses the product and reports its own stack."""
    if not verbose_version()["bf16"].startswith("linear layers bf16"):
        pytest.skip("this processor has no bfloat16 that oneDNN could refuse")
    environment = {**os.environ, "ONEDNN_MAX_CPU_ISA": "AVX2"}
    result = run("score", setting / "clips", "--model", setting / "audiobox", "--precision", "bf16", env=environment)
    assert result.returncode == 3
    lines = [line for line in result.stderr.splitlines() if "unexpected error" in line]
    assert len(lines) == 1 and "precision bf16" in lines[0] and "processor " in lines[0]
    assert str(setting / "audiobox") in lines[0] and "Please report" in lines[0]
    assert "frame #" not in result.stderr and "C++" not in result.stderr
