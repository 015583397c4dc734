#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# demo.sh BIN SAMPLES OUT: codes the frames of SAMPLES with BIN/dew, prints one table, and shows by `dew view` what became of a frame
# (OUT/before_after.png), of a splat scene that it constructs (OUT/splats_before_after.png) and of a mesh (OUT/mesh_before_after.png);
# pages OUT/frame.html and OUT/splats.html show the same in a browser.
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

# A mesh with normals and texture coordinates, made from a formula.
mesh=$(dirname "$0")/../data/meshes/hills.ply
echo
"$bin/dew" bench "$mesh"
"$bin/dew" encode --force "$mesh" "$out/mesh.dew"
"$bin/dew" view --force "$mesh" "$out/mesh.dew" --size 1184x296 --shot "$out/mesh_before_after.png"
echo "Picture: $out/mesh_before_after.png (before, after, distances)"

# A sensor beside the road, ten seconds of it four times at once, over this machine's own network with every fifth datagram lost.
# One turn is played again and again, noise and all, so that references to earlier ones would gain what no sensor gives: each slice alone.
# NAME, options of the sender, of the receiver. The receiver's first line says its port, its last one sums up.
stream() {
  rm -f "$out/stream_$1.jsonl"
  "$bin/dew" stream recv udp://127.0.0.1:0 --lose 20% --idle 20 --json $3 < /dev/null > "$out/stream_$1.jsonl" &
  until [ -s "$out/stream_$1.jsonl" ]; do sleep 0.05; done
  "$bin/dew" stream send "$samples/os1_128_street.lrf" --repeat 100 --refresh 0 --effort fast --to "udp://127.0.0.1:$(head -n 1 "$out/stream_$1.jsonl" | tr -dc 0-9)" $2 --json < /dev/null > "$out/stream_$1.sent"
  wait
  tail -n 1 "$out/stream_$1.jsonl" > "$out/stream_$1.got"
}
number() { grep -o "\"$2\":[0-9.e-]*" "$1" | head -1 | cut -d: -f2; }
if [ -f "$samples/os1_128_street.lrf" ]; then
  echo
  echo "Ten seconds of a simulated roadside sensor (128 lasers, 10 Hz) over a link that loses every fifth datagram:"
  stream bare "--fec 0%" --silent &
  stream parity "--fec 65%" --silent &
  stream asking "--fec 0%" "" &
  stream rate "--fec 25% --rate 4Mbit/s --max-error 20cm" "" &
  wait
  printf '%-44s %9s %10s %9s %8s\n' "" "Mbit/s" "of slices" "repaired" "age, ms"
  printf '%-44s %9s %10s %9s %8s\n' "" "sent" "in time" "datagrams" "(median)"
  for name in bare parity asking rate; do
    case $name in
      bare) what="exact, no protection" ;;
      parity) what="exact, 65 % parity, no way back" ;;
      asking) what="exact, losses asked for again" ;;
      rate) what="4 Mbit/s, 20 cm at most, 25 % parity, asking" ;;
    esac
    got=$out/stream_$name.got
    awk -v what="$what" -v bytes="$(number "$out/stream_$name.sent" wire_bytes)" -v sent="$(number "$out/stream_$name.sent" slices)" -v fresh="$(number "$got" fresh)" \
      -v repaired="$(number "$got" repaired)" -v age="$(number "$got" age_ms_median)" \
      'BEGIN { printf "%-44s %9.2f %8.1f %% %9d %8.1f\n", what, bytes * 8 / 1e7, 100 * fresh / sent, repaired, age }'
  done
fi

# A page that shows the same in any browser.
if [ -n "$frame" ]; then
  "$bin/dew" view --force "$frame" "$out/frame.dew" --html "$out/frame.html"
  echo "Page: $(realpath "$out/frame.html")"
fi
"$bin/dew" view --force "$out/splats.ply" "$out/splats_small.dew" --camera "$out/splats_cameras.json" --html "$out/splats.html"
echo "Page: $(realpath "$out/splats.html")"
