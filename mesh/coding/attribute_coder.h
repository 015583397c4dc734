// SPDX-License-Identifier: Apache-2.0
/// Values at vertices or corners, coded along the triangles of a mesh whose places are known.
///
///   AttributeCoder<RangeDecoder> walk(coder, mesh, shape);
///   DEW_TRY(walk.run(nullptr, budget));
///   walk.values(), walk.corners()
///
/// First which corners share a value (attribute_structure.h), then the values as they were met: whole numbers (steps of a lattice, indices
/// of a palette, bits of floats) predicted from the other corners of the triangle; texture coordinates and normals from the surface as well
/// (attribute_guess.h). Computes with + - * / sqrt and entropy/exact_math.h on doubles alone.
#pragma once

#include <algorithm>
#include <array>
#include <optional>

#include "entropy/limits.h"
#include "mesh/coding/attribute_guess.h"
#include "mesh/coding/attribute_structure.h"
#include "mesh/coding/decimal_grid.h"
#include "mesh/coding/float_order.h"
#include "mesh/coding/metered_coder.h"
#include "mesh/coding/mixed_number.h"
#include "mesh/coding/online_fit.h"
#include "mesh/coding/position_model.h"
#include "mesh/coding/vector_math.h"

namespace dew {

/// How values are whole numbers. Stored in files; never renumber.
enum class AttributeForm : uint8_t {
  lattice = 0,  ///< origin + step times the number, in each component
  normal = 1,   ///< two steps across the direction that geometry predicts
  palette = 2,  ///< the index of a colour, or of any other value, in a table
  bits = 3,     ///< the bits of each float, in their order
  decimal = 4,  ///< whole numbers over a power of ten
};

using AttributeNumbers = std::array<int64_t, 4>;

struct AttributeShape {
  AttributeForm form = AttributeForm::lattice;
  AttributeKind kind = AttributeKind::generic;
  size_t numbers = 1;                        ///< of a value: its components, 2 for normals, 1 for palettes
  bool seams = false;                        ///< a vertex may have several values
  double step = 1;                           ///< of normals; of decimals the power of ten
  size_t palette = 0;                        ///< entries
  NormalWeight weight = NormalWeight::area;  ///< of normals; an encoder finds it
};

/// The encoder's side: for each corner of the mesh, and each vertex in no triangle, what its value is.
struct AttributeOriginal {
  std::vector<uint32_t> corner;           ///< number of the value
  std::vector<uint32_t> isolated;         ///< likewise, for vertices in no triangle, in order
  std::vector<AttributeNumbers> numbers;  ///< of values; not for normals
  std::vector<MeshPoint> normals;         ///< of values; normals alone
};

template <class Coder>
class AttributeCoder {
 public:
  /// `mesh`: as a decoder has it. `earlier`: the values at corners of an attribute that both sides know, or none.
  AttributeCoder(Coder& coder, const Mesh& mesh, const AttributeShape& shape, const std::vector<uint32_t>& earlier)
      : coder_(coder), mesh_(mesh), shape_(shape), structure_(mesh, shape.seams, earlier) {
    for (size_t k = 0; k < shape.numbers; ++k) {
      numbers_.emplace_back(std::array<size_t, 4>{kSizes * 4, kSizes * 4, kSizes * 4, kSizes * 6}, 4);
    }
    const bool exact = shape.form == AttributeForm::bits || shape.form == AttributeForm::decimal;
    exact_normals_ = exact && shape.kind == AttributeKind::normal && shape.numbers == 3;
    wide_ = exact;
  }

