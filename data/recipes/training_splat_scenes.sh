#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Constructed scenes for dew-train significance: training_splat_scenes.sh DEW_SPLAT_SCENE OUT_FOLDER. Those of OUT_FOLDER/held_out are measured on.
set -euo pipefail
make_scene=$1
out=$2
mkdir -p "$out/held_out"
for seed in 1 2 3 4 5 6; do
  for kind in 0_room 1_object 2_street; do
    "$make_scene" --kind "${kind#*_}" --seed $seed --splats $((6000 + 24000 * (seed - 1) / 5)) --out "$out/${seed}_$kind.ply"
  done
done
for kind in room object street; do "$make_scene" --kind $kind --seed 100 --splats 15000 --out "$out/held_out/$kind.ply"; done
