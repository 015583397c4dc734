// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/erasure.h"

#include <algorithm>
#include <array>
#include <string>

namespace dew {
namespace {

struct Field256 {
  std::array<uint8_t, 512> power{};  ///< of 2; twice round, so that sums of two logarithms need no modulo
  std::array<uint8_t, 256> logarithm{};
};

constexpr Field256 make_field() {
  Field256 field;
  uint32_t value = 1;
  for (size_t i = 0; i < 255; ++i) {
    field.power[i] = field.power[i + 255] = static_cast<uint8_t>(value);
    field.logarithm[value] = static_cast<uint8_t>(i);
    value = value << 1 ^ (value & 0x80 ? 0x11D : 0);
  }
  return field;
}
constexpr Field256 kField = make_field();

uint8_t product(uint8_t a, uint8_t b) { return a == 0 || b == 0 ? 0 : kField.power[size_t{kField.logarithm[a]} + kField.logarithm[b]]; }
/// REQUIRES: a != 0.
uint8_t inverse(uint8_t a) { return kField.power[255u - kField.logarithm[a]]; }

uint8_t generator(size_t row, size_t column) { return inverse(static_cast<uint8_t>((255 - row) ^ column)); }

/// to += factor * from, byte by byte.
void add_product(std::span<std::byte> to, ByteSpan from, uint8_t factor) {
  if (factor == 0) return;
  std::array<uint8_t, 256> times;
  for (size_t i = 0; i < times.size(); ++i) times[i] = product(factor, static_cast<uint8_t>(i));
  for (size_t i = 0; i < from.size(); ++i) to[i] ^= std::byte{times[static_cast<uint8_t>(from[i])]};
}

using Matrix = std::vector<std::vector<uint8_t>>;

void add_row(std::vector<uint8_t>& to, const std::vector<uint8_t>& from, uint8_t factor) {
  for (size_t i = 0; i < to.size(); ++i) to[i] = static_cast<uint8_t>(to[i] ^ product(factor, from[i]));
}

/// Gauss-Jordan. REQUIRES: the square matrix can be inverted.
Matrix inverted(Matrix matrix) {
  const size_t size = matrix.size();
  Matrix result(size, std::vector<uint8_t>(size, 0));
  for (size_t i = 0; i < size; ++i) result[i][i] = 1;
  for (size_t pivot = 0; pivot < size; ++pivot) {
    size_t row = pivot;
    while (matrix[row][pivot] == 0) ++row;
    std::swap(matrix[row], matrix[pivot]);
    std::swap(result[row], result[pivot]);
    const uint8_t scale = inverse(matrix[pivot][pivot]);
    for (size_t i = 0; i < size; ++i) {
      matrix[pivot][i] = product(matrix[pivot][i], scale);
      result[pivot][i] = product(result[pivot][i], scale);
    }
    for (size_t other = 0; other < size; ++other) {
      const uint8_t factor = matrix[other][pivot];
      if (other == pivot || factor == 0) continue;
      add_row(matrix[other], matrix[pivot], factor);
      add_row(result[other], result[pivot], factor);
    }
  }
  return result;
}

Status check_parity(std::span<Bytes> data, std::span<const ParityBlock> parity) {
  std::array<bool, kMaxParityBlocks> seen{};
  for (const ParityBlock& block : parity) {
    if (block.row >= kMaxParityBlocks || seen[block.row]) return Error{Code::corrupt, 0, "a row of parity is there twice or out of range"};
    seen[block.row] = true;
    if (block.bytes.size() != parity[0].bytes.size()) return Error{Code::corrupt, 0, "blocks of parity differ in length"};
  }
  for (const Bytes& block : data) {
    if (block.size() > parity[0].bytes.size()) return Error{Code::corrupt, 0, "a block of data is longer than its parity"};
  }
  return {};
}

}  // namespace

std::vector<Bytes> parity_blocks(std::span<const ByteSpan> data, size_t count) {
  size_t longest = 0;
  for (const ByteSpan block : data) longest = std::max(longest, block.size());
  std::vector<Bytes> parity(count, Bytes(longest));
  for (size_t row = 0; row < count; ++row) {
    for (size_t column = 0; column < data.size(); ++column) add_product(parity[row], data[column], generator(row, column));
  }
  return parity;
}

Status repair_blocks(std::span<Bytes> data, std::span<const ParityBlock> parity) {
  if (data.size() > kMaxDataBlocks || parity.size() > kMaxParityBlocks)
    return Error{Code::invalid_argument, 0, "more blocks than a group may have"};
  std::vector<size_t> missing;
  for (size_t column = 0; column < data.size(); ++column) {
    if (data[column].empty()) missing.push_back(column);
  }
  if (missing.empty()) return {};
  if (missing.size() > parity.size())
    return Error{Code::truncated, 0,
                 std::to_string(missing.size()) + " blocks are lost and " + std::to_string(parity.size()) + " of parity are there"};
  DEW_TRY(check_parity(data, parity));

  // What the parity says once all known blocks are taken out of it: the lost blocks times a square part of the generator.
  const size_t size = missing.size();
  std::vector<Bytes> left(size);
  Matrix part(size, std::vector<uint8_t>(size));
  for (size_t i = 0; i < size; ++i) {
    left[i].assign(parity[i].bytes.begin(), parity[i].bytes.end());
    for (size_t column = 0; column < data.size(); ++column) add_product(left[i], data[column], generator(parity[i].row, column));
    for (size_t j = 0; j < size; ++j) part[i][j] = generator(parity[i].row, missing[j]);
  }
  const Matrix inverse_part = inverted(std::move(part));
  for (size_t j = 0; j < size; ++j) {
    Bytes& block = data[missing[j]];
    block.assign(parity[0].bytes.size(), std::byte{0});
    for (size_t i = 0; i < size; ++i) add_product(block, left[i], inverse_part[j][i]);
  }
  return {};
}

}  // namespace dew
