#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes data/samples with dew-simulate and, beside it, dew-splat-scene: data/recipes/samples.sh build/release/bin/dew-simulate [FOLDER]
set -eu
simulate=$1
out=${2:-$(dirname "$0")/../samples}
mkdir -p "$out/splat_object"
"$simulate" --sensor HDL-64E --format kitti --seed 20 --ego-speed 5 --first 3 --out "$out/kitti_raw.bin"
"$simulate" --sensor HDL-64E --format kitti-odometry --rotation-hz 20 --seed 14 --ego-speed 11 --first 5 --out "$out/kitti_odometry.bin"
"$simulate" --sensor HDL-32E --format nuscenes --seed 24 --ego-speed 9 --first 2 --out "$out/nuscenes.bin"
"$simulate" --sensor VLP-16 --scene indoor --rotation-hz 20 --seed 6 --ego-speed 0.7 --first 1 --out "$out/vlp16_indoor.lrf"
"$simulate" --sensor OS1-128 --columns 512 --seed 18 --ego-speed 4 --out "$out/os1_128_street.lrf"
"$simulate" --sensor XT32 --columns 200 --scene indoor --format pcd --seed 12 --out "$out/xt32_organised.pcd"
"$(dirname "$simulate")/dew-splat-scene" --kind object --seed 3 --splats 1100 --out "$out/splat_object/scene.ply" --cameras "$out/splat_object/cameras.json"
(cd "$out" && sha256sum -- *.bin *.lrf *.pcd splat_object/*)
