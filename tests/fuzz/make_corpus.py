#!/usr/bin/env python3
"""make_corpus.py [TARGET...]: writes the seeds in tests/fuzz/corpus, small valid inputs of every reader and a few broken ones.
Those of `decoder` are sine waves that ffmpeg encodes; the others need only Python's standard library. What is there is
replaced, so that the same programs give the same files."""
import array
import collections
import io
import json
import math
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

FUZZ = Path(__file__).resolve().parent
sys.path.insert(0, str(FUZZ.parent / "cli"))
import torch_file  # noqa: E402

RECIPE_KEYS = """
[data]
embeddings = "clips.safetensors"
labels = "ratings.csv"
axes = ["quality", "effort"]
label_scale = [0, 100]
[split]
kind = "kfold"
leakage = "warn"
[model]
name = "heads"
ensemble = 2
[optimizer]
kind = "adamw"
learning_rate = 1e-3
[training]
seeds = [0, 1]
max_epochs = 3
[[loss]]
kind = "huber"
weight = 0.5
[[loss]]
kind = "ranking"
[[ablate.variants]]
name = "without"
[[ablate.variants.loss]]
kind = "mse"
#set training.max_epochs=7
#set loss.ranking.weight=2
"""

# ending: ffmpeg's options
SOUNDS = {
    "pcm16.wav": "-c:a pcm_s16le", "float.wav": "-c:a pcm_f32le", "mulaw.wav": "-c:a pcm_mulaw", "adpcm.wav": "-c:a adpcm_ms",
    "mp3.wav": "-c:a libmp3lame -b:a 16k", "rf64.wav": "-c:a pcm_s16le -rf64 always", "w64": "", "aiff": "", "au": "", "caf": "",
    "voc": "-c:a pcm_s16le", "flac": "", "vorbis.ogg": "-c:a libvorbis", "opus": "-c:a libopus -b:a 12k", "flac.oga": "-c:a flac",
    "mp3": "-b:a 16k", "untagged.mp3": "-b:a 16k -write_xing 0 -id3v2_version 0", "mp2": "-ar 16000 -b:a 32k",
    "m4a": "-c:a aac", "front.m4a": "-c:a aac -movflags +faststart",
    "fragments.mp4": "-c:a aac -movflags +frag_keyframe+empty_moov -frag_duration 100000", "alac.m4a": "-c:a alac",
    "aac": "-c:a aac", "webm": "-c:a libopus -b:a 12k", "mka": "-c:a aac", "ac3": "-ar 32000 -b:a 32k", "wma": "-c:a wmav2 -b:a 24k",
}


def torch_zip(value):
    with tempfile.TemporaryDirectory() as folder:
        torch_file.write_torch_file(Path(folder) / "model.pt", value)
        return (Path(folder) / "model.pt").read_bytes()


