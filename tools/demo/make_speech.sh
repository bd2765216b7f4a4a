#!/usr/bin/env bash
# make_speech.sh FOLDER: real audio to rank, made on the spot in FOLDER/<system>/<prompt>.wav by programs from Debian.
# The same 24 sentences: recorded by a person (asterisk-core-sounds), through Opus and Codec2 at several rates,
# and spoken by espeak-ng, flite and festival. Clips that are already there are kept.
set -euo pipefail
folder=$(realpath -m "${1:?usage: make_speech.sh FOLDER}")
here=$(dirname "$(realpath "$0")")

speakers=(recording espeak_ng flite_kal16 flite_awb flite_rms flite_slt festival_kal festival_ked festival_slt_hts)
coders=(recording_opus_6kbps recording_opus_12kbps recording_opus_24kbps recording_codec2_700C recording_codec2_3200)

mkdir -p "$folder"
rm -rf "$folder"/.making.*  # of an interrupted run

# One line a clip would need quoting; NUL between the arguments needs none.
make_all() {
  local system prompt text
  for system in "$@"; do
    while IFS=$'\t' read -r prompt text; do
      [[ -z $prompt || $prompt == \#* ]] && continue
      [[ -s $folder/$system/${prompt//\//-}.wav ]] || printf '%s\0' "$folder" "$system" "$prompt" "$text"
    done <"$here/sentences.tsv"
  done | xargs -0 -r -n 4 -P "$(nproc)" "$here/make_clip.sh"
}
make_all "${speakers[@]}"
make_all "${coders[@]}"  # they code the recordings, which are there by now
clips=$(find "$folder" -name '*.wav' | wc -l)
echo "$clips clips of $((${#speakers[@]} + ${#coders[@]})) systems in $folder" >&2
