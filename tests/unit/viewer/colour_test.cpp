// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "viewer/colour/colour_map.h"
#include "viewer/colour/legend.h"

namespace dew::viewer {
namespace {

double luminance(const Rgb& c) {
  return 0.2126 * static_cast<double>(c[0]) + 0.7152 * static_cast<double>(c[1]) + 0.0722 * static_cast<double>(c[2]);
}

PointLayer layer_with(const char* name, std::vector<float> values) {
  PointLayer layer;
  layer.xyz.resize(3 * values.size());
  layer.attributes.push_back({name, "m", std::move(values)});
  return layer;
}

TEST(ColourMap, AmountsGrowBrighter) {
  for (const ColourMap map : {ColourMap::viridis, ColourMap::heat, ColourMap::grey}) {
    const std::vector<Rgb> table = colour_table(map);
    ASSERT_EQ(table.size(), 256u);
    for (size_t i = 1; i < table.size(); ++i) EXPECT_GE(luminance(table[i]), luminance(table[i - 1]) - 1e-3) << map_name(map) << " " << i;
    EXPECT_GT(luminance(table.back()) - luminance(table.front()), 0.5) << map_name(map);
  }
}

TEST(ColourMap, DivergingIsBrightestInTheMiddleAndBlueAgainstRed) {
  const Rgb low = map_colour(ColourMap::diverging, 0), middle = map_colour(ColourMap::diverging, 0.5),
            high = map_colour(ColourMap::diverging, 1);
  EXPECT_GT(luminance(middle), luminance(low));
  EXPECT_GT(luminance(middle), luminance(high));
  EXPECT_GT(low[2], low[0]);
  EXPECT_GT(high[0], high[2]);
}

TEST(ColourMap, IsGreyForNoNumberAndCutBeyondItsEnds) {
  for (const ColourMap map : {ColourMap::viridis, ColourMap::heat, ColourMap::grey, ColourMap::diverging, ColourMap::cyclic}) {
    EXPECT_EQ(map_colour(map, std::nan("")), kNoValueColour);
    EXPECT_EQ(map_colour(map, -7), map_colour(map, 0));
    EXPECT_EQ(map_colour(map, std::numeric_limits<double>::infinity()), map_colour(map, 1));
  }
}

TEST(Colouring, PlacesValuesBetweenItsEnds) {
  Colouring colouring;
  colouring.low = 1;
  colouring.high = 100;
  EXPECT_NEAR(place_in(colouring, 50.5), 0.5, 1e-12);
  EXPECT_EQ(place_in(colouring, -1), 0);
  EXPECT_EQ(place_in(colouring, 1e9), 1);
  EXPECT_TRUE(std::isnan(place_in(colouring, std::nan(""))));
  colouring.logarithmic = true;
  EXPECT_NEAR(place_in(colouring, 10), 0.5, 1e-12);
  colouring.low = colouring.high = 5;
  EXPECT_EQ(place_in(colouring, 5), 0);
  EXPECT_EQ(place_in(colouring, 6), 1);
}

TEST(Colouring, ErrorsAreShownFromZeroToTheLargest) {
  const Colouring colouring = default_colouring(layer_with(kError, {0.001f, 0.004f, std::nanf(""), 0.009f}), kError);
  EXPECT_EQ(colouring.low, 0);
  EXPECT_NEAR(colouring.high, 0.009, 1e-8);
  EXPECT_EQ(colouring.unit, "m");
}

TEST(Colouring, SurvivesAttributesWithoutARange) {
  for (const auto& values : {std::vector<float>{}, {3, 3, 3}, {0, 0}, {std::nanf(""), std::nanf("")}}) {
    for (const char* name : {kError, kIntensity, kHeight, kRing}) {
      const Colouring colouring = default_colouring(layer_with(name, values), name);
      EXPECT_GT(colouring.high, colouring.low) << name;
      EXPECT_GE(make_legend(colouring).ticks.size(), 2u);
    }
  }
  EXPECT_TRUE(default_colouring(layer_with(kHeight, {1}), "missing").attribute.empty());
  EXPECT_TRUE(default_colouring(SplatLayer{}, "").own_colours);
}

TEST(Legend, TicksAreRoundInsideAndInOrder) {
  for (const double high : {1e-5, 0.00927, 0.033, 0.7, 1.0, 12.0, 255.0, 31000.0}) {
    for (const double low : {0.0, -0.3 * high}) {
      Colouring colouring;
      colouring.low = low;
      colouring.high = high;
      colouring.unit = "m";
      const Legend legend = make_legend(colouring);
      ASSERT_GE(legend.ticks.size(), 2u);
      EXPECT_LE(legend.ticks.size(), 6u);
      for (size_t i = 0; i < legend.ticks.size(); ++i) {
        const Tick& tick = legend.ticks[i];
        EXPECT_GE(tick.place, 0);
        EXPECT_LE(tick.place, 1);
        EXPECT_NEAR(tick.place, place_in(colouring, tick.value), 1e-12);
        EXPECT_LE(tick.text.size(), 8u) << tick.text;
        EXPECT_TRUE(i == 0 || tick.place > legend.ticks[i - 1].place);
      }
    }
  }
}

TEST(Legend, LengthsHaveTheUnitThatSuits) {
  Colouring colouring;
  colouring.high = 0.0093;
  colouring.unit = "m";
  const Legend legend = make_legend(colouring);
  EXPECT_EQ(legend.ticks[0].text, "0 mm");
  EXPECT_EQ(legend.ticks[1].text, "2 mm");
  EXPECT_EQ(length_text(0.00927), "9.27 mm");
  EXPECT_EQ(length_text(0.25), "25 cm");
  EXPECT_EQ(length_text(42), "42 m");
  EXPECT_EQ(length_text(2e-5), "20 um");
}

TEST(Legend, LogarithmicTicksAreDecades) {
  Colouring colouring;
  colouring.low = 0.001;
  colouring.high = 1;
  colouring.logarithmic = true;
  const Legend legend = make_legend(colouring);
  ASSERT_EQ(legend.ticks.size(), 4u);
  EXPECT_NEAR(legend.ticks[1].place, 1.0 / 3, 1e-9);
}

}  // namespace
}  // namespace dew::viewer
