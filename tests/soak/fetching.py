"""`qamro model fetch` from hostile servers: the right file in place, or a clear message and nothing in place."""
import hashlib
import json
import os
import subprocess
import time

from hostile import Host, drip, faults
from running import TINY_SCALE, Tally

NAME, FILE = "wavlm-base", "wavlm_base.pt"  # the table has no hash for it, so the content can be chosen
PATH = "/s3prl/converted_ckpts/resolve/main/wavlm_base.pt"
FILE_BYTES = 200_000
SITUATIONS = ["alone", "after a kill", "behind a redirect", "two at once"]
KILLED_BYTES = 80_000


class Place:
    """The home of a scenario, and the fetches in it."""

    def __init__(self, soak, home, url):
        self.soak = soak
        self.folder = home / ".local/share/qamro/models" / NAME
        self.file = self.folder / FILE
        clean = {key: value for key, value in os.environ.items()
                 if not key.startswith(("HF_", "XDG_", "QAMRO_")) and not key.lower().endswith("_proxy")}
        self.environment = {**clean, "HOME": str(home), "HF_ENDPOINT": url}

    def start(self):
        return self.soak.start("model", "fetch", NAME, "--wait", "0.01", "--timeout", "1", env=self.environment,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self, process):
        try:
            stdout, stderr = process.communicate(timeout=120)
        finally:
            process.kill()
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def files(self):
        return sorted(path.name for path in self.folder.iterdir()) if self.folder.exists() else []


def fetching(soak):
    """Every fault in every situation, at any scale but a tiny one."""
    tally = Tally()
    numbers = soak.numbers("fetch")
    content = b"PK\x03\x04" + numbers.randbytes(FILE_BYTES - 4)  # a .pt begins as a zip archive
    names = list(faults(Host(PATH, content, False), numbers))
    scenarios = [(name, situation) for situation in SITUATIONS for name in names]
    if soak.scale < TINY_SCALE:
        scenarios = scenarios[::13]
    seconds = {}
    for name, situation in scenarios:
        begin = time.monotonic()
        home = soak.folder / f"{name} {situation}".replace(" ", "_").replace(",", "")
        scenario(soak, tally, home, content, name, situation, numbers)
        seconds[f"{name}, {situation}"] = time.monotonic() - begin
        tally.tried += 1
    slowest = max(seconds, key=seconds.get)
    tally.notes.append(f"{len(scenarios)} scenarios: {len({name for name, _ in scenarios})} faults in "
                       f"{len(SITUATIONS)} situations; the slowest, {seconds[slowest]:.1f} s: {slowest}")
    return tally


def scenario(soak, tally, home, content, name, situation, numbers):
    host = Host(PATH, content, situation == "behind a redirect")
    place = Place(soak, home, host.url)
    what = f"{name}, {situation}:"
    try:
        if situation == "after a kill":
            killed_fetch(host, place)
        answers, gets_file = faults(host, numbers)[name]
        host.prepare(answers)
        processes = [place.start() for _ in range(2 if situation == "two at once" else 1)]
        results = [place.finish(process) for process in processes]
        check_end(tally, what, place, results, content)
        if gets_file is not None and len(results) == 1:
            tally.check((results[0].returncode == 0) == gets_file,
                        f"{what} expected {'the file' if gets_file else 'a refusal'}, got {results[0]}")
        host.prepare([])
        again = place.finish(place.start())
        if tally.check(again.returncode == 0, f"{what} later, from a good server: {again.stderr}"):
            check_end(tally, f"{what} later, from a good server:", place, [again], content)
    finally:
        host.close()


def killed_fetch(host, place):
    """A fetch that is killed in the middle of the file."""
    host.prepare([drip(host, 0.0, stop_after=KILLED_BYTES)])
    process = place.start()
    part = place.folder / f".{FILE}.part"
    limit = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size >= KILLED_BYTES // 2) and time.monotonic() < limit:
        time.sleep(0.01)
    process.kill()
    process.communicate()


def check_end(tally, what, place, results, content):
    """The right file with its receipt, or a clear message and nothing in place."""
    for result in results:
        tally.check(result.returncode in (0, 3), f"{what} expected exit code 0 or 3, got {result.returncode}: {result.stderr}")
        clear = FILE in result.stderr.partition("qamro model: ")[2]
        tally.check(result.returncode == 0 or clear, f"{what} expected a message with the file, got {result.stderr!r}")
    if all(result.returncode != 0 for result in results):
        tally.check(not place.file.exists(), f"{what} refused, and yet there is {place.file}")
        return
    found = place.file.read_bytes() if place.file.exists() else b""
    if not tally.check(found == content, f"{what} expected the right file, got {len(found)} bytes: {found[:30]!r}"):
        return
    tally.check(place.files() == sorted([FILE, "fetched.json"]), f"{what} expected only the file and its receipt, got {place.files()}")
    receipt = json.loads((place.folder / "fetched.json").read_text())
    digest = hashlib.sha256(content).hexdigest()
    tally.check(receipt["files"][0]["sha256"] == digest, f"{what} expected SHA-256 {digest} in the receipt, got {receipt}")
