// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/octree_points.h"

#include <algorithm>
#include <numeric>

#include "entropy/range_coder.h"
#include "pointcloud/coding/octree_model.h"

namespace dew {
namespace {

/// Part of the format.
constexpr unsigned kMaxDepth = 32;
/// A level takes some 250 bytes a node: a stream that makes many of few bytes is padded.
constexpr uint64_t most_nodes(uint64_t coded_bytes) { return 65536 + 1024 * coded_bytes; }

using Place = std::array<uint32_t, 3>;

Place place_of(std::span<const int64_t> xyz, size_t point, const OctreeLow& low) {
  Place place;
  for (size_t axis = 0; axis < 3; ++axis) {
    // Unsigned: differences of far-away numbers are still right.
    place[axis] = static_cast<uint32_t>(static_cast<uint64_t>(xyz[3 * point + axis]) - static_cast<uint64_t>(low[axis]));
  }
  return place;
}

/// Morton order with z on top: the axis that differs in the highest bit decides.
bool comes_before(const Place& a, const Place& b) {
  size_t top = 2;
  uint32_t most = a[2] ^ b[2];
  for (size_t axis = 2; axis-- > 0;) {
    const uint32_t differs = a[axis] ^ b[axis];
    if (most < differs && most < (most ^ differs)) most = differs, top = axis;
  }
  return a[top] < b[top];
}

std::vector<Place> places_of(std::span<const int64_t> xyz, const OctreeLow& low) {
  std::vector<Place> places(xyz.size() / 3);
  for (size_t i = 0; i < places.size(); ++i) places[i] = place_of(xyz, i, low);
  return places;
}

unsigned child_of(const Place& place, unsigned bit) {
  return (place[0] >> bit & 1) | (place[1] >> bit & 1) << 1 | (place[2] >> bit & 1) << 2;
}

/// How often a leaf holds a point, less one: surfaces that are finer than the grid have as many in the leaves beside.
class CountModel {
 public:
  explicit CountModel(uint64_t leaves) : residual_({kClasses, kClasses, kClasses}, 1) { counts_.reserve(leaves); }

  template <class Coder>
  uint64_t code(Coder& coder, uint64_t more, const OctreeLevel& leaves) {
    const OctreeLevel::Beside& beside = leaves.beside[counts_.size()];
    uint64_t sum = 0, known = 0;
    size_t around = 0;
    for (size_t d = 0; d < 27; ++d) {
      if (d == 13 || beside[d] == OctreeLevel::kNone) continue;
      ++around;
      if (beside[d] >= counts_.size()) continue;
      ++known;
      sum += counts_[beside[d]];
    }
    const size_t mean = known == 0 ? 0 : static_cast<size_t>(1 + std::min<uint64_t>((4 * sum + known / 2) / known, kClasses - 2));
    const size_t last = counts_.empty() ? 0 : std::min<size_t>(counts_.back(), kClasses - 1);
    const int64_t value = residual_.code(coder, static_cast<int64_t>(more), {mean, last, around}, 0);
    counts_.push_back(static_cast<uint32_t>(std::clamp<int64_t>(value, 0, UINT32_MAX)));
    return counts_.back();
  }
  static uint64_t memory_bytes(uint64_t leaves) { return (uint64_t{1} << 20) + leaves * sizeof(uint32_t); }

 private:
  static constexpr size_t kClasses = 27;
  MixedResidual<3> residual_;
  std::vector<uint32_t> counts_;  ///< of the leaves so far, less one
};

}  // namespace

std::optional<OctreeLow> octree_low(std::span<const int64_t> xyz) {
  if (xyz.empty()) return {};
  OctreeLow low = {xyz[0], xyz[1], xyz[2]}, high = low;
  for (size_t i = 0; i < xyz.size(); ++i) {
    low[i % 3] = std::min(low[i % 3], xyz[i]);
    high[i % 3] = std::max(high[i % 3], xyz[i]);
  }
  for (size_t axis = 0; axis < 3; ++axis) {
    if ((static_cast<uint64_t>(high[axis]) - static_cast<uint64_t>(low[axis])) >> kMaxDepth != 0) return {};
  }
  return low;
}

std::vector<uint64_t> octree_order(std::span<const int64_t> xyz, const OctreeLow& low) {
  const std::vector<Place> places = places_of(xyz, low);
  std::vector<uint64_t> order(places.size());
  std::iota(order.begin(), order.end(), uint64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](uint64_t a, uint64_t b) { return comes_before(places[a], places[b]); });
  return order;
}

bool in_octree_order(std::span<const int64_t> xyz, const OctreeLow& low) {
  for (size_t i = 1; i < xyz.size() / 3; ++i) {
    if (comes_before(place_of(xyz, i, low), place_of(xyz, i - 1, low))) return false;
  }
  return true;
}

