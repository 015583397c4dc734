// SPDX-License-Identifier: Apache-2.0
/// A second decoder of values of triangles, from the section "Attributes of triangles" of mesh/FORMAT.md alone.
///
///   const plain::FaceValues values = plain::read_faces(payload_of_chunk_23, triangles, vertices);
#pragma once

#include <bit>
#include <string>

#include "tests/golden/plain_mesh_numbers.h"

namespace plain {

struct FaceValues {
  std::string name;
  uint64_t kind = 0, type = 0, components = 0;
  std::vector<float> value;
};

/// f32 (type 0) is stored as its bits, counted so that order stays: those with a sign from -1 downwards.
inline float face_float(int64_t number, uint64_t type) {
  if (type != 0) return static_cast<float>(number);
  return std::bit_cast<float>(number >= 0 ? static_cast<uint32_t>(number) : static_cast<uint32_t>(-1 - number) | 0x80000000u);
}

/// `triangles`: three vertices each, in the order in which they come back.
inline FaceValues read_faces(const Octets& payload, const std::vector<uint32_t>& triangles, size_t vertices) {
  FaceValues out;
  size_t at = 0;
  const size_t letters = varint(payload, at);
  out.name.assign(payload.begin() + static_cast<std::ptrdiff_t>(at), payload.begin() + static_cast<std::ptrdiff_t>(at + letters));
  at += letters;
  for (uint64_t* number : {&out.kind, &out.type, &out.components}) *number = varint(payload, at);
  RangeReader reader(Octets(payload.begin() + static_cast<std::ptrdiff_t>(at), payload.end()));
  constexpr size_t kNone = ~size_t{0};
  std::vector<std::vector<int64_t>> seen;
  std::vector<size_t> youngest(vertices, kNone);
  std::map<std::pair<size_t, size_t>, Adaptive> same;
  Adaptive known;
  Decisions ages(reader, 400, false), steps(reader, 400, false);
  for (size_t c = 0; c + 2 < triangles.size(); c += 3) {
    std::array<size_t, 3> near = {youngest[triangles[c]], youngest[triangles[c + 1]], youngest[triangles[c + 2]]};
    if (near[1] == near[2]) std::swap(near[0], near[2]);
    size_t taken = kNone;
    for (size_t i = 0; i < 3 && taken == kNone; ++i) {
      const bool before = (i > 0 && near[i] == near[0]) || (i > 1 && near[i] == near[1]);
      if (near[i] == kNone || before) continue;
      const size_t have = static_cast<size_t>(std::count(near.begin(), near.end(), near[i]));
      if (same[{i, have}].code(reader, 255)) taken = near[i];
    }
    if (taken == kNone && !seen.empty() && known.code(reader, 255)) taken = seen.size() - 1 - static_cast<size_t>(ages.number({0}, 0, 0));
    if (taken == kNone) {
      std::vector<int64_t> value(out.components, 0);
      if (near[0] != kNone)
        value = seen[near[0]];
      else if (!seen.empty())
        value = seen.back();
      for (size_t k = 0; k < out.components; ++k) value[k] += steps.number({k}, 0, 0);
      taken = seen.size();
      seen.push_back(value);
    }
    for (size_t k = 0; k < 3; ++k) youngest[triangles[c + k]] = taken;
    for (const int64_t number : seen.at(taken)) out.value.push_back(face_float(number, out.type));
  }
  return out;
}

}  // namespace plain
