// SPDX-License-Identifier: Apache-2.0
/// Values at vertices or corners, coded along the triangles of a mesh whose places are known.
///
///   AttributeCoder<RangeDecoder> walk(coder, mesh, shape);
///   DEW_TRY(walk.run(nullptr, budget));
///   walk.values(), walk.corners()
///
/// Triangle after triangle, each corner takes a value that its vertex has already, or a new one. New values are whole numbers (steps of a
/// lattice, indices of a palette, bits of floats) predicted from the other corners of the triangle; texture coordinates also from where the
/// vertex lies; normals from the triangles around the vertex. Computes with + - * / and sqrt on doubles alone.
#pragma once

#include <algorithm>
#include <array>
#include <optional>

#include "entropy/limits.h"
#include "mesh/coding/decimal_grid.h"
#include "mesh/coding/float_order.h"
#include "mesh/coding/manifold_pieces.h"
#include "mesh/coding/metered_coder.h"
#include "mesh/coding/mixed_number.h"
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
  size_t numbers = 1;  ///< of a value: its components, 2 for normals, 1 for palettes
  bool seams = false;  ///< a vertex may have several values
  double step = 1;     ///< of normals; of decimals the power of ten
  size_t palette = 0;  ///< entries
};

/// The encoder's side: for each corner of the mesh, and each vertex in no triangle, what its value is.
struct AttributeOriginal {
  std::vector<uint32_t> corner;           ///< number of the value
  std::vector<uint32_t> isolated;         ///< likewise, for vertices in no triangle, in order
  std::vector<AttributeNumbers> numbers;  ///< of values; not for normals
  std::vector<MeshPoint> normals;         ///< of values; normals alone
};

/// Unit normals of triangles; zero where they have no area.
inline std::vector<MeshPoint> triangle_normals(const Mesh& mesh, std::vector<double>& areas) {
  using namespace vector_math;
  std::vector<MeshPoint> normals(mesh.triangles());
  areas.assign(mesh.triangles(), 0);
  for (size_t t = 0; t < normals.size(); ++t) {
    MeshPoint p[3];
    for (size_t k = 0; k < 3; ++k) {
      for (size_t axis = 0; axis < 3; ++axis) p[k][axis] = static_cast<double>(mesh.position[3 * size_t{mesh.triangle[3 * t + k]} + axis]);
    }
    const MeshPoint n = cross(minus(p[1], p[0]), minus(p[2], p[0]));
    areas[t] = length(n);
    normals[t] = areas[t] > 0 ? times(n, 1 / areas[t]) : MeshPoint{0, 0, 0};
  }
  return normals;
}

template <class Coder>
class AttributeCoder {
 public:
  /// `mesh`: as a decoder has it.
  AttributeCoder(Coder& coder, const Mesh& mesh, const AttributeShape& shape)
      : coder_(coder), mesh_(mesh), shape_(shape), known_(mesh.vertices()), corner_(mesh.triangle.size(), kNone) {
    for (size_t k = 0; k < shape.numbers; ++k) numbers_.emplace_back(std::array<size_t, 3>{kSizes * 4, kSizes * 4, kSizes * 4}, 3);
    const bool exact = shape.form == AttributeForm::bits || shape.form == AttributeForm::decimal;
    exact_normals_ = exact && shape.kind == AttributeKind::normal && shape.numbers == 3;
    wide_ = exact;
    if (shape.form == AttributeForm::normal || exact_normals_) {
      triangle_normal_ = triangle_normals(mesh, area_);
      around_.resize(mesh.vertices());
      for (uint32_t c = 0; c < mesh.triangle.size(); ++c) around_[mesh.triangle[c]].push_back(c / 3);
    }
  }

  /// `original`: null where the coder decodes. Errors: corrupt, truncated, limit_exceeded, out_of_memory.
  Status run(const AttributeOriginal* original, Budget& budget) {
    for (uint32_t t = 0; t < mesh_.triangles(); ++t) {
      DEW_TRY(budget.take_work(8, 0));
      for (const uint32_t k : {1u, 2u, 0u}) DEW_TRY(code_corner(original, 3 * t + k, budget));
    }
    size_t isolated = 0;
    for (uint32_t v = 0; v < known_.size(); ++v) {
      if (!known_[v].empty()) continue;
      uint32_t value = 0;
      if constexpr (!Coder::kDecodes) value = original->isolated[isolated++];
      meter_vertex(coder_, v);
      DEW_TRY(code_new(original, kNone, v, value, budget));
      known_[v].push_back(static_cast<uint32_t>(count() - 1));
    }
    return overrun();
  }

