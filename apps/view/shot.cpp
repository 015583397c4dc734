// SPDX-License-Identifier: Apache-2.0
#include "apps/view/shot.h"

#include "apps/files.h"
#include "apps/report.h"

namespace dew::app {

int take_shot(const ViewRequest& request) { return fail(request.shot, {Code::unsupported_feature, 0, "this build draws nothing"}, false); }

Result<viewer::Viewpoint> chosen_viewpoint(const ViewRequest&, const OpenedPair&, viewer::PixelSize) { return viewer::Viewpoint{}; }

viewer::Style chosen_style(const ViewRequest&, const OpenedPair&) { return {}; }

}  // namespace dew::app
