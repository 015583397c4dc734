// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/header_words.h"

#include <array>
#include <string>
#include <vector>

#include "entropy/coder.h"
#include "entropy/mixer.h"
#include "pointcloud/coding/attributes.h"
#include "pointcloud/coding/frame.h"

namespace dew {
namespace {

/// Part of the format, as is all else here.
constexpr uint64_t kMostWords = 65536;  ///< longer texts are sequences: they pay for their own statistics, and take less time

/// What the model has read before the first byte. Headers of files that were seen, their fields in the usual order.
std::string words_before(const HeaderCounts& counts) {
  const std::string points = std::to_string(counts.points);
  return std::string("LASF", 4) + std::string(20, '\0') + "\1\2" + std::string(32, '\0') + "\xe3" + std::string(3, '\0') +
         "ply\nformat ascii 1.0\ncomment \nobj_info \nply\nformat binary_little_endian 1.0\nelement vertex " + points +
         "\nproperty float x\nproperty float y\nproperty float z\nproperty float nx\nproperty float ny\nproperty float nz\n"
         "property uchar red\nproperty uchar green\nproperty uchar blue\nproperty uchar alpha\nproperty float intensity\n"
         "property double x\nproperty double y\nproperty double z\nelement face 0\nproperty list uchar int vertex_indices\nend_header\n"
         "# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\nFIELDS x y z rgb normal_x normal_y normal_z curvature\n"
         "SIZE 4 4 4 4 4 4 4 4\nTYPE F F F F F F F F\nCOUNT 1 1 1 1 1 1 1 1\nDATA ascii\n"
         "# .PCD v.7 - Point Cloud Data file format\nVERSION .7\nFIELDS x y z intensity t reflectivity ring ambient range\n"
         "SIZE 4 4 4 4 4 2 1 2 4\nTYPE F F F F U U U U U\nCOUNT 1 1 1 1 1 1 1 1 1\nDATA binary_compressed\n"
         "# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\nFIELDS x y z intensity ring timestamp time\n"
         "SIZE 4 4 4 4 2 8\nTYPE F F F F U F\nCOUNT 1 1 1 1 1 1\nWIDTH " +
         std::to_string(counts.width) + "\nHEIGHT " + std::to_string(counts.height) + "\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS " + points +
         "\nDATA binary\n";
}

/// Takes what it is told and writes nothing: for what both sides know.
struct Rehearsal {
  bool code_bit(bool bit, uint32_t) { return bit; }
};

class WordModel {
 public:
  explicit WordModel(const HeaderCounts& counts) : mixed_(kSets) {
    for (auto& bits : bits_) bits.resize(kSlots);
    Rehearsal rehearsal;
    for (const char c : words_before(counts)) code(rehearsal, static_cast<uint8_t>(c));
  }
  static constexpr uint64_t memory_bytes() { return kOrders.size() * kSlots * sizeof(AdaptiveBit) + 4096; }

  template <class Coder>
  uint8_t code(Coder& coder, uint8_t byte) {
    std::array<uint32_t, kOrders.size()> hashes{};
    for (size_t k = 0; k < kOrders.size(); ++k) {
      for (size_t back = kOrders[k]; back-- > 0;) hashes[k] = (hashes[k] + last_[back] + 1) * 0x2c9277b5u;
    }
    const uint32_t coded = code_tree(byte, 8, [&](bool bit, uint32_t node) {
      std::array<AdaptiveBit*, kOrders.size()> contexts;
      for (size_t k = 0; k < kOrders.size(); ++k) contexts[k] = &bits_[k][((hashes[k] >> 8) ^ (node * 0x85ebca6bu >> 12)) % kSlots];
      const size_t set = contexts[4]->count() > 0 ? 3 : contexts[3]->count() > 0 ? 2 : contexts[1]->count() > 0 ? 1 : 0;
      return mixed_.code(coder, bit, contexts, set);
    });
    for (size_t back = last_.size(); back-- > 1;) last_[back] = last_[back - 1];
    last_[0] = static_cast<uint8_t>(coded);
    return last_[0];
  }

 private:
  static constexpr std::array<size_t, 5> kOrders = {1, 2, 3, 4, 6};  ///< so many bytes before are a context
  static constexpr size_t kSlots = 1 << 14, kSets = 4;
  std::array<std::vector<AdaptiveBit>, kOrders.size()> bits_;
  MixedBit<kOrders.size()> mixed_;
  std::array<uint8_t, 6> last_{};  ///< newest first
};

}  // namespace

void write_source_text(ByteSpan text, const HeaderCounts& counts, ByteWriter& writer) {
  writer.varint(text.size());
  if (text.empty()) return;
  if (text.size() > kMostWords) {
    std::vector<int64_t> values;
    for (const std::byte byte : text) values.push_back(static_cast<int64_t>(byte));
    writer.sized_bytes(encode_sequence(values, 1));
    return;
  }
  RangeEncoder encoder;
  WordModel model(counts);
  for (const std::byte byte : text) model.code(encoder, static_cast<uint8_t>(byte));
  writer.sized_bytes(encoder.finish());
}

Result<Bytes> read_source_text(ByteReader& reader, const HeaderCounts& counts, Budget& budget) {
  DEW_ASSIGN(const uint64_t size, reader.varint());
  if (size == 0) return Bytes{};
  DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
  if (size > max_cells(coded.size()))
    return Error{Code::corrupt, reader.offset(),
                 "a source header of " + std::to_string(size) + " bytes is more than its coded bytes can hold"};
  Bytes text;
  if (size > kMostWords) {
    DEW_ASSIGN(const std::vector<int64_t> values, decode_sequence(coded, size, 1, budget, reader.offset()));
    for (const int64_t value : values) text.push_back(static_cast<std::byte>(value & 0xff));
    return text;
  }
  DEW_TRY(budget.take_memory(WordModel::memory_bytes(), reader.offset()));
  DEW_TRY(budget.take_work((size + words_before(counts).size()) * 64, reader.offset()));
  RangeDecoder decoder(coded);
  WordModel model(counts);
  for (uint64_t i = 0; i < size; ++i) text.push_back(static_cast<std::byte>(model.code(decoder, 0)));
  if (decoder.overrun()) return Error{Code::corrupt, reader.offset(), "a source header ends too early"};
  return text;
}

}  // namespace dew
