#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Trains the networks of data/models: shipped.sh BIN_FOLDER CAPTURES_FOLDER OUT_FOLDER [FOLDER_OF_SIMULATED_FRAMES [OF_SEQUENCES]]
set -euo pipefail
bin=$1
captures=$2
out=$3
simulated=${4:-$(mktemp -d)}
sequences=${5:-$(mktemp -d)}
recipes=$(dirname "$0")/../../data/recipes
[ -n "$(ls -A "$simulated" 2>/dev/null)" ] || "$recipes/training_frames.sh" "$bin/dew-simulate" "$simulated"
[ -n "$(ls -A "$sequences" 2>/dev/null)" ] || "$recipes/training_sequences.sh" "$bin/dew-simulate" "$sequences"
# Tensors of a step stay in the heap: half the time.
export MALLOC_MMAP_THRESHOLD_=1000000000 MALLOC_TRIM_THRESHOLD_=8000000000 MALLOC_TOP_PAD_=67108864
train() {  # NAME HIDDEN FOLD SIMULATED STEPS OPTIONS...
  "$bin/dew-train" lidar --fold "$3" --name "$1_$3" --hidden "$2" --steps "$5" --seed 1 --data "$captures" --simulated "$4" --out "$out" "${@:6}"
}
for fold in a b all; do train range 32,32 $fold "$simulated" 10000; done
# Effort max has room: wider layers, and one frame of each sequence as further worlds.
more=$(mktemp -d)
cp "$simulated"/*.lrf "$more"
for folder in "$sequences"/*/; do cp "$folder"/000002.lrf "$more/$(basename "$folder")_000002.lrf"; done
for fold in a b all; do train range_max 224,160 $fold "$more" 30000; done
train range_second 192,128 all "$simulated" 16000
for fold in a b all; do train range_inter 32,32 $fold "$sequences" 8000 --inter; done
