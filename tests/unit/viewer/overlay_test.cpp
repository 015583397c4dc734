// SPDX-License-Identifier: Apache-2.0
#include "viewer/picture/overlay.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "viewer/picture/font.h"

namespace dew::viewer {
namespace {

Legend some_legend() {
  Colouring colouring;
  colouring.attribute = "error";
  colouring.unit = "m";
  colouring.high = 0.0093;
  return make_legend(colouring);
}

/// Pixels that are not as they were.
size_t changed(const Picture& picture) {
  size_t count = 0;
  for (const uint8_t value : picture.rgb) count += value != 0;
  return count;
}

TEST(Font, LettersDiffer) {
  std::set<std::array<uint8_t, 5>> shapes;
  for (char letter = ' '; letter <= '~'; ++letter) shapes.insert(glyph(letter));
  EXPECT_EQ(shapes.size(), 95u);
  EXPECT_EQ(glyph('\x01'), glyph('?'));
  EXPECT_EQ(glyph('\xc3'), glyph('?'));
}

TEST(Overlay, StaysInsideThePictureAndThePane) {
  Picture picture(200, 150);
  const PixelBox pane = {50, 10, 100, 130};
  draw_legend(picture, pane, some_legend(), 2);
  draw_label(picture, pane, "a text that is far too long for such a narrow pane", 3);
  EXPECT_GT(changed(picture), 0u);
  for (uint32_t y = 0; y < picture.height; ++y) {
    for (uint32_t x = 0; x < picture.width; ++x) {
      const bool inside = x >= pane.x && x < pane.x + pane.width && y >= pane.y && y < pane.y + pane.height;
      if (inside) continue;
      const uint8_t* pixel = picture.at(x, y);
      EXPECT_EQ(pixel[0] + pixel[1] + pixel[2], 0) << x << " " << y;
    }
  }
}

TEST(Overlay, DrawsNothingWhereThereIsNoRoom) {
  for (const uint32_t side : {1u, 5u, 20u}) {
    Picture picture(side, side);
    const PixelBox all = {0, 0, side, side};
    draw_legend(picture, all, some_legend(), 3);
    draw_label(picture, all, "label", 1);
    EXPECT_EQ(changed(picture), 0u);
  }
  Picture picture(40, 20);
  draw_text(picture, -30, -3, "cut off at every border", 4, {1, 1, 1});
  draw_text(picture, 38, 18, "cut", 1, {1, 1, 1});
}

TEST(Overlay, LegendShowsTheColoursOfItsMap) {
  Picture picture(200, 200);
  draw_legend(picture, {0, 0, 200, 200}, some_legend(), 1);
  std::set<std::array<uint8_t, 3>> colours;
  for (size_t i = 0; i < picture.rgb.size(); i += 3) colours.insert({picture.rgb[i], picture.rgb[i + 1], picture.rgb[i + 2]});
  EXPECT_GT(colours.size(), 40u);
}

TEST(Picture, PsnrIsThatOfItsDefinition) {
  Picture a(10, 10), b(10, 10);
  EXPECT_EQ(psnr_db(a, b), std::numeric_limits<double>::infinity());
  for (uint8_t& value : b.rgb) value = 255;
  EXPECT_NEAR(psnr_db(a, b), 0, 1e-12);
  EXPECT_EQ(psnr_db(a, Picture(10, 9)), 0);
  b = a;
  b.at(3, 4)[1] = 255;
  EXPECT_NEAR(psnr_db(a, b), 10 * std::log10(300.0), 1e-9);
}

}  // namespace
}  // namespace dew::viewer
