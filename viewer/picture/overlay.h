// SPDX-License-Identifier: Apache-2.0
/// Text, legends and labels drawn into a picture by plain C++, for pictures made without a window.
///
///   Picture picture = *renderer.read_back();
///   draw_legend(picture, {right, top, width, height}, legend);
///   draw_text(picture, 8, 8, "scan.bin", 2, white);
///
/// The font is our own, 5 by 7 pixels a letter.
#pragma once

#include <string_view>

#include "viewer/colour/legend.h"
#include "viewer/picture/picture.h"
#include "viewer/picture/style.h"

namespace dew::viewer {

inline constexpr uint32_t kLetterWidth = 6;   ///< with the gap, at scale 1
inline constexpr uint32_t kLetterHeight = 8;  ///< with the gap, at scale 1

/// Pixels that the text takes.
uint32_t text_width(std::string_view text, uint32_t scale);
/// Draws with the upper left corner at x, y; what lies outside is cut. Letters that the font lacks are drawn as '?'.
void draw_text(Picture& picture, int x, int y, std::string_view text, uint32_t scale, const Rgb& colour);
/// Blends a box of one colour over the picture.
void shade(Picture& picture, const PixelBox& box, const Rgb& colour, double opacity);
/// Title above, bar with ticks below, in the lower right corner of `pane`, on a shade; smaller where the pane is small, nothing where it
/// has no room.
void draw_legend(Picture& picture, const PixelBox& pane, const Legend& legend, uint32_t scale);
/// One line in the upper left corner of `pane`, at a smaller scale where it is too long, and cut to the width of the pane.
void draw_label(Picture& picture, const PixelBox& pane, std::string_view text, uint32_t scale);

}  // namespace dew::viewer
