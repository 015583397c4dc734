// SPDX-License-Identifier: Apache-2.0
/// Writes the page: a template, which holds script and module, with files and a first view put in.
///
///   const PageStart start = {eye, pivot, up, "split", "intensity"};
///   DEW_ASSIGN(const std::string html, make_page(page_template, start, {{"scan.dew", bytes, ""}}));
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "entropy/bytes.h"
#include "entropy/result.h"
#include "viewer/camera/viewpoint.h"

namespace dew::viewer {

/// What the page shows when it opens; what its address says comes first.
struct PageStart {
  Viewpoint eye;
  double aspect = 1;                    ///< width over height of the pane that `eye` was chosen for
  Vec3 pivot;                           ///< what the mouse turns about
  Vec3 up;                              ///< of the scene
  std::string mode;                     ///< as mode_name() has them
  std::string colour;                   ///< attribute; empty: what suits
  std::optional<double> error_limit_m;  ///< upper end of the scale of errors; nothing: the largest error
  double point_px = 2;
  size_t frame = 0;
};

/// A .dew file in the page, or beside it.
struct PageFile {
  std::string name;      ///< as people know it
  ByteSpan bytes;        ///< in the page, unless it is fetched
  std::string location;  ///< relative address to fetch it from; empty: in the page
};

/// Errors: corrupt where `page_template` has no place for files, invalid_argument without files or with more than two.
Result<std::string> make_page(std::string_view page_template, const PageStart& start, std::span<const PageFile> files);

/// RFC 4648, with padding.
std::string base64(ByteSpan bytes);

}  // namespace dew::viewer
