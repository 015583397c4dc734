// SPDX-License-Identifier: Apache-2.0
// dew-view: what `dew view` starts. A program of its own, so that dew itself needs no OpenGL and no window.
#include <cstdio>
#include <string>
#include <vector>

#include "apps/report.h"
#include "apps/verbs.h"
#include "apps/view/html.h"
#include "apps/view/options.h"
#include "apps/view/shot.h"
#if DEW_HAS_OPENGL
#include "apps/view/stage.h"
#endif
#if DEW_HAS_WINDOW
#include "apps/view/window.h"
#endif

namespace dew::app {
namespace {

[[maybe_unused]] int lacks(const std::string& what) { return fail("view", {Code::unsupported_feature, 0, "this build " + what}, false); }

int run_script(const ViewRequest& request) {
#if DEW_HAS_OPENGL
  return run_headless_script(request);
#else
  (void)request;
  return lacks("has no OpenGL, which --script takes: install libopengl-dev and libegl-dev and build again");
#endif
}

int run(const std::vector<std::string>& words) {
  const std::vector<Option> options = view_options();
  const Result<Arguments> arguments = parse(options, words);
  if (!arguments.ok()) return usage_error("view", arguments.error().message);
  if (arguments->has("--help")) {
    std::printf("dew-view is what `dew view` starts, with the same options: `dew view --help` lists them.\n");
    return kDone;
  }
  const Result<ViewRequest> request = view_request(*arguments);
  if (!request.ok()) return usage_error("view", request.error().message);
  if (!request->shot.empty()) return take_shot(*request);
  if (!request->html.empty()) return write_html(*request);
  if (!request->script.empty()) return run_script(*request);
#if DEW_HAS_WINDOW
  return run_window(*request);
#else
  return lacks(std::string("opens no window (that takes libglfw3-dev and libimgui-dev); ") +
               (DEW_HAS_OPENGL ? "--shot FILE writes a picture, --html FILE a page" : "--html FILE writes a page"));
#endif
}

}  // namespace
}  // namespace dew::app

int main(int argc, char** argv) { return dew::app::run({argv + 1, argv + argc}); }
