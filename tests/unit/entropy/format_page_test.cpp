// SPDX-License-Identifier: Apache-2.0
// entropy/FORMAT.md: its worked example is a file that both readers read and that the writer writes.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "entropy/container.h"
#include "entropy/metadata.h"
#include "tests/golden/plain_container.h"

namespace dew {
namespace {

/// The value of two hex digits, if `word` is that.
std::optional<unsigned> hex_byte(const std::string& word) {
  if (word.size() != 2 || word.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
  return static_cast<unsigned>(std::stoul(word, nullptr, 16));
}

/// The bytes of the first fenced block after `heading`: lines of an offset, two hex digits a byte, at least two spaces, a remark.
std::vector<uint8_t> bytes_on_page(const std::string& page_path, const std::string& heading) {
  std::ifstream page(page_path);
  std::vector<uint8_t> bytes;
  std::string line;
  while (std::getline(page, line) && line != heading) {
  }
  while (std::getline(page, line) && line != "```") {
  }
  while (std::getline(page, line) && line != "```") {
    std::istringstream words(line.substr(0, line.find("  ", 4)));
    std::string word;
    words >> word;
    EXPECT_EQ(hex_byte(word).value_or(999), bytes.size()) << "offset on the page: " << line;
    while (words >> word) {
      const std::optional<unsigned> byte = hex_byte(word);
      EXPECT_TRUE(byte.has_value()) << line;
      bytes.push_back(static_cast<uint8_t>(byte.value_or(0)));
    }
  }
  return bytes;
}

TEST(FormatPage, WorkedExampleIsReadByBothReadersAndWrittenAgain) {
  const std::vector<uint8_t> page = bytes_on_page(DEW_SOURCE_DIR "/entropy/FORMAT.md", "## 9. Worked example");
  ASSERT_EQ(page.size(), 100u);

  const std::optional<plain::Container> plainly = plain::read_container(page);
  ASSERT_TRUE(plainly.has_value());
  ASSERT_EQ(plainly->chunks.size(), 2u);
  EXPECT_EQ(plainly->chunks[1].payload, (std::vector<uint8_t>{'d', 'e', 'w', '!'}));

  const ByteSpan file = std::as_bytes(std::span(page));
  const Result<ContainerReader> container = ContainerReader::open(file, DecodeLimits{});
  ASSERT_TRUE(container.ok()) << container.error().message;
  const Chunk* metadata = container->find(kMetadataChunk);
  ASSERT_NE(metadata, nullptr);
  const Result<Metadata> pairs = read_metadata(metadata->payload, metadata->payload_offset, DecodeLimits{});
  ASSERT_TRUE(pairs.ok());
  EXPECT_EQ(*pairs, (Metadata{{metadata_key::kUnits, "metre"}}));
  EXPECT_EQ(container->content_hash(), sha256(as_bytes("dew!")));

  ContainerWriter writer(Kind::cloud);
  ASSERT_TRUE(writer.append(kMetadataChunk, kOptional, write_metadata(*pairs)).ok());
  ASSERT_TRUE(writer.append(16, kRequired, as_bytes("dew!")).ok());
  ASSERT_TRUE(writer.finish(sha256(as_bytes("dew!"))).ok());
  EXPECT_TRUE(std::ranges::equal(writer.take(), file));
}

}  // namespace
}  // namespace dew
