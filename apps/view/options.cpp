// SPDX-License-Identifier: Apache-2.0
#include "apps/view/options.h"

#include <charconv>

#include "apps/content.h"
#include "apps/verbs.h"

namespace dew::app {
namespace {

constexpr uint32_t kLargestSide = 16384;

Result<viewer::PixelSize> parse_size(const std::string& text) {
  const std::vector<std::string> sides = split(text, 'x');
  viewer::PixelSize size;
  uint32_t* const targets[] = {&size.width, &size.height};
  bool good = sides.size() == 2;
  for (size_t i = 0; good && i < 2; ++i) {
    const auto [end, failed] = std::from_chars(sides[i].data(), sides[i].data() + sides[i].size(), *targets[i]);
    good = failed == std::errc{} && end == sides[i].data() + sides[i].size() && *targets[i] >= 16 && *targets[i] <= kLargestSide;
  }
  if (!good) return Error{Code::invalid_argument, 0, "--size takes WxH with sides of 16 to 16384 pixels, such as 1280x720"};
  return size;
}

}  // namespace

Result<Vec3> parse_up(const std::string& text) {
  const bool negative = text.starts_with('-');
  const std::string axis = text.substr(negative ? 1 : 0);
  const double one = negative ? -1 : 1;
  if (axis == "x") return Vec3{one, 0, 0};
  if (axis == "y") return Vec3{0, one, 0};
  if (axis == "z") return Vec3{0, 0, one};
  return Error{Code::invalid_argument, 0, "up is x, y, z, -x, -y or -z"};
}

std::vector<Option> view_options() {
  return {
      {"--shot", "FILE", "", "write a picture (PNG) instead of opening a window; needs no display"},
      {"--html", "FILE", "", "write one page that shows the files in any browser"},
      {"--html-fetch", "", "", "leave the .dew files beside the page, to be fetched from a web server [where they have 48 MiB or more]"},
      {"--script", "FILE", "", "run the commands of a file, one a line, without a window; `-`: from standard input"},
      {"--mode", "MODE", viewer::kModeNames, "how two files are shown [window: split; picture: three]"},
      {"--colour", "NAME", "",
       "what points are coloured by: intensity, height, ring, time, range, normal, error, or a field of the file [intensity]"},
      {"--error-limit", "LENGTH", "", "error at the upper end of the scale, such as 1cm [the largest error]"},
      {"--camera", "VIEW", "",
       "auto, sensor, overview or top, or a file: views saved by the viewer, a 3DGS cameras.json or a NeRF transforms.json; FILE#NAME "
       "takes "
       "one view of several [auto]"},
      {"--up", "AXIS", "x y z -x -y -z",
       "which way is up [points: z; meshes: y; splats: as the cameras beside them, else by the shape of the scene]"},
      {"--size", "WxH", "", "size of picture or window in pixels [1280x720; pictures of several panes are wider]"},
      {"--point-size", "PIXELS", "", "diameter of points, 1 to 64 [2]"},
      {"--frame", "N", "", "frame of a capture, from 0 [0]"},
      {"--plain", "", "", "leave out labels and legends"},
      {"--calibration", "FILE", "",
       "turns ranges into points: Hesai csv, Velodyne yaml, Ouster json, or the name of a known sensor (default: guessed)"},
      {"--key", "FILE", "", "key of a sealed stream, as dew stream takes it"},
      kFieldsOption,
      kThreadsOption,
      kForceOption,
      kHelpOption,
  };
}

Result<ViewRequest> view_request(const Arguments& arguments) {
  ViewRequest request;
  if (arguments.operands().size() > 2) return Error{Code::invalid_argument, 0, "expected FILE [DECODED]"};
  if (!arguments.operands().empty()) request.original = arguments.operands()[0];
  if (arguments.operands().size() == 2) request.decoded = arguments.operands()[1];
  request.shot = arguments.text("--shot");
  request.html = arguments.text("--html");
  request.html_fetch = arguments.has("--html-fetch");
  request.script = arguments.text("--script");
  // A window waits for files to be dropped on it, and a script opens its own.
  const bool needs_file = !request.shot.empty() || !request.html.empty();
  if (request.original.empty() && needs_file) return Error{Code::invalid_argument, 0, "expected FILE [DECODED]"};
  if (!request.shot.empty() && !request.html.empty()) return Error{Code::invalid_argument, 0, "--shot or --html, not both"};
  request.camera = arguments.text("--camera", "auto");
  if (arguments.has("--up")) {
    DEW_ASSIGN(request.up, parse_up(arguments.text("--up")));
  }
  if (arguments.has("--size")) {
    DEW_ASSIGN(request.size, parse_size(arguments.text("--size")));
  }
  request.colour = arguments.text("--colour");
  if (arguments.has("--mode")) request.mode = viewer::mode_from_name(arguments.text("--mode"));
  request.fields = arguments.text("--fields");
  request.calibration = arguments.text("--calibration");
  if (arguments.has("--error-limit")) {
    DEW_ASSIGN(request.error_limit_m, parse_length_m(arguments.text("--error-limit")));
  }
  DEW_ASSIGN(const uint32_t point_px, arguments.number("--point-size", 0, 1, 64));
  request.point_px = point_px;
  DEW_ASSIGN(request.frame, arguments.number("--frame", 0, 0, 1u << 24));
  request.stream_key = arguments.text("--key");
  request.plain = arguments.has("--plain");
  request.overwrite = arguments.has("--force");
  DEW_ASSIGN(request.threads, thread_count(arguments));
  return request;
}

}  // namespace dew::app
