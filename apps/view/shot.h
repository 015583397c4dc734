// SPDX-License-Identifier: Apache-2.0
/// `dew view A B --shot out.png`: one picture, drawn without a display.
///
///   return take_shot(request);
#pragma once

#include "apps/view/chosen.h"
#include "viewer/picture/picture.h"

namespace dew::app {

/// Draws and writes the picture; complains on standard error. Returns an exit code.
int take_shot(const ViewRequest& request);

/// The picture that take_shot writes. Errors: those of opening files, choosing views and drawing; unsupported_feature in a build without
/// OpenGL.
Result<viewer::Picture> drawn_shot(const ViewRequest& request, const OpenedPair& opened);

/// Labels and legends of each pane, drawn into a picture of a pair.
void annotate(viewer::Picture& picture, const OpenedPair& opened, const viewer::Style& style, size_t frame, std::optional<double> psnr_db);

}  // namespace dew::app
