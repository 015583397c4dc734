#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The figures that meshes must reach, in one run: each beside what is asked for.
#   tests/bench/mesh_floors.sh build/release/bin ../shared/data/mesh [ROWS]
# Exit status 1 where one is missed. ROWS keeps the rows of dew-mesh-peers. About ten minutes of one core.
# `xz -9e` and OpenCTM's MG1 (1.0.3, level 9) are given places and faces alone, as binary PLY without vertices that come twice or are in no
# face; MG1's bytes on these files were measured once and stand below.
set -euo pipefail
bin=$1 data=$2 out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
rows=${3:-$out/rows}
missed=0
mg1='bunny:477952 armadillo:700769 nefertiti:664706 dragon_res3:328390 laurana_rgb:300700 ycb_mustard:106395 skull_mc:169522
fandisk_large:239726 adis16480:30714 cycloidal:195232 b9_terrain:78966 man:218023 cheburashka:100771 damaged_helmet:90552 duck:26535
lantern_notex:20891 pirate:28008 elephant_holes:39061 beetle:12278 truck:34557 moebius:3364'
files=("$data"/*.ply "$data"/*.obj "$data"/*.off "$data"/*.glb)

line() {  # NAME VALUE MOST
  local verdict=holds
  awk "BEGIN { exit !($2 <= $3) }" || { verdict=MISSED; missed=1; }
  printf '| %-62s | %7.3f | %5s | %s |\n' "$1" "$2" "$3" "$verdict"
}
figure() {  # FIGURE FIELD: of the lines at the end of dew-mesh-peers
  grep -F "\"figure\":\"$1\"" "$rows" | grep -o "\"$2\":[-0-9.e+]*" | cut -d: -f2
}
# The largest ratio of rows at AT and BITS whose mesh is (not) one of the three that may be as large as Draco's.
largest() {  # AT BITS FLAG
  grep "\"at\":\"$1\",\"bits\":$2," "$rows" | grep "$3" '"mesh":"(adis16480|cycloidal|damaged_helmet)\.' |
    grep -o '"ratio":[0-9.e+-]*' | cut -d: -f2 | sort -g | tail -1
}
mean_ratio() {  # stdin: pairs of numbers
  awk '{ sum += log($1 / $2); ++count } END { print exp(sum / count) }'
}

"$bin/dew-mesh-peers" "${files[@]}" > "$rows"
echo '| figure, dew over the other | value | at most | |'
echo '|---|---:|---:|---|'
for bits in 11 14; do
  line "bytes at Draco's rms error, $bits bits, mean of 21 meshes" "$(figure "bytes, rms $bits" mean)" 0.80
  line "  the largest, but of three" "$(largest rms $bits -vE)" 0.95
  line "  the largest of adis16480, cycloidal, damaged_helmet" "$(largest rms $bits -E)" 1.00
done
for bits in 11 14; do
  line "bytes at Draco's largest vertex error, $bits bits, mean" "$(figure "bytes, vertex $bits" mean)" 0.92
done
line "bytes with attributes at Draco's 11, 8 and 10 bits, mean" "$(figure 'bytes, attributes 11' mean)" 0.80
for bits in 11 14; do
  if [ -n "$(figure "bytes beside meshoptimizer and zstd, rms $bits" mean)" ]; then
    line "bytes beside meshoptimizer and zstd 19, $bits bits, mean" "$(figure "bytes beside meshoptimizer and zstd, rms $bits" mean)" 1.00
  else
    echo '| meshoptimizer: dew-mesh-peers was built without it | | | absent |'
  fi
done
: > "$out/ordered"; : > "$out/reordered"
for file in "${files[@]}"; do
  name=$(basename "${file%.*}")
  "$bin/dew-mesh-peers" --weld "$file" "$out/mesh.ply"
  "$bin/dew" encode --force --lossless "$out/mesh.ply" "$out/ordered.dew" > /dev/null 2>&1
  "$bin/dew" encode --force --lossless --reorder "$out/mesh.ply" "$out/reordered.dew" > /dev/null 2>&1
  echo "$(wc -c < "$out/ordered.dew") $(xz -9e --stdout "$out/mesh.ply" | wc -c)" >> "$out/ordered"
  echo "$(wc -c < "$out/reordered.dew") $(grep -o "\b$name:[0-9]*" <<< "$mg1" | cut -d: -f2)" >> "$out/reordered"
done
line "--lossless, of xz -9e, mean" "$(mean_ratio < "$out/ordered")" 0.70
line "--lossless --reorder, of OpenCTM MG1, mean" "$(mean_ratio < "$out/reordered")" 0.60
for bits in 11 14; do
  line "CPU time of decoding beside Draco, $bits bits, median" "$(figure "decode, rms $bits" median)" 2
  line "CPU time of encoding beside Draco, $bits bits, median" "$(figure "encode, rms $bits" median)" 3
done
exit $missed
