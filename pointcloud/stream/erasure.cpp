// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/erasure.h"

#include <algorithm>
#include <array>
#include <cmath>

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

constexpr size_t kLengthBytes = 2;

Status check_parity(std::span<const ParityBlock> parity) {
  std::array<bool, kMaxParityBlocks> seen{};
  for (const ParityBlock& block : parity) {
    if (block.row >= kMaxParityBlocks || seen[block.row]) return Error{Code::corrupt, 0, "a row of parity is there twice or out of range"};
    seen[block.row] = true;
    if (block.bytes.size() < kLengthBytes) return Error{Code::corrupt, 0, "a block of parity has no room for a length"};
  }
  return {};
}

/// What the block says of itself. REQUIRES: its first two bytes are there.
size_t whole_size(const Bytes& block) { return kLengthBytes + static_cast<size_t>(block[0]) + 256 * static_cast<size_t>(block[1]); }

ByteSpan part_of(const Bytes& bytes, size_t begin, size_t end) { return ByteSpan(bytes).subspan(begin, end - begin); }

/// Lost blocks of data, found from their beginnings on.
class Repair {
 public:
  Repair(std::span<const Bytes> data, std::span<const ParityBlock> parity) : longest_first_(parity.begin(), parity.end()) {
    for (size_t column = 0; column < data.size(); ++column) {
      if (data[column].empty()) missing_.push_back(column);
    }
    found_.resize(missing_.size());
    std::stable_sort(longest_first_.begin(), longest_first_.end(),
                     [](const ParityBlock& a, const ParityBlock& b) { return a.bytes.size() > b.bytes.size(); });
    // What the parity says once all known blocks are taken out of it: lost blocks times a part of the generator.
    longest_first_.resize(std::min(longest_first_.size(), missing_.size()));
    for (const ParityBlock& block : longest_first_) {
      Bytes left(block.bytes.begin(), block.bytes.end());
      for (size_t column = 0; column < data.size(); ++column)
        add_product(left, ByteSpan(data[column]).first(std::min(data[column].size(), left.size())), generator(block.row, column));
      left_.push_back(std::move(left));
    }
  }

  /// Gives what was found to `data`, and how many blocks are still lost.
  size_t run(std::span<Bytes> data) {
    size_t begin = 0;
    for (size_t rows = left_.size(); rows > 0 && begin != kNoMore; --rows) {
      const size_t end = left_[rows - 1].size();
      if (end > begin) begin = solve(begin, end, rows) ? end : kNoMore;
    }
    size_t lost = 0;
    for (size_t i = 0; i < missing_.size(); ++i) {
      const bool whole = found_[i].size() >= kLengthBytes && found_[i].size() >= whole_size(found_[i]);
      lost += whole ? 0 : 1;
      if (!whole) continue;
      found_[i].resize(whole_size(found_[i]));
      data[missing_[i]] = std::move(found_[i]);
    }
    return lost;
  }

 private:
  static constexpr size_t kNoMore = SIZE_MAX;

  /// Bytes [begin, end) of all lost blocks that go on so far, by the first `rows` of parity; false where these are too few.
  bool solve(size_t begin, size_t end, size_t rows) {
    std::vector<size_t> open;
    for (size_t i = 0; i < missing_.size(); ++i) {
      if (begin == 0 || whole_size(found_[i]) > begin) open.push_back(i);
    }
    const size_t size = open.size();
    if (size == 0 || size > rows) return false;
    Matrix part(size, std::vector<uint8_t>(size));
    for (size_t i = 0; i < size; ++i) {
      for (size_t j = 0; j < size; ++j) part[i][j] = generator(longest_first_[i].row, missing_[open[j]]);
    }
    const Matrix inverse_part = inverted(std::move(part));
    for (size_t j = 0; j < size; ++j) {
      Bytes& block = found_[open[j]];
      block.resize(end, std::byte{0});
      for (size_t i = 0; i < size; ++i) add_product(std::span(block).subspan(begin), part_of(left_[i], begin, end), inverse_part[j][i]);
    }
    return true;
  }

  std::vector<ParityBlock> longest_first_;
  std::vector<size_t> missing_;
  std::vector<Bytes> found_;  ///< of the missing ones, as far as they are known
  std::vector<Bytes> left_;   ///< of the parity
};

}  // namespace

std::vector<size_t> parity_lengths(std::span<const ByteSpan> data, double overhead, size_t more) {
  // The fewer blocks reach so far, the more parity each of them needs: by this power of their number losses are about as unlikely.
  constexpr double kPower = 0.7;
  std::vector<size_t> sizes;
  double budget = 0;
  for (const ByteSpan block : data) {
    sizes.push_back(block.size());
    budget += overhead * static_cast<double>(block.size() + more);
  }
  std::sort(sizes.rbegin(), sizes.rend());
  // Row i covers the blocks of which there are so many that they need more than i rows.
  const auto lengths_under = [&](double scale) {
    std::vector<size_t> lengths;
    for (size_t k = 1; k <= sizes.size(); ++k) {
      const double needed = scale * std::pow(static_cast<double>(k), kPower);
      while (lengths.size() < kMaxParityBlocks && static_cast<double>(lengths.size()) + 0.5 < needed) lengths.push_back(sizes[k - 1]);
    }
    return lengths;
  };
  double low = 0, high = 64;
  for (int i = 0; i < 24; ++i) {
    const double middle = (low + high) / 2;
    double bytes = 0;
    for (const size_t length : lengths_under(middle)) bytes += static_cast<double>(length + more);
    (bytes <= budget ? low : high) = middle;
  }
  return lengths_under(low);
}

std::vector<Bytes> parity_blocks(std::span<const ByteSpan> data, std::span<const size_t> lengths) {
  std::vector<Bytes> parity;
  for (size_t row = 0; row < lengths.size(); ++row) {
    Bytes block(lengths[row]);
    for (size_t column = 0; column < data.size(); ++column)
      add_product(block, data[column].first(std::min(data[column].size(), block.size())), generator(row, column));
    parity.push_back(std::move(block));
  }
  return parity;
}

Result<size_t> repair_blocks(std::span<Bytes> data, std::span<const ParityBlock> parity) {
  if (data.size() > kMaxDataBlocks || parity.size() > kMaxParityBlocks)
    return Error{Code::invalid_argument, 0, "more blocks than a group may have"};
  DEW_TRY(check_parity(parity));
  return Repair(data, parity).run(data);
}

}  // namespace dew
