#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The figures that splat files must reach, in one run: bits a splat and PSNR on cameras that the encoder never sees, beside what is asked for.
#   tests/bench/splat_floors.sh build/release/bin/dew ../shared/data/splats
# Exit status 1 where one is missed. The last column says where the bits are. About three minutes of one core.
set -euo pipefail
dew=$1 data=$2
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
missed=0

number() { grep -o "\"$1\": *[-0-9.e+]*" "$2" | head -1 | grep -o '[-0-9.e+]*$'; }
holds() { awk "BEGIN { exit !($1) }"; }

# row NAME FILE MOST_BITS LEAST_DB LEAST_WORST_DB ENCODE_OPTIONS...
row() {
  local name=$1 file=$data/$2 most=$3 least=$4 worst=$5; shift 5
  local cameras background=(); cameras=$(dirname "$file")/bench_cameras.json
  case $name in lego*) background=(--background 1,1,1) ;; esac
  "$dew" encode --force "$@" "$file" "$out/scene.dew" > /dev/null 2>&1
  "$dew" info --json "$out/scene.dew" > "$out/info"
  "$dew" compare --json --cameras "$cameras" "${background[@]}" "$file" "$out/scene.dew" > "$out/compare"
  local bits mean min verdict=holds
  bits=$(number total "$out/info") mean=$(number psnr_mean "$out/compare") min=$(number psnr_min "$out/compare")
  holds "$bits <= $most && $mean >= $least && $min >= $worst" || { verdict=MISSED; missed=1; }
  local parts='' part
  for part in position colour sh opacity scale rotation side; do parts+=$(printf ' %.1f' "$(number $part "$out/info")"); done
  printf '| %-24s | %7.1f | %5s | %6.2f / %6.2f | %4s / %4s | %s |%s |\n' "$name" "$bits" "$most" "$mean" "$min" "$least" "$worst" "$verdict" "$parts"
}

# Byte planes, Morton order and xz -6 need so many bits a splat (splat-planes; xz).
lossless() {
  local product=1 count=0
  for pair in fox/scene.ply:1517 lego/scene.ply:1536 try-7k/point_cloud.ply:1371; do
    "$dew" encode --force --lossless "$data/${pair%:*}" "$out/scene.dew" > /dev/null 2>&1
    "$dew" info --json "$out/scene.dew" > "$out/info"
    product=$(awk "BEGIN { print $product * $(number total "$out/info") / ${pair#*:} }")
    count=$((count + 1))
  done
  local mean verdict=holds
  mean=$(awk "BEGIN { print $product ^ (1 / $count) }")
  holds "$mean <= 0.96" || { verdict=MISSED; missed=1; }
  printf '| lossless, of byte planes | %7.3f |  0.96 | exact | | %s | |\n' "$mean" "$verdict"
}

echo '| scene | bits a splat | at most | PSNR mean / worst, dB | at least | | position colour sh opacity scale rotation side |'
echo '|---|---|---|---|---|---|---|'
fox=(--cameras "$data/fox/cameras.json") lego=(--cameras "$data/lego/cameras.json" --background 1,1,1)
row 'fox' fox/scene.ply 80 41 0 "${fox[@]}" --quality 40.7
row 'fox, small' fox/scene.ply 56 36 0 "${fox[@]}" --quality 35.7
row 'fox, near lossless' fox/scene.ply 208.6 55 0 "${fox[@]}" --quality 55
row 'fox, default options' fox/scene.ply 92 42 39
row 'lego' lego/scene.ply 66 41 0 "${lego[@]}" --quality 36.3
row 'lego, small' lego/scene.ply 46 36 0 "${lego[@]}" --quality 31.7
row 'try-7k' try-7k/point_cloud.ply 75 42 0
row 'fruit-drops' fruit-drops/fruit_drops_minimal.ply 98 40.5 0 --quality 35.5
row 'meadow-tiles' meadow-tiles/lod1_tile_0_0.5x.ply 92 45 0 --quality 44.8
lossless
exit $missed
