// SPDX-License-Identifier: Apache-2.0
#include "viewer/picture/overlay.h"

#include <algorithm>
#include <cmath>

#include "viewer/picture/font.h"

namespace dew::viewer {
namespace {

constexpr Rgb kTextColour = {0.93f, 0.94f, 0.96f};
constexpr Rgb kShadeColour = {0.02f, 0.025f, 0.035f};
constexpr double kShadeOpacity = 0.72;

uint8_t byte_of(double value) { return static_cast<uint8_t>(std::lround(255 * std::clamp(value, 0.0, 1.0))); }

void set_pixel(Picture& picture, int x, int y, const Rgb& colour) {
  if (x < 0 || y < 0 || x >= static_cast<int>(picture.width) || y >= static_cast<int>(picture.height)) return;
  uint8_t* pixel = picture.at(static_cast<uint32_t>(x), static_cast<uint32_t>(y));
  for (size_t channel = 0; channel < 3; ++channel) pixel[channel] = byte_of(static_cast<double>(colour[channel]));
}

void fill(Picture& picture, int x, int y, int width, int height, const Rgb& colour) {
  for (int row = y; row < y + height; ++row) {
    for (int column = x; column < x + width; ++column) set_pixel(picture, column, row, colour);
  }
}

/// Sizes of a legend's parts in pixels.
struct LegendLayout {
  int margin, bar_width, bar_height, tick, text_left, width, height, title_height;
};

LegendLayout layout_of(const Legend& legend, uint32_t scale, uint32_t pane_height) {
  const int unit = static_cast<int>(scale);
  uint32_t widest = 0;
  for (const Tick& tick : legend.ticks) widest = std::max(widest, text_width(tick.text, scale));
  LegendLayout layout{};
  layout.margin = 4 * unit;
  layout.bar_width = 7 * unit;
  layout.tick = 2 * unit;
  layout.title_height = static_cast<int>(kLetterHeight) * unit + 7 * unit;
  // Tall enough that neighbouring ticks do not touch, at most half the pane.
  const int wanted = static_cast<int>(legend.ticks.size()) * 13 * unit;
  layout.bar_height = std::min(wanted, static_cast<int>(pane_height) / 2 - layout.title_height);
  layout.text_left = layout.margin + layout.bar_width + layout.tick + 2 * unit;
  const int text_right =
      std::max(layout.text_left + static_cast<int>(widest), layout.margin + static_cast<int>(text_width(legend.title, scale)));
  layout.width = text_right + layout.margin;
  layout.height = layout.title_height + layout.bar_height + 2 * layout.margin + 3 * unit;
  return layout;
}

}  // namespace

uint32_t text_width(std::string_view text, uint32_t scale) { return static_cast<uint32_t>(text.size()) * kLetterWidth * scale; }

void draw_text(Picture& picture, int x, int y, std::string_view text, uint32_t scale, const Rgb& colour) {
  const int unit = static_cast<int>(scale);
  for (const char letter : text) {
    const auto& columns = glyph(letter);
    for (int column = 0; column < 5; ++column) {
      for (int row = 0; row < 7; ++row) {
        if (columns[static_cast<size_t>(column)] >> row & 1) fill(picture, x + column * unit, y + row * unit, unit, unit, colour);
      }
    }
    x += static_cast<int>(kLetterWidth) * unit;
  }
}

void shade(Picture& picture, const PixelBox& box, const Rgb& colour, double opacity) {
  for (uint32_t y = box.y; y < std::min(box.y + box.height, picture.height); ++y) {
    for (uint32_t x = box.x; x < std::min(box.x + box.width, picture.width); ++x) {
      uint8_t* pixel = picture.at(x, y);
      for (size_t channel = 0; channel < 3; ++channel) {
        pixel[channel] = byte_of((1 - opacity) * pixel[channel] / 255 + opacity * static_cast<double>(colour[channel]));
      }
    }
  }
}

void draw_legend(Picture& picture, const PixelBox& pane, const Legend& legend, uint32_t scale) {
  if (legend.ticks.empty() || scale == 0) return;
  const LegendLayout layout = layout_of(legend, scale, pane.height);
  const int unit = static_cast<int>(scale), gap = 4 * unit;
  if (layout.width + 2 * gap > static_cast<int>(pane.width) || layout.bar_height < 20 * unit) {
    draw_legend(picture, pane, legend, scale - 1);
    return;
  }
  const int left = static_cast<int>(pane.x + pane.width) - layout.width - gap;
  const int top = static_cast<int>(pane.y + pane.height) - layout.height - gap;
  shade(
      picture,
      {static_cast<uint32_t>(left), static_cast<uint32_t>(top), static_cast<uint32_t>(layout.width), static_cast<uint32_t>(layout.height)},
      kShadeColour, kShadeOpacity);
  draw_text(picture, left + layout.margin, top + layout.margin, legend.title, scale, kTextColour);
  const int bar_left = left + layout.margin;
  const int bar_top = top + layout.margin + layout.title_height;
  for (int row = 0; row < layout.bar_height; ++row) {
    const double place = 1 - (row + 0.5) / layout.bar_height;
    fill(picture, bar_left, bar_top + row, layout.bar_width, 1, map_colour(legend.map, place));
  }
  for (const Tick& tick : legend.ticks) {
    const int y = bar_top + static_cast<int>(std::lround((1 - tick.place) * (layout.bar_height - 1)));
    fill(picture, bar_left + layout.bar_width, y, layout.tick, unit, kTextColour);
    draw_text(picture, left + layout.text_left, y - 3 * unit, tick.text, scale, kTextColour);
  }
}

void draw_label(Picture& picture, const PixelBox& pane, std::string_view text, uint32_t scale) {
  if (scale == 0 || text.empty()) return;
  const uint32_t gap = 4 * scale, padding = 3 * scale;
  const bool too_wide = text_width(text, scale) + 2 * (gap + padding) > pane.width + scale;
  if (too_wide && scale > 1) {
    draw_label(picture, pane, text, scale - 1);
    return;
  }
  if (pane.width <= 2 * (gap + padding) || pane.height <= 2 * (gap + padding) + kLetterHeight * scale) return;
  const size_t most_letters = (pane.width + scale - 2 * (gap + padding)) / (kLetterWidth * scale);
  std::string shown(text.substr(0, most_letters));
  if (shown.size() < text.size() && shown.size() > 2) shown.replace(shown.size() - 2, 2, "..");
  const PixelBox box = {pane.x + gap, pane.y + gap, text_width(shown, scale) - scale + 2 * padding,
                        (kLetterHeight - 1) * scale + 2 * padding};
  shade(picture, box, kShadeColour, kShadeOpacity);
  draw_text(picture, static_cast<int>(box.x + padding), static_cast<int>(box.y + padding), shown, scale, kTextColour);
}

}  // namespace dew::viewer
