// SPDX-License-Identifier: Apache-2.0
/// What `dew view` was asked for. `dew` and `dew-view` read the same table: the former hands all words on to the latter.
///
///   DEW_ASSIGN(const Arguments arguments, parse(view_options(), words));
///   DEW_ASSIGN(const ViewRequest request, view_request(arguments));
///   if (!request.shot.empty()) return take_shot(request);               // apps/view/shot.h
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/command_line.h"
#include "viewer/picture/style.h"

namespace dew::app {

/// "z", "-y": a unit vector along an axis. Errors: invalid_argument.
Result<Vec3> parse_up(const std::string& text);

/// The rows of the verb.
std::vector<Option> view_options();

struct ViewRequest {
  std::string original;    ///< empty: nothing yet
  std::string decoded;     ///< empty: one file alone
  std::string shot;        ///< picture to write instead of opening a window; empty: none
  std::string html;        ///< page to write instead of opening a window; empty: none
  std::string script;      ///< commands to run instead of opening a window; empty: none
  std::string camera;      ///< "auto", "sensor", "overview", "top", a file of saved views or cameras, or such a file and "#NAME"
  std::optional<Vec3> up;  ///< which way is up in the scene; nothing: what suits
  std::optional<viewer::PixelSize> size;  ///< of the picture or window; nothing: what suits the mode
  std::string colour;                     ///< attribute; empty: what suits
  std::optional<viewer::Mode> mode;
  std::string fields;                   ///< as --fields
  std::string calibration;              ///< as --calibration
  std::optional<double> error_limit_m;  ///< upper end of the scale of errors; nothing: the largest error
  double point_px = 0;                  ///< 0: what suits
  uint32_t frame = 0;                   ///< of a sequence
  std::string stream_key;               ///< file with the key of sealed streams; empty: they are not
  bool html_fetch = false;              ///< files beside the page instead of in it
  bool plain = false;                   ///< no labels and legends
  bool overwrite = false;
  uint32_t threads = 1;
};

/// Errors: invalid_argument with a sentence.
Result<ViewRequest> view_request(const Arguments& arguments);

}  // namespace dew::app