  /// `original`: null where the coder decodes. Errors: corrupt, truncated, limit_exceeded, out_of_memory.
  Status run(const AttributeOriginal* original, Budget& budget) {
    DEW_TRY(structure_.code(coder_, original ? &original->corner : nullptr, original ? &original->isolated : nullptr, budget));
    if (shape_.form == AttributeForm::normal || exact_normals_) {
      if constexpr (!Coder::kDecodes) shape_.weight = nearest_weight(*original);
      normals_of_surface_ = NormalGuesses(mesh_, structure_.corner(), count(), shape_.weight);
    }
    if (shape_.kind == AttributeKind::texcoord && shape_.numbers == 2 && shape_.form != AttributeForm::bits)
      corners_ = CornersOf(structure_.corner(), count());
    for (uint32_t value = 0; value < count(); ++value) {
      DEW_TRY(overrun());
      meter_vertex(coder_, structure_.vertex()[value]);
      if (shape_.form == AttributeForm::normal) {
        code_normal(original, value);
      } else {
        AttributeNumbers wanted{};
        if constexpr (!Coder::kDecodes) wanted = original->numbers[structure_.source()[value]];
        code_numbers(wanted, value);
      }
    }
    return overrun();
  }

  size_t count() const { return structure_.count(); }
  NormalWeight weight() const { return shape_.weight; }
  const std::vector<AttributeNumbers>& numbers() const { return number_; }
  const std::vector<MeshPoint>& normals() const { return normal_; }
  const std::vector<uint32_t>& corners() const { return structure_.corner(); }
  uint32_t value_of_vertex(uint32_t vertex) const { return structure_.value_of_vertex(vertex); }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr size_t kSizes = 24;
  /// Beyond all that floats hold over a power of ten; hostile files go further.
  static constexpr int64_t kLargest = int64_t{1} << 58;

  Status overrun() const {
    if constexpr (Coder::kDecodes) {
      if (coder_.overrun()) return Error{Code::truncated, 0, "the coded attribute ends too early"};
    }
    return {};
  }

  // --- whole numbers

  /// Values of the other corners of the triangle where a value was met, as far as they are known by then.
  size_t others(uint32_t value, std::array<uint32_t, 2>& out) const {
    size_t count = 0;
    const uint32_t corner = structure_.first_corner()[value];
    if (corner == kNone) return 0;
    for (const uint32_t c : {next_corner(corner), previous_corner(corner)}) {
      if (structure_.corner()[c] < value && mesh_.triangle[c] != mesh_.triangle[corner]) out[count++] = structure_.corner()[c];
    }
    return count;
  }

  void code_numbers(const AttributeNumbers& wanted, uint32_t at) {
    std::array<uint32_t, 2> near{};
    const size_t count = others(at, near);
    AttributeNumbers guess = last_, value{};
    std::array<double, 4> apart{};
    std::array<float, 4> off{};
    for (size_t k = 0; k < shape_.numbers; ++k) {
      if (count == 1) guess[k] = number_[near[0]][k];
      if (count == 2) {
        guess[k] = (number_[near[0]][k] + number_[near[1]][k]) / 2;
        apart[k] = std::abs(static_cast<double>(number_[near[0]][k]) - static_cast<double>(number_[near[1]][k]));
      }
    }
    std::optional<TexcoordGuess> picture;
    if (corners_ && count == 2) picture = guess_picture(at, guess, apart);
    NormalGuess normal;
    if (exact_normals_) normal = guess_exact_normal(at, guess);
    if (shape_.form == AttributeForm::palette) {
      value = code_index(wanted, near, count);
    } else {
      const size_t set = count + (picture && picture->parallelogram ? 1 : 0);
      double before = 0;
      for (size_t j = 0; j < shape_.numbers; ++j) {
        const size_t k = normal.order[j];
        double around = 0;
        for (size_t i = 0; i < count; ++i) around += static_cast<double>(off_[near[i]][j]);
        const size_t size = bucket(count == 0 ? 0 : around / static_cast<double>(count));
        if (exact_normals_ && j == 2) finish_normal(normal, value, guess);
        const int64_t residual = numbers_[j].code(
            coder_, wanted[k] - guess[k],
            {size * 4 + j, bucket(apart[k] / 4) * 4 + set, bucket(before) * 4 + size / 6, bucket(around_of(at, j)) * 6 + size / 4}, set);
        value[k] = std::clamp(guess[k] + residual, -kLargest, kLargest);
        before += std::abs(static_cast<double>(residual));
        off[j] = static_cast<float>(std::min(std::abs(static_cast<double>(residual)), 1e9));
      }
      if (exact_normals_) judge(normal, value);
    }
    if (picture) learn(*picture, value);
    off_.push_back(off);
    number_.push_back(value);
    last_ = value;
  }

