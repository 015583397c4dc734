// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/codebook.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <queue>
#include <string_view>
#include <unordered_map>

namespace dew {
namespace {

constexpr int kRounds = 40;

/// Moves each of `centres` to the mean of the sorted `values` nearest to it; false where nothing moved.
bool lloyd_round(const std::vector<float>& values, const std::vector<double>& sums, std::array<double, 256>& centres) {
  bool moved = false;
  size_t begin = 0;
  for (size_t k = 0; k < centres.size(); ++k) {
    size_t end = values.size();
    if (k + 1 < centres.size()) {
      const double border = (centres[k] + centres[k + 1]) / 2;
      end = static_cast<size_t>(std::upper_bound(values.begin() + static_cast<std::ptrdiff_t>(begin), values.end(), border,
                                                 [](double limit, float value) { return limit < value; }) -
                                values.begin());
    }
    if (end > begin) {
      const double mean = (sums[end] - sums[begin]) / static_cast<double>(end - begin);
      moved = moved || mean != centres[k];
      centres[k] = mean;
    }
    begin = end;
  }
  return moved;
}

/// Half of the centres evenly over the range, half at even ranks.
std::array<double, 256> first_centres(const std::vector<float>& values) {
  std::array<double, 256> centres;
  const double low = values.front(), high = values.back();
  for (size_t i = 0; i < 128; ++i) {
    const double t = (static_cast<double>(i) + 0.5) / 128;
    centres[2 * i] = low * (1 - t) + high * t;
    centres[2 * i + 1] = values[static_cast<size_t>(t * static_cast<double>(values.size()))];
  }
  std::sort(centres.begin(), centres.end());
  return centres;
}

/// A set of vectors as a part of `members`, with what a cut of it takes.
struct Cell {
  size_t begin = 0, end = 0;
  double error = 0;  // sum of squared distances to the mean
  std::vector<double> mean;
};

struct LessError {
  bool operator()(const Cell& a, const Cell& b) const { return a.error != b.error ? a.error < b.error : a.begin > b.begin; }
};

class PaletteFit {
 public:
  PaletteFit(std::span<const float> vectors, size_t width) : vectors_(vectors), width_(width), members_(vectors.size() / width) {
    for (size_t i = 0; i < members_.size(); ++i) members_[i] = static_cast<uint32_t>(i);
  }

  Palette run(size_t size) {
    std::priority_queue<Cell, std::vector<Cell>, LessError> open;
    std::vector<Cell> done;
    open.push(cell(0, members_.size()));
    while (!open.empty() && open.size() + done.size() < size) {
      Cell widest = open.top();
      open.pop();
      const size_t middle = cut(widest);
      if (middle == widest.begin || middle == widest.end) {
        done.push_back(std::move(widest));
        continue;
      }
      open.push(cell(widest.begin, middle));
      open.push(cell(middle, widest.end));
    }
    for (; !open.empty(); open.pop()) done.push_back(open.top());
    std::sort(done.begin(), done.end(), [](const Cell& a, const Cell& b) { return a.begin < b.begin; });
    Palette palette;
    palette.label.resize(members_.size());
    for (size_t entry = 0; entry < done.size(); ++entry) {
      for (const double value : done[entry].mean) palette.entries.push_back(static_cast<float>(value));
      for (size_t i = done[entry].begin; i < done[entry].end; ++i) palette.label[members_[i]] = static_cast<uint32_t>(entry);
    }
    return palette;
  }

 private:
  const float* vector(size_t member) const { return &vectors_[size_t{members_[member]} * width_]; }

  Cell cell(size_t begin, size_t end) const {
    Cell out{begin, end, 0, std::vector<double>(width_)};
    double squares = 0;
    for (size_t i = begin; i < end; ++i) {
      const float* v = vector(i);
      for (size_t d = 0; d < width_; ++d) {
        out.mean[d] += v[d];
        squares += double{v[d]} * v[d];
      }
    }
    const auto count = static_cast<double>(end - begin);
    for (double& value : out.mean) {
      value /= count;
      squares -= count * value * value;
    }
    out.error = std::max(0.0, squares);
    return out;
  }

  double along(const Cell& cell, const std::vector<double>& direction, size_t member) const {
    const float* v = vector(member);
    double sum = 0;
    for (size_t d = 0; d < width_; ++d) sum += direction[d] * (v[d] - cell.mean[d]);
    return sum;
  }

