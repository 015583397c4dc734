// SPDX-License-Identifier: Apache-2.0
#include "viewer/scene/layer.h"

#include <algorithm>
#include <array>

namespace dew::viewer {
namespace {

constexpr size_t kSampledPoints = 100'000;
/// Share of the points on each side of each axis that a first camera does not look at.
constexpr double kOutside = 0.02;

template <class Attributes>
auto find_in(Attributes&& attributes, std::string_view name) -> decltype(&attributes[0]) {
  const auto found = std::find_if(attributes.begin(), attributes.end(), [&](const Attribute& a) { return a.name == name; });
  return found == attributes.end() ? nullptr : &*found;
}

void set_in(std::vector<Attribute>& attributes, Attribute attribute) {
  Attribute* existing = find_in(attributes, attribute.name);
  if (existing != nullptr) {
    *existing = std::move(attribute);
  } else {
    attributes.push_back(std::move(attribute));
  }
}

std::span<const float> places(const Layer& layer) {
  if (const auto* points = std::get_if<PointLayer>(&layer)) return points->xyz;
  if (const auto* mesh = std::get_if<MeshLayer>(&layer)) return mesh->xyz;
  return std::get_if<SplatLayer>(&layer)->splats.position;
}

Vec3 origin(const Layer& layer) {
  if (const auto* points = std::get_if<PointLayer>(&layer)) return points->origin;
  if (const auto* mesh = std::get_if<MeshLayer>(&layer)) return mesh->origin;
  return {};
}

}  // namespace

uint32_t source_of(const Layer& layer, uint32_t index) {
  const PointLayer* points = std::get_if<PointLayer>(&layer);
  return points != nullptr && index < points->source_index.size() ? points->source_index[index] : index;
}

std::optional<uint32_t> index_of_source(const Layer& layer, uint32_t source) {
  const PointLayer* points = std::get_if<PointLayer>(&layer);
  if (points == nullptr) return source < count(layer) ? std::optional<uint32_t>(source) : std::nullopt;
  const auto& sources = points->source_index;
  const auto found = std::lower_bound(sources.begin(), sources.end(), source);
  if (found == sources.end() || *found != source) return std::nullopt;
  return static_cast<uint32_t>(found - sources.begin());
}

const Attribute* PointLayer::find(std::string_view attribute) const { return find_in(attributes, attribute); }
void PointLayer::set(Attribute attribute) { set_in(attributes, std::move(attribute)); }
const Attribute* SplatLayer::find(std::string_view attribute) const { return find_in(attributes, attribute); }
void SplatLayer::set(Attribute attribute) { set_in(attributes, std::move(attribute)); }
const Attribute* MeshLayer::find(std::string_view attribute) const { return find_in(attributes, attribute); }
void MeshLayer::set(Attribute attribute) { set_in(attributes, std::move(attribute)); }

size_t count(const Layer& layer) {
  return std::visit([](const auto& kind) { return kind.count(); }, layer);
}

const std::string& name(const Layer& layer) {
  return std::visit([](const auto& kind) -> const std::string& { return kind.name; }, layer);
}

std::span<const Attribute> attributes(const Layer& layer) {
  return std::visit([](const auto& kind) { return std::span<const Attribute>(kind.attributes); }, layer);
}

const Attribute* find_attribute(const Layer& layer, std::string_view name) { return find_in(attributes(layer), name); }

Bounds bounds(const Layer& layer) {
  const std::span<const float> xyz = places(layer);
  Bounds box;
  for (size_t i = 0; i + 2 < xyz.size(); i += 3) {
    box.add({static_cast<double>(xyz[i]), static_cast<double>(xyz[i + 1]), static_cast<double>(xyz[i + 2])});
  }
  if (box.empty()) return box;
  return {origin(layer) + box.low, origin(layer) + box.high};
}

Bounds main_bounds(const Layer& layer) { return robust_bounds(places(layer), origin(layer), kOutside); }

Bounds robust_bounds(std::span<const float> xyz, const Vec3& origin, double outside) {
  const size_t points = xyz.size() / 3;
  const size_t step = std::max<size_t>(1, points / kSampledPoints);
  std::array<std::array<double, 2>, 3> ends{};
  for (size_t axis = 0; axis < 3; ++axis) {
    std::vector<float> values;
    for (size_t i = 0; i < points; i += step) {
      if (std::isfinite(xyz[3 * i + axis])) values.push_back(xyz[3 * i + axis]);
    }
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    const auto skipped = static_cast<size_t>(outside * static_cast<double>(values.size() - 1));
    ends[axis] = {static_cast<double>(values[skipped]), static_cast<double>(values[values.size() - 1 - skipped])};
  }
  Bounds box;
  box.add(origin + Vec3{ends[0][0], ends[1][0], ends[2][0]});
  box.add(origin + Vec3{ends[0][1], ends[1][1], ends[2][1]});
  return box;
}

}  // namespace dew::viewer
