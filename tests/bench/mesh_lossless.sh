#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Lossless meshes beside `xz -9e` of the file as it is (of OBJ and OFF the text, of glTF with its pictures), and the geometric mean.
#   tests/bench/mesh_lossless.sh build/release/bin/dew FILE...
set -euo pipefail
dew=$1; shift
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
logs=0
printf '| %-24s | %9s | %9s | %5s |\n' file xz dew ratio
for file in "$@"; do
  "$dew" encode --force --lossless "$file" "$out/mesh.dew" > /dev/null 2>&1
  xz_bytes=$(xz -9e --stdout "$file" | wc -c) dew_bytes=$(wc -c < "$out/mesh.dew")
  logs=$(awk "BEGIN { print $logs + log($dew_bytes / $xz_bytes) }")
  printf '| %-24s | %9d | %9d | %5.3f |\n' "$(basename "$file")" "$xz_bytes" "$dew_bytes" "$(awk "BEGIN { print $dew_bytes / $xz_bytes }")"
done
printf 'geometric mean of %d files: %.3f\n' $# "$(awk "BEGIN { print exp($logs / $#) }")"
