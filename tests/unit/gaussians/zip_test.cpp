// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/zip.h"

#include "io_support.h"

namespace dew {
namespace {

using namespace test;

Budget plenty() { return Budget{DecodeLimits{}}; }

/// An archive of one deflated entry with a data descriptor, as streaming writers make them: sizes in the directory alone.
Bytes deflated_archive(const std::string& content) {
  const Bytes packed = *deflate_all(as_bytes(content), Wrapper::none);
  ByteWriter writer;
  const auto common = [&](bool sizes) {
    writer.u16(20);
    writer.u16(8);
    writer.u16(8);
    writer.u32(0);
    writer.u32(sizes ? crc32_of(as_bytes(content)) : 0);
    writer.u32(sizes ? static_cast<uint32_t>(packed.size()) : 0);
    writer.u32(sizes ? static_cast<uint32_t>(content.size()) : 0);
    writer.u16(5);
  };
  writer.u32(0x04034b50);
  common(false);
  writer.u16(3);
  writer.bytes(as_bytes("a.txt"));
  writer.bytes(as_bytes("xyz"));
  writer.bytes(packed);
  const size_t directory = writer.size();
  writer.u32(0x02014b50);
  writer.u16(20);
  common(true);
  writer.u16(0);
  writer.u16(0);
  writer.u64(0);
  writer.u32(0);
  writer.bytes(as_bytes("a.txt"));
  const size_t size = writer.size() - directory;
  writer.u32(0x06054b50);
  writer.u32(0);
  writer.u16(1);
  writer.u16(1);
  writer.u32(static_cast<uint32_t>(size));
  writer.u32(static_cast<uint32_t>(directory));
  writer.u16(7);
  writer.bytes(as_bytes("comment"));
  return writer.take();
}

TEST(Zip, StoredEntriesComeBack) {
  Random random(71);
  std::vector<NamedBytes> files;
  for (size_t i = 0; i < 20; ++i) {
    Bytes bytes(random() % 3000);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    files.push_back({"file" + std::to_string(i), bytes});
  }
  const Bytes archive = *write_stored_zip(files);
  ASSERT_TRUE(is_zip(archive));
  const auto directory = read_zip_directory(archive);
  ASSERT_TRUE(directory.ok()) << directory.error().message;
  Budget budget = plenty();
  for (const NamedBytes& file : files) EXPECT_EQ(*read_zip_entry(archive, *directory->find(file.name), budget), file.bytes);
  EXPECT_EQ(directory->find("file"), nullptr);
}

TEST(Zip, DeflatedEntriesOfStreamingWritersAreRead) {
  if (!has_deflate()) GTEST_SKIP() << "built without zlib";
  const std::string content(5000, 'q');
  const Bytes archive = deflated_archive(content);
  const auto directory = read_zip_directory(archive);
  ASSERT_TRUE(directory.ok()) << directory.error().message;
  Budget budget = plenty();
  const auto entry = read_zip_entry(archive, directory->entries[0], budget);
  ASSERT_TRUE(entry.ok()) << entry.error().message;
  EXPECT_EQ(as_text(*entry), content);
}

TEST(Zip, EveryChangedByteOfAnEntryIsSeen) {
  const Bytes archive = *write_stored_zip({{"a", bytes_of("some bytes that are stored")}});
  for (size_t at = 31; at < 31 + 26; ++at) {
    Bytes damaged = archive;
    damaged[at] ^= std::byte{1};
    Budget budget = plenty();
    const auto directory = read_zip_directory(damaged);
    ASSERT_TRUE(directory.ok());
    EXPECT_EQ(read_zip_entry(damaged, directory->entries[0], budget).error().code, Code::corrupt);
  }
}

TEST(Zip, SizesThatDeflateCannotReachAreRefused) {
  if (!has_deflate()) GTEST_SKIP() << "built without zlib";
  const Bytes archive = deflated_archive(std::string(100, 'q'));
  auto directory = read_zip_directory(archive);
  directory->entries[0].size_bytes = 0xfffffff0;
  Budget budget = plenty();
  EXPECT_EQ(read_zip_entry(archive, directory->entries[0], budget).error().code, Code::corrupt);
}

TEST(PlainNames, StayBelowTheirFolder) {
  for (const char* name : {"a", "a.webp", "pictures/a.webp", "..a", "a..b", "a b"}) EXPECT_TRUE(is_plain_name(name)) << name;
  for (const char* name : {"", "/a", "..", "../a", "a/../b", "a/..", "./a", "a//b", "a/", "c:\\a", "a\\b", "a\nb", "\x01"}) {
    EXPECT_FALSE(is_plain_name(name)) << name;
  }
}

}  // namespace
}  // namespace dew
