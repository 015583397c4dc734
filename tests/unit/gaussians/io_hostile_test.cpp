// SPDX-License-Identifier: Apache-2.0
// Headers that ask for more than their file can hold must be refused before anything of that size is allocated.
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

#include "gaussians/io/spz_codes.h"
#include "io_support.h"

namespace {
std::atomic<size_t> largest_allocation{0};
}  // namespace

void* operator new(size_t size) {
  size_t seen = largest_allocation.load();
  while (size > seen && !largest_allocation.compare_exchange_weak(seen, size)) {
  }
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace dew {
namespace {

using namespace test;

size_t largest_while_refusing(const Bytes& file, const std::string& extension = {}) {
  largest_allocation = 0;
  const auto input = read_splats(file, {}, extension);
  EXPECT_FALSE(input.ok());
  return largest_allocation;
}

/// `file` with 32 bits at `at` set to each of some great numbers.
std::vector<Bytes> with_counts(const Bytes& file, size_t at) {
  std::vector<Bytes> files;
  for (const uint32_t count : {0xffffffffu, 0x7fffffffu, 0x10000000u, 0x00800000u}) {
    files.push_back(file);
    std::memcpy(&files.back()[at], &count, 4);
  }
  return files;
}

TEST(HostileSplats, PlyCountsBeyondTheFile) {
  Random random(131);
  for (const SplatFormat format : {SplatFormat::ply, SplatFormat::compressed_ply}) {
    const auto output = write_splats(tame_scene(random, 7, 1), format);
    for (const char* count : {"18446744073709551615", "1152921504606846976", "4294967296", "100000000"}) {
      std::string text(as_text(output->file));
      for (size_t at = text.find(" 7\n"); at != std::string::npos; at = text.find(" 7\n"))
        text.replace(at, 3, std::string(" ") + count + "\n");
      EXPECT_LT(largest_while_refusing(bytes_of(text)), 65536u) << format_name(format) << count;
    }
  }
}

TEST(HostileSplats, SpzCountsBeyondTheFile) {
  if (!is_built(SplatFormat::spz)) GTEST_SKIP() << "built without zlib or zstd";
  Random random(132);
  Splats scene = tame_scene(random, 7, 1);
  for (const uint32_t version : {2u, 3u, 4u}) {
    ByteWriter header;
    for (const uint32_t word : {spz::kMagic, version, 0u, 0u}) header.u32(word);
    scene.source.format = SplatFormat::spz;
    scene.source.header = header.take();
    Bytes file = write_splats(scene, SplatFormat::spz)->file;
    if (version == 4) {
      for (const Bytes& wrong : with_counts(file, 8)) EXPECT_LT(largest_while_refusing(wrong), 65536u);
      continue;
    }
    const Bytes plain = *inflate_begin(file, Wrapper::gzip, 16 + 7 * (16 + (version == 2 ? 3 : 4) + 9), 0);
    for (const Bytes& wrong : with_counts(plain, 8)) {
      EXPECT_LT(largest_while_refusing(wrong), 65536u);
      EXPECT_LT(largest_while_refusing(*deflate_all(wrong, Wrapper::gzip)), 65536u);
    }
  }
}

TEST(HostileSplats, KsplatCountsBeyondTheFile) {
  Bytes file(4096 + 1024 + 200);
  file[1] = std::byte{1};
  file[4] = std::byte{1};
  file[16] = std::byte{1};
  for (const size_t at : {4u, 16u, 4096u, 4100u, 4104u, 4108u, 4128u, 4132u}) {
    for (const Bytes& wrong : with_counts(file, at)) EXPECT_LT(largest_while_refusing(wrong, ".ksplat"), 65536u);
  }
}

TEST(HostileSplats, GltfCountsBeyondTheFile) {
  Random random(133);
  const auto output = write_splats(tame_scene(random, 7, 0), SplatFormat::gltf, {.unpacked = true});
  for (const char* count : {"18446744073709551615", "4611686018427387904", "100000000"}) {
    std::string text(as_text(output->file));
    for (size_t at = text.find("\"count\":7,"); at != std::string::npos; at = text.find("\"count\":7,")) {
      text.replace(at, 9, std::string("\"count\":") + count);
    }
    EXPECT_LT(largest_while_refusing(bytes_of(text)), 65536u);
  }
}

TEST(HostileSplats, DeepAndWideJsonIsPaidFor) {
  for (const char* part : {"[", "{\"a\":", "[[],", "1,"}) {
    std::string text = "{\"KHR_gaussian_splatting\":[";
    while (text.size() < 4000000) text += part;
    DecodeLimits limits;
    limits.memory_bytes = 64u << 20;
    const auto input = read_splats(bytes_of(text), limits);
    ASSERT_FALSE(input.ok());
    EXPECT_TRUE(input.error().code == Code::out_of_memory || input.error().code == Code::corrupt);
  }
}

}  // namespace
}  // namespace dew
