// SPDX-License-Identifier: Apache-2.0
/// What the colours mean: a title, and ticks at round values with their texts. Front ends draw it.
///
///   const Legend legend = make_legend(colouring);          // "error" with ticks "0", "5 mm", "10 mm"
///   for (const Tick& tick : legend.ticks) text_at(tick.place, tick.text);
#pragma once

#include <string>
#include <vector>

#include "viewer/colour/colour_map.h"

namespace dew::viewer {

struct Tick {
  double place = 0;  ///< along the bar, 0 to 1
  double value = 0;
  std::string text;  ///< with its unit
};

struct Legend {
  std::string title;
  ColourMap map = ColourMap::viridis;
  std::vector<Tick> ticks;  ///< two at least, places growing
};

/// At most `most_ticks` (2 or more) round values; lengths in the unit that suits (um, mm, cm, m), decades where logarithmic.
Legend make_legend(const Colouring& colouring, size_t most_ticks = 6);

/// Metres with the unit that suits: "5 mm".
std::string length_text(double metres);

/// Round values (1, 2 or 5 times a power of ten apart) from `low` to `high`, at most `most`.
std::vector<double> round_values(double low, double high, size_t most);

}  // namespace dew::viewer
