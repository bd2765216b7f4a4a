"""Completion scripts, as the shells use them."""
import shutil
import subprocess

import pytest
from command import run

SHELLS = ("bash", "zsh", "fish")


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("completion")
    for shell in SHELLS:
        done = run("completion", shell)
        assert (done.returncode, done.stderr) == (0, "")
        (folder / shell).write_text(done.stdout)
    return folder


def complete_in_bash(script, *words):
    """What bash would offer for the last word."""
    code = (f"source {script}; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _qamro; "
            "printf '%s\\n' \"${COMPREPLY[@]}\"")
    done = subprocess.run(["bash", "-c", code, "bash", "qamro", *words], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@pytest.mark.parametrize("words, offered", [
    (["sc"], ["score"]),
    (["model", "in"], ["inspect"]),
    (["model", "fetch", "--"], None),
    (["score", "--out"], ["--output"]),
    (["score", "a.wav", "--format", ""], ["jsonl", "csv", "answer", "audio-aes"]),
    (["score", "a.wav", "--format", "c"], ["csv"]),
    (["score", "--format", "=", "c"], ["csv"]),
    (["score", "--format", "="], ["jsonl", "csv", "answer", "audio-aes"]),
    (["score", "--output", "c"], []),  # a file: bash's own completion
    (["score", "model", "--form"], ["--format"]),  # "model" is a file here
    (["score", "my"], []),
    (["completion", "z"], ["zsh"]),
    (["--vers"], ["--version"]),
])
def test_bash(scripts, words, offered):
    got = complete_in_bash(scripts / "bash", *words)
    if offered is None:
        assert "--help" in got and "--format" not in got
    else:
        assert got == offered


def test_bash_offers_every_command_of_the_help(scripts):
    text = run("--help").stdout.split("Subcommands:")[1]
    commands = [line.split()[0] for line in text.splitlines() if line.startswith("  ") and line[2] != " "]
    assert len(commands) > 8
    assert complete_in_bash(scripts / "bash", "") == commands


def complete_in_fish(script, line):
    code = f"source {script}; complete -C '{line}'"
    done = subprocess.run(["fish", "--private", "-c", code], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stderr) == (0, "")
    return [line.split("\t")[0] for line in done.stdout.splitlines()]


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
@pytest.mark.parametrize("line, offered", [
    ("qamro sco", ["score"]),
    ("qamro model in", ["inspect"]),
    ("qamro score --form", ["--format"]),
    ("qamro score a.wav --format c", ["csv"]),
    ("qamro completion z", ["zsh"]),
])
def test_fish(scripts, tmp_path, line, offered):
    assert complete_in_fish(scripts / "fish", line) == offered


@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh")
def test_zsh_accepts_the_script(scripts):
    code = f"autoload -U compinit; compinit -D; source {scripts / 'zsh'}; print $_comps[qamro]"
    done = subprocess.run(["zsh", "-f", "-c", code], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout, done.stderr) == (0, "_qamro\n", "")


def test_refuses_other_shells():
    done = run("completion", "tcsh")
    assert done.returncode == 2
    assert "tcsh" in done.stderr
