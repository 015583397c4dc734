// SPDX-License-Identifier: Apache-2.0
/// The two streams of a group, for any coder: encoders, decoders, and what measures.
///
///   const SortedTargets by_place = sorted(targets, box);
///   code_base(encoder, targets, by_place.order, by_place.keys, count, box, scene, group.splats);
///   code_base(decoder, {}, {}, {}, count, box, scene, group.splats);
///   code_sh(coder, scene, group);
///
/// Bytes: gaussians/FORMAT.md, sections 5 to 8.
#pragma once

#include <bit>
#include <span>
#include <vector>

#include "gaussians/coding/count_tree.h"
#include "gaussians/coding/sh_model.h"
#include "gaussians/coding/splat_group.h"

namespace dew {

/// Targets in the order of their places.
struct SortedTargets {
  std::vector<uint32_t> order;
  std::vector<uint64_t> keys;
};
SortedTargets sorted(const GroupTargets& targets, const GroupBox& box);

inline SplatBox box_of(const TreeCell& cell, const GroupBox& whole) {
  SplatBox box;
  for (size_t axis = 0; axis < 3; ++axis) {
    box.size[axis] = static_cast<double>(whole.size) * std::bit_cast<double>((1023 - uint64_t{cell.bits[axis]}) << 52);  // halved so often
    box.low[axis] = static_cast<double>(whole.low[axis]) + cell.place[axis] * box.size[axis];
  }
  return box;
}

/// Codes the base of all splats. `order` and `keys` are those of the targets, empty where the coder decodes.
template <class Coder>
void code_base(Coder& coder, const GroupTargets& targets, std::span<const uint32_t> order, std::span<const uint64_t> keys, size_t count,
               const GroupBox& box, const GroupScene& scene, std::vector<CodedSplat>& splats) {
  CountModel counts;
  SplatModel model(scene.screen_variance, scene.one_context);
  const SplatTarget nothing;
  code_count_tree(coder, counts, keys, count, [&](const TreeCell& cell, size_t in_cell) {
    const SplatBox place = box_of(cell, box);
    for (size_t i = 0; i < in_cell; ++i) {
      announce_splat(coder, splats.size());
      const SplatTarget& target = Coder::kDecodes ? nothing : targets.splats[order[splats.size()]];
      model.code(coder, target, place, splats.emplace_back());
    }
  });
}

template <class Coder>
void code_sh(Coder& coder, const GroupScene& scene, DecodedGroup& group) {
  ShModel model(scene.basis, scene.one_context);
  const size_t components = scene.basis.components();
  announce(coder, SplatPart::sh);
  for (size_t i = 0; i < group.splats.size(); ++i) {
    announce_splat(coder, i);
    model.code(coder, group.splats[i], std::span(group.sh_steps).subspan(i * components, components));
  }
}

}  // namespace dew
