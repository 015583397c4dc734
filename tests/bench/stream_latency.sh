#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Wall-clock latency of a stream over the loopback, last packet of a sector to decoded slice, each end held to a core of its own:
# stream_latency.sh DEW CAPTURE.pcap [EFFORT [TIMES]]. On a machine that does other things too, PREFIX="chrt -f 1" (as root) takes both ends before these.
set -euo pipefail
dew=$1 capture=$2 effort=${3:-normal} times=${4:-40}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkfifo "$folder/lines"
${PREFIX:-} taskset -c 1 "$dew" stream recv udp://127.0.0.1:0 --json --idle 10 < /dev/null > "$folder/lines" &
exec 3< "$folder/lines"
read -r first <&3
cat <&3 > "$folder/frames" &
${PREFIX:-} taskset -c 0 "$dew" stream send "$capture" --effort "$effort" --repeat "$times" --to "udp://127.0.0.1:$(tr -dc 0-9 <<< "$first")" < /dev/null > /dev/null
wait
tail -n 1 "$folder/frames" | grep -o '"\(fresh\|late\|missing\|age_ms_median\|age_ms_99\)":[0-9.]*' | tr '\n' ' '
echo
