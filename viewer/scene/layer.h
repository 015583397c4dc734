// SPDX-License-Identifier: Apache-2.0
/// What is drawn: layers of points, of splats or of triangles, each with named numbers that colours can show.
///
///   PointLayer layer;
///   layer.xyz = {0, 0, 0, 1, 0, 0};
///   layer.attributes.push_back({"error", "m", {0.001f, 0.02f}});
///   if (const Attribute* error = layer.find("error")) use(error->values[i]);
///   Layer any = std::move(layer);                                 // or a SplatLayer, or a MeshLayer
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gaussians/splats.h"
#include "viewer/scene/bounds.h"

namespace dew::viewer {

/// Names of attributes that the programs know; a layer may have others, with the names of the fields they came from.
inline constexpr const char* kIntensity = "intensity";        ///< as the sensor scales it
inline constexpr const char* kRing = "ring";                  ///< number of the laser
inline constexpr const char* kTime = "time";                  ///< s
inline constexpr const char* kHeight = "height";              ///< m, along z
inline constexpr const char* kRange = "range";                ///< m, from the sensor
inline constexpr const char* kError = "error";                ///< m, from the same point of the original
inline constexpr const char* kBits = "bits";                  ///< coded bits of the point or splat
inline constexpr const char* kSignificance = "significance";  ///< what a splat is worth to the pictures
inline constexpr const char* kNormalX = "normal_x";           ///< and normal_y, normal_z: parts of a unit vector

/// One number for each point, splat or vertex, in its order; NaN where there is none.
struct Attribute {
  std::string name;
  std::string unit;  ///< "m", "s", "bit"; empty for bare numbers
  std::vector<float> values;
};

struct PointLayer {
  std::string name;
  Vec3 origin;             ///< metres; what `xyz` is relative to, so that floats suffice far from zero
  std::vector<float> xyz;  ///< three a point, metres; all finite
  std::vector<Attribute> attributes;
  /// Number of each point in the content that it came from (points without a place and cells without a return are left out); it grows.
  std::vector<uint32_t> source_index;

  size_t count() const { return xyz.size() / 3; }
  Vec3 position(size_t i) const {
    return {origin.x + static_cast<double>(xyz[3 * i]), origin.y + static_cast<double>(xyz[3 * i + 1]),
            origin.z + static_cast<double>(xyz[3 * i + 2])};
  }
  const Attribute* find(std::string_view attribute) const;
  /// Adds the attribute, or replaces the one of its name. REQUIRES: one value a point.
  void set(Attribute attribute);
};

struct SplatLayer {
  std::string name;
  Splats splats;
  std::vector<Attribute> attributes;

  size_t count() const { return splats.count(); }
  const Attribute* find(std::string_view attribute) const;
  void set(Attribute attribute);
};

/// Triangles over shared vertices; its points are the vertices. Without triangles the vertices are drawn.
struct MeshLayer {
  std::string name;
  Vec3 origin;                        ///< metres; what `xyz` is relative to
  std::vector<float> xyz;             ///< three a vertex, metres; all finite
  std::vector<uint32_t> triangle;     ///< three vertices each, below count()
  std::vector<float> colour;          ///< red green blue of each vertex, 0 to 1; empty: none
  std::vector<Attribute> attributes;  ///< one value a vertex

  /// Vertices.
  size_t count() const { return xyz.size() / 3; }
  const Attribute* find(std::string_view attribute) const;
  void set(Attribute attribute);
};

using Layer = std::variant<PointLayer, SplatLayer, MeshLayer>;

size_t count(const Layer& layer);
/// The number in its content of a point; of splats and vertices their own.
uint32_t source_of(const Layer& layer, uint32_t index);
/// Where a layer has the point of that number; nothing where it was left out.
std::optional<uint32_t> index_of_source(const Layer& layer, uint32_t source);
const std::string& name(const Layer& layer);
std::span<const Attribute> attributes(const Layer& layer);
const Attribute* find_attribute(const Layer& layer, std::string_view name);
/// All points, all centres of splats, or all vertices.
Bounds bounds(const Layer& layer);
/// Without the outermost 2 % on each side: what a first camera looks at.
Bounds main_bounds(const Layer& layer);

}  // namespace dew::viewer
