// SPDX-License-Identifier: Apache-2.0
#include "viewer/picture/overlay.h"

namespace dew::viewer {

uint32_t text_width(std::string_view text, uint32_t scale) { return static_cast<uint32_t>(text.size()) * kLetterWidth * scale; }
void draw_text(Picture&, int, int, std::string_view, uint32_t, const Rgb&) {}
void shade(Picture&, const PixelBox&, const Rgb&, double) {}
void draw_legend(Picture&, const PixelBox&, const Legend&, uint32_t) {}
void draw_label(Picture&, const PixelBox&, std::string_view, uint32_t) {}

}  // namespace dew::viewer
