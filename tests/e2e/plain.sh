#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A build without any optional package: what works without them works, and what does not is a sentence that names what is missing.
#   tests/e2e/plain.sh build/plain/bin data/samples
set -euo pipefail
bin=$(realpath "$1") samples=$(realpath "$2")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

# says WORDS COMMAND...: the command fails, and its complaint holds the words.
says() {
  local words=$1 complaint
  shift
  if complaint=$("$@" 2>&1 < /dev/null); then echo "did not fail: $*" >&2; exit 1; fi
  if ! grep -q "$words" <<< "$complaint"; then echo "$*: expected '$words', got: $complaint" >&2; exit 1; fi
  echo "ok: ${*##*/}: $complaint"
}

echo "open 0.dew" > script
printf '%064d\n' 0 > key
"$bin/dew" encode "$samples/vlp16_indoor.lrf" 0.dew > /dev/null
"$bin/dew" decode 0.dew back.lrf > /dev/null
cmp back.lrf "$samples/vlp16_indoor.lrf"
"$bin/dew" verify 0.dew
says "no OpenGL" "$bin/dew" view 0.dew --shot 0.png
says "opens no window" "$bin/dew" view 0.dew
says "no OpenGL" "$bin/dew" view 0.dew --script script
says "page" "$bin/dew" view 0.dew --html 0.html
says "libsodium" "$bin/dew" stream send "$samples/vlp16_indoor.lrf" --to udp://127.0.0.1:9 --key key
says "libmosquitto" "$bin/dew" stream send "$samples/vlp16_indoor.lrf" --to mqtt://127.0.0.1:9/a
echo "a build without optional packages: as it should be"
