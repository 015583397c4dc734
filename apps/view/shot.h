// SPDX-License-Identifier: Apache-2.0
/// `dew view A B --shot out.png`: one picture, drawn without a display.
///
///   return take_shot(request);
#pragma once

#include "apps/view/opened.h"
#include "viewer/camera/viewpoint.h"

namespace dew::app {

/// Draws and writes the picture; complains on standard error. Returns an exit code.
int take_shot(const ViewRequest& request);

/// The viewpoint that `--camera` names for a pair drawn in panes of `pane` pixels. Errors: io, those of the readers of views.
Result<viewer::Viewpoint> chosen_viewpoint(const ViewRequest& request, const OpenedPair& opened, viewer::PixelSize pane);

/// Mode, colours and sizes that a request and its files ask for.
viewer::Style chosen_style(const ViewRequest& request, const OpenedPair& opened);

}  // namespace dew::app
