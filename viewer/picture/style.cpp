// SPDX-License-Identifier: Apache-2.0
#include "viewer/picture/style.h"

#include <algorithm>
#include <cmath>

namespace dew::viewer {
namespace {

constexpr std::array<const char*, 7> kNames = {"original", "decoded", "side", "split", "blink", "difference", "three"};

/// `count` panes of equal width beside one another; the last takes what is left over.
std::vector<Pane> columns(std::initializer_list<Shows> shown, PixelSize size) {
  const auto count = static_cast<uint32_t>(shown.size());
  const uint32_t gaps = kPaneGapPx * (count - 1);
  const uint32_t width = size.width > gaps ? (size.width - gaps) / count : 0;
  std::vector<Pane> out;
  for (const Shows shows : shown) {
    const uint32_t x = static_cast<uint32_t>(out.size()) * (width + kPaneGapPx);
    const PixelBox box = {std::min(x, size.width), 0, width, size.height};
    out.push_back({shows, box, box});
  }
  return out;
}

std::vector<Pane> split_panes(double split, PixelSize size) {
  const double share = split >= 0 && split <= 1 ? split : 0.5;
  const auto line = static_cast<uint32_t>(std::lround(share * size.width));
  const PixelBox whole = {0, 0, size.width, size.height};
  return {{Shows::original, whole, {0, 0, line, size.height}}, {Shows::decoded, whole, {line, 0, size.width - line, size.height}}};
}

}  // namespace

const char* mode_name(Mode mode) { return kNames[static_cast<size_t>(mode)]; }

std::optional<Mode> mode_from_name(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Mode>(found - kNames.begin());
}

std::vector<Pane> panes(const Style& style, PixelSize size, bool has_decoded) {
  const Mode mode = has_decoded ? style.mode : Mode::original;
  switch (mode) {
    case Mode::original: return columns({Shows::original}, size);
    case Mode::decoded: return columns({Shows::decoded}, size);
    case Mode::side: return columns({Shows::original, Shows::decoded}, size);
    case Mode::split: return split_panes(style.split, size);
    case Mode::blink: return columns({style.blink_decoded ? Shows::decoded : Shows::original}, size);
    case Mode::difference: return columns({Shows::difference}, size);
    case Mode::three: return columns({Shows::original, Shows::decoded, Shows::difference}, size);
  }
  return {};
}

}  // namespace dew::viewer
