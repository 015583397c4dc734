#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh BIN PATHS: the coders beside zstd's, then every file of PATHS in every mode and effort beside the peers that are installed.
set -euo pipefail
bin=$1
shift
if [ -x "$bin/coders-bench" ]; then "$bin/coders-bench"; fi
"$bin/dew" bench --peers --elsewhere "$@"
