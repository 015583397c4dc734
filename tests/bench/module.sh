#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# module.sh BIN SAMPLES: size of the page's decoder, and its time beside the native one on a frame, a sequence, a scene, and a mesh where
# ../shared/data is there.
set -euo pipefail
bin=$1 samples=$2 source=$(realpath "$(dirname "$0")/../..")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
encode() { "$bin/dew" encode "$@" > /dev/null 2>&1; }
encode "$samples/kitti_raw.bin" "$scratch/frame.dew"
encode --max-error 2cm "$samples/kitti_raw.bin" "$samples/kitti_odometry.bin" "$samples/kitti_raw.bin" "$scratch/sequence.dew"
"$bin/dew-splat-scene" --kind room --seed 1 --splats 20000 --out "$scratch/room.ply" > /dev/null
encode --quality 36 --effort fast "$scratch/room.ply" "$scratch/scene.dew"
mesh=$source/../shared/data/mesh/bunny.ply
if [ -f "$mesh" ]; then encode --max-error 0.0002 "$mesh" "$scratch/mesh.dew"; fi
node "$source/tests/web/bench.mjs" "$bin/../wasm/bin/dew.wasm" "$bin/dew" "$scratch"/*.dew
