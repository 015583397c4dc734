// SPDX-License-Identifier: Apache-2.0
/// What a user, or a program that knows the channel, says on the standard input of a stream: `rate 1Mbit/s`, `quit`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dew::app {

struct StreamCommand {
  std::optional<uint64_t> rate_bits;
  bool quit = false;
};

class StreamCommands {
 public:
  /// Standard input, or -1 once it has ended.
  int handle() const { return handle_; }
  /// The lines that are there. Call it when handle() can be read. Lines that are not understood are said on standard error.
  std::vector<StreamCommand> read();

 private:
  int handle_ = 0;
  std::string line_;
};

}  // namespace dew::app