Bytes encode_octree(std::span<const int64_t> xyz, const OctreeLow& low) {
  const std::vector<Place> places = places_of(xyz, low);
  // The root is the smallest cube that holds the first and the last point: of a Morton curve it holds all between them.
  uint32_t differs = 0;
  for (size_t axis = 0; axis < 3; ++axis) differs |= places.front()[axis] ^ places.back()[axis];
  const unsigned depth = static_cast<unsigned>(std::bit_width(differs));
  const bool repeats = std::adjacent_find(places.begin(), places.end()) != places.end();
  ByteWriter writer;
  writer.u8(static_cast<uint8_t>(depth));
  writer.u8(repeats ? 1 : 0);
  for (const uint32_t v : places.front()) writer.varint(depth == kMaxDepth ? 0 : v >> depth);

  RangeEncoder encoder;
  OctreeModel model(places.size());
  OctreeLevel level = root_level();
  std::vector<size_t> begins = {0, places.size()};  // node i holds points begins[i] to begins[i + 1]
  for (unsigned bit = depth; bit-- > 0;) {
    std::vector<size_t> below;
    for (size_t node = 0; node < level.size(); ++node) {
      uint8_t occupied = 0;
      for (size_t i = begins[node]; i < begins[node + 1]; ++i) {
        const unsigned child = child_of(places[i], bit);
        if ((occupied >> child & 1) == 0) below.push_back(i);
        occupied = static_cast<uint8_t>(occupied | 1u << child);
      }
      level.occupied[node] = model.code_node(encoder, occupied, level, node, bit);
    }
    below.push_back(places.size());
    begins = std::move(below);
    if (bit > 0 || repeats) level = next_level(level);
  }
  if (repeats) {
    CountModel counts(level.size());
    for (size_t leaf = 0; leaf < level.size(); ++leaf) counts.code(encoder, begins[leaf + 1] - begins[leaf] - 1, level);
  }
  Bytes stream = encoder.finish();
  if (places.size() > most_nodes(stream.size())) stream.resize((places.size() - 65536 + 1023) / 1024);
  writer.bytes(stream);
  return writer.take();
}

namespace {

struct OctreeStart {
  unsigned depth = 0;
  bool repeats = false;
  Place root{};  ///< in leaves
};

Result<OctreeStart> read_start(ByteReader& reader) {
  OctreeStart start;
  DEW_ASSIGN(const uint8_t depth, reader.u8());
  DEW_ASSIGN(const uint8_t repeats, reader.u8());
  if (depth > kMaxDepth || repeats > 1) return Error{Code::corrupt, reader.offset(), "an octree is too deep"};
  start.depth = depth;
  start.repeats = repeats == 1;
  for (uint32_t& v : start.root) {
    DEW_ASSIGN(const uint64_t place, reader.varint());
    if (place >> (kMaxDepth - depth) != 0) return Error{Code::corrupt, reader.offset(), "an octree lies too far out"};
    v = depth == kMaxDepth ? 0 : static_cast<uint32_t>(place << depth);
  }
  return start;
}

/// The places of the children of all nodes.
std::vector<Place> children_of(const std::vector<Place>& nodes, const OctreeLevel& level, unsigned bit) {
  std::vector<Place> children;
  children.reserve(level.children());
  for (size_t node = 0; node < nodes.size(); ++node) {
    for (uint32_t child = 0; child < 8; ++child) {
      if ((level.occupied[node] >> child & 1) == 0) continue;
      children.push_back(
          {nodes[node][0] | (child & 1) << bit, nodes[node][1] | (child >> 1 & 1) << bit, nodes[node][2] | (child >> 2) << bit});
    }
  }
  return children;
}

}  // namespace

Result<std::vector<int64_t>> decode_octree(ByteSpan coded, uint64_t points, const OctreeLow& low, Budget& budget, uint64_t offset,
                                           std::span<float> bits) {
  ByteReader reader(coded, offset);
  DEW_ASSIGN(const OctreeStart start, read_start(reader));
  const auto corrupt = [&](const char* what) { return Error{Code::corrupt, offset, what}; };
  DEW_ASSIGN(const ByteSpan stream, reader.bytes(reader.remaining()));
  DEW_TRY(budget.take_memory(OctreeModel::memory_bytes(points), offset));
  RangeDecoder decoder(stream);
  OctreeModel model(points);
  OctreeLevel level = root_level();
  std::vector<Place> places = {start.root};
  uint64_t largest = 0;
  for (unsigned bit = start.depth; bit-- > 0;) {
    DEW_TRY(budget.take_work(level.size() * 8 * 64, offset));
    for (size_t node = 0; node < level.size(); ++node) level.occupied[node] = model.code_node(decoder, 0, level, node, bit);
    const uint64_t children = level.children();
    if (children > points || children > most_nodes(stream.size()) || decoder.overrun())
      return corrupt("an octree has more leaves than points, or than its bytes can hold");
    if (children > largest) DEW_TRY(budget.take_memory((children - largest) * 2 * (OctreeLevel::kNodeBytes + sizeof(Place)), offset));
    largest = std::max(largest, children);
    places = children_of(places, level, bit);
    if (bit > 0 || start.repeats) level = next_level(level);
  }
  if (!start.repeats && places.size() != points) return corrupt("an octree has fewer leaves than points");
  DEW_TRY(budget.take_memory(points * 3 * sizeof(int64_t), offset));
  std::vector<int64_t> xyz;
  xyz.reserve(points * 3);
  const auto add = [&](const Place& place) {
    for (size_t axis = 0; axis < 3; ++axis) xyz.push_back(static_cast<int64_t>(static_cast<uint64_t>(low[axis]) + place[axis]));
  };
  if (!start.repeats) {
    for (const Place& place : places) add(place);
  } else {
    DEW_TRY(budget.take_memory(CountModel::memory_bytes(places.size()), offset));
    DEW_TRY(budget.take_work(places.size() * 64, offset));
    CountModel counts(places.size());
    uint64_t left = points;
    for (const Place& place : places) {
      const uint64_t times = counts.code(decoder, 0, level) + 1;
      if (times > left) return corrupt("an octree's leaves hold more points than there are");
      left -= times;
      for (uint64_t i = 0; i < times; ++i) add(place);
    }
    if (left != 0) return corrupt("an octree's leaves hold fewer points than there are");
  }
  if (decoder.overrun()) return corrupt("an octree ends too early");
  for (float& share : bits) share += static_cast<float>(8.0 * static_cast<double>(coded.size()) / static_cast<double>(points));
  return xyz;
}

}  // namespace dew
