// SPDX-License-Identifier: Apache-2.0
/// Which corners of a mesh share a value: coded before any value is, so that all triangles that see a value can predict it.
///
///   AttributeStructure structure(mesh, seams, earlier);
///   DEW_TRY(structure.code(coder, original, budget));          // original: null where the coder decodes
///   structure.corner()[c], structure.first_corner()[value]
///
/// Values are numbered as they are met, triangle after triangle, corners 1, 2, 0. At a corner the values that its vertex has already are
/// asked in turn, those of the triangles across its two edges first; what the contexts know is whether these agree at the edges' other
/// ends, and whether an attribute coded earlier has a seam there. Threads: a structure belongs to one thread.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "entropy/binary_coder.h"
#include "entropy/limits.h"
#include "mesh/coding/manifold_pieces.h"
#include "mesh/coding/metered_coder.h"
#include "mesh/mesh.h"

namespace dew {

/// The corners at each vertex, or of each value, in order.
class CornersOf {
 public:
  /// `of_corner`: for each corner a number below `count`.
  CornersOf(const std::vector<uint32_t>& of_corner, size_t count) : begin_(count + 1, 0), corner_(of_corner.size()) {
    for (const uint32_t v : of_corner) ++begin_[size_t{v} + 1];
    for (size_t v = 0; v < count; ++v) begin_[v + 1] += begin_[v];
    std::vector<uint32_t> next(begin_.begin(), begin_.end() - 1);
    for (uint32_t c = 0; c < of_corner.size(); ++c) corner_[next[of_corner[c]]++] = c;
  }
  const uint32_t* begin(uint32_t v) const { return corner_.data() + begin_[v]; }
  const uint32_t* end(uint32_t v) const { return corner_.data() + begin_[size_t{v} + 1]; }

 private:
  std::vector<uint32_t> begin_, corner_;
};

class AttributeStructure {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  /// `seams`: a vertex may have several values. `earlier`: of another attribute the value at each corner, or empty.
  AttributeStructure(const Mesh& mesh, bool seams, const std::vector<uint32_t>& earlier)
      : mesh_(mesh), seams_(seams), earlier_(earlier), known_(mesh.vertices()), corner_(mesh.triangle.size(), kNone) {}

  /// `original`: of each corner, then of each vertex in no triangle, a number of what it has. Errors: truncated, limit_exceeded,
  /// out_of_memory.
  template <class Coder>
  Status code(Coder& coder, const std::vector<uint32_t>* corners, const std::vector<uint32_t>* isolated, Budget& budget) {
    const CornersOf around = seams_ ? CornersOf(mesh_.triangle, mesh_.vertices()) : CornersOf({}, 0);
    for (uint32_t t = 0; t < mesh_.triangles(); ++t) {
      DEW_TRY(budget.take_work(8, 0));
      for (const uint32_t k : {1u, 2u, 0u}) {
        const uint32_t c = 3 * t + k;
        DEW_TRY(code_corner(coder, corners == nullptr ? kNone : (*corners)[c], c, around, budget));
      }
    }
    size_t next = 0;
    for (uint32_t v = 0; v < known_.size(); ++v) {
      if (!known_[v].empty()) continue;
      DEW_TRY(pay(coder, budget));
      add_value(v, kNone, isolated == nullptr ? kNone : (*isolated)[next++]);
    }
    return {};
  }

  size_t count() const { return first_corner_.size(); }
  const std::vector<uint32_t>& corner() const { return corner_; }
  /// The corner where a value was met; kNone where its vertex is in no triangle.
  const std::vector<uint32_t>& first_corner() const { return first_corner_; }
  const std::vector<uint32_t>& vertex() const { return vertex_; }
  /// Encoder: the original's number of each value.
  const std::vector<uint32_t>& source() const { return source_; }
  /// The first value of a vertex.
  uint32_t value_of_vertex(uint32_t vertex) const { return known_[vertex].front(); }

 private:
  static constexpr size_t kMostOpen = 32;
  /// What a triangle across an edge at the corner says.
  struct Across {
    uint32_t value = kNone;
    size_t other_end = 0;  ///< 0: not known; 1: both triangles have the same value there; 2: they have not
  };

