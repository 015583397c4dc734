// SPDX-License-Identifier: Apache-2.0
/// A font of 5 by 7 dots for the printable letters of ASCII, in the shapes usual on dot-matrix displays.
///
///   const std::array<uint8_t, 5>& columns = glyph('A');
///   const bool dot = columns[x] >> y & 1;          // y from the top, 0 to 6
#pragma once

#include <array>
#include <cstdint>

namespace dew::viewer {

/// Columns from the left, lowest bit at the top; '?' for letters that the font lacks.
const std::array<uint8_t, 5>& glyph(char letter);

}  // namespace dew::viewer