  /// The residual of the value before.
  double around_of(uint32_t at, size_t j) const { return at == 0 ? 0 : static_cast<double>(off_[at - 1][j]); }

  /// Sizes of exact values go far further.
  size_t bucket(double size) const { return detail::size_bucket(wide_ ? std::sqrt(size) : size, kSizes); }

  // --- normals to the last bit

  /// What the neighbours and what the triangles around say; the component that is largest comes last, as unit length gives it.
  struct NormalGuess {
    std::array<uint8_t, 4> order = {0, 1, 2, 3};
    AttributeNumbers neighbours{}, triangles{};
    int64_t last_of_neighbours = 0, last_of_length = 0;
    MeshPoint normal{};
  };

  int64_t number_of(double value) const {
    const float kept = static_cast<float>(value);
    return shape_.form == AttributeForm::bits ? number_of_float(kept) : number_of_decimal(kept, shape_.step);
  }
  double value_of(int64_t number) const {
    const float value = shape_.form == AttributeForm::bits ? float_of_number(number) : decimal_of_number(number, shape_.step);
    return static_cast<double>(value);
  }

  NormalGuess guess_exact_normal(uint32_t at, AttributeNumbers& guess) const {
    NormalGuess out;
    out.normal = normals_of_surface_.normal(at);
    out.neighbours = guess;
    for (size_t k = 0; k < 3; ++k) out.triangles[k] = number_of(out.normal[k]);
    if (triangles_off_ <= neighbours_off_) guess = out.triangles;
    for (size_t k = 0; k < 2; ++k) {
      if (std::abs(out.normal[k]) > std::abs(out.normal[out.order[2]])) std::swap(out.order[k], out.order[2]);
    }
    return out;
  }

  void finish_normal(NormalGuess& normal, const AttributeNumbers& value, AttributeNumbers& guess) const {
    const size_t last = normal.order[2];
    const double x = value_of(value[normal.order[0]]), y = value_of(value[normal.order[1]]), square = 1 - x * x - y * y;
    normal.last_of_neighbours = guess[last];
    const double size = square > 0 ? std::sqrt(square) : 0;
    normal.last_of_length = number_of(normal.normal[last] < 0 ? -size : size);
    if (length_off_ <= plain_off_) guess[last] = normal.last_of_length;
  }

  /// Which guesses to trust from here on.
  void judge(const NormalGuess& normal, const AttributeNumbers& value) {
    const auto learn = [](double& off, int64_t guess, int64_t truth) {
      const double size = static_cast<double>(std::abs(guess - truth));
      off += (std::min(std::sqrt(size), 1e4) - off) * 0.03125;
    };
    for (size_t j = 0; j < 2; ++j) {
      const size_t k = normal.order[j];
      learn(neighbours_off_, normal.neighbours[k], value[k]);
      learn(triangles_off_, normal.triangles[k], value[k]);
    }
    learn(plain_off_, normal.last_of_neighbours, value[normal.order[2]]);
    learn(length_off_, normal.last_of_length, value[normal.order[2]]);
  }

  /// A palette's index: that of a neighbour, or by its own number.
  AttributeNumbers code_index(const AttributeNumbers& wanted, const std::array<uint32_t, 2>& near, size_t count) {
    const size_t agree = count == 2 && number_[near[0]][0] == number_[near[1]][0] ? 1 : 0;
    for (size_t i = 0; i < count - agree; ++i) {
      if (copied_[copy_history_ % 16 * 8 + count * 2 + i + agree].code(coder_, wanted[0] == number_[near[i]][0])) {
        copy_history_ = copy_history_ * 2 + 1;
        return number_[near[i]];
      }
    }
    copy_history_ *= 2;
    AttributeNumbers value{};
    const uint32_t index = index_.code(coder_, static_cast<uint32_t>(wanted[0]) & 1023);
    value[0] = std::min<int64_t>(index, static_cast<int64_t>(shape_.palette) - 1);
    return value;
  }

