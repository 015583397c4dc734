#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh BIN PATHS: the coders beside zstd's, pictures of the viewer, the decoder as WebAssembly beside the native one, then every file of
# PATHS in every mode and effort beside the peers that are installed.
set -euo pipefail
bin=$1
shift
if [ -x "$bin/coders-bench" ]; then "$bin/coders-bench"; fi
if [ -x "$bin/viewer-bench" ]; then "$bin/viewer-bench"; fi
if command -v node > /dev/null && [ -f "$bin/../wasm/bin/dew.wasm" ]; then "$(dirname "$0")/module.sh" "$bin" "$1"; fi
"$bin/dew" bench --peers --elsewhere "$@"
