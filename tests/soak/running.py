"""What the parts of the soak share: the command, its random numbers, and the count of what went wrong."""
import dataclasses
import os
import pathlib
import random
import signal
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "neural_codecs"
TINY_SCALE = 0.01  # below it, the soak only shows that it works itself
TIMEOUT_SECONDS = 3600  # a run that takes longer hangs


@dataclasses.dataclass
class Soak:
    """Settings of a soak. `scale` 1 is the whole soak; smaller ones try less of everything."""
    qamro: pathlib.Path
    folder: pathlib.Path  # an empty folder of the part
    scale: float
    seed: int

    def count(self, full, least):
        return max(least, round(full * self.scale))

    def clips(self):
        """Of the short runs of the score command."""
        return 8 if self.scale < TINY_SCALE else 40

    def max_kills_per_run(self):
        return 1 if self.scale < TINY_SCALE else 4

    def numbers(self, purpose):
        return random.Random(f"{self.seed} {purpose}")

    def start(self, *arguments, **options):
        """Starts the command with the usual signals, even where the soak itself ignores some (nohup, &)."""
        before = options.pop("preexec_fn", None)

        def usual_signals():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            if before:
                before()

        return subprocess.Popen([self.qamro, *map(str, arguments)], stdin=subprocess.DEVNULL,
                                preexec_fn=usual_signals, **options)

    def run(self, *arguments, **options):
        """Runs the command to its end; returns its exit code, standard output and standard error."""
        process = self.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
        try:
            stdout, stderr = process.communicate(timeout=TIMEOUT_SECONDS)
        finally:
            process.kill()
        return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)

    def kill_after(self, seconds, number, *arguments):
        """Runs the command, and sends it a signal if it takes longer. Returns its exit code."""
        process = self.start(*arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
            return process.wait(TIMEOUT_SECONDS)
        finally:
            process.kill()

    def must(self, *arguments, **options):
        """The same for a run on which the part is built: it has to succeed."""
        result = self.run(*arguments, **options)
        if result.returncode != 0:
            raise SystemExit(f"soak: expected exit code 0, got {result.returncode}\n"
                             f"  qamro {' '.join(map(str, arguments))}\n{result.stderr}")
        return result


@dataclasses.dataclass
class Tally:
    """What a part reports. Memory is resident memory in bytes."""
    tried: int = 0
    wrong: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)
    memory_early: int | None = None
    memory_late: int | None = None
    open_files: int | None = None

    def check(self, right, message):
        if not right:
            self.wrong.append(message)
        return right


def files_in(folder):
    """Every file below a folder: relative name → path."""
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if not path.is_dir()}


def resident_bytes(pid):
    """VmRSS of a process; None once it has ended."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def open_files(pid):
    """Open files, folders and pipes of a process, without its standard streams, sockets, event descriptors
    (anon_inode) and devices, some of which torch keeps."""
    count = 0
    try:
        for descriptor in os.listdir(f"/proc/{pid}/fd"):
            target = os.readlink(f"/proc/{pid}/fd/{descriptor}")
            other = target.startswith(("socket:", "anon_inode:", "/dev/", "/proc/", "/sys/"))
            count += int(descriptor) > 2 and not other
    except OSError:
        pass
    return count
