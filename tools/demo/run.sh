#!/usr/bin/env bash
# make demo, after the build: from human ratings to a ranking of real systems.
#   1. the paper's ablation on real ratings (examples/neural_codecs): does the QAMRO loss help, and how sure is it?
#   2. real speech, made on the spot by engines and codecs from Debian
#   3. the ranking of those systems by the default model, and a report of it
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(realpath "$0")")")")
cd "$root"
qamro=build/qamro
out=demo

headline() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[[ -t 1 ]] || headline() { printf '\n%s\n' "$*"; }
mkdir -p "$out"

headline "1. Learn from listeners: four losses on the same 128 rated clips, each tested on sentences it has not seen"
"$qamro" ablate examples/neural_codecs/recipe.toml --output "$out/ablation" --resume
"$qamro" train examples/neural_codecs/recipe.toml --output "$out/training" --resume >"$out/training.txt"
echo
echo "As pictures: $out/ablation/preference_factor.svg and $out/training/learning_curves.svg"
"$qamro" evaluate --labels examples/neural_codecs/ratings.csv --predictions "$out/training/out_of_fold.csv" --axis mushra=mos \
  --resample sentence --run "$out/training" --run "$out/ablation" --report-audio none --report "$out/training_report.html" >/dev/null
echo "As a report that opens in a browser: $out/training_report.html"

headline "2. Make real speech: 24 sentences, by a person, through codecs, and by speech engines"
tools/demo/make_speech.sh "$out/audio"

headline "3. Which of these systems would listeners prefer, and how sure is that?"
"$qamro" score "$out/audio" --system folder --output "$out/scores.jsonl" \
  --report "$out/report.html" --run "$out/ablation"
echo
echo "The same to look at and to listen to: open $out/report.html in a browser"

headline "Now your own: $qamro score FOLDER_A FOLDER_B --system folder     (every clip's score here: $out/scores.jsonl)"