  // --- texture coordinates

  /// A triangle of the same shape, turned as the one across the edge is or as the last one was, corrected by what was off so far beside it.
  std::optional<TexcoordGuess> guess_picture(uint32_t at, AttributeNumbers& guess, std::array<double, 4>& apart) {
    const auto value_at = [&](uint32_t v) { return TexcoordPlace{static_cast<double>(number_[v][0]), static_cast<double>(number_[v][1])}; };
    auto out = guess_texcoord(mesh_, *corners_, structure_.corner(), structure_.first_corner()[at], value_at);
    if (!out) return out;
    const TexcoordPlace& truth = out->stretched ? *out->stretched : out->parallelogram ? *out->parallelogram : out->similar;
    const bool known = out->stretched || out->parallelogram;
    if (known ? apart_squared(out->mirrored, truth) < apart_squared(out->similar, truth) : mirrored_)
      std::swap(out->mirrored, out->similar);
    for (size_t k = 0; k < 2; ++k) {
      double x = out->similar[k];
      if (known) {
        x += fit_of(*out).predict(features_of(*out, k));
        apart[k] = 4 * std::abs(truth[k] - out->similar[k]);
      }
      guess[k] = static_cast<int64_t>(std::floor(std::clamp(x, -1e12, 1e12) + 0.5));
    }
    return out;
  }
  void learn(const TexcoordGuess& picture, const AttributeNumbers& value) {
    const TexcoordPlace truth = {static_cast<double>(value[0]), static_cast<double>(value[1])};
    if (!picture.stretched && !picture.parallelogram) {
      mirrored_ = mirrored_ != (apart_squared(picture.mirrored, truth) < apart_squared(picture.similar, truth));
      return;
    }
    for (size_t k = 0; k < 2; ++k) fit_of(picture).learn(features_of(picture, k), truth[k] - picture.similar[k]);
  }
  using Fit = OnlineFit<2>;
  Fit& fit_of(const TexcoordGuess& picture) { return fits_[picture.stretched ? 1 : 0]; }
  static Fit::Features features_of(const TexcoordGuess& picture, size_t k) {
    return {picture.stretched ? (*picture.stretched)[k] - picture.similar[k] : 0,
            picture.parallelogram ? (*picture.parallelogram)[k] - picture.similar[k] : 0};
  }
  static double apart_squared(const TexcoordPlace& a, const TexcoordPlace& b) {
    return (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]);
  }

  // --- normals

  /// The weight that comes nearest to the normals there are, by the bits of what is left.
  NormalWeight nearest_weight(const AttributeOriginal& original) const {
    using namespace vector_math;
    NormalWeight best = NormalWeight::area;
    double least = 1e300;
    for (uint8_t w = 0; w < kNormalWeights; ++w) {
      const NormalGuesses guesses(mesh_, structure_.corner(), count(), static_cast<NormalWeight>(w));
      double bits = 0;
      for (uint32_t v = 0; v < count(); ++v) {
        const MeshPoint off = minus(guesses.normal(v), normal_of(original, structure_.source()[v]));
        bits += std::log2(std::sqrt(dot(off, off)) + 0.003);
      }
      if (bits >= least) continue;
      least = bits;
      best = static_cast<NormalWeight>(w);
    }
    return best;
  }
  MeshPoint normal_of(const AttributeOriginal& original, uint32_t source) const {
    if (shape_.form == AttributeForm::normal) return original.normals[source];
    return {value_of(original.numbers[source][0]), value_of(original.numbers[source][1]), value_of(original.numbers[source][2])};
  }

