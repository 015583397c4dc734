#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# demo.sh BIN SAMPLES OUT: codes the frames of SAMPLES with BIN/dew, prints one table, and shows by `dew view` what became of a frame
# (OUT/before_after.png) and of a splat scene that it constructs (OUT/splats_before_after.png).
set -euo pipefail
bin=$1
samples=$2
out=$3
mkdir -p "$out"

echo
echo "Every sample at the default settings (lattice, normal effort), medians of 3 runs on one thread:"
"$bin/dew" bench --modes lattice --efforts normal "$samples"

# The picture shows what loss looks like, so it allows some: each point may move by 1 cm.
frame=$(find "$samples" -name '*.bin' | sort | head -1)
if [ -n "$frame" ]; then
  echo
  "$bin/dew" encode --force --max-error 1cm "$frame" "$out/frame.dew"
  "$bin/dew" view --force "$frame" "$out/frame.dew" --size 1184x296 --shot "$out/before_after.png"
  echo "Picture: $out/before_after.png (before, after, error of each point in millimetres)"
fi

# A splat scene of our own, made here from a seed.
echo
"$bin/dew-splat-scene" --kind object --seed 3 --splats 6000 --out "$out/splats.ply" --cameras "$out/splats_cameras.json"
"$bin/dew" encode --force "$out/splats.ply" "$out/splats.dew"
"$bin/dew" encode --force --quality 34 --cameras "$out/splats_cameras.json" "$out/splats.ply" "$out/splats_small.dew"
"$bin/dew" decode --force "$out/splats_small.dew" "$out/splats_small.ply"
"$bin/dew" view --force "$out/splats.ply" "$out/splats_small.dew" --camera "$out/splats_cameras.json" --size 1184x296 \
  --shot "$out/splats_before_after.png"
echo "Picture: $out/splats_before_after.png (before, after at 34 dB, difference of the pictures)"
