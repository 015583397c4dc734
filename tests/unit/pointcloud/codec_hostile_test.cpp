// SPDX-License-Identifier: Apache-2.0
// Files made to hurt: cut, damaged, or well-formed around numbers that lie. On its own, because it replaces operator new.
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "pointcloud/coding/frame_chunk.h"
#include "tests/support/organised_clouds.h"

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

Bytes encoded(const Content& content, Effort effort, uint32_t slices, Mode mode = Mode::lossless) {
  EncodeOptions options;
  options.mode = mode;
  options.effort = effort;
  options.slice_count = slices;
  Result<Encoded> result = encode(content, options);
  EXPECT_TRUE(result.ok());
  return result.ok() ? result->bytes : Bytes{};
}

/// Small files of each kind of frame.
const std::vector<File>& files() {
  static const std::vector<File> made = [] {
    Random random(1);
    Cloud points = any_cloud(random, 40, true);
    points.source = {CloudFormat::records, {}, random_bytes(random, 9), 40, std::vector<uint32_t>(points.fields.size(), 4)};
    const Cloud firing = std::get<Cloud>(sample("nuscenes.bin"));
    OrganisedShape organised;
    organised.rows = 8;
    organised.columns = 96;
    organised.none = NoReturn::mixed;
    OrganisedShape listed;
    listed.columns = 180;
    return std::vector<File>{{"points", encoded(points, Effort::fast, 1)},
                             {"quantised points", encoded(any_cloud(random, 9000, true), Effort::fast, 2, Mode::max_error)},
                             {"scan", encoded(crop(std::get<Scan>(sample("vlp16_indoor.lrf")), 70), Effort::normal, 2)},
                             {"laser-sorted", encoded(crop(std::get<Cloud>(sample("kitti_raw.bin")), 0, 9000), Effort::fast, 3)},
                             {"firing order", encoded(thinned(firing, 32, 8), Effort::fast, 3)},
                             {"organised", encoded(organised_cloud(random, organised), Effort::fast, 3)},
                             {"listed", encoded(listed_cloud(random, listed, 2), Effort::fast, 3)}};
  }();
  return made;
}

DecodeLimits tight_limits() {
  DecodeLimits limits;
  limits.elements = 1u << 18;
  limits.memory_bytes = 48u << 20;
  limits.work_units = 1u << 26;
  return limits;
}

/// Decodes, salvages, inspects; what comes out holds together and costs what the limits allow.
void expect_harmless(const Bytes& file, const std::string& what) {
  const size_t peak = peak_of([&] {
    for (const bool salvage : {false, true}) {
      DecodeOptions options;
      options.salvage = salvage;
      const Result<Decoded> decoded = decode(file, options, tight_limits());
      if (decoded.ok()) {
        EXPECT_TRUE(consistent_content(decoded->content)) << what;
      } else {
        EXPECT_FALSE(decoded.error().message.empty()) << what;
        EXPECT_NE(decoded.error().code, Code::internal) << what;
        EXPECT_LE(decoded.error().offset, file.size()) << what << decoded.error().message;
      }
    }
    (void)inspect(file, tight_limits()).ok();
  });
  EXPECT_LT(peak, 3u * tight_limits().memory_bytes) << what;
}

TEST(CodecHostile, TheFilesAreOfEveryKind) {
  const char* const kinds[] = {"points", "points", "scan", "laser-sorted", "firing order", "organised", "organised"};
  for (size_t i = 0; i < files().size(); ++i) EXPECT_EQ(inspect(files()[i].bytes, {})->sensor[0].second, kinds[i]);
}

TEST(CodecHostile, EveryPrefixIsRefused) {
  for (const auto& [name, bytes] : files()) {
    const size_t step = 1 + bytes.size() / 3000;
    for (size_t size = 0; size < bytes.size(); size += step) {
      const Result<Decoded> decoded = decode(ByteSpan(bytes).subspan(0, size), {}, {});
      ASSERT_FALSE(decoded.ok()) << name << size;
      ASSERT_TRUE(decoded.error().code == Code::truncated || decoded.error().code == Code::corrupt)
          << name << size << code_name(decoded.error().code);
    }
  }
}

TEST(CodecHostile, BytesAfterTheFileAreRefused) {
  for (const auto& [name, bytes] : files()) {
    for (const size_t more : {1u, 8u, 5000u}) {
      Bytes longer = bytes;
      longer.resize(bytes.size() + more);
      EXPECT_FALSE(decode(longer, {}, {}).ok()) << name << more;
    }
  }
}

TEST(CodecHostile, EveryChangedByteIsSeen) {
  for (const auto& [name, bytes] : files()) {
    const size_t step = 1 + bytes.size() / 1000;
    for (size_t at = 0; at < bytes.size(); at += step) {
      Bytes damaged = bytes;
      damaged[at] ^= static_cast<std::byte>(1 + at % 255);
      EXPECT_FALSE(decode(damaged, {}, {}).ok()) << name << at;
      if (at % 11 == 0) expect_harmless(damaged, std::string(name) + " at " + std::to_string(at));
    }
  }
}

