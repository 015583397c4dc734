// SPDX-License-Identifier: Apache-2.0
// gaussians/FORMAT.md: its table is that of the code, and a decoder written from the page alone reads what the encoder writes.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "gaussians/coding/scene_header.h"

namespace dew::test {
namespace {

std::string page() {
  std::ifstream file(DEW_SOURCE_DIR "/gaussians/FORMAT.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(SplatFormat, HeaderTableIsThatOfTheCode) {
  EXPECT_NE(page().find(header_table_markdown(kSceneNumbers)), std::string::npos) << header_table_markdown(kSceneNumbers);
}

}  // namespace
}  // namespace dew::test
