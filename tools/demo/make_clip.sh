#!/usr/bin/env bash
# make_clip.sh FOLDER SYSTEM PROMPT TEXT: writes FOLDER/SYSTEM/PROMPT.wav, what SYSTEM makes of one sentence.
# Written aside and renamed, so that an interrupted run leaves only whole clips and the next run goes on from there.
set -euo pipefail
folder=$1 system=$2 prompt=$3 text=$4
here=$(dirname "$(realpath "$0")")
name=${prompt//\//-}
clip=$folder/$system/$name.wav
[[ -s $clip ]] && exit 0
mkdir -p "$folder/$system"
aside=$(mktemp -d "$folder/.making.XXXXXX")
trap 'rm -rf "$aside"' EXIT
made=$aside/made.wav
recording=$folder/recording/$name.wav

opus() {  # BITRATE_KBPS; a fixed serial number and no dither: the same clip every time
  opusenc --quiet --serial 1 --bitrate "$1" "$recording" "$aside/coded.opus"
  opusdec --quiet --no-dither --rate 16000 "$aside/coded.opus" "$made"
}
codec2() {  # MODE; a codec for 8 kHz speech
  sox -D "$recording" -t raw -r 8000 -e signed -b 16 -c 1 "$aside/speech.raw"
  c2enc "$1" "$aside/speech.raw" "$aside/coded.c2" 2>>"$aside/log"
  c2dec "$1" "$aside/coded.c2" "$aside/decoded.raw" 2>>"$aside/log"
  sox -t raw -r 8000 -e signed -b 16 -c 1 "$aside/decoded.raw" "$made"
}
festival_voice() { text2wave -eval "(voice_$1)" -o "$made" <<<"$text" 2>>"$aside/log"; }

case $system in
  recording)
    python3 "$here/decode_g722.py" "/usr/share/asterisk/sounds/en_US_f_Allison/$prompt.g722" "$made" ;;
  recording_opus_*kbps) rate=${system#recording_opus_}; opus "${rate%kbps}" ;;
  recording_codec2_*) codec2 "${system#recording_codec2_}" ;;
  espeak_ng) espeak-ng -v en-us -w "$made" -- "$text" ;;
  flite_*) flite -voice "${system#flite_}" -t "$text" -o "$made" ;;
  festival_kal) festival_voice kal_diphone ;;
  festival_ked) festival_voice ked_diphone ;;
  festival_slt_hts) festival_voice cmu_us_slt_arctic_hts ;;
  *) echo "make_clip: unknown system '$system'" >&2; exit 2 ;;
esac
[[ -s $made ]] || { cat "$aside/log" >&2 2>/dev/null || true; echo "make_clip: $system made no audio of '$prompt'" >&2; exit 1; }
mv "$made" "$clip"
