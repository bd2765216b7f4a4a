"""The launcher of the `qamro` command, with a stand-in for the program, and the program itself if
it is installed."""
import importlib.metadata
import pathlib
import subprocess
import sys
import sysconfig

import pytest

import _qamro_command

INSTALLED = pathlib.Path(_qamro_command.package_folder("qamro")) / "bin" / "qamro"
SCRIPT = pathlib.Path(sysconfig.get_path("scripts")) / "qamro"
MINOR = ".".join(importlib.metadata.version("torch").split(".")[:2])


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """A package folder whose program prints its arguments and where it looks for libraries."""
    torch = _qamro_command.package_folder("torch")
    monkeypatch.setattr(_qamro_command, "package_folder", lambda name: {"qamro": tmp_path, "torch": torch}[name])
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "qamro").write_text('#!/bin/sh\necho "$@"\necho "$LD_LIBRARY_PATH"\nexit 1\n')
    (folder / "qamro").chmod(0o755)
    (folder / "torch_version").write_text(MINOR + "\n")
    return folder


def test_hands_over_arguments_libraries_and_exit_code(stand_in, monkeypatch):
    calls = []
    monkeypatch.setattr("os.execve", lambda *arguments: calls.append(arguments))
    monkeypatch.setattr(sys, "argv", ["qamro", "score", "a b.wav"])
    _qamro_command.main()
    ((path, arguments, environment),) = calls
    done = subprocess.run([path, *arguments[1:]], env=environment, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    assert done.returncode == 1 and lines[0] == "score a b.wav"
    assert (pathlib.Path(lines[1].split(":")[0]) / "libtorch_cpu.so").exists()


def test_another_torch(stand_in, capsys):
    (stand_in / "torch_version").write_text("2.1\n")
    with pytest.raises(SystemExit) as stopped:
        _qamro_command.main()
    assert stopped.value.code == 3
    said = capsys.readouterr().err
    assert said.startswith(f"qamro: the command was built with torch 2.1, expected torch 2.1.*, got {MINOR}")
    assert "pip install --force-reinstall" in said


def test_without_the_program(stand_in, capsys):
    (stand_in / "qamro").unlink()
    with pytest.raises(SystemExit) as stopped:
        _qamro_command.main()
    assert stopped.value.code == 3 and "installed without the command" in capsys.readouterr().err


@pytest.mark.skipif(not INSTALLED.exists(), reason="installed without the command")
def test_the_program_runs():
    done = subprocess.run([SCRIPT, "model", "list"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "qamro-speech" in done.stdout
