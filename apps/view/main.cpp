// SPDX-License-Identifier: Apache-2.0
// dew-view: what `dew view` starts. A program of its own, so that dew itself needs no OpenGL and no window.
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

int run(const std::vector<std::string>& words) {
  const std::vector<Option> options = view_options();
  const Result<Arguments> arguments = parse(options, words);
  if (!arguments.ok()) return usage_error("view", arguments.error().message);
  const Result<ViewRequest> request = view_request(*arguments);
  if (!request.ok()) return usage_error("view", request.error().message);
  if (!request->shot.empty()) return take_shot(*request);
#if DEW_HAS_OPENGL
  if (!request->script.empty()) return run_headless_script(*request);
#endif
  if (!request->html.empty()) return write_html(*request);
#if DEW_HAS_WINDOW
  return run_window(*request);
#else
  return fail(request->original, {Code::unsupported_feature, 0, "this build opens no window; --shot FILE writes a picture"}, false);
#endif
}

}  // namespace
}  // namespace dew::app

int main(int argc, char** argv) { return dew::app::run({argv + 1, argv + argc}); }