def without_times(archive):
    """The same records with the same date, so that the bytes are the same in every run."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(out, "w") as copy:
        for name in source.namelist():
            copy.writestr(zipfile.ZipInfo(name), source.read(name))
    return out.getvalue()


def checkpoints():
    weights = {"linear.weight": torch_file.Tensor([2, 3], [0, 1, 2, 3, 4, 5]), "linear.bias": torch_file.Tensor([2], [1, 2])}
    return {
        "state_dict": torch_zip({"state_dict": collections.OrderedDict(weights), "epoch": 3}),
        "settings": torch_zip({"model": weights, "options": {"rate": 0.5, "name": "é", "sizes": (1, [2, None, True]), "big": 1 << 40}}),
        "empty": torch_zip({}),
    }


def pickles():
    found = {}
    for name, archive in checkpoints().items():
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            found[name] = opened.read("archive/data.pkl")
    found["memo"] = b"\x80\x02]q\x00(h\x00h\x00K\x01M\x02\x01J\x03\x00\x00\x00G?\xf0\x00\x00\x00\x00\x00\x00e."
    found["protocol4"] = b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a\x94\x8e\x01\x00\x00\x00\x00\x00\x00\x00xs."
    found["refused"] = b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R."
    return found


def zips():
    found = {name: without_times(archive) for name, archive in checkpoints().items()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        with archive.open(zipfile.ZipInfo("archive/data.pkl"), "w", force_zip64=True) as record:
            record.write(b"\x80\x02}.")
        packed = zipfile.ZipInfo("archive/version")
        packed.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(packed, "3\n" * 50)
    found["zip64_deflated"] = out.getvalue()
    return found


def safetensors():
    def whole(header, content):
        text = json.dumps(header, separators=(",", ":")).encode()
        return struct.pack("<Q", len(text)) + text + content

    return {
        "two": whole({"__metadata__": {"format": "pt"}, "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
                      "b": {"dtype": "I64", "shape": [1], "data_offsets": [24, 32]}}, bytes(32)),
        "small": whole({"flag": {"dtype": "BOOL", "shape": [2], "data_offsets": [0, 2]},
                        "half": {"dtype": "BF16", "shape": [], "data_offsets": [2, 4]},
                        "none": {"dtype": "F16", "shape": [0, 4], "data_offsets": [4, 4]}}, b"\x00\x01\x80\x3f"),
        "empty": whole({}, b""),
    }


def text(**files):
    return {name: content.encode() if isinstance(content, str) else content for name, content in files.items()}


def recipes():
    found = {"keys": RECIPE_KEYS.encode()}
    for path in sorted(FUZZ.parents[1].glob("examples/*/*.toml")):
        found[f"{path.parent.name}_{path.stem}"] = path.read_bytes()
    found["values"] = ('# odd values\nvalue = 1979-05-27T07:32:00.5-07:00\ntime = 07:32:00\nhex = 0xDEAD_BEEF\nnan = -nan\n'
                       'text = """\na\\u00e9\\\n  b"""\nraw = \'\'\'x\'\'\'\ndotted."quoted key".b = {x = [1, 2.5, [true]]}\n').encode()
    return found


def sounds():
    if shutil.which("ffmpeg") is None:
        sys.exit("make_corpus.py: the seeds of 'decoder' need ffmpeg (apt-get install ffmpeg)")
    samples = array.array("h", (round(9000 * math.sin(2 * math.pi * 440 * i / 8000)) for i in range(1600)))
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "sine.raw"
        raw.write_bytes(samples.tobytes())
        for ending, options in SOUNDS.items():
            out = Path(folder) / f"sine.{ending}"
            subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "s16le", "-ar", "8000", "-ac", "1", "-i", raw, "-fflags", "+bitexact",
                            "-flags:a", "+bitexact", *options.split(), out], check=True)
            found[out.name] = out.read_bytes()
    return found


SEPARATOR = "\x1e"
CORPUS = {
    "pickle": pickles,
    "zip": zips,
    "safetensors": safetensors,
    "json": lambda: text(
        settings='{"name": "wavlm", "layers": 12, "rate": 0.5, "flags": [true, false, null], "part": {"x": -1e-3}}',
        rows='\ufeff{"path": "a.wav", "mos": [1, 2.5]}\n\n{"path": "\\u00e9\\ud83d\\ude00", "mos": NaN}\r\n[1, -Infinity]\n',
        python="{'path': 'it\\'s', 'mos': None, 'ok': True, 'x': \"a'b\"}\n", twice='{"a": 1, "a": 2}', deep="[" * 70 + "]" * 70),
    "csv": lambda: text(
        comma='path,mos\na.wav,1.5\n"b ""x"".wav","2\n3"\r\n', tab="id\ttext\nP1\ta 'quote\"\n", semicolon="sep=;\na;b\n'=1+1;x\n",
        mark="\ufeffa,b,\n1,2,\n\n3\n", old_mac="a,b\r1,2\r", formula="a,b\n'+x,'-1\n'@y,'=\n"),
    "ratings": lambda: text(
        table="path,system,mos,raters\na.wav,A,3.5,\"[1, 2, 3]\"\nb.wav,B,,\"[4,null]\"\n", comma="id;mos\na;3,5\nb;4,25\n",
        raters="id,listener_id,quality\na,r1,3\na,r2,4\nb,r1,2\n", rows='{"path": "a.wav", "mos": [1, 2]}\n{"path": "b.wav", "mos": null, "x": "y"}\n',
        lists="S001_P001.wav,3.2,2.9\nS001_P002.wav,1.2,4\n", people="S001_P001,r1,3,2\n",
        counts="sysA/a.wav 3.500 0.200 (1:0,2:1,3:0,4:0,5:1,total: 2)\n", errors='{"path": "a", "error": "gone"}\n',
        wide="path,mos\na.wav,1\n".encode("utf-16")),
    "manifest": lambda: text(
        table="path,start_time,end_time,system,prompt\na.wav,0,1.5,A,a dog barks\n/b.wav,,,,\n", tabs="wav_path\tid\na.wav\tx\n",
        rows='{"path": "a.wav", "start_time": 0.5, "system": "A"}\n{"sample_id": 7, "audio_path": "b\\\\x80.wav", "prompt": " "}\nno json\n{}\n',
        sound=b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x08\0\0\0\1\0\2\0\3\0\4\0"),
    "prompts": lambda: text(
        header="id\ttext\nP001\tA calm piano piece\nP002\tDrums, \"loud\"\r\n\n", demo="S001_P001.wav\tsoft strings\naudio/S002_P012\tbass é\n",
        broken="P001 no tab\n"),
    "recipe": recipes,
    "bpe": lambda: text(
        merges=SEPARATOR.join(["", "#version: 0.2\nt h\nth e\n", "the theatre's  end\n\n1 2 é 日本 \u2028x"]),
        vocabulary=SEPARATOR.join(['{"<s>": 0, "</s>": 1, "a": 2, "b": 3, "ab": 4}', "a b\n", "ab"]),
        long=SEPARATOR.join(["", "t h\n", "thth" * 40 + " 'll"])),
    "decoder": sounds,
}


def main():
    for target in sys.argv[1:] or CORPUS:
        folder = FUZZ / "corpus" / target
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, content in CORPUS[target]().items():
            (folder / name).write_bytes(content)
        print(f"{target}: {len(list(folder.iterdir()))} seeds, {sum(f.stat().st_size for f in folder.iterdir())} bytes")


if __name__ == "__main__":
    main()
