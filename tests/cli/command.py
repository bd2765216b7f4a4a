"""Runs the command ($QAMRO) and makes small sound files."""
import json
import math
import os
import pathlib
import signal
import struct
import subprocess
import time
import wave

ROOT = pathlib.Path(__file__).resolve().parents[2]
QAMRO = os.environ.get("QAMRO", str(ROOT / "build" / "qamro"))


def run(*arguments, **options):
    return subprocess.run([QAMRO, *map(str, arguments)], capture_output=True, text=True, timeout=300, **options)


def kill_after(seconds, *arguments):
    """Starts the command, then kills it with SIGKILL."""
    process = subprocess.Popen([QAMRO, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()


def rows(text):
    return [json.loads(line) for line in text.splitlines()]


def write_wav(path, seconds, rate=16000, pitch=0.05):
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        samples = [int(8000 * math.sin(pitch * i) * math.sin(0.0007 * i)) for i in range(int(seconds * rate))]
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return path
