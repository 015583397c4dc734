// SPDX-License-Identifier: Apache-2.0
#include "mesh/coding/rest_bytes.h"

#include <array>
#include <cmath>

#include "entropy/mixer.h"
#include "entropy/range_coder.h"

namespace dew {
namespace {

constexpr size_t kBlock = 65536;
constexpr uint64_t kModelBytes = 5u << 20;

/// A byte under the four before it, as eight decisions.
class ByteModel {
 public:
  ByteModel() : mixed_(256) {
    for (auto& table : tables_) table.resize(kEntries);
  }
  template <class Coder>
  uint8_t code(Coder& coder, uint8_t byte) {
    std::array<uint32_t, kContexts> hash;
    for (uint32_t i = 0; i < kContexts; ++i) {
      const uint64_t seen = i == 0 ? 0 : history_ & ((uint64_t{1} << (8 * i)) - 1);
      hash[i] = static_cast<uint32_t>((seen * 0x9e3779b97f4a7c15u + i) >> 32);
    }
    const uint32_t symbol = code_tree(byte, 8, [&](bool bit, uint32_t node) {
      std::array<AdaptiveBit*, kContexts> bits;
      for (size_t i = 0; i < kContexts; ++i) bits[i] = &tables_[i][(hash[i] + node * 0x2545f491u) >> (32 - kEntryBits)];
      return mixed_.code(coder, bit, bits, node);
    });
    history_ = history_ << 8 | symbol;
    return static_cast<uint8_t>(symbol);
  }

 private:
  static constexpr size_t kContexts = 5;
  static constexpr unsigned kEntryBits = 17;
  static constexpr size_t kEntries = size_t{1} << kEntryBits;
  std::array<std::vector<AdaptiveBit>, kContexts> tables_;
  MixedBit<kContexts> mixed_;
  uint64_t history_ = 0;
};

/// Pictures that are compressed already, told by how even their bytes are.
bool looks_compressed(ByteSpan block) {
  constexpr double kMostBits = 7.5;
  std::array<double, 256> counts{};
  for (const std::byte byte : block) ++counts[static_cast<uint8_t>(byte)];
  double bits = 0;
  for (const double count : counts) bits += count > 0 ? count * std::log2(static_cast<double>(block.size()) / count) : 0;
  return bits > kMostBits * static_cast<double>(block.size());
}

}  // namespace

Bytes encode_rest(ByteSpan bytes) {
  ByteWriter out;
  out.varint(bytes.size());
  ByteModel model;
  for (size_t begin = 0; begin < bytes.size(); begin += kBlock) {
    const ByteSpan block = bytes.subspan(begin, std::min(kBlock, bytes.size() - begin));
    if (looks_compressed(block)) {
      out.varint(0);
      out.bytes(block);
      continue;
    }
    // What the model learns from a block that is then written raw, the decoder does not know.
    const ByteModel before = model;
    RangeEncoder coder;
    for (const std::byte byte : block) model.code(coder, static_cast<uint8_t>(byte));
    const Bytes coded = coder.finish();
    const bool saves = coded.size() < block.size() - block.size() / 16;
    out.varint(saves ? coded.size() : 0);
    out.bytes(saves ? ByteSpan(coded) : block);
    if (!saves) model = before;
  }
  return out.take();
}

Result<Bytes> decode_rest(ByteSpan bytes, Budget& budget) {
  ByteReader reader(bytes);
  DEW_ASSIGN(const uint64_t size, reader.varint());
  DEW_TRY(budget.take_memory(kModelBytes, 0));
  ByteModel model;
  Bytes out;
  while (out.size() < size) {
    const uint64_t block = std::min<uint64_t>(kBlock, size - out.size());
    DEW_ASSIGN(const uint64_t coded_size, reader.varint());
    DEW_TRY(budget.take_memory(2 * block, reader.offset()));
    DEW_TRY(budget.take_work(8 * block, reader.offset()));
    DEW_ASSIGN(const ByteSpan coded, reader.bytes(coded_size == 0 ? block : coded_size));
    if (coded_size == 0) {
      out.insert(out.end(), coded.begin(), coded.end());
      continue;
    }
    RangeDecoder coder(coded);
    for (uint64_t i = 0; i < block; ++i) out.push_back(static_cast<std::byte>(model.code(coder, 0)));
    if (coder.overrun()) return Error{Code::truncated, reader.offset(), "the rest of the document ends too early"};
  }
  DEW_TRY(reader.expect_end());
  return out;
}

}  // namespace dew
