#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Large splat scenes through encode and decode, with their memory held against what gaussians/codec.h promises: below 1 KiB a splat to encode,
# 400 bytes to decode, beside the files read and written and 256 MiB for views and models; lossless comes back to the very file.
#   tests/scale/run.sh BIN SPLATS [encode options of the lossy run...]
set -euo pipefail
bin=$1 splats=$2
shift 2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# The .ply has 248 bytes a splat; a lossless .dew is somewhat smaller.
file_mib=$((248 * splats / 1048576))
encode_mib=$((1024 * splats / 1048576 + file_mib + 256))
decode_mib=$((400 * splats / 1048576 + file_mib + 256))
failed=0
# step NAME MOST_MIB COMMAND...
step() {
  echo "== $1"
  shift
  "$bin/dew-peak-memory" "$@" || failed=1
}
"$bin/dew-splat-scene" --out "$scratch/scene.ply" --splats "$splats" --threads "$(nproc)"
step "encode $*" $encode_mib "$bin/dew" encode "$@" "$scratch/scene.ply" "$scratch/lossy.dew"
step "decode" $decode_mib "$bin/dew" decode "$scratch/lossy.dew" "$scratch/lossy.ply"
# Asked for less, near duplicates are looked for and merged first.
step "encode $* --quality 39" $encode_mib "$bin/dew" encode "$@" --quality 39 "$scratch/scene.ply" "$scratch/merged.dew"
step "encode --lossless" $encode_mib "$bin/dew" encode --lossless "$scratch/scene.ply" "$scratch/exact.dew"
step "decode" $((decode_mib + file_mib)) "$bin/dew" decode "$scratch/exact.dew" "$scratch/exact.ply"
cmp "$scratch/scene.ply" "$scratch/exact.ply" || failed=1
ls -l "$scratch" | awk -v n="$splats" 'NF > 8 { printf "%s: %.1f bits a splat\n", $9, 8 * $5 / n }'
exit $failed
