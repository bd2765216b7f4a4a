#!/usr/bin/env python3
"""Makes ratings.csv and embeddings.safetensors of examples/neural_codecs again, from the published
ratings and audio.

    python3 examples/neural_codecs/make_demo/make.py [--data FOLDER_OR_GIT_URL]

The data come from $QAMRO_DATA/neural_codec_mushra, else from a clone of their public repository. Needs
build/qamro. Standard library only. Clips whose audio is not published (the anchors) are left out.
"""
import argparse
import ast
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLE = HERE.parent
QAMRO = EXAMPLE.parent.parent / "build" / "qamro"
REPOSITORY = "https://github.com/BenjSta/bernoulli-var-speech-codec"
COMMIT = "49b03fe36fa05a77d5cae1d4bd2bdbc62ead290d"
SUBFOLDER = "mushra_results_dataset"
RATINGS = "ratings_formated_filtered.csv"
MODEL = "distill-mos"
# The convolutions' output over the real audio, and three Transformer layers over the whole window: see docs/results.md.
LAYOUT = "convolved.mean+layer1.mean.all+layer4.mean.all+layer7.mean.all+mos"


def find_data(given, work):
    """The folder that holds the ratings file and audio/."""
    local = pathlib.Path(os.environ.get("QAMRO_DATA") or "", "neural_codec_mushra")
    source = given or (str(local) if (local / RATINGS).exists() else REPOSITORY)
    if pathlib.Path(source).is_dir():
        folder = pathlib.Path(source).resolve()
    else:
        clone = work / "clone"
        subprocess.run(["git", "clone", "--quiet", source, clone], check=True)
        subprocess.run(["git", "-C", clone, "checkout", "--quiet", COMMIT], check=True)
        folder = clone / SUBFOLDER
    if not (folder / RATINGS).exists():
        sys.exit(f"make.py: expected {RATINGS} in {folder}")
    return folder


def audio_file(folder, name):
    """The clip under its published name, or re-encoded losslessly as flac."""
    for candidate in (folder / "audio" / name, (folder / "audio" / name).with_suffix(".flac"), folder / name):
        if candidate.exists():
            return candidate.resolve()
    sys.exit(f"make.py: no audio for {name} in {folder}")


def read_ratings(folder):
    rows = []
    with open(folder / RATINGS, newline="") as file:
        for row in csv.DictReader(file):
            if not row["file"]:
                continue
            ratings = ast.literal_eval(row["ratings"])
            rows.append({"path": row["file"], "system": row["condition"], "sentence": row["signal"],
                         "mushra": repr(sum(ratings) / len(ratings)), "listeners": len(ratings)})
    return rows


def stage(folder, rows, work):
    """Links under the published names, so that the paths in our files do not depend on where the data are."""
    clips = work / "clips"
    for row in rows:
        link = clips / row["path"]
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(audio_file(folder, row["path"]))
    manifest = clips / "manifest.jsonl"
    manifest.write_text("".join(json.dumps({"path": r["path"], "system": r["system"]}) + "\n" for r in rows))
    return clips


def run_qamro(clips, *arguments):
    subprocess.run([QAMRO, *arguments], check=True, cwd=clips)


def add_scores(rows, clips):
    """Adds the scores of Distill-MOS as it is: the baseline column of the ablation table."""
    run_qamro(clips, "score", "manifest.jsonl", "--model", MODEL, "--output", "scores.jsonl")
    scores = {}
    for line in (clips / "scores.jsonl").read_text().splitlines():
        row = json.loads(line)
        scores[row["path"]] = row["mos"]
    for row in rows:
        row["distill_mos"] = repr(scores[row["path"]])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help=f"folder with {RATINGS} and audio/, or a git URL (default: see above)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="qamro-neural-codecs-") as name:
        work = pathlib.Path(name)
        folder = find_data(args.data, work)
        rows = read_ratings(folder)
        clips = stage(folder, rows, work)
        run_qamro(clips, "embed", "manifest.jsonl", "--model", MODEL, "--layout", LAYOUT, "--output",
                  str(EXAMPLE / "embeddings.safetensors"))
        add_scores(rows, clips)
    with open(EXAMPLE / "ratings.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(rows)} clips of {len({r['system'] for r in rows})} systems and "
          f"{len({r['sentence'] for r in rows})} sentences in {EXAMPLE}", file=sys.stderr)


if __name__ == "__main__":
    main()