  size_t count() const { return shape_.form == AttributeForm::normal ? normal_.size() : number_.size(); }
  const std::vector<AttributeNumbers>& numbers() const { return number_; }
  const std::vector<MeshPoint>& normals() const { return normal_; }
  const std::vector<uint32_t>& corners() const { return corner_; }
  /// The first value of a vertex.
  uint32_t value_of_vertex(uint32_t vertex) const { return known_[vertex].front(); }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr size_t kSizes = 24;
  static constexpr size_t kMostOpen = 32;

  Status overrun() const {
    if constexpr (Coder::kDecodes) {
      if (coder_.overrun()) return Error{Code::truncated, 0, "the coded attribute ends too early"};
    }
    return {};
  }

  Status code_corner(const AttributeOriginal* original, uint32_t corner, Budget& budget) {
    const uint32_t vertex = mesh_.triangle[corner];
    meter_vertex(coder_, vertex);
    std::vector<uint32_t>& known = known_[vertex];
    uint32_t value = kNone;
    if constexpr (!Coder::kDecodes) value = original->corner[corner];
    // Older values than these are coded again: a vertex of very many values must not cost their square.
    const size_t open = std::min<size_t>(known.size(), kMostOpen);
    size_t at = open;  // the youngest first
    if (!known.empty()) {
      if constexpr (!Coder::kDecodes) {
        at = 0;
        while (at < open && source_[known[known.size() - 1 - at]] != value) ++at;
      }
      at = shape_.seams ? code_choice(at, open) : 0;
    }
    if (at < open) {
      const auto chosen = known.end() - 1 - static_cast<std::ptrdiff_t>(at);
      corner_[corner] = *chosen;
      std::rotate(chosen, chosen + 1, known.end());
      return {};
    }
    DEW_TRY(code_new(original, corner, vertex, value, budget));
    corner_[corner] = static_cast<uint32_t>(count() - 1);
    known.push_back(corner_[corner]);
    return {};
  }

  /// Which of a vertex's values, or a new one.
  size_t code_choice(size_t wanted, size_t count) {
    size_t at = 0;
    while (at < count) {
      AdaptiveBit& bit = choice_[seam_history_ % 64 * 16 + std::min<size_t>(at, 3) * 4 + std::min<size_t>(count - at - 1, 3)];
      const bool later = bit.code(coder_, wanted > at);
      seam_history_ = seam_history_ * 2 + (later ? 1 : 0);
      if (!later) return at;
      ++at;
    }
    return at;
  }

  Status code_new(const AttributeOriginal* original, uint32_t corner, uint32_t vertex, uint32_t value, Budget& budget) {
    DEW_TRY(overrun());
    DEW_TRY(budget.take_elements(1, 0));
    DEW_TRY(budget.take_memory(96, 0));
    if (shape_.form == AttributeForm::normal) {
      code_normal(original, corner, vertex, value);
    } else {
      AttributeNumbers wanted{};
      if constexpr (!Coder::kDecodes) wanted = original->numbers[value];
      code_numbers(wanted, corner, vertex);
    }
    source_.push_back(value);
    return {};
  }

  // --- whole numbers

  /// Values of the other corners of a triangle that are known already.
  size_t others(uint32_t corner, std::array<uint32_t, 2>& out) const {
    size_t count = 0;
    if (corner == kNone) return 0;
    for (const uint32_t c : {next_corner(corner), previous_corner(corner)}) {
      if (corner_[c] != kNone && mesh_.triangle[c] != mesh_.triangle[corner]) out[count++] = corner_[c];
    }
    return count;
  }

