// SPDX-License-Identifier: Apache-2.0
/// The viewer's window: GLFW, OpenGL 3.3 and Dear ImGui around a session.
///
///   return run_window(request);
#pragma once

#include "apps/view/options.h"

namespace dew::app {

/// Opens the files, then the window, and stays until that is closed. Prints what is picked and written on standard output. Returns an
/// exit code: kFailed with a sentence where the files cannot be opened or there is no display.
int run_window(const ViewRequest& request);

}  // namespace dew::app
