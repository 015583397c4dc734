// SPDX-License-Identifier: Apache-2.0
/// The two ends of `dew stream`, one file each.
#pragma once

#include "apps/command_line.h"
#include "apps/stream/link.h"
#include "apps/stream/socket.h"

namespace dew::app {

/// Both return exit codes.
int stream_send(const Arguments& arguments);
int stream_recv(const Arguments& arguments);

/// "2Mbit/s", "750kbit/s", "96000" in bits a second. Errors: invalid_argument.
Result<uint64_t> parse_rate_bits(std::string_view text);
/// "70%" or "0.7" as 0.7; between 0 and 1. Errors: invalid_argument.
Result<double> parse_share(std::string_view text);

}  // namespace dew::app
