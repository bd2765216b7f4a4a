#!/usr/bin/env python3
"""Decodes a raw G.722 file (64 kbit/s, 16 kHz) into a 16-bit wav, through Debian's libspandsp.

sox and libsndfile cannot read G.722, and FFmpeg would bring 76 packages for this one step.

    decode_g722.py IN.g722 OUT.wav
"""
import ctypes
import ctypes.util
import sys
import wave

BIT_RATE = 64000
SAMPLE_RATE_HZ = 16000
DECODED_PER_BYTE = 2  # one byte codes a sample of each half band


def load_spandsp() -> ctypes.CDLL:
    name = ctypes.util.find_library("spandsp")
    for candidate in filter(None, [name, "libspandsp.so.2", "libspandsp.so.3"]):
        try:
            return ctypes.CDLL(candidate)
        except OSError:
            continue
    sys.exit("decode_g722: libspandsp is not installed; 'make demo' installs it")


def decode(coded: bytes) -> bytes:
    spandsp = load_spandsp()
    spandsp.g722_decode_init.restype = ctypes.c_void_p
    spandsp.g722_decode_init.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
    spandsp.g722_decode.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    spandsp.g722_decode_free.argtypes = [ctypes.c_void_p]
    state = spandsp.g722_decode_init(None, BIT_RATE, 0)
    if not state:
        sys.exit("decode_g722: libspandsp could not start its G.722 decoder")
    samples = (ctypes.c_int16 * (DECODED_PER_BYTE * len(coded)))()
    count = spandsp.g722_decode(state, samples, coded, len(coded))
    spandsp.g722_decode_free(state)
    return memoryview(samples).cast("B")[: 2 * count].tobytes()


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        samples = decode(file.read())
    with wave.open(sys.argv[2], "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE_HZ)
        out.writeframes(samples)


if __name__ == "__main__":
    main()
