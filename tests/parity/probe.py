"""Talks to a probe program: one JSON line in, one JSON line out."""
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("QAMRO_BUILD", ROOT / "build"))


class Probe:
    def __init__(self, name):
        self.process = subprocess.Popen(
            [BUILD / "tests" / "parity" / name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()
