// SPDX-License-Identifier: Apache-2.0
#include "viewer/scene/mesh_layer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "entropy/pool.h"
#include "mesh/surface_tree.h"

namespace dew::viewer {
namespace {

constexpr size_t kPart = 4096;  // vertices to a part of a thread's work
constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

/// The number of a value for each vertex: its own, or that of one of its corners; UINT32_MAX for vertices without a corner.
std::vector<uint32_t> value_of_vertex(const Mesh& mesh, const MeshAttribute& attribute) {
  std::vector<uint32_t> value(mesh.vertices(), UINT32_MAX);
  if (attribute.corner.empty()) {
    std::iota(value.begin(), value.end(), 0u);
  } else {
    for (size_t corner = 0; corner < mesh.triangle.size(); ++corner) value[mesh.triangle[corner]] = attribute.corner[corner];
  }
  return value;
}

void add_colours(const Mesh& mesh, const MeshAttribute& attribute, MeshLayer& layer) {
  const float scale = attribute.type == AttributeType::u8 ? 1.0f / 255 : attribute.type == AttributeType::u16 ? 1.0f / 65535 : 1.0f;
  const std::vector<uint32_t> value = value_of_vertex(mesh, attribute);
  layer.colour.assign(3 * mesh.vertices(), 0.8f);
  for (size_t i = 0; i < value.size(); ++i) {
    for (size_t k = 0; k < 3 && value[i] != UINT32_MAX; ++k) {
      const float channel = attribute.value[size_t{attribute.components} * value[i] + k] * scale;
      layer.colour[3 * i + k] = std::isfinite(channel) ? std::clamp(channel, 0.0f, 1.0f) : 0;
    }
  }
}

void add_number(const Mesh& mesh, const MeshAttribute& attribute, MeshLayer& layer) {
  Attribute made{attribute.name.empty() ? "value" : attribute.name, "", {}};
  for (const uint32_t value : value_of_vertex(mesh, attribute)) made.values.push_back(value == UINT32_MAX ? kNone : attribute.value[value]);
  layer.set(std::move(made));
}

/// Distances of the vertices of `from` to `to`.
Attribute distances(const Mesh& from, const Mesh& to, unsigned threads) {
  Attribute error{kError, "m", std::vector<float>(from.vertices(), kNone)};
  // A mesh without triangles is one of triangles that are points.
  Mesh points;
  if (to.triangles() == 0) {
    points.position = to.position;
    for (uint32_t i = 0; i < to.vertices(); ++i) points.triangle.insert(points.triangle.end(), 3, i);
  }
  const SurfaceTree tree(to.triangles() == 0 ? points : to);
  parallel_for((from.vertices() + kPart - 1) / kPart, threads, [&](size_t part) {
    const size_t end = std::min(from.vertices(), (part + 1) * kPart);
    for (size_t i = part * kPart; i < end; ++i) {
      const float* p = &from.position[3 * i];
      if (!std::isfinite(p[0]) || !std::isfinite(p[1]) || !std::isfinite(p[2])) continue;
      const double distance = tree.nearest({double{p[0]}, double{p[1]}, double{p[2]}}).distance;
      if (std::isfinite(distance)) error.values[i] = static_cast<float>(distance);
    }
  });
  return error;
}

Attribute vertex_distances(const Mesh& a, const Mesh& b) {
  Attribute error{"error vertex", "m", {}};
  for (size_t i = 0; i < a.vertices(); ++i) {
    double squares = 0;
    for (size_t k = 0; k < 3; ++k) {
      const double difference = double{a.position[3 * i + k]} - double{b.position[3 * i + k]};
      squares += difference * difference;
    }
    error.values.push_back(static_cast<float>(std::sqrt(squares)));
  }
  return error;
}

}  // namespace

MeshLayer layer_from(const Mesh& mesh, std::string name) {
  MeshLayer layer;
  layer.name = std::move(name);
  layer.xyz = mesh.position;
  std::vector<bool> placed(mesh.vertices());
  Attribute height{kHeight, "m", std::vector<float>(mesh.vertices(), kNone)};
  for (size_t i = 0; i < mesh.vertices(); ++i) {
    float* p = &layer.xyz[3 * i];
    placed[i] = std::isfinite(p[0]) && std::isfinite(p[1]) && std::isfinite(p[2]);
    if (placed[i]) {
      height.values[i] = p[2];
    } else {
      std::fill_n(p, 3, 0.0f);
    }
  }
  layer.set(std::move(height));
  layer.triangle.reserve(mesh.triangle.size());
  for (size_t t = 0; t + 2 < mesh.triangle.size(); t += 3) {
    const uint32_t* corner = &mesh.triangle[t];
    if (placed[corner[0]] && placed[corner[1]] && placed[corner[2]]) layer.triangle.insert(layer.triangle.end(), corner, corner + 3);
  }
  for (const MeshAttribute& attribute : mesh.attributes) {
    if (attribute.kind == AttributeKind::colour && attribute.components >= 3 && layer.colour.empty()) {
      add_colours(mesh, attribute, layer);
    } else if (attribute.components == 1) {
      add_number(mesh, attribute, layer);
    }
  }
  return layer;
}

PairErrors surface_errors(const Mesh& original, const Mesh& decoded, unsigned threads) {
  PairErrors errors;
  errors.of_original.push_back(distances(original, decoded, threads));
  errors.of_decoded.push_back(distances(decoded, original, threads));
  const bool in_order = original.vertices() == decoded.vertices() && original.triangle == decoded.triangle;
  errors.matching = in_order ? Matching::order : Matching::nearest;
  if (in_order) {
    errors.of_decoded.push_back(vertex_distances(original, decoded));
  } else {
    errors.partner_of_original.assign(original.vertices(), kNoPartner);
    errors.partner_of_decoded.assign(decoded.vertices(), kNoPartner);
  }
  double squares = 0, count = 0;
  for (const Attribute* side : {&errors.of_original.front(), &errors.of_decoded.front()}) {
    for (const float value : side->values) {
      if (std::isnan(value)) continue;
      errors.max = std::max(errors.max, double{value});
      squares += double{value} * double{value};
      ++count;
    }
  }
  errors.rms = count > 0 ? std::sqrt(squares / count) : 0;
  return errors;
}

PointLayer vertices_of(const MeshLayer& layer) {
  PointLayer points{layer.name, layer.origin, layer.xyz, layer.attributes, std::vector<uint32_t>(layer.count())};
  std::iota(points.source_index.begin(), points.source_index.end(), 0u);
  return points;
}

}  // namespace dew::viewer
