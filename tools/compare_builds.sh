#!/usr/bin/env bash
# compare_builds.sh OLD NEW [FOLDER]: runs the same commands with two qamro programs and compares every byte that they write.
# For refactorings, which must change no row, no model file, no exit code and no word on standard output. Only what names the
# version, the program or a time is left out (what_may_differ). FOLDER keeps what both wrote (default: a temporary folder).
# Needs QAMRO_DATA (or ../shared/data) for real audio and ratings; demo/audio of `make demo` is scored too where it is there.
# QAMRO_COMPARE_MODELS: models for the clips, by name or path, separated by spaces (default: those of the project).
set -euo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
old=$(realpath "${1:?usage: compare_builds.sh OLD NEW [FOLDER]}")
new=$(realpath "${2:?usage: compare_builds.sh OLD NEW [FOLDER]}")
folder=$(realpath -m "${3:-$(mktemp -d)}")
data=${QAMRO_DATA:-$root/../shared/data}
codecs=$(realpath "$data/neural_codec_mushra") || { echo "compare_builds: no neural_codec_mushra in $data" >&2; exit 3; }
examples=$root/examples/neural_codecs
export QAMRO_MODELS=$root/models  # both find the same ones
models=${QAMRO_COMPARE_MODELS:-qamro-speech distill-mos $root/models/distill-mos/distill_mos_v7.pt}

# call NAME ARGUMENT...: NAME.stdout, NAME.stderr and NAME.exit beside the files that the command writes itself.
call() {
  local name=$1 status=0
  shift
  "$qamro" "$@" >"$name.stdout" 2>"$name.stderr" || status=$?
  echo "$status" >"$name.exit"
}

score_all() {
  local model short
  for model in $models; do
    short=$(basename "$model")
    call "score_$short" score clips --system folder --model "$model" --output "score_$short.jsonl" --report "score_$short.html"
    call "windows_$short" score clips --model "$model" --windows --format csv --no-ranking
    call "embed_$short" embed clips --model "$model" --output "embed_$short.safetensors"
    call "inspect_$short" model inspect "$model"
    call "verify_$short" model verify "$model"
    if [[ -f $model ]]; then call "convert_$short" model convert "$model" "convert_$short"; fi
  done
  [[ ! -d $root/demo/audio ]] || call score_demo score "$root/demo/audio" --system folder --output score_demo.jsonl --report demo.html
  call shard score clips --shard 2/3 --no-ranking
  call broken score clips broken.wav missing.wav --no-ranking
  call list model list
  call unknown score clips --model no-such-model
}

judge_all() {
  call evaluate evaluate --labels "$examples/ratings.csv" --axis mushra=distill_mos --predictions "$examples/ratings.csv" \
    --systems --json evaluate.json --report evaluate.html --report-audio none
  head -n 65 "$examples/ratings.csv" >first.csv
  sed '2,65d' "$examples/ratings.csv" >rest.csv
  call baseline evaluate --labels first.csv --axis mushra --train rest.csv --baseline constant --baseline lookup
  call compare_systems compare score_qamro-speech.jsonl --json compare_systems.json
  call gate gate score_qamro-speech.jsonl --min mos=3 --json gate.json
  call gate_audio gate clips --min mos=3 --sure
  call train train "$examples/recipe.toml" --output training --threads 2
  call compare_predictors compare --labels "$examples/ratings.csv" --axis mushra=mos training/out_of_fold.csv \
    training/out_of_fold.csv --json compare_predictors.json
  call ablate ablate "$examples/recipe.toml" --output ablation --threads 2 --set training.max_epochs=5
  call experiment experiment ablation --data "$codecs" --output experiment --quick --threads 2
  call trained score clips --model training/model
}

# The same paths for both: each works in a folder of its own, with links.
run_all() {
  qamro=$1
  rm -rf "$2"
  mkdir -p "$2/clips"
  cd "$2"
  for stimulus in 01 02; do ln -s "$codecs/audio/stim_$stimulus" "clips/stim_$stimulus"; done
  head -c 100 /dev/zero >broken.wav
  score_all
  judge_all
}

# Progress lines hold times and rates; qamro_version, dates and the program's path differ from build to build.
what_may_differ() {
  find "$1" -type f -print0 | xargs -0 sed -i -E \
    -e 's/("qamro_version": *")[^"]*/\1/g' -e 's/(qamro )[0-9]+\.[0-9.]+[-+0-9a-z.]*/\1/g' \
    -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.Z+]*//g' -e 's/"(seconds|wall_seconds|elapsed_seconds)": *[0-9.e+-]+/"\1": 0/g'
  find "$1" -name '*.stderr' -delete
}

(run_all "$old" "$folder/old")
(run_all "$new" "$folder/new")
for side in old new; do
  rm -rf "$folder/$side.compared"
  cp -r "$folder/$side" "$folder/$side.compared"
  what_may_differ "$folder/$side.compared"
done
count=$(find "$folder/new.compared" -type f | wc -l)
if diff -rq "$folder/old.compared" "$folder/new.compared"; then
  echo "the same: $count files of $(find "$folder/new.compared" -name '*.exit' | wc -l) commands"
else
  echo "compare_builds: they differ; see $folder" >&2
  exit 1
fi
