#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Simulated frames for dew-train: training_frames.sh DEW_SIMULATE OUT_FOLDER. One frame a seed, so that each shows another world.
set -euo pipefail
simulate=$1
out=$2
mkdir -p "$out"
frame() {  # NAME SEED OPTIONS...
  "$simulate" --seed "$2" --out "$out/$1_$2.lrf" "${@:3}"
}
for k in 0 1 2 3; do
  speed=$((k * 4))
  frame hdl64e_street $((1000 + k)) --sensor HDL-64E --ego-speed $speed --own-roof 1
  frame hdl32e_street $((1010 + k)) --sensor HDL-32E --ego-speed $speed --rotation-hz 20 --own-roof 1
  frame vls128_street $((1020 + k)) --sensor VLS-128 --ego-speed $speed
  frame os1_128_street $((1030 + k)) --sensor OS1-128 --ego-speed $speed
  frame vlp16_indoor $((1040 + k)) --sensor VLP-16 --scene indoor --rotation-hz 20
  frame vlp16_street $((1050 + k)) --sensor VLP-16 --ego-speed $speed
  frame vlp32c_indoor $((1060 + k)) --sensor VLP-32C --scene indoor
  frame vlp32c_street $((1070 + k)) --sensor VLP-32C --ego-speed $speed
  frame xt32_indoor $((1080 + k)) --sensor XT32 --scene indoor
  frame xt32_street $((1090 + k)) --sensor XT32 --ego-speed $speed
  frame xt32_bench $((1100 + k)) --sensor XT32 --scene bench
  frame qt128_bench $((1110 + k)) --sensor QT128 --scene bench
  frame qt128_indoor $((1120 + k)) --sensor QT128 --scene indoor
done