  void code_numbers(const AttributeNumbers& wanted, uint32_t corner, uint32_t vertex) {
    std::array<uint32_t, 2> near{};
    const size_t count = others(corner, near);
    AttributeNumbers guess = last_, value{};
    std::optional<AttributeNumbers> turned;
    std::array<double, 4> apart{};
    std::array<float, 4> off{};
    for (size_t k = 0; k < shape_.numbers; ++k) {
      if (count == 1) guess[k] = number_[near[0]][k];
      if (count == 2) {
        guess[k] = (number_[near[0]][k] + number_[near[1]][k]) / 2;
        apart[k] = std::abs(static_cast<double>(number_[near[0]][k]) - static_cast<double>(number_[near[1]][k]));
      }
    }
    const bool plane = shape_.form == AttributeForm::lattice || shape_.form == AttributeForm::decimal;
    if (shape_.kind == AttributeKind::texcoord && plane && shape_.numbers == 2 && count == 2) {
      turned = guess_texcoord(corner, vertex, near, guess);
    }
    NormalGuess normal;
    if (exact_normals_) normal = guess_exact_normal(corner, vertex, guess);
    if (shape_.form == AttributeForm::palette) {
      value = code_index(wanted, near, count);
    } else {
      double before = 0;
      for (size_t j = 0; j < shape_.numbers; ++j) {
        const size_t k = normal.order[j];
        double around = 0;
        for (size_t i = 0; i < count; ++i) around += static_cast<double>(off_[near[i]][j]);
        const size_t size = bucket(count == 0 ? 0 : around / static_cast<double>(count));
        if (exact_normals_ && j == 2) finish_normal(normal, value, guess);
        const int64_t residual =
            numbers_[j].code(coder_, wanted[k] - guess[k],
                             {size * 4 + j, bucket(apart[k] / 4) * 4 + std::min<size_t>(count, 3), bucket(before) * 4 + size / 6}, count);
        value[k] = guess[k] + residual;
        before += std::abs(static_cast<double>(residual));
        off[j] = static_cast<float>(std::min(std::abs(static_cast<double>(residual)), 1e9));
      }
      if (exact_normals_) judge(normal, value);
    }
    if (turned) mirrored_ = mirrored_ != (apart_squared(*turned, value) < apart_squared(guess, value));
    off_.push_back(off);
    number_.push_back(value);
    last_ = value;
  }

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

