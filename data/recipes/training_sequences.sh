#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Simulated sequences for dew-train lidar --inter: training_sequences.sh DEW_SIMULATE OUT_FOLDER. One world a folder of consecutive turns:
# standing, and at the speed of a street; references of the trainer are moved as the sensor moved, and not.
set -euo pipefail
simulate=$1
out=$2
sequence() {  # NAME SEED OPTIONS...
  "$simulate" --seed "$2" --frames 5 --out "$out/$1_$2" "${@:3}"
}
for k in 0 1 2; do
  speed=$((k * k / 2))
  sequence hdl64e_street $((2000 + k)) --sensor HDL-64E --ego-speed $speed --own-roof 1
  sequence hdl32e_street $((2010 + k)) --sensor HDL-32E --ego-speed $speed
  sequence vls128_street $((2020 + k)) --sensor VLS-128 --ego-speed $speed
  sequence os1_128_street $((2030 + k)) --sensor OS1-128 --ego-speed $((k * 2))
  sequence vlp16_indoor $((2040 + k)) --sensor VLP-16 --scene indoor --rotation-hz 20 --ego-speed $speed
  sequence vlp16_street $((2050 + k)) --sensor VLP-16 --ego-speed $speed
  sequence vlp32c_street $((2060 + k)) --sensor VLP-32C --ego-speed $speed
  sequence xt32_bench $((2070 + k)) --sensor XT32 --scene bench
  sequence xt32_street $((2080 + k)) --sensor XT32 --ego-speed $speed
  sequence qt128_bench $((2090 + k)) --sensor QT128 --scene bench
done
for k in 0 1; do
  speed=$((6 + 6 * k))
  sequence hdl64e_drive $((2100 + k)) --sensor HDL-64E --ego-speed $speed --own-roof 1
  sequence hdl32e_drive $((2110 + k)) --sensor HDL-32E --ego-speed $speed --rotation-hz 20
  sequence vls128_drive $((2120 + k)) --sensor VLS-128 --ego-speed $speed
  sequence os1_128_drive $((2130 + k)) --sensor OS1-128 --ego-speed $speed
done
