"""Whole commands, start-up included: `qamro score --model predictor.pt` beside the paper's predictor on laion-clap.

    .peers/bin/python benchmarks/clap.py [--rounds 3] [--threads 2] [--files 40] [--prompts 10] [--size base|tiny]
                                      [--precision fp32|bf16|int8]

Both get the same clips of 10 s, prompts of about 20 tokens, random weights and number of threads, and run
alternately. A time is the median of the rounds; the ratio is peer / qamro (above 1: qamro is faster). "cpu":
processor time of all threads, which a busy machine changes least. "cold": one clip and its prompt.
"each further clip": the folder's time beyond the cold time, per clip beyond the first. The peer encodes the
prompt of every clip, qamro each prompt once. The scores of both are compared: in fp32 a difference above 1e-3
of the spread between clips ends the run; in other precisions it is only reported.
"""
import argparse
import json
import os
import pathlib
import resource
import statistics
import sys
import tempfile

import numpy as np
import soundfile
import torch

from whole_command import HERE, QAMRO, Run, memory_row, processor, speech_like

sys.path.insert(0, str(HERE.parent / "tests" / "parity"))
import clap_peer  # noqa: E402

RATE_HZ = 48000
SECONDS = 10
WORDS = "slow bright piano calm strings heavy drums warm bass soft voice fast guitar dark organ old jazz band".split()


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class TimedRun(Run):
    """A Run that also has the processor time of the command."""

    def __init__(self, *args, **options):
        before = processor_seconds()
        super().__init__(*args, **options)
        self.cpu_seconds = processor_seconds() - before


class Commands:
    def __init__(self, folder, args):
        self.folder, self.threads, self.size, self.precision = folder, args.threads, args.size, args.precision
        self.predictor = folder / "predictor.pt"

    def listed(self, rows):
        path = self.folder / "input.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    def qamro(self, rows):
        return TimedRun([QAMRO, "score", self.listed(rows), "--model", self.predictor, "--threads", str(self.threads),
                         "--precision", self.precision, "--output", self.folder / "qamro.jsonl"], self.threads)

    def peer(self, rows):
        return TimedRun([sys.executable, HERE / "peer_clap.py", self.listed(rows), self.predictor,
                         self.folder / "peer.jsonl", "--size", self.size], self.threads)

    def scores(self, name):
        rows = [json.loads(line) for line in (self.folder / name).read_text().splitlines()]
        return np.array([[row["MI"], row["TA"]] for row in sorted(rows, key=lambda row: row["path"])])


def made_clips(folder, count, prompts, rng):
    """Different clips, which take the prompts in turn."""
    texts = [" ".join(rng.choice(WORDS, 18)) for _ in range(prompts)]
    rows = []
    for i in range(count):
        path = folder / f"clip_{i:03}.wav"
        samples = speech_like(SECONDS * RATE_HZ / 16000, rng)  # the number of samples at that rate
        level = 10 ** rng.uniform(-1, 0)
        noise = rng.uniform(0, 0.1) * rng.standard_normal(samples.size)
        soundfile.write(path, level * np.clip(samples + noise, -1, 1), RATE_HZ)
        rows.append({"path": str(path), "prompt": texts[i % prompts]})
    return rows


def measure(rounds, commands, rows):
    return [(commands.qamro(rows), commands.peer(rows)) for _ in range(rounds)]


def print_row(title, pairs, seconds):
    mine, peer = (statistics.median(seconds(pair[side]) for pair in pairs) for side in (0, 1))
    ratios = sorted(seconds(b) / seconds(a) for a, b in pairs)
    print(f"{title:<38}{mine:>10.3f} s{peer:>10.3f} s{peer / mine:>9.2f} x   [{ratios[0]:.2f}, {ratios[-1]:.2f}]",
          flush=True)


def print_pairs(title, pairs):
    print_row(title, pairs, lambda run: run.seconds)
    print_row(f"  cpu, {title}", pairs, lambda run: run.cpu_seconds)


def print_further(cold, many, clips):
    """Uses the medians of both, because a round of one does not pair with a round of the other."""
    for title, seconds in (("each further clip", lambda run: run.seconds),
                           ("  cpu, each further clip", lambda run: run.cpu_seconds)):
        mine, peer = ((statistics.median(seconds(pair[side]) for pair in many)
                       - statistics.median(seconds(pair[side]) for pair in cold)) / (clips - 1) for side in (0, 1))
        print(f"{title:<38}{mine:>10.3f} s{peer:>10.3f} s{peer / mine:>9.2f} x", flush=True)


def check_scores(commands):
    mine, peer = commands.scores("qamro.jsonl"), commands.scores("peer.jsonl")
    difference = np.abs(mine - peer).max(0) / peer.std(0)
    print(f"scores differ by at most {difference.max():.1e} of their spread")
    if commands.precision == "fp32" and not difference.max() <= 1e-3:
        sys.exit("the two commands do not compute the same scores")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="rounds for one clip; a folder gets one")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--files", type=int, default=40, help="of the folder")
    parser.add_argument("--prompts", type=int, default=10, help="distinct ones of the folder")
    parser.add_argument("--size", default="base", choices=("base", "tiny"), help="of HTSAT")
    parser.add_argument("--precision", default="fp32", choices=("fp32", "bf16", "int8"), help="of qamro")
    args = parser.parse_args()
    if args.files < 4:
        parser.error("--files: expected 4 at least, whose scores have a spread")
    os.environ["QAMRO_DATA"] = str(clap_peer.VOCABULARY.parent)
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory(prefix="qamro-bench-") as name:
        commands = Commands(pathlib.Path(name), args)
        rows = made_clips(commands.folder, args.files, args.prompts, rng)
        predictor = clap_peer.build_predictor(clap_peer.build(args.size, 1), 1, [row["path"] for row in rows[:4]])
        torch.save(predictor.state_dict(), commands.predictor)
        del predictor
        print(f"{processor()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; {args.threads} threads each, "
              "alternately")
        print(f"{f'whole command, HTSAT-{args.size}, {args.precision}':<38}{'qamro':>12}{'laion-clap':>12}{'ratio':>11}   [lowest, highest]")
        measure(1, commands, rows[:1])  # files into the page cache
        cold = measure(args.rounds, commands, rows[:1])
        print_pairs("one clip and prompt, cold", cold)
        many = measure(1, commands, rows)
        print_pairs(f"{args.files} clips over {args.prompts} prompts", many)
        print_further(cold, many, args.files)
        check_scores(commands)
        print("\npeak memory")
        for title, pairs in (("one clip and prompt", cold), (f"{args.files} clips", many)):
            memory_row(f"  qamro, {title}", pairs[-1][0])
            memory_row(f"  laion-clap, {title}", pairs[-1][1])


if __name__ == "__main__":
    main()
