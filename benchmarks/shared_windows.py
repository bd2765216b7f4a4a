"""The share of neighbouring Distill-MOS windows that begin a whole number of frames apart, over the file
lengths of one second's range.

    python3 benchmarks/shared_windows.py [SECONDS ...]      (60 and 3600)

Windows and hops are as in `distillmos/sqa.py`; see docs/adr/0011-windows-of-a-long-file.md.
"""
import sys

RATE, WINDOW, LONGEST_HOP, FRAME = 16000, 122880, 16000, 160


def starts(samples):
    overlength = max(0, samples - WINDOW)
    hops = -(-overlength // LONGEST_HOP)
    return [int(k / hops * overlength) for k in range(hops + 1)]


def shares(seconds, step):
    shared = pairs = 0
    for samples in range(seconds * RATE, (seconds + 1) * RATE, step):
        found = starts(samples)
        shared += sum((b - a) % FRAME == 0 for a, b in zip(found, found[1:]))
        pairs += len(found) - 1
    return shared / pairs


for argument in sys.argv[1:] or ["60", "3600"]:
    print(f"{argument} s: {100 * shares(int(argument), 1 if int(argument) < 600 else 37):.1f} % of neighbouring windows")
