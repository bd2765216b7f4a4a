"""Reading and writing of mono wavs, and the programs that make audio. Every function is deterministic."""
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np


def read(path: Path) -> tuple[np.ndarray, int]:
    """Samples in [-1, 1] (the mean of the channels) and their rate, of any file that sox reads."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.wav"
        run("sox", "-D", path, "-b", "16", "-e", "signed", plain)
        with wave.open(str(plain)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
            return samples.reshape(-1, file.getnchannels()).mean(1) / 32768.0, file.getframerate()


def write(path: Path, samples: np.ndarray, rate_hz: int) -> None:
    """As 16 bit. Louder samples than 1 are scaled down together, for clipping would be one more change."""
    path.parent.mkdir(parents=True, exist_ok=True)
    loudest = np.abs(samples).max(initial=0.0)
    if loudest > 0.999:
        samples = samples * (0.999 / loudest)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.round(samples * 32767).astype("<i2").tobytes())


def run(*command: object, text: str | None = None) -> None:
    done = subprocess.run([str(part) for part in command], input=text, text=True, capture_output=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr.strip()[-500:]}")


def through(samples: np.ndarray, rate_hz: int, *steps: list[object]) -> tuple[np.ndarray, int]:
    """Through commands that read the file IN and write the file OUT; each step's OUT is the next one's IN."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        write(here / "0.wav", samples, rate_hz)
        before: Path = here / "0.wav"
        for number, step in enumerate(steps, 1):
            after = here / f"{number}.{step[0]}"
            run(*[before if part == "IN" else after if part == "OUT" else part for part in step[1:]])
            before = after
        return read(before)
