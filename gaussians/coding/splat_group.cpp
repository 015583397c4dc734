// SPDX-License-Identifier: Apache-2.0
#include "gaussians/coding/splat_group.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "gaussians/coding/colour_axes.h"
#include "gaussians/coding/group_streams.h"
#include "gaussians/quaternion.h"

namespace dew {
namespace {

/// A Coder that writes nothing and asks the models for nothing: what is left is the quantisation.
class NoCoder {
 public:
  static constexpr bool kDecodes = false;
  template <size_t kContexts>
  void take_integer(const void* /*model*/, int64_t /*value*/, const std::array<size_t, kContexts>& /*contexts*/) {}
  bool code_bit(bool bit, uint32_t /*p1*/) { return bit; }
  void encode_interval(uint32_t /*start*/, uint32_t /*size*/, unsigned /*total_bits*/) {}
  uint64_t code_raw(uint64_t value, unsigned /*bits*/) { return value; }
};

/// Splats that n coded bytes can hold at most; encoders fill up with zeros where models are that good.
uint64_t most_splats(uint64_t coded_bytes) { return 1024 + 16 * coded_bytes; }

uint64_t key_of(const SplatTarget& target, const GroupBox& box) {
  std::array<uint32_t, 3> place;
  for (size_t axis = 0; axis < 3; ++axis) {
    const double share = (target.position[axis] - static_cast<double>(box.low[axis])) / static_cast<double>(box.size);
    place[axis] = static_cast<uint32_t>(std::clamp(std::floor(std::ldexp(share, kTreeBits)), 0.0, std::ldexp(1.0, kTreeBits) - 1));
  }
  return tree_key(place);
}

}  // namespace

SortedTargets sorted(const GroupTargets& targets, const GroupBox& box) {
  std::vector<std::pair<uint64_t, uint32_t>> places;
  places.reserve(targets.splats.size());
  for (uint32_t i = 0; i < targets.splats.size(); ++i) places.emplace_back(key_of(targets.splats[i], box), i);
  std::sort(places.begin(), places.end());
  SortedTargets result;
  for (const auto& [key, index] : places) {
    result.keys.push_back(key);
    result.order.push_back(index);
  }
  return result;
}

namespace {

std::vector<int32_t> in_order(const GroupTargets& targets, const std::vector<uint32_t>& order, size_t components) {
  std::vector<int32_t> steps;
  steps.reserve(targets.sh_steps.size());
  for (const uint32_t i : order) {
    const auto first = targets.sh_steps.begin() + static_cast<std::ptrdiff_t>(i * components);
    steps.insert(steps.end(), first, first + static_cast<std::ptrdiff_t>(components));
  }
  return steps;
}

}  // namespace

GroupBox box_around(std::span<const SplatTarget> targets) {
  GroupBox box;
  double widest = 0;
  for (size_t axis = 0; axis < 3; ++axis) {
    double low = targets.empty() ? 0 : targets[0].position[axis], high = low;
    for (const SplatTarget& target : targets) {
      low = std::min(low, target.position[axis]);
      high = std::max(high, target.position[axis]);
    }
    box.low[axis] = std::nextafter(static_cast<float>(low), -HUGE_VALF);
    widest = std::max(widest, high - static_cast<double>(box.low[axis]));
  }
  // Not so small that a halved box has no middle.
  const double largest = std::max({std::abs(box.low[0]), std::abs(box.low[1]), std::abs(box.low[2])});
  box.size = std::nextafter(static_cast<float>(std::max({widest, largest * 1e-6, 1e-20})), HUGE_VALF);
  return box;
}

DecodedGroup quantise_group(const GroupTargets& targets, const GroupBox& box, const GroupScene& scene, std::vector<uint32_t>& order) {
  SortedTargets by_place = sorted(targets, box);
  DecodedGroup group;
  group.splats.reserve(targets.splats.size());
  NoCoder coder;
  code_base(coder, targets, by_place.order, by_place.keys, targets.splats.size(), box, scene, group.splats);
  group.sh_steps = in_order(targets, by_place.order, scene.basis.components());
  order = std::move(by_place.order);
  return group;
}

CodedGroup encode_group(const GroupTargets& targets, const GroupBox& box, const GroupScene& scene) {
  SortedTargets by_place = sorted(targets, box);
  CodedGroup coded;
  DecodedGroup& group = coded.decoded;
  group.splats.reserve(targets.splats.size());
  RangeEncoder base;
  code_base(base, targets, by_place.order, by_place.keys, targets.splats.size(), box, scene, group.splats);
  ByteWriter writer;
  writer.varint(targets.splats.size());
  for (const float low : box.low) writer.f32(low);
  writer.f32(box.size);
  writer.bytes(base.finish());
  coded.base = writer.take();
  while (most_splats(coded.base.size()) < targets.splats.size()) coded.base.push_back(std::byte{0});
  if (scene.basis.components() > 0) {
    RangeEncoder sh;
    group.sh_steps = in_order(targets, by_place.order, scene.basis.components());
    code_sh(sh, scene, group);
    coded.sh = sh.finish();
  }
  coded.order = std::move(by_place.order);
  return coded;
}

namespace {

struct GroupHead {
  uint64_t count = 0;
  GroupBox box;
  ByteSpan coded;
  bool padded = false;  ///< one byte less would be too few for so many splats
};

Result<GroupHead> read_head(ByteSpan base, uint64_t offset) {
  ByteReader reader(base, offset);
  GroupHead head;
  DEW_ASSIGN(head.count, reader.varint());
  for (float& low : head.box.low) {
    DEW_ASSIGN(low, reader.f32());
  }
  DEW_ASSIGN(head.box.size, reader.f32());
  const bool finite =
      std::isfinite(head.box.low[0]) && std::isfinite(head.box.low[1]) && std::isfinite(head.box.low[2]) && std::isfinite(head.box.size);
  if (!finite || !(head.box.size > 0)) return Error{Code::corrupt, offset, "the box of a group of splats is no box"};
  if (head.count > kGroupSplats || head.count > most_splats(base.size())) {
    return Error{Code::corrupt, offset, "a group claims more splats than it can hold"};
  }
  head.coded = base.subspan(reader.position());
  head.padded = head.count > most_splats(base.size() - 1);
  return head;
}

template <class Coder>
Result<DecodedGroup> decode_base(Coder& coder, const GroupHead& head, uint64_t offset, const GroupScene& scene, Budget& budget) {
  DEW_TRY(budget.take_elements(head.count, offset));
  DEW_TRY(budget.take_memory(head.count * (sizeof(CodedSplat) + scene.basis.components() * sizeof(int32_t)), offset));
  DEW_TRY(budget.take_work(head.count * 16, offset));
  DecodedGroup group;
  group.splats.reserve(static_cast<size_t>(head.count));
  code_base(coder, {}, {}, {}, static_cast<size_t>(head.count), head.box, scene, group.splats);
  if (coder.overrun()) return Error{Code::truncated, offset + head.coded.size(), "a group of splats ends early"};
  if (!coder.at_end() && !head.padded) return Error{Code::corrupt, offset + head.coded.size(), "bytes after the last splat of a group"};
  return group;
}

}  // namespace

Result<GroupSummary> read_group_summary(ByteSpan base, uint64_t offset) {
  DEW_ASSIGN(const GroupHead head, read_head(base, offset));
  return GroupSummary{head.count, head.box};
}

Result<DecodedGroup> decode_group(ByteSpan base, uint64_t offset, const GroupScene& scene, Budget& budget) {
  DEW_ASSIGN(const GroupHead head, read_head(base, offset));
  RangeDecoder coder(head.coded);
  return decode_base(coder, head, offset, scene, budget);
}

Result<DecodedGroup> measure_group(ByteSpan base, uint64_t offset, const GroupScene& scene, Budget& budget, SplatPartBits& bits,
                                   EachSplat each) {
  DEW_ASSIGN(const GroupHead head, read_head(base, offset));
  MeteredDecoder coder(head.coded, each);
  DEW_ASSIGN(DecodedGroup group, decode_base(coder, head, offset, scene, budget));
  for (size_t i = 0; i < kSplatParts; ++i) bits[i] += coder.bits()[i];
  return group;
}

namespace {

template <class Coder>
Status decode_sh(Coder& coder, ByteSpan sh, uint64_t offset, const GroupScene& scene, Budget& budget, DecodedGroup& group) {
  const size_t components = scene.basis.components();
  DEW_TRY(budget.take_work(group.splats.size() * components, offset));
  group.sh_steps.assign(group.splats.size() * components, 0);
  code_sh(coder, scene, group);
  if (coder.overrun()) return Error{Code::truncated, offset + sh.size(), "the directional colours of a group end early"};
  if (!coder.at_end()) return Error{Code::corrupt, offset + sh.size(), "bytes after the directional colours of a group"};
  return {};
}

}  // namespace

Status decode_group_sh(ByteSpan sh, uint64_t offset, const GroupScene& scene, Budget& budget, DecodedGroup& group) {
  RangeDecoder coder(sh);
  return decode_sh(coder, sh, offset, scene, budget, group);
}

Status measure_group_sh(ByteSpan sh, uint64_t offset, const GroupScene& scene, Budget& budget, DecodedGroup& group, EachSplat each) {
  MeteredDecoder coder(sh, each);
  return decode_sh(coder, sh, offset, scene, budget, group);
}

void restore_group(const DecodedGroup& group, const GroupScene& scene, size_t first, Splats& splats) {
  const size_t components = scene.basis.components(), width = scene.basis.width();
  std::vector<double> sums(width);
  for (size_t i = 0; i < group.splats.size(); ++i) {
    const CodedSplat& splat = group.splats[i];
    const size_t at = first + i;
    const std::array<double, 3> rgb = rgb_of_axes(splat.colour);
    const std::array<double, 4> quaternion = quaternion_of(rotation_frame(splat.rotation, splat.levels));
    for (size_t k = 0; k < 3; ++k) {
      splats.position[3 * at + k] = static_cast<float>(splat.position[k]);
      splats.log_scale[3 * at + k] = static_cast<float>(log_scale_of(splat.spread[k], scene.screen_variance));
      splats.dc[3 * at + k] = static_cast<float>(rgb[k]);
    }
    for (size_t k = 0; k < 4; ++k) splats.rotation[4 * at + k] = static_cast<float>(quaternion[k]);
    splats.opacity_logit[at] = static_cast<float>(opacity_logit_of(splat.log_opacity));
    if (group.sh_steps.empty()) continue;
    std::fill(sums.begin(), sums.end(), 0);
    const double step = sh_step(splat.colour_class);
    for (size_t k = 0; k < components; ++k) {
      const int32_t steps = group.sh_steps[i * components + k];
      if (steps != 0) scene.basis.add(k, steps * step, sums);
    }
    for (size_t j = 0; j < width; ++j) splats.sh[at * width + j] = static_cast<float>(sums[j]);
  }
}

}  // namespace dew
