// SPDX-License-Identifier: Apache-2.0
/// An original and what became of it, opened together.
///
///   Pair pair{{"scan.bin", std::move(frames)}, std::nullopt};
///   pair.decoded = Side{"scan.dew", std::move(decoded_frames)};
///   const Layer& shown = pair.original.frames[frame];
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "viewer/scene/layer.h"

namespace dew::viewer {

/// Frames in the order of time; a scene has one.
struct Side {
  std::string name;  ///< of the file
  std::vector<Layer> frames;
  double frame_seconds = 0.1;
};

struct Pair {
  Side original;
  std::optional<Side> decoded;

  /// Frames that both sides have.
  size_t frame_count() const { return decoded ? std::min(original.frames.size(), decoded->frames.size()) : original.frames.size(); }
};

}  // namespace dew::viewer
