#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The figures that clouds of other sensors must reach, in one run: bits a point, what is asked for, and the best peer (mean of all frames of a folder).
#   tests/bench/cloud_floors.sh build/release/bin/dew ../shared/data/lidar [NAME...]     NAME: rows that begin so; none: all
# Geometry counts all side information and keeps the order of points unless a row says otherwise. A grid of 1 mm is a bound of 0.866 mm, half the
# diagonal of its cells. Exit status 1 where a figure is missed. About three minutes of two cores.
set -euo pipefail
dew=$1 data=$2; shift 2
wanted=("$@")
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
missed=0
halves=(--fields x:f16,y:f16,z:f16,intensity:u8,laser:u8,offset_ns:i32)
places=(--fields x:f16,y:f16,z:f16)

number() { grep -o "\"$1\": *[-0-9.e+]*" | head -1 | grep -o '[-0-9.e+]*$'; }
is_wanted() {
  [ ${#wanted[@]} -eq 0 ] && return 0
  local each
  for each in "${wanted[@]}"; do case $1 in "$each"*) return 0 ;; esac; done
  return 1
}

# verdict NAME VALUE MOST PEER
verdict() {
  local word=holds
  awk "BEGIN { exit !(\"$2\" != \"-\" && $2 + 0 <= $3) }" || { word=MISSED; missed=1; }
  printf '| %-34s | %7s | %6s | %-22s | %s |\n' "$1" "$2" "$3" "$4" "$word"
}

# figure KEY FILES -- OPTIONS: mean of bits_per_point.KEY of the encoded files; "-" where one cannot be encoded
figure() {
  local key=$1 files=() sum=0; shift
  while [ "$1" != -- ]; do files+=("$1"); shift; done
  shift
  for file in "${files[@]}"; do
    "$dew" encode --force "$@" "$file" "$out/cloud.dew" > /dev/null 2>&1 || { echo -; return; }
    sum=$(awk "BEGIN { print $sum + $("$dew" info --json "$out/cloud.dew" | number "$key") }")
  done
  awk "BEGIN { printf \"%.3f\", $sum / ${#files[@]} }"
}

# row NAME MOST PEER KEY FILES -- OPTIONS
row() {
  local name=$1 most=$2 peer=$3; shift 3
  is_wanted "$name" || return 0
  verdict "$name" "$(figure "$@")" "$most" "$peer"
}

# against_xz FILE: bytes of the file, lossless, by those that xz -9e needs
against_xz() {
  local name; name="static/$(basename "$1"), of xz -9e"
  is_wanted "$name" || return 0
  local value=-
  if "$dew" encode --force --lossless "$1" "$out/cloud.dew" > /dev/null 2>&1; then
    value=$(awk "BEGIN { printf \"%.3f\", $(stat -c %s "$out/cloud.dew") / $(xz -9e -c "$1" | wc -c) }")
  fi
  verdict "$name" "$value" 0.75 '1 (xz -9e)'
}

# max_effort NAME FILES -- OPTIONS: geometry at effort max by that at effort normal; the name says the same of whole files
max_effort() {
  is_wanted "$1" || return 0
  local name=$1; shift
  local key
  local -A ratio
  for key in total geometry; do
    ratio[$key]=$(awk "BEGIN { printf \"%.3f\", $(figure $key "$@" --effort max) / $(figure $key "$@" --effort normal) }")
  done
  verdict "$name (files: ${ratio[total]})" "${ratio[geometry]}" 0.96 '1 (effort normal)'
}

echo '| what | is | at most | best peer | |'
echo '|---|---|---|---|---|'
row 'argoverse_lizip 1 mm' 20 '35.6; 18.7 no order' geometry "$data"/argoverse_lizip/*.bin -- --max-error 0.866mm
row 'argoverse2 lossless' 16 '33.7 (xz)' geometry "$data"/argoverse2/*.bin -- --lossless "${halves[@]}"
row 'roadside_rs80 lossless' 17 '33.4 (xz)' geometry "$data"/roadside_rs80/*.bin -- --lossless "${places[@]}"
row 'hesai_pandar64 lattice' 6.1 '10.4 (G-PCC, 1 mm)' geometry "$data"/hesai_pandar64/*.pcd -- --lattice
row 'hesai_pandar64 intensity' 4.3 '4.58 (G-PCC)' intensity "$data"/hesai_pandar64/*.pcd -- --lattice
row 'livox_mlcc lossless' 17 '18.5 (LASzip)' geometry "$data"/livox_mlcc/*.bin -- --lossless
row 'carla_simulated 1 mm' 8 '17.3; 13.7 no order' geometry "$data"/carla_simulated/*.pcd -- --max-error 0.866mm
for file in "$data"/static/*.las; do against_xz "$file"; done
row 'argoverse2 1 mm, no order' 22.3 '21.26 (G-PCC octree)' geometry "$data"/argoverse2/*.bin -- --reorder --max-error 0.866mm "${halves[@]}"
row 'argoverse2 1 cm, no order' 12.45 '11.86 (G-PCC octree)' geometry "$data"/argoverse2/*.bin -- --reorder --max-error 8.66mm "${halves[@]}"
row 'livox_mlcc 1 mm, no order' 19.46 '18.53 (G-PCC octree)' geometry "$data"/livox_mlcc/*.bin -- --reorder --max-error 0.866mm
row 'livox_mlcc 1 cm, no order' 9.44 '8.99 (G-PCC octree)' geometry "$data"/livox_mlcc/*.bin -- --reorder --max-error 8.66mm
max_effort 'max effort, KITTI' "$data"/kitti_raw_hdl64e/*.bin "$data"/kitti_odometry_hdl64e/000000.bin -- --lossless
max_effort 'max effort, nuScenes' "$data"/nuscenes_lizip/*.bin -- --lattice
exit $missed
