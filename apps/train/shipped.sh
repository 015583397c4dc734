#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Trains the networks of data/models: shipped.sh BIN_FOLDER CAPTURES_FOLDER OUT_FOLDER [FOLDER_OF_SIMULATED_FRAMES]
set -euo pipefail
bin=$1
captures=$2
out=$3
simulated=${4:-$(mktemp -d)}
recipes=$(dirname "$0")/../../data/recipes
[ -n "$(ls -A "$simulated" 2>/dev/null)" ] || "$recipes/training_frames.sh" "$bin/dew-simulate" "$simulated"
for fold in all a b; do
  "$bin/dew-train" lidar --fold $fold --data "$captures" --simulated "$simulated" --out "$out" --steps 10000
  "$bin/dew-train" lidar --fold $fold --data "$captures" --simulated "$simulated" --out "$out" --steps 10000 --hidden 96,64 --name range_max_$fold
done