  template <class Coder>
  Status pay(Coder& coder, Budget& budget) const {
    if constexpr (Coder::kDecodes) {
      if (coder.overrun()) return Error{Code::truncated, 0, "the coded attribute ends too early"};
    }
    DEW_TRY(budget.take_elements(1, 0));
    return budget.take_memory(240, 0);
  }

  void add_value(uint32_t vertex, uint32_t corner, uint32_t source) {
    known_[vertex].push_back(static_cast<uint32_t>(count()));
    first_corner_.push_back(corner);
    last_corner_.push_back(corner);
    vertex_.push_back(vertex);
    source_.push_back(source);
  }

  template <class Coder>
  Status code_corner(Coder& coder, uint32_t wanted, uint32_t c, const CornersOf& around, Budget& budget) {
    const uint32_t vertex = mesh_.triangle[c];
    meter_vertex(coder, vertex);
    std::vector<uint32_t>& known = known_[vertex];
    if (!known.empty()) {
      const uint32_t value = seams_ ? choose(coder, wanted, c, around) : known.front();
      if (value != kNone) {
        corner_[c] = value;
        last_corner_[value] = c;
        return {};
      }
    }
    DEW_TRY(pay(coder, budget));
    corner_[c] = static_cast<uint32_t>(count());
    add_value(vertex, c, wanted);
    return {};
  }

  /// One of the vertex's values; kNone for a new one. Older values than kMostOpen are coded again: a vertex of very many values must not
  /// cost their square.
  template <class Coder>
  uint32_t choose(Coder& coder, uint32_t wanted, uint32_t c, const CornersOf& around) {
    const std::vector<uint32_t>& known = known_[mesh_.triangle[c]];
    const std::array<Across, 2> across = {look_across(c, next_corner(c), around), look_across(c, previous_corner(c), around)};
    std::array<uint32_t, kMostOpen + 2> open;
    size_t count = 0;
    const auto add = [&](uint32_t value) {
      if (value != kNone && std::find(open.begin(), open.begin() + count, value) == open.begin() + count) open[count++] = value;
    };
    const bool second_first = across[1].other_end == 1 && across[0].other_end != 1;
    add(across[second_first ? 1 : 0].value);
    add(across[second_first ? 0 : 1].value);
    for (size_t i = 0; i < std::min(known.size(), kMostOpen); ++i) add(known[known.size() - 1 - i]);
    for (size_t i = 0; i < count; ++i) {
      bool is = false;
      if constexpr (!Coder::kDecodes) is = source_[open[i]] == wanted;
      size_t context = 0;
      for (const Across& a : across) context = context * 7 + (a.value == kNone ? 0 : (a.value == open[i] ? 1 : 4) + a.other_end);
      const uint32_t there = last_corner_[open[i]];
      const size_t agrees = earlier_.empty() || there == kNone ? 0 : earlier_[there] == earlier_[c] ? 1 : 2;
      context = ((context * 3 + std::min<size_t>(i, 2)) * 2 + (i + 1 < count ? 1 : 0)) * 3 + agrees;
      if (is_value_[context].code(coder, is)) return open[i];
    }
    return kNone;
  }

  /// The triangle across the edge from the corner's vertex to that of `end`, a corner of the same triangle, as far as it is known.
  Across look_across(uint32_t c, uint32_t end, const CornersOf& around) const {
    constexpr size_t kMostLooked = 64;
    const uint32_t vertex = mesh_.triangle[c], other = mesh_.triangle[end];
    size_t looked = 0;
    for (const uint32_t* at = around.begin(vertex); at != around.end(vertex) && *at < c - c % 3; ++at) {
      if (++looked > kMostLooked) break;
      for (const uint32_t there : {next_corner(*at), previous_corner(*at)}) {
        if (mesh_.triangle[there] != other) continue;
        return {corner_[*at], corner_[end] == kNone ? size_t{0} : corner_[end] == corner_[there] ? size_t{1} : size_t{2}};
      }
    }
    return {};
  }

  const Mesh& mesh_;
  bool seams_;
  const std::vector<uint32_t>& earlier_;
  std::vector<std::vector<uint32_t>> known_;  ///< values of each vertex
  std::vector<uint32_t> corner_, first_corner_, last_corner_, vertex_, source_;
  std::array<AdaptiveBit, 49 * 18> is_value_;
};

}  // namespace dew
