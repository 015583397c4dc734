#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# own_models.sh MODELS [PHOTOS] [OPTION...]: the table of `dew bench --peers` for your own 3D Gaussian Splatting models.
#
# MODELS is a model as the reference trainer leaves it (cameras.json, point_cloud/iteration_30000/point_cloud.ply; the highest iteration
# counts), or a folder of such. PHOTOS holds the photographs from which they were trained, in PHOTOS/MODEL/images, PHOTOS/MODEL,
# PHOTOS/images or PHOTOS, in the sizes that cameras.json states; without it, scenes are compared with their own drawings alone.
# Every eighth photograph is measured, in pictures of at most 1600 pixels a side. OPTIONs go to `dew bench`:
#   tests/bench/own_models.sh ~/3dgs/output ~/3dgs/data --max-views 20 --plot curves.svg
set -euo pipefail
if [ $# -lt 1 ]; then sed -n '3,11s/^# \{0,1\}//p' "$0" >&2; exit 2; fi
here=$(cd "$(dirname "$0")/../.." && pwd)
bin=${DEW_BIN:-$here/build/release/bin}
models=$1
shift
photos=()
if [ $# -gt 0 ] && [ "${1#--}" = "$1" ]; then photos=(--photos "$1"); shift; fi
if [ ! -x "$bin/dew" ]; then echo "own_models.sh: $bin/dew is not there: make quick, or set DEW_BIN" >&2; exit 1; fi
if [ ! -d "$here/build/peers" ] && [ -z "${DEW_PEERS:-}" ]; then echo "own_models.sh: \`make peers\` would add spz, sog and compressed.ply" >&2; fi
exec "$bin/dew" bench --peers "${photos[@]}" "$@" "$models"