  NormalGuess guess_exact_normal(uint32_t corner, uint32_t vertex, AttributeNumbers& guess) const {
    NormalGuess out;
    double bend = 0;
    out.normal = guess_normal(corner, vertex, bend);
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

  MeshPoint place(uint32_t vertex) const {
    const float* p = &mesh_.position[3 * size_t{vertex}];
    return {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
  }

  static double apart_squared(const AttributeNumbers& a, const AttributeNumbers& b) {
    const double u = static_cast<double>(a[0]) - static_cast<double>(b[0]), v = static_cast<double>(a[1]) - static_cast<double>(b[1]);
    return u * u + v * v;
  }

  /// Where the vertex is in the picture if the triangle has the same shape there, turned as the one before was; returned is the place where
  /// it is turned the other way.
  std::optional<AttributeNumbers> guess_texcoord(uint32_t corner, uint32_t vertex, const std::array<uint32_t, 2>& near,
                                                 AttributeNumbers& guess) const {
    using namespace vector_math;
    const MeshPoint a = place(mesh_.triangle[next_corner(corner)]), b = place(mesh_.triangle[previous_corner(corner)]);
    const MeshPoint along = minus(b, a), to = minus(place(vertex), a);
    const double size = dot(along, along);
    if (!(size > 0)) return {};
    const double s = dot(to, along) / size;
    const MeshPoint off = minus(to, times(along, s));
    const double h = std::sqrt(dot(off, off) / size) * (mirrored_ ? -1 : 1);
    const double ua = static_cast<double>(number_[near[0]][0]), va = static_cast<double>(number_[near[0]][1]);
    const double du = static_cast<double>(number_[near[1]][0]) - ua, dv = static_cast<double>(number_[near[1]][1]) - va;
    const double u = ua + s * du, v = va + s * dv;
    if (!(std::abs(u) + std::abs(h * dv) < 1e12) || !(std::abs(v) + std::abs(h * du) < 1e12)) return {};
    const auto whole = [](double x) { return static_cast<int64_t>(std::floor(x + 0.5)); };
    guess = {whole(u - h * dv), whole(v + h * du)};
    return AttributeNumbers{whole(u + h * dv), whole(v - h * du)};
  }

  // --- normals

  /// Of the triangles around a vertex, those that bend little from the corner's own.
  MeshPoint guess_normal(uint32_t corner, uint32_t vertex, double& bend) const {
    using namespace vector_math;
    constexpr double kCrease = 0.5;  // cosine of 60 degrees
    constexpr size_t kMost = 64;
    const MeshPoint own = corner == kNone ? MeshPoint{0, 0, 0} : triangle_normal_[corner / 3];
    MeshPoint sum{};
    double weight = 0;
    size_t looked = 0;
    for (const uint32_t t : around_[vertex]) {
      if (++looked > kMost) break;
      if (shape_.seams && dot(own, own) > 0 && dot(triangle_normal_[t], own) < kCrease) continue;
      sum = plus(sum, times(triangle_normal_[t], area_[t]));
      weight += area_[t];
    }
    const double size = length(sum);
    bend = weight > 0 ? 1 - size / weight : 0;
    if (!(size > 0)) return dot(own, own) > 0 ? own : MeshPoint{0, 0, 1};
    return times(sum, 1 / size);
  }

  void code_normal(const AttributeOriginal* original, uint32_t corner, uint32_t vertex, uint32_t value) {
    using namespace vector_math;
    double bend = 0;
    const MeshPoint n = guess_normal(corner, vertex, bend);
    // Two directions across the guess: away from the axis that it is furthest from.
    size_t axis = 0;
    for (size_t k = 1; k < 3; ++k) axis = std::abs(n[k]) < std::abs(n[axis]) ? k : axis;
    MeshPoint away{};
    away[axis] = 1;
    MeshPoint t = minus(away, times(n, n[axis]));
    t = times(t, 1 / length(t));
    const MeshPoint s = cross(n, t);
    std::array<uint32_t, 2> near{};
    const size_t count = others(corner, near);
    double around = 0;
    for (size_t i = 0; i < count; ++i) around += (off_[near[i]][0] + off_[near[i]][1]) / 2;
    const size_t size = detail::size_bucket(count == 0 ? 0 : around / static_cast<double>(count), kSizes);
    const size_t bent = detail::size_bucket(bend * 1000, kSizes);
    MeshPoint wanted{};
    bool behind = false;
    if constexpr (!Coder::kDecodes) {
      wanted = original->normals[value];
      behind = dot(wanted, n) < 0;
    }
    behind = behind_.code(coder_, behind);
    const MeshPoint* across[2] = {&t, &s};
    double sum = 0;
    MeshPoint out{};
    std::array<float, 4> off{};
    int64_t first = 0;
    for (size_t k = 0; k < 2; ++k) {
      int64_t steps = 0;
      if constexpr (!Coder::kDecodes) steps = static_cast<int64_t>(std::floor(dot(wanted, *across[k]) / shape_.step + 0.5));
      steps = numbers_[k].code(coder_, steps,
                               {size * 4 + std::min<size_t>(count, 3), bent * 4 + size / 6,
                                detail::size_bucket(std::abs(static_cast<double>(first)), kSizes) * 4 + bent / 6},
                               count);
      if (k == 0) first = steps;
      const double moved = static_cast<double>(steps) * shape_.step;
      sum += moved * moved;
      out = plus(out, times(*across[k], moved));
      off[k] = static_cast<float>(std::min(std::abs(static_cast<double>(steps)), 1e9));
    }
    if (sum < 1)
      out = plus(out, times(n, std::sqrt(1 - sum) * (behind ? -1 : 1)));
    else
      out = times(out, 1 / std::sqrt(sum));
    off_.push_back(off);
    normal_.push_back(out);
  }

  Coder& coder_;
  const Mesh& mesh_;
  AttributeShape shape_;
  std::vector<std::vector<uint32_t>> known_;  ///< values of each vertex, the youngest last
  std::vector<uint32_t> corner_;
  std::vector<AttributeNumbers> number_;
  std::vector<MeshPoint> normal_;
  std::vector<uint32_t> source_;           ///< encoder: the original's value for each
  std::vector<std::array<float, 4>> off_;  ///< sizes of residuals
  std::vector<MixedNumber<3>> numbers_;
  std::array<AdaptiveBit, 64 * 16> choice_;
  std::array<AdaptiveBit, 128> copied_;
  AdaptiveTree<10> index_;
  AdaptiveBit behind_;
  AttributeNumbers last_{};
  uint32_t seam_history_ = 0, copy_history_ = 0;
  bool mirrored_ = false;
  bool exact_normals_ = false, wide_ = false;
  double neighbours_off_ = 0, triangles_off_ = 0, plain_off_ = 0, length_off_ = 0;
  std::vector<MeshPoint> triangle_normal_;
  std::vector<double> area_;
  std::vector<std::vector<uint32_t>> around_;
};

}  // namespace dew