/// Past the checksums: payloads changed and the container made anew around them.
TEST(CodecHostile, ChangedPayloadsAreHarmless) {
  Random random(2);
  for (const auto& [name, bytes] : files()) {
    const Result<ContainerReader> container = ContainerReader::open(bytes, {});
    ASSERT_TRUE(container.ok());
    for (size_t index = 0; index < container->chunks().size(); ++index) {
      const ByteSpan payload = container->chunks()[index].payload;
      const bool is_head = container->chunks()[index].type == kFrameChunk;
      const size_t tries = is_head ? 120 : 8;
      for (size_t i = 0; i < tries; ++i) {
        Bytes changed(payload.begin(), payload.end());
        // Heads begin with the numbers that matter.
        const size_t reach = is_head && i % 2 == 0 ? std::min<size_t>(changed.size(), 120) : changed.size();
        const size_t at = static_cast<size_t>(below(random, reach));
        switch (i % 5) {
          case 0: changed[at] = static_cast<std::byte>(random()); break;
          case 1: changed[at] ^= static_cast<std::byte>(1u << below(random, 8)); break;
          case 2: changed.insert(changed.begin() + static_cast<ptrdiff_t>(at), 1 + below(random, 8), std::byte{0xff}); break;
          case 3: changed.erase(changed.begin() + static_cast<ptrdiff_t>(at)); break;
          default: changed.resize(at); break;
        }
        expect_harmless(with_payload(bytes, index, changed),
                        std::string(name) + " chunk " + std::to_string(index) + " try " + std::to_string(i));
      }
    }
  }
}

TEST(CodecHostile, BytesAfterAPayloadAreRefused) {
  for (const auto& [name, bytes] : files()) {
    const Result<ContainerReader> container = ContainerReader::open(bytes, {});
    ASSERT_TRUE(container.ok());
    for (size_t index = 0; index < container->chunks().size(); ++index) {
      const ByteSpan payload = container->chunks()[index].payload;
      Bytes longer(payload.begin(), payload.end());
      longer.push_back(std::byte{0});
      EXPECT_FALSE(decode(with_payload(bytes, index, longer), {}, {}).ok()) << name << index;
    }
  }
}

/// The file with other numbers in its frame chunk, checksums right.
template <class Change>
Bytes with_frame(const Bytes& file, Change&& change) {
  const Result<ContainerReader> container = ContainerReader::open(file, {});
  const Chunk* first = container->find(kFrameChunk);
  Result<FrameChunk> chunk = read_frame_chunk(first->payload, first->payload_offset, {});
  Bytes head(chunk->head.begin(), chunk->head.end());
  change(*chunk, head);
  return with_payload(file, static_cast<size_t>(first - container->chunks().data()), *write_frame_chunk(*chunk, head));
}

/// Replaces the varint that begins at `at`.
void put_varint(Bytes& head, size_t at, uint64_t value) {
  size_t end = at;
  while ((head[end] & std::byte{0x80}) != std::byte{0}) ++end;
  ByteWriter writer;
  writer.varint(value);
  const Bytes bytes = writer.take();
  head.erase(head.begin() + static_cast<ptrdiff_t>(at), head.begin() + static_cast<ptrdiff_t>(end) + 1);
  head.insert(head.begin() + static_cast<ptrdiff_t>(at), bytes.begin(), bytes.end());
}

TEST(CodecHostile, HugeCountsAllocateNothing) {
  for (const auto& [name, bytes] : files()) {
    for (const uint64_t count : {uint64_t{1} << 60, uint64_t{1} << 40, uint64_t{1} << 31, uint64_t{1} << 26, ~uint64_t{0}}) {
      const Bytes many = with_frame(bytes, [&](FrameChunk&, Bytes& head) { put_varint(head, 0, count); });
      const Bytes slices = with_frame(bytes, [&](FrameChunk& chunk, Bytes&) { chunk.numbers.slices = std::min(count, kMaxPoints); });
      for (const Bytes* file : {&many, &slices}) {
        size_t refused = 0;
        const size_t peak = peak_of([&] { refused = !decode(*file, {}, {}).ok(); });
        EXPECT_EQ(refused, 1u) << name << count;
        EXPECT_LT(peak, 4u << 20) << name << count;
        EXPECT_LT(peak_of([&] { (void)inspect(*file, {}).ok(); }), 4u << 20) << name;
      }
    }
  }
}

TEST(CodecHostile, PointsOfTheFrameMustBeThoseOfItsHead) {
  for (const auto& [name, bytes] : files()) {
    if (std::string(name) == "scan") continue;
    const Bytes other = with_frame(bytes, [](FrameChunk& chunk, Bytes&) { chunk.numbers.points += 1; });
    EXPECT_EQ(decode(other, {}, {}).error().code, Code::corrupt) << name;
  }
}

