// SPDX-License-Identifier: Apache-2.0
// Splat files made to hurt: cut, damaged, or well-formed around numbers that lie. On its own, because it replaces operator new.
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "gaussians/coding/scene_header.h"
#include "gaussians/coding/splat_group.h"
#include "tests/support/splat_codec_suite.h"

namespace {
std::atomic<size_t> live_bytes{0}, peak_bytes{0};
}  // namespace

void* operator new(size_t size) {
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  const size_t now = live_bytes += malloc_usable_size(memory);
  size_t peak = peak_bytes;
  while (now > peak && !peak_bytes.compare_exchange_weak(peak, now)) {
  }
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) live_bytes -= malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept { operator delete(memory); }

namespace dew::test {
namespace {

/// Bytes that `work` held at once beyond what was held before.
template <class Work>
size_t peak_of(Work&& work) {
  const size_t before = live_bytes;
  peak_bytes = before;
  work();
  return peak_bytes - before;
}

struct File {
  const char* name;
  Bytes bytes;
};

Bytes encoded(const Splats& scene, SplatEncodeOptions options) {
  Result<SplatEncoded> file = encode_splats(scene, options);
  EXPECT_TRUE(file.ok());
  return file.ok() ? file->bytes : Bytes{};
}

/// Small files with every kind of chunk.
const std::vector<File>& files() {
  static const std::vector<File> made = [] {
    Random random(1);
    const Splats plain = random_splats(random, {.count = 300, .sh_degree = 1});
    const Splats layered = random_splats(random, {.count = 5000, .sh_degree = 0, .normals = true});
    const Splats extras = random_splats(random, {.count = 120, .sh_degree = 2, .normals = true, .extra_properties = 3});
    SplatEncodeOptions coarse = small_views({}, 2), ordered = coarse;
    coarse.quality_db = 28;
    ordered.keep_order = true;
    Splats exact = random_splats(random, {.count = 80, .sh_degree = 1, .nan_share = 0.1, .extra_properties = 2});
    exact.source = {SplatFormat::ply, Bytes(50, std::byte{65}), Bytes(7)};
    return std::vector<File>{{"plain", encoded(plain, coarse)},
                             {"layered", encoded(layered, ordered)},
                             {"ordered with extras", encoded(extras, ordered)},
                             {"lossless", encoded(exact, in_mode(SplatMode::lossless))}};
  }();
  return made;
}

DecodeLimits tight_limits() {
  DecodeLimits limits;
  limits.elements = 1u << 17;
  limits.memory_bytes = 32u << 20;
  limits.work_units = 1u << 24;
  return limits;
}

/// What models take, whatever the file: two groups at once.
constexpr size_t kModels = 12u << 20;

/// Decodes in every way and inspects; what comes out holds together and costs what the limits allow.
void expect_harmless(const Bytes& file, const std::string& what) {
  const size_t peak = peak_of([&] {
    for (int way = 0; way < 4; ++way) {
      SplatDecodeOptions options;
      options.salvage = way == 1;
      if (way == 2) options.fraction = 0.6;
      if (way == 3) options.box = {-1, -1, -1, 1, 1, 1};
      const Result<SplatDecoded> decoded = decode_splats(file, options, tight_limits());
      if (decoded.ok()) {
        EXPECT_TRUE(check_shape(decoded->splats).ok()) << what;
      } else {
        EXPECT_FALSE(decoded.error().message.empty()) << what;
        EXPECT_NE(decoded.error().code, Code::internal) << what;
        EXPECT_LE(decoded.error().offset, file.size()) << what << decoded.error().message;
      }
    }
    (void)inspect_splats(file, tight_limits()).ok();
  });
  EXPECT_LT(peak, tight_limits().memory_bytes + kModels) << what;
}

TEST(SplatCodecHostile, EveryKindOfChunkIsThere) {
  for (const uint32_t type : {kSceneChunk, kGroupChunk, kGroupShChunk, kOrderChunk, kExtraChunk, kLosslessChunk}) {
    size_t seen = 0;
    for (const File& file : files()) seen += ContainerReader::open(file.bytes, {})->find(type) != nullptr;
    EXPECT_GT(seen, 0u) << type;
  }
  EXPECT_GT(inspect_splats(files()[1].bytes, {})->groups, 1u) << "layers";
}

TEST(SplatCodecHostile, EveryPrefixIsRefused) {
  for (const auto& [name, bytes] : files()) {
    const size_t step = 1 + bytes.size() / 2000;
    for (size_t size = 0; size < bytes.size(); size += step) {
      const Result<SplatDecoded> decoded = decode_splats(ByteSpan(bytes).first(size), {}, {});
      ASSERT_FALSE(decoded.ok()) << name << size;
      ASSERT_TRUE(decoded.error().code == Code::truncated || decoded.error().code == Code::corrupt)
          << name << size << code_name(decoded.error().code);
      EXPECT_FALSE(inspect_splats(ByteSpan(bytes).first(size), {}).ok());
    }
  }
}

TEST(SplatCodecHostile, EveryPrefixSalvagesToPartOfTheSplats) {
  for (const auto& [name, bytes] : files()) {
    const Splats whole = without_extras(decode_splats(bytes, {}, {})->splats);
    SplatDecodeOptions options;
    options.salvage = true;
    const size_t step = 1 + bytes.size() / 60;
    for (size_t size = 0; size < bytes.size(); size += step) {
      const Result<SplatDecoded> decoded = decode_splats(ByteSpan(bytes).first(size), options, {});
      if (!decoded.ok()) continue;
      EXPECT_LE(decoded->splats.count(), whole.count()) << name << size;
      EXPECT_FALSE(decoded->warnings.empty()) << name << size;
    }
  }
}

TEST(SplatCodecHostile, BytesAfterTheFileAreRefused) {
  for (const auto& [name, bytes] : files()) {
    for (const size_t more : {1u, 8u, 5000u}) {
      Bytes longer = bytes;
      longer.resize(bytes.size() + more);
      EXPECT_FALSE(decode_splats(longer, {}, {}).ok()) << name << more;
    }
  }
}

TEST(SplatCodecHostile, EveryChangedByteIsSeen) {
  for (const auto& [name, bytes] : files()) {
    const size_t step = 1 + bytes.size() / 800;
    for (size_t at = 0; at < bytes.size(); at += step) {
      Bytes damaged = bytes;
      damaged[at] ^= static_cast<std::byte>(1 + at % 255);
      EXPECT_FALSE(decode_splats(damaged, {}, {}).ok()) << name << at;
      if (at % 43 == 0) expect_harmless(damaged, std::string(name) + " at " + std::to_string(at));
    }
  }
}

/// Past the checksums: payloads changed and the container made anew around them.
TEST(SplatCodecHostile, ChangedPayloadsAreHarmless) {
  Random random(2);
  for (const auto& [name, bytes] : files()) {
    const Result<ContainerReader> container = ContainerReader::open(bytes, {});
    ASSERT_TRUE(container.ok());
    for (size_t index = 0; index < container->chunks().size(); ++index) {
      const ByteSpan payload = container->chunks()[index].payload;
      const size_t tries = container->chunks()[index].type == kSceneChunk ? 100 : 10;
      for (size_t i = 0; i < tries; ++i) {
        Bytes changed(payload.begin(), payload.end());
        // Heads begin with the numbers that matter.
        const size_t reach = i % 2 == 0 ? std::min<size_t>(changed.size(), 60) : changed.size();
        if (reach == 0) continue;
        const size_t at = random() % reach;
        switch (i % 5) {
          case 0: changed[at] = static_cast<std::byte>(random()); break;
          case 1: changed[at] ^= static_cast<std::byte>(1u << random() % 8); break;
          case 2: changed.insert(changed.begin() + static_cast<ptrdiff_t>(at), 1 + random() % 8, std::byte{0xff}); break;
          case 3: changed.erase(changed.begin() + static_cast<ptrdiff_t>(at)); break;
          default: changed.resize(at); break;
        }
        expect_harmless(with_chunk(bytes, index, changed),
                        std::string(name) + " chunk " + std::to_string(index) + " try " + std::to_string(i));
      }
    }
  }
}

/// The file with another header, checksums right.
template <class Change>
Bytes with_header(const Bytes& file, Change&& change) {
  const Result<ContainerReader> container = ContainerReader::open(file, {});
  const Chunk* head = container->find(kSceneChunk);
  Result<SceneHeader> header = read_scene_header(head->payload, 0, {});
  change(*header);
  ByteWriter writer;
  EXPECT_TRUE(write_scene_header(*header, writer).ok());
  return with_chunk(file, static_cast<size_t>(head - container->chunks().data()), writer.bytes());
}

TEST(SplatCodecHostile, EveryNumberOfTheHeaderMayLie) {
  Random random(3);
  for (const auto& [name, bytes] : files()) {
    for (const HeaderField<SceneNumbers>& field : kSceneNumbers) {
      for (int i = 0; i < 4; ++i) {
        const Bytes file = with_header(bytes, [&](SceneHeader& header) {
          field.set(header.numbers, sample_header_value(field.rule, random()));
          if (header.basis.width() != 3 * sh_coefficients(static_cast<uint32_t>(header.numbers.sh_degree))) header.basis = {};
        });
        expect_harmless(file, std::string(name) + ' ' + field.rule.name);
      }
    }
  }
}

TEST(SplatCodecHostile, HugeCountsAllocateNothing) {
  for (const auto& [name, bytes] : files()) {
    for (const uint64_t count : {uint64_t{1} << 32, uint64_t{1} << 31, uint64_t{1} << 26, uint64_t{300000}}) {
      const Bytes many = with_header(bytes, [&](SceneHeader& header) { header.numbers.splats = count; });
      const Bytes groups = with_header(bytes, [&](SceneHeader& header) { header.numbers.groups = std::min(count, uint64_t{1} << 24); });
      for (const Bytes* file : {&many, &groups}) {
        const bool matters = file == &many || std::string(name) != "lossless";
        bool refused = false;
        const size_t peak = peak_of([&] { refused = !decode_splats(*file, {}, {}).ok(); });
        EXPECT_TRUE(refused || !matters) << name << count;
        EXPECT_LT(peak, kModels) << name << count;
        SplatDecodeOptions options;
        options.salvage = true;
        EXPECT_LT(peak_of([&] { (void)decode_splats(*file, options, {}).ok(); }), kModels) << name << count;
        EXPECT_LT(peak_of([&] { (void)inspect_splats(*file, {}).ok(); }), kModels) << name << count;
      }
    }
  }
}

/// A group of as many splats as its bytes may stand for, of whatever noise says.
Bytes noisy_group(Random& random, size_t bytes) {
  ByteWriter writer;
  writer.varint(std::min<uint64_t>(kGroupSplats, 1024 + 16 * bytes));
  for (int i = 0; i < 3; ++i) writer.f32(-1);
  writer.f32(2);
  Bytes base = writer.take();
  while (base.size() < bytes) base.push_back(static_cast<std::byte>(random() & 1 ? random() : 0));
  return base;
}

Bytes file_of_groups(SceneHeader header, const std::vector<Bytes>& groups) {
  header.numbers.groups = groups.size();
  ByteWriter head;
  EXPECT_TRUE(write_scene_header(header, head).ok());
  ContainerWriter writer(Kind::splats);
  EXPECT_TRUE(writer.append(kSceneChunk, kRequired, head.bytes()).ok());
  for (const Bytes& group : groups) EXPECT_TRUE(writer.append(kGroupChunk, kRequired, group).ok());
  EXPECT_TRUE(writer.finish().ok());
  return writer.take();
}

/// Limits hold for all groups together, and extra properties count.
TEST(SplatCodecHostile, ManyGroupsAndManyPropertiesArePaidForBeforehand) {
  Random random(4);
  SceneHeader header;
  header.numbers.sh_degree = 3;
  std::vector<Bytes> groups(60);
  for (Bytes& group : groups) group = noisy_group(random, 1500);
  header.numbers.splats = groups.size() * (1024 + 16 * 1500);
  DecodeLimits limits;
  limits.memory_bytes = 64u << 20;
  const Bytes many_groups = file_of_groups(header, groups);
  Code code = Code::internal;
  size_t peak = peak_of([&] { code = decode_splats(many_groups, {}, limits).error().code; });
  EXPECT_EQ(code, Code::out_of_memory);
  EXPECT_LT(peak, kModels);
  header.numbers.sh_degree = 0;
  header.extra.assign(4096, {"e", PropertyType::f64, true, Bytes(8)});
  header.numbers.splats = 1024 + 16 * 1500;
  const Bytes many_properties = file_of_groups(header, {noisy_group(random, 1500)});
  for (const bool salvage : {false, true}) {
    SplatDecodeOptions options;
    options.salvage = salvage;
    peak = peak_of([&] { code = decode_splats(many_properties, options, limits).error().code; });
    EXPECT_EQ(code, Code::out_of_memory);
    EXPECT_LT(peak, kModels);
  }
  limits = {};
  limits.work_units = 1u << 20;
  EXPECT_EQ(decode_splats(many_groups, {}, limits).error().code, Code::limit_exceeded);
  EXPECT_EQ(inspect_splats(many_groups, limits).error().code, Code::limit_exceeded);
}

TEST(SplatCodecHostile, SmallLimitsAreKept) {
  for (const auto& [name, bytes] : files()) {
    for (int which = 0; which < 4; ++which) {
      DecodeLimits limits;
      if (which == 0) limits.elements = 10;
      if (which == 1) limits.memory_bytes = 4000;
      if (which == 2) limits.work_units = 1000;
      if (which == 3) limits.input_bytes = 100;
      Code code = Code::internal;
      const size_t peak = peak_of([&] {
        const Result<SplatDecoded> decoded = decode_splats(bytes, {}, limits);
        if (!decoded.ok()) code = decoded.error().code;
      });
      EXPECT_TRUE(code == Code::limit_exceeded || code == Code::out_of_memory) << name << which << code_name(code);
      EXPECT_LT(peak, kModels) << name << which;
    }
  }
}

TEST(SplatCodecHostile, MissingRepeatedAndSwappedChunks) {
  for (const auto& [name, bytes] : files()) {
    const Result<ContainerReader> container = ContainerReader::open(bytes, {});
    ASSERT_TRUE(container.ok());
    const std::vector<Chunk>& chunks = container->chunks();
    const auto rebuilt = [&](const std::vector<size_t>& order) {
      ContainerWriter writer(Kind::splats);
      for (const size_t i : order) EXPECT_TRUE(writer.append(chunks[i].type, chunks[i].need, chunks[i].payload).ok());
      EXPECT_TRUE(writer.finish().ok());
      return writer.take();
    };
    std::vector<size_t> all(chunks.size());
    for (size_t i = 0; i < all.size(); ++i) all[i] = i;
    EXPECT_TRUE(decode_splats(rebuilt(all), {}, {}).ok()) << name;
    for (size_t i = 0; i < all.size(); ++i) {
      std::vector<size_t> fewer = all, twice = all, swapped = all;
      fewer.erase(fewer.begin() + static_cast<ptrdiff_t>(i));
      twice.insert(twice.begin() + static_cast<ptrdiff_t>(i), i);
      std::swap(swapped[i], swapped[(i + 1) % all.size()]);
      EXPECT_FALSE(decode_splats(rebuilt(fewer), {}, {}).ok()) << name << " without " << i;
      for (const auto& order : {fewer, twice, swapped}) expect_harmless(rebuilt(order), std::string(name) + std::to_string(i));
    }
  }
}

TEST(SplatCodecHostile, UnknownRequiredChunksAreRefusedAndOptionalOnesSkipped) {
  for (const auto& [name, bytes] : files()) {
    const Result<ContainerReader> container = ContainerReader::open(bytes, {});
    for (const Need need : {kOptional, kRequired}) {
      ContainerWriter writer(Kind::splats);
      for (const Chunk& chunk : container->chunks()) ASSERT_TRUE(writer.append(chunk.type, chunk.need, chunk.payload).ok());
      ASSERT_TRUE(writer.append(1234, need, Bytes(5)).ok());
      ASSERT_TRUE(writer.finish(container->content_hash()).ok());
      const Result<SplatDecoded> decoded = decode_splats(writer.take(), {}, {});
      EXPECT_EQ(decoded.ok(), need == kOptional) << name;
      if (!decoded.ok()) {
        EXPECT_EQ(decoded.error().code, Code::unsupported_feature) << name;
      }
    }
  }
}

TEST(SplatCodecHostile, FilesOfOtherKindsAreRefused) {
  ContainerWriter writer(Kind::cloud);
  ASSERT_TRUE(writer.finish().ok());
  const Bytes file = writer.take();
  EXPECT_EQ(decode_splats(file, {}, {}).error().code, Code::unsupported_feature);
  EXPECT_EQ(inspect_splats(file, {}).error().code, Code::unsupported_feature);
}

/// Other content than the hash names is refused, even where every part decodes.
TEST(SplatCodecHostile, TheContentHashIsChecked) {
  for (const auto& [name, bytes] : files()) {
    const Result<ContainerReader> container = ContainerReader::open(bytes, {});
    ContainerWriter writer(Kind::splats);
    for (const Chunk& chunk : container->chunks()) ASSERT_TRUE(writer.append(chunk.type, chunk.need, chunk.payload).ok());
    ASSERT_TRUE(container->content_hash().has_value());
    Sha256Digest other = *container->content_hash();
    other[0] ^= std::byte{1};
    ASSERT_TRUE(writer.finish(other).ok());
    EXPECT_EQ(decode_splats(writer.take(), {}, {}).error().code, Code::corrupt) << name;
  }
}

}  // namespace
}  // namespace dew::test
