// SPDX-License-Identifier: Apache-2.0
#include "apps/stream/commands.h"

#include <unistd.h>

#include <array>
#include <cstdio>

#include "apps/stream/stream.h"

namespace dew::app {
namespace {

std::optional<StreamCommand> parse_command(const std::string& line) {
  StreamCommand command;
  const std::vector<std::string> words = split(line, ' ');
  if (words.empty()) return std::nullopt;
  if (words.size() == 1 && words[0] == "quit") {
    command.quit = true;
    return command;
  }
  if (words.size() == 2 && words[0] == "rate") {
    const Result<uint64_t> rate = parse_rate_bits(words[1]);
    if (rate.ok()) {
      command.rate_bits = *rate;
      return command;
    }
  }
  std::fprintf(stderr, "dew: '%s' is not understood; commands are `rate 2Mbit/s` and `quit`\n", line.c_str());
  return std::nullopt;
}

}  // namespace

std::vector<StreamCommand> StreamCommands::read() {
  constexpr size_t kLongestLine = 4096;
  std::array<char, 1024> buffer;
  const ssize_t got = ::read(handle_, buffer.data(), buffer.size());
  if (got <= 0) {
    handle_ = -1;
    return {};
  }
  std::vector<StreamCommand> commands;
  for (const char letter : std::string_view(buffer.data(), static_cast<size_t>(got))) {
    if (letter != '\n') {
      if (line_.size() < kLongestLine) line_ += letter;
      continue;
    }
    if (const auto command = parse_command(line_)) commands.push_back(*command);
    line_.clear();
  }
  return commands;
}

}  // namespace dew::app