  /// Residuals are steps in the plane across the guess, onto which half of the sphere is unrolled so that areas stay (J. H. Lambert, 1772);
  /// what looks the other way is behind.
  void code_normal(const AttributeOriginal* original, uint32_t at) {
    using namespace vector_math;
    MeshPoint n = normals_of_surface_.normal(at);
    // Two directions across the guess: away from the axis that it is furthest from.
    size_t axis = 0;
    for (size_t k = 1; k < 3; ++k) axis = std::abs(n[k]) < std::abs(n[axis]) ? k : axis;
    MeshPoint away{};
    away[axis] = 1;
    MeshPoint t = minus(away, times(n, n[axis]));
    t = times(t, 1 / length(t));
    const MeshPoint across[2] = {t, cross(n, t)};
    std::array<uint32_t, 2> near{};
    const size_t count = others(at, near);
    double around = 0;
    for (size_t i = 0; i < count; ++i) around += (off_[near[i]][0] + off_[near[i]][1]) / 2;
    const size_t size = detail::size_bucket(count == 0 ? 0 : around / static_cast<double>(count), kSizes);
    const size_t bent = detail::size_bucket(normals_of_surface_.bend(at) * 1000, kSizes);
    const size_t wide = detail::size_bucket(normals_of_surface_.size(at) * 64, kSizes);
    double residual[2] = {0, 0};
    bool is_zero = false, behind = false;
    if constexpr (!Coder::kDecodes) {
      const MeshPoint& wanted = original->normals[structure_.source()[at]];
      is_zero = dot(wanted, wanted) == 0;
      behind = dot(wanted, n) < 0;
      const double scale = std::sqrt(2 / (1 + std::abs(dot(wanted, n)))) / shape_.step;
      for (size_t k = 0; k < 2; ++k) residual[k] = dot(wanted, across[k]) * scale;
    }
    if (is_zero_.code(coder_, is_zero)) {
      off_.push_back({});
      normal_.push_back({0, 0, 0});
      return;
    }
    if (behind_.code(coder_, behind)) n = times(n, -1);
    std::array<float, 4> off{};
    MeshPoint moved{};
    double squared = 0;
    size_t before = 0;
    for (size_t k = 0; k < 2; ++k) {
      int64_t steps = static_cast<int64_t>(std::floor(residual[k] + 0.5));
      steps = numbers_[k].code(coder_, steps, {size * 4 + count, bent * 4 + size / 6, before * 4 + bent / 6, wide * 6 + size / 4}, count);
      const double by = std::clamp(static_cast<double>(steps), -1e9, 1e9) * shape_.step;
      squared += by * by;
      moved = plus(moved, times(across[k], by));
      off[k] = static_cast<float>(std::min(std::abs(static_cast<double>(steps)), 1e9));
      before = detail::size_bucket(static_cast<double>(off[k]), kSizes);
    }
    if (squared > 4) moved = times(moved, 2 / std::sqrt(squared));
    squared = std::min(squared, 4.0);
    off_.push_back(off);
    normal_.push_back(plus(times(n, 1 - squared / 2), times(moved, std::sqrt(1 - squared / 4))));
  }

  Coder& coder_;
  const Mesh& mesh_;
  AttributeShape shape_;
  AttributeStructure structure_;
  NormalGuesses normals_of_surface_;
  std::optional<CornersOf> corners_;  ///< of values; texture coordinates alone
  std::vector<AttributeNumbers> number_;
  std::vector<MeshPoint> normal_;
  std::vector<std::array<float, 4>> off_;  ///< sizes of residuals
  std::vector<MixedNumber<4>> numbers_;
  std::array<AdaptiveBit, 128> copied_;
  AdaptiveTree<10> index_;
  AdaptiveBit is_zero_, behind_;
  AttributeNumbers last_{};
  uint32_t copy_history_ = 0;
  bool mirrored_ = false;
  bool exact_normals_ = false, wide_ = false;
  std::array<Fit, 2> fits_;
  double neighbours_off_ = 0, triangles_off_ = 0, plain_off_ = 0, length_off_ = 0;
};

}  // namespace dew
