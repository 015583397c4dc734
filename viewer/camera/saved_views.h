// SPDX-License-Identifier: Apache-2.0
/// Viewpoints as a small text that people can keep and send: what `--camera FILE` reads and the programs save.
///
///   const std::string text = saved_views_text({{"bridge", eye}});
///   DEW_ASSIGN(const std::vector<SavedView> views, read_saved_views(text));
///
/// JSON: {"dew_views": [{"name", "position": [x, y, z], "forward": [x, y, z], "up": [x, y, z], "focal", ...}]}, scene units.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "entropy/result.h"
#include "viewer/camera/viewpoint.h"

namespace dew::viewer {

struct SavedView {
  std::string name;
  Viewpoint eye;
};

/// Reads back to the same viewpoints up to the last digits of the axes.
std::string saved_views_text(std::span<const SavedView> views);

/// Axes are made orthonormal. Errors: corrupt where a part is missing, is no number or makes no axes, with the name of the part.
/// `text` may be hostile; at most 1 MiB of it.
Result<std::vector<SavedView>> read_saved_views(std::string_view text);

}  // namespace dew::viewer
