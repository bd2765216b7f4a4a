"""What a run leaves in its folder, compared with that of an undisturbed run."""
import json
import re

from running import EXAMPLE, files_in
from sounds import write_sound

QUICK = ["--set", "training.seeds=[0,1]", "--set", "split.folds=2", "--set", "training.max_epochs=12",
         "--set", "model.hidden=[8,4]", "--set", "training.checkpoint_interval_seconds=0"]
ABLATION = ["--set", "ablate.preference_factors=[1]", "--set", "ablate.bootstrap_resamples=50"]
RECIPE = EXAMPLE / "recipe.toml"


def train(folder):
    return ["train", RECIPE, "--output", folder, *QUICK]


def ablate(folder):
    return ["ablate", RECIPE, "--output", folder, *QUICK, *ABLATION]


def score(sounds):
    """The command that scores a folder of sounds, one clip after the other."""
    return lambda folder: ["score", sounds, "--model", "distill-mos", "--threads", 1, "--output", folder / "scores.jsonl"]


def write_sounds(folder, count, numbers):
    for i in range(count):
        write_sound(folder / f"{i:03}.wav", numbers)
    return folder


def contents(folder):
    """Relative name → what the run determines: all but the seconds in metrics.jsonl, and a report's date and
    command."""
    return {name: determined(path) for name, path in files_in(folder).items()}


def determined(path):
    content = path.read_bytes()
    if path.name == "metrics.jsonl":
        return untimed(content)
    return re.sub(rb'"(date|command)":"[^"]*"', b"", content) if path.suffix == ".html" else content


def untimed(lines):
    """The lines, parsed; as they are if one of them is cut."""
    try:
        return [{key: value for key, value in json.loads(line).items() if key != "seconds"} for line in lines.splitlines()]
    except ValueError:
        return lines


def differences(found, expected):
    """In words; empty if both are the same."""
    words = [f"{name} is left over" for name in sorted(found.keys() - expected.keys())]
    words += [f"{name} is missing" for name in sorted(expected.keys() - found.keys())]
    words += [f"{name} differs" for name in sorted(found.keys() & expected.keys()) if found[name] != expected[name]]
    return ", ".join(words)


def reusable(folder):
    """Whether a killed run left something that --resume can use: a scored clip in the journal (behind its
    first line), or a finished epoch."""
    journal = folder / "scores.jsonl.journal"
    if journal.exists() and journal.read_bytes().count(b"\n") > 1:
        return True
    return any(path.name in ("last.safetensors", "result.json") for path in files_in(folder).values())
