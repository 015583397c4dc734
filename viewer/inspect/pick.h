// SPDX-License-Identifier: Apache-2.0
/// Which point, splat or vertex of a mesh lies under the mouse.
///
///   const Picker picker(layer);                                                   // once a layer
///   if (const std::optional<Picked> picked = picker.at(eye, {1280, 720}, mouse_x, mouse_y)) use(picked->index);
///   for (const Fact& fact : facts_of(content, source_index, frame)) line(fact.name, fact.value, fact.unit);
///
/// Cost: making one some 200 ns a point; a question some 50 us and 10 ns a point near the ray: milliseconds among 10 M points.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "pointcloud/content.h"
#include "viewer/camera/viewpoint.h"
#include "viewer/scene/layer.h"

namespace dew::viewer {

struct Picked {
  uint32_t index = 0;   ///< of the point or splat in its layer
  double depth = 0;     ///< along the view, scene units
  double distance = 0;  ///< pixels between the mouse and its centre
  Vec3 position;        ///< its centre
};

/// Keeps copies of what it needs. Asking is const and safe from many threads.
class Picker {
 public:
  explicit Picker(const Layer& layer);

  /// Points and vertices: of those whose centre is within `radius_px`, the frontmost ones (2 % in depth) are candidates, and the nearest to
  /// the mouse is taken; so it is never behind another one that is as near. Splats: the one that adds most to the colour of the pixel.
  /// Nothing: none.
  std::optional<Picked> at(const Viewpoint& eye, PixelSize size, double x, double y, double radius_px = 6) const;

 private:
  struct Block {
    uint32_t first = 0, count = 0;
    Vec3 centre;
    double radius = 0;  ///< of a sphere around its points, or splats as far as they are seen
  };
  struct Gaussian {
    std::array<float, 9> to_unit{};  ///< scene axes to own axes in standard deviations, row by row
    float opacity = 0;
  };

  std::optional<Picked> point_at(const Viewpoint& eye, PixelSize size, double x, double y, double radius_px) const;
  std::optional<Picked> splat_at(const Viewpoint& eye, PixelSize size, double x, double y) const;
  Vec3 position(uint32_t index) const;
  void make_gaussians(const SplatLayer& layer);

  Vec3 origin_;
  std::vector<float> xyz_;
  std::vector<uint32_t> order_;
  std::vector<Block> blocks_;
  std::vector<Gaussian> gaussians_;  ///< empty: points
};

/// One line of what is known of a point.
struct Fact {
  std::string name;
  std::string value;
  std::string unit;  ///< empty for bare numbers
};

/// All fields of record or cell `index` of a content, cells being counted through all planes of a frame. Empty where there is no such one.
std::vector<Fact> facts_of(const Content& content, uint32_t index, size_t frame);
/// Position, colour, opacity, scales, rotation and further properties of a splat.
std::vector<Fact> facts_of(const Splats& splats, uint32_t index);
/// The values of a layer's attributes: errors, bits. `names`: which ones; those that it lacks, or that have no value there, are left out.
std::vector<Fact> facts_of(const Layer& layer, uint32_t index, std::span<const std::string_view> names);

}  // namespace dew::viewer
