// SPDX-License-Identifier: Apache-2.0
// README.md: its commands run as they stand there, and its lines of library use (which the build puts into a function) do what they say.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "entropy/bytes.h"
#include "tests/e2e/run_dew.h"

/// Made from the C++ lines of README.md: encodes and decodes `file` and returns the number of points.
dew::Result<size_t> readme_example(dew::ByteSpan file);

namespace dew::e2e {
namespace {

TEST(Readme, CommandsRunVerbatim) {
  std::ifstream file(std::string(DEW_SOURCE_DIR) + "/README.md");
  const std::string readme{std::istreambuf_iterator<char>(file), {}};
  const Scratch scratch;
  scratch.write("scan.bin", street_frame(1601));
  std::filesystem::create_directory(scratch.path("drive"));
  for (size_t frame = 10; frame < 31; ++frame) scratch.write("drive/" + std::to_string(frame) + ".bin", street_frame(401));
  size_t commands = 0;
  for (size_t block = readme.find("```sh\n"); block != std::string::npos; block = readme.find("```sh\n", block + 1)) {
    std::istringstream lines(readme.substr(block + 6, readme.find("```", block + 6) - block - 6));
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("dew ")) continue;
      const Ran ran = scratch.shell(line);
      EXPECT_EQ(ran.exit_code, 0) << line << "\n" << ran.err;
      ++commands;
    }
  }
  EXPECT_GE(commands, 5u);
  EXPECT_TRUE(scratch.has("exact.dew"));
}

TEST(Readme, LibraryLinesDoWhatTheySay) {
  const std::string frame = street_frame(321);
  const auto points = readme_example(as_bytes(frame));
  ASSERT_TRUE(points.ok()) << points.error().message;
  EXPECT_EQ(*points, 321u);
}

}  // namespace
}  // namespace dew::e2e
