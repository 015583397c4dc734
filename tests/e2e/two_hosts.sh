#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two hosts in network namespaces of this machine, a wire between them: two_hosts.sh FRAME.lrf RECEIVER_FOLDER SENDER_OPTIONS...
# dew must be in the path. Prints the receiver's lines. Ends with 77 where the machine has no such namespaces, and says what is missing.
set -euo pipefail
frame=$1 folder=$2
shift 2
a=dew-a-$$ b=dew-b-$$
skip() { echo "no network namespaces here: $1" >&2; exit 77; }
command -v ip > /dev/null || skip "ip (iproute2) is not installed"
[ "$(id -u)" = 0 ] || skip "this takes root"
cleanup() { ip netns del "$a" 2> /dev/null || true; ip netns del "$b" 2> /dev/null || true; }
trap cleanup EXIT
ip netns add "$a" 2> /dev/null && ip netns add "$b" 2> /dev/null || skip "the kernel or the container refuses them"
ip -n "$a" link add wire type veth peer name wire netns "$b" 2> /dev/null || skip "no veth devices"
ip -n "$a" addr add 10.217.0.1/24 dev wire
ip -n "$b" addr add 10.217.0.2/24 dev wire
for host in "$a" "$b"; do
  ip -n "$host" link set lo up
  ip -n "$host" link set wire up
done
# Loss by the kernel where it can; else the receiver drops as much.
lose=()
if tc -n "$a" qdisc add dev wire root netem loss 10% delay 10ms 2> /dev/null; then echo "loss by netem" >&2; else lose=(--lose 10%); echo "no netem: the receiver drops datagrams" >&2; fi
mkfifo lines
ip netns exec "$b" dew stream recv udp://10.217.0.2:5004 "$folder" "${lose[@]}" --json --deadline 2000 --idle 20 < /dev/null > lines &
exec 3< lines
read -r <&3  # it listens
ip netns exec "$a" dew stream send "$frame" --to udp://10.217.0.2:5004 "$@" < /dev/null > sent
cat <&3
wait
