"""Whole commands, start-up included, beside their Python peer: `qamro score --model checkpoint.pt` and `audio-aes`.

    .peers/bin/python benchmarks/audiobox_command.py [--rounds 3] [--threads 2] [--skip file,folder,network,memory,growth]
                                                     [--precisions fp32,bf16,int8] [--device cpu]

Both get the same files, the same random weights and the same number of threads, and run alternately. A time
is the median of the rounds; the ratio is peer / qamro (above 1: qamro is faster). The peer takes one file at
a time: larger batches are no faster on a CPU and need much more memory. --device cuda: both run on a GPU, the
peer with 32 files at a time, in fp32 (its convolutions in TF32; its own bf16 setting has no effect). "Over the
network alone" divides the command's time by that of the network on windows of the same lengths, with the same
number of threads. Growth measures qamro alone: more files of 5 s, and more minutes of one file.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import soundfile

from whole_command import HERE, QAMRO, Run, compare, memory_row, processor, speech_like, write, write_long

sys.path.insert(0, str(HERE.parent / "tests" / "parity"))
from audiobox_peer import random_model, save_checkpoint  # noqa: E402

NETWORK = QAMRO.parent / "benchmarks/wavlm_benchmark"
WINDOW_SECONDS = 10
FOLDER_FILES = 200
RATES_HZ = (8000, 16000, 24000, 44100, 48000)
GROWTH_FILES = (1, 10, 100)
GROWTH_MINUTES = (1, 10, 60)
PEER_LONG_SECONDS = 60  # the peer holds every window of a file at once


class Commands:
    def __init__(self, folder, threads, device):
        self.folder, self.threads, self.device = folder, threads, device
        self.checkpoint = folder / "checkpoint.pt"
        save_checkpoint(random_model(seed=1), self.checkpoint)

    def listed(self, files):
        path = self.folder / "input.jsonl"
        path.write_text("".join(json.dumps({"path": str(file)}) + "\n" for file in files))
        return path

    def qamro(self, files, precision="fp32", **options):
        return Run([QAMRO, "score", self.listed(files), "--model", self.checkpoint, "--threads", str(self.threads),
                    "--precision", precision, "--device", self.device, "--output", self.folder / "qamro.jsonl"], self.threads, **options)

    def peer(self, files, **options):
        return Run([sys.executable, HERE / "peer_audiobox.py", self.listed(files), "--ckpt", self.checkpoint,
                    "--batch-size", "1" if self.device == "cpu" else "32"], self.threads, **options)


def mixed_files(folder, count, rng):
    """Files of 0.3 to 20 s, at all rates; every third has two channels."""
    folder.mkdir()
    files = []
    for i in range(count):
        rate = RATES_HZ[i % len(RATES_HZ)]
        seconds = np.exp(rng.uniform(np.log(0.3), np.log(20)))
        samples = speech_like(seconds * rate / 16000, rng)  # the number of samples at that rate
        files.append(folder / f"{i:03}.wav")
        soundfile.write(files[-1], np.stack([samples, samples[::-1]], 1) if i % 3 == 0 else samples, rate)
    return files


def compare_each(title, rounds, precisions, commands, files, warm_up=True):
    for precision in precisions:
        compare(f"{title}, {precision}", rounds, lambda: commands.qamro(files, precision), lambda: commands.peer(files),
                warm_up)


def windows_of(files):
    """Lengths in seconds of the windows that the network hears: 10 s each, one after the other."""
    lengths = []
    for file in files:
        left = soundfile.info(file).duration
        while left > 0:
            lengths.append(min(left, WINDOW_SECONDS))
            left -= WINDOW_SECONDS
    return lengths


def over_network(commands, files, precision):
    """The command beside its windows in the network alone, weights packed: what reading and starting cost."""
    windows = ",".join(f"{seconds:.4f}" for seconds in windows_of(files))
    line = subprocess.run([NETWORK, commands.checkpoint, str(commands.threads), "1", precision, windows], text=True,
                          capture_output=True, check=True).stdout
    network = json.loads(line)[precision]["all"] / 1e3
    command = commands.qamro(files, precision).seconds
    print(f"{'  over the network alone, ' + precision:<38}{command:>10.3f} s{network:>10.3f} s{command / network:>9.2f}", flush=True)


def compare_memory(commands, clip, long):
    physical_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20
    print("\npeak memory")
    for title, file in (("3 s", clip), (f"{PEER_LONG_SECONDS} s", long)):
        memory_row(f"  qamro, {title}", commands.qamro([file]))
        memory_row(f"  audio-aes, {title}", commands.peer([file], memory_limit_mb=0.5 * physical_mb))


def growth(commands, folder, rng, precision):
    print(f"\ngrowth, qamro, {precision}")
    files = []
    for count in GROWTH_FILES:
        while len(files) < count:
            files.append(folder / f"growth_{len(files)}.wav")
            write(files[-1], 5, rng)
        memory_row(f"  {count} files of 5 s", commands.qamro(files, precision))
    for minutes in GROWTH_MINUTES:
        path = folder / f"growth_{minutes}_minutes.wav"
        write_long(path, 60 * minutes, rng)
        memory_row(f"  one file of {minutes} min", commands.qamro([path], precision))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="rounds for one file; a folder gets one")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--precisions", default="fp32,bf16,int8")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--files", type=int, default=FOLDER_FILES, help="of the folder")
    parser.add_argument("--skip", default="", help="parts to leave out: file, folder, network, memory, growth")
    args = parser.parse_args()
    skip, precisions = set(args.skip.split(",")), args.precisions.split(",")
    if args.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""  # the peer uses a GPU if it sees one
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory(prefix="qamro-bench-") as name:
        folder = pathlib.Path(name)
        commands = Commands(folder, args.threads, args.device)
        clip, long = folder / "three_seconds.wav", folder / "long.wav"
        write(clip, 3, rng)
        write(long, PEER_LONG_SECONDS, rng)
        print(f"{processor()}, {os.cpu_count()} processors; {args.threads} threads each, alternately, on {args.device}")
        print(f"{'whole command':<38}{'qamro':>12}{'audio-aes':>12}{'ratio':>11}   [lowest, highest]")
        if "file" not in skip:
            compare_each("one file of 3 s", args.rounds, precisions, commands, [clip])
        files = mixed_files(folder / "many", args.files, rng)
        if "folder" not in skip:
            compare_each(f"{args.files} mixed files", 1, precisions, commands, files, warm_up=False)
        if "network" not in skip and args.device == "cpu":
            for precision in precisions:
                over_network(commands, files, precision)
        if "memory" not in skip:
            compare_memory(commands, clip, long)
        if "growth" not in skip:
            growth(commands, folder, rng, precisions[0])


if __name__ == "__main__":
    main()
