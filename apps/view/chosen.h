// SPDX-License-Identifier: Apache-2.0
/// What a request leaves open, chosen: viewpoint, mode, colours, and the words on the panes.
///
///   const viewer::Style style = chosen_style(request, opened, request.mode.value_or(viewer::Mode::three));
///   DEW_ASSIGN(const viewer::Viewpoint eye, chosen_viewpoint(request, opened, pane_size));
///   say(pane_label(opened, viewer::Shows::decoded, frame, facts));
#pragma once

#include <string>

#include "apps/view/opened.h"
#include "viewer/camera/viewpoint.h"
#include "viewer/picture/style.h"

namespace dew::app {

/// The frame that is shown: that of the request, cut to those that there are.
size_t chosen_frame(const ViewRequest& request, const OpenedPair& opened);

/// Colours and sizes that suit what was opened; `mode` becomes Mode::original where there is one file.
viewer::Style chosen_style(const ViewRequest& request, const OpenedPair& opened, viewer::Mode mode);

/// --size, or what suits a picture of the mode.
viewer::PixelSize chosen_size(const ViewRequest& request, viewer::Mode mode);

/// The viewpoint that `--camera` names, for panes of `pane` pixels. Errors: io, those of the readers of views, invalid_argument for a view
/// that a file lacks.
Result<viewer::Viewpoint> chosen_viewpoint(const ViewRequest& request, const OpenedPair& opened, viewer::PixelSize pane);

/// Which way is up for an eye that is moved by hand: what the request says; else z for points, for splats and meshes the axis of the scene
/// nearest to the eye's own upwards.
Vec3 up_of(const ViewRequest& request, const OpenedPair& opened, const viewer::Viewpoint& eye);

/// "original: scan.bin  122626 points", "error: max 9.8 mm, rms 5.1 mm", "difference: 38.2 dB".
std::string pane_label(const OpenedPair& opened, viewer::Shows shows, size_t frame, std::optional<double> psnr_db);

}  // namespace dew::app
