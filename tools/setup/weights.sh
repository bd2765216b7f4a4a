# Distill-MOS' weights, out of its wheel. Sourced by tools/setup.sh; needs `fail` and `say`.
readonly distill_mos_sha256=b18b3ac60227267cfb91e5d00ce22cc7b73716fd92f269484da1446e27031a40

ensure_weights() {
  local target=$root/models/distill-mos/distill_mos_v7.pt source
  local verified=$root/.cache/distill-mos.verified  # checked once; again when the file is newer
  if [[ -e $target && -e $verified && ! $target -nt $verified ]]; then return; fi
  source=$(compgen -G "$root/.venv/lib/python3*/site-packages/distillmos/weights/distill_mos_v7.pt") ||
    fail "the distillmos wheel in .venv holds no weights/distill_mos_v7.pt"
  mkdir -p "${target%/*}"
  cp "$source" "$target.aside"
  echo "$distill_mos_sha256  $target.aside" | sha256sum --status --check ||
    { rm -f "$target.aside"; fail "distill_mos_v7.pt: expected SHA-256 $distill_mos_sha256, got $(sha256sum <"$source")"; }
  mv "$target.aside" "$target"
  touch "$verified"
}