TEST(CodecHostile, SmallLimitsAreKept) {
  for (const auto& [name, bytes] : files()) {
    for (int which = 0; which < 4; ++which) {
      DecodeLimits limits;
      if (which == 0) limits.elements = 10;
      if (which == 1) limits.memory_bytes = 1000;
      if (which == 2) limits.work_units = 1000;
      if (which == 3) limits.input_bytes = 100;
      Code code = Code::internal;
      const size_t peak = peak_of([&] {
        const Result<Decoded> decoded = decode(bytes, {}, limits);
        if (!decoded.ok()) code = decoded.error().code;
      });
      EXPECT_TRUE(code == Code::limit_exceeded || code == Code::out_of_memory) << name << which << code_name(code);
      EXPECT_LT(peak, 8u << 20) << name << which;
    }
  }
}

TEST(CodecHostile, UnknownNetworkIsUnsupported) {
  for (const auto& [name, bytes] : files()) {
    const Bytes other = with_frame(bytes, [](FrameChunk& chunk, Bytes&) {
      ModelId id{};
      id[3] = std::byte{77};
      chunk.network = id;
    });
    EXPECT_EQ(decode(other, {}, {}).error().code, Code::unsupported_feature) << name;
  }
}

TEST(CodecHostile, MissingNetworkIsNoCrash) {
  for (const auto& [name, bytes] : files()) {
    const Bytes other = with_frame(bytes, [](FrameChunk& chunk, Bytes&) { chunk.network.reset(); });
    const Result<Decoded> decoded = decode(other, {}, {});
    if (std::string(name) == "scan") {
      EXPECT_EQ(decoded.error().code, Code::unsupported_feature);
    }
  }
}

TEST(CodecHostile, AnotherKindOfFrame) {
  for (const auto& [name, bytes] : files()) {
    for (uint64_t kind = 0; kind <= 4; ++kind) {
      expect_harmless(with_frame(bytes, [&](FrameChunk& chunk, Bytes&) { chunk.numbers.kind = kind; }),
                      std::string(name) + " as kind " + std::to_string(kind));
    }
  }
}

TEST(CodecHostile, MissingRepeatedAndSwappedSlices) {
  for (const auto& [name, bytes] : files()) {
    const Result<ContainerReader> container = ContainerReader::open(bytes, {});
    ASSERT_TRUE(container.ok());
    const std::vector<Chunk>& chunks = container->chunks();
    const auto rebuilt = [&](const std::vector<size_t>& order) {
      ContainerWriter writer(Kind::cloud);
      for (const size_t i : order) EXPECT_TRUE(writer.append(chunks[i].type, chunks[i].need, chunks[i].payload).ok());
      EXPECT_TRUE(writer.finish().ok());
      return writer.take();
    };
    std::vector<size_t> all(chunks.size());
    for (size_t i = 0; i < all.size(); ++i) all[i] = i;
    // Boxes of slices may follow the last slice.
    size_t last_slice = chunks.size() - 1;
    while (last_slice > 0 && chunks[last_slice].type != kSliceChunk) --last_slice;
    std::vector<size_t> fewer = all, more = all, swapped = all, no_head(all.begin() + 1, all.end()), reversed(all.rbegin(), all.rend());
    fewer.erase(fewer.begin() + static_cast<ptrdiff_t>(last_slice));
    more.push_back(last_slice);
    std::swap(swapped[last_slice], swapped[last_slice - 1]);
    EXPECT_EQ(decode(rebuilt(fewer), {}, {}).error().code, Code::truncated) << name;
    EXPECT_FALSE(decode(rebuilt(more), {}, {}).ok()) << name;
    EXPECT_FALSE(decode(rebuilt(no_head), {}, {}).ok()) << name;
    for (const auto& order : {fewer, more, swapped, no_head, reversed, std::vector<size_t>{}, std::vector<size_t>{0}})
      expect_harmless(rebuilt(order), name);
    EXPECT_EQ(decode(rebuilt(all), {}, {}).ok(), true) << name;
  }
}

TEST(CodecHostile, UnknownRequiredChunksAreRefusedAndOptionalOnesSkipped) {
  for (const auto& [name, bytes] : files()) {
    const Result<ContainerReader> container = ContainerReader::open(bytes, {});
    ASSERT_TRUE(container.ok());
    for (const Need need : {kOptional, kRequired}) {
      ContainerWriter writer(Kind::cloud);
      for (const Chunk& chunk : container->chunks()) ASSERT_TRUE(writer.append(chunk.type, chunk.need, chunk.payload).ok());
      ASSERT_TRUE(writer.append(1234, need, Bytes(5)).ok());
      ASSERT_TRUE(writer.finish().ok());
      const Result<Decoded> decoded = decode(writer.take(), {}, {});
      EXPECT_EQ(decoded.ok(), need == kOptional) << name;
      if (!decoded.ok()) {
        EXPECT_EQ(decoded.error().code, Code::unsupported_feature) << name;
      }
    }
  }
}

}  // namespace
}  // namespace dew::test