  /// Some steps of the power method from the vector farthest from the mean.
  std::vector<double> principal_direction(const Cell& cell) const {
    std::vector<double> direction(width_), next(width_);
    size_t farthest = cell.begin;
    double greatest = -1;
    for (size_t i = cell.begin; i < cell.end; ++i) {
      double square = 0;
      for (size_t d = 0; d < width_; ++d) square += (vector(i)[d] - cell.mean[d]) * (vector(i)[d] - cell.mean[d]);
      if (square > greatest) greatest = square, farthest = i;
    }
    for (size_t d = 0; d < width_; ++d) direction[d] = vector(farthest)[d] - cell.mean[d];
    for (int step = 0; step < 3 && cell.end - cell.begin > 2; ++step) {
      std::fill(next.begin(), next.end(), 0.0);
      for (size_t i = cell.begin; i < cell.end; ++i) {
        const double weight = along(cell, direction, i);
        for (size_t d = 0; d < width_; ++d) next[d] += weight * (vector(i)[d] - cell.mean[d]);
      }
      double length = 0;
      for (const double value : next) length += value * value;
      length = std::sqrt(length);
      if (!(length > 0) || !std::isfinite(length)) break;
      for (size_t d = 0; d < width_; ++d) direction[d] = next[d] / length;
    }
    return direction;
  }

  /// Puts the members below the mean first; returns where the others begin.
  size_t cut(const Cell& cell) {
    if (!(cell.error > 0)) return cell.end;
    const std::vector<double> direction = principal_direction(cell);
    const auto begin = members_.begin() + static_cast<std::ptrdiff_t>(cell.begin);
    const auto end = members_.begin() + static_cast<std::ptrdiff_t>(cell.end);
    const auto middle = std::stable_partition(begin, end, [&](uint32_t member) {
      const float* v = &vectors_[size_t{member} * width_];
      double sum = 0;
      for (size_t d = 0; d < width_; ++d) sum += direction[d] * (v[d] - cell.mean[d]);
      return sum < 0;
    });
    return static_cast<size_t>(middle - members_.begin());
  }

  std::span<const float> vectors_;
  size_t width_;
  std::vector<uint32_t> members_;
};

/// The different vectors in the order of their first place; an empty palette where there are more than `size`.
Palette different_vectors(std::span<const float> vectors, size_t width, size_t size) {
  Palette palette;
  std::unordered_map<std::string_view, uint32_t> entries;
  const size_t count = vectors.size() / width;
  palette.label.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const float* vector = &vectors[i * width];
    const std::string_view key(reinterpret_cast<const char*>(vector), width * sizeof(float));
    const auto [found, is_new] = entries.try_emplace(key, static_cast<uint32_t>(entries.size()));
    if (entries.size() > size) return {};
    if (is_new) palette.entries.insert(palette.entries.end(), vector, vector + width);
    palette.label.push_back(found->second);
  }
  palette.exact = true;
  return palette;
}

}  // namespace

uint8_t Codebook::nearest(float value) const {
  const auto above = std::lower_bound(values.begin(), values.end(), value);
  if (above == values.begin()) return 0;
  const auto index = static_cast<size_t>(above - values.begin());
  if (index == values.size()) return 255;
  return static_cast<uint8_t>(values[index] - value < value - values[index - 1] ? index : index - 1);
}

Codebook fit_codebook(std::vector<float> values) {
  std::erase_if(values, [](float value) { return !std::isfinite(value); });
  Codebook book;
  if (values.empty()) return book;
  std::sort(values.begin(), values.end());
  std::vector<float> different = values;
  different.erase(std::unique(different.begin(), different.end()), different.end());
  if (different.size() <= book.values.size()) {
    std::copy(different.begin(), different.end(), book.values.begin());
    std::fill(book.values.begin() + static_cast<std::ptrdiff_t>(different.size()), book.values.end(), different.back());
    return book;
  }
  std::vector<double> sums(values.size() + 1);
  for (size_t i = 0; i < values.size(); ++i) sums[i + 1] = sums[i] + values[i];
  std::array<double, 256> centres = first_centres(values);
  for (int round = 0; round < kRounds && lloyd_round(values, sums, centres); ++round) {
  }
  std::sort(centres.begin(), centres.end());
  for (size_t k = 0; k < centres.size(); ++k) book.values[k] = static_cast<float>(centres[k]);
  return book;
}

Palette fit_palette(std::span<const float> vectors, size_t width, size_t size, size_t exact_size) {
  if (vectors.empty()) return {};
  Palette exact = different_vectors(vectors, width, exact_size);
  if (exact.exact) return exact;
  return PaletteFit(vectors, width).run(size);
}

}  // namespace dew
