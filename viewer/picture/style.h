// SPDX-License-Identifier: Apache-2.0
/// How a pair is shown: the mode, the colours, the size of points; and the panes that a mode divides the picture into.
///
///   Style style;
///   style.mode = Mode::side;
///   style.colouring[1] = default_colouring(decoded, kError);
///   for (const Pane& pane : panes(style, {1280, 720})) draw(pane);
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "viewer/camera/viewpoint.h"
#include "viewer/colour/colour_map.h"

namespace dew::viewer {

enum class Mode : uint8_t {
  original,    ///< alone
  decoded,     ///< alone
  side,        ///< original left, decoded right, cameras linked
  split,       ///< one picture, the original left of a line, the decoded right of it
  blink,       ///< one after the other
  difference,  ///< points and meshes: the decoded coloured by error; splats: the difference of both pictures
  three,       ///< original, decoded, difference beside one another
};

const char* mode_name(Mode mode);
std::optional<Mode> mode_from_name(std::string_view name);
inline constexpr const char* kModeNames = "original decoded side split blink difference three";

enum class Shows : uint8_t { original, decoded, difference };

struct Style {
  Mode mode = Mode::original;
  double split = 0.5;          ///< where the line stands, 0 to 1 from the left
  bool blink_decoded = false;  ///< which one is on in Mode::blink
  /// Original, decoded, difference. The last is the attribute error of points, or the range of differences (0 to 1, image values) of
  /// splats.
  std::array<Colouring, 3> colouring;
  double point_px = 2;                ///< diameter of points, pixels
  double point_m = 0;                 ///< above 0: diameter in scene units, so that near points are larger; `point_px` is then the least
  uint64_t point_budget = 4'000'000;  ///< points drawn at most in a pane
  /// Splats drawn at most in a pane: those that matter most by opacity and size. Orders of a request draw all.
  uint64_t splat_budget = UINT64_MAX;
  double splat_resolution = 1;  ///< share of the pixels of a side that splats are drawn at; below 1 while moving on slow machines
  Rgb background = {0.055f, 0.063f, 0.082f};
};

/// A part of the picture. `viewport`: where the whole view of the camera goes; `clip`: which part of it is drawn; pixels from the upper
/// left corner.
struct PixelBox {
  uint32_t x = 0, y = 0, width = 0, height = 0;
  bool operator==(const PixelBox&) const = default;
};
struct Pane {
  Shows shows = Shows::original;
  PixelBox viewport;
  PixelBox clip;
};

/// The panes of a mode; those of `side` and `three` leave a gap of kPaneGapPx. Without a decoded side every mode is Mode::original.
std::vector<Pane> panes(const Style& style, PixelSize size, bool has_decoded);
inline constexpr uint32_t kPaneGapPx = 4;

}  // namespace dew::viewer
