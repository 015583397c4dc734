// SPDX-License-Identifier: Apache-2.0
/// The panels of the window, drawn by Dear ImGui: what is open, how it is shown, errors, the picked point, encoding, facts of the files.
///
///   draw_panel(commands, stage.facts(), {x, y, width, height});          // between ImGui::NewFrame and Render
///   draw_help(commands.session, area);
#pragma once

#include "apps/view/controls.h"
#include "apps/view/stage.h"

namespace dew::app {

/// What the panels remember between pictures.
struct PanelState {
  char save_path[512] = "encoded.dew";
  char script_line[512] = "";
  float bound_mm = 20;
  float quality_db = 42;
};

void draw_panel(Commands& commands, PanelState& state, const viewer::DrawFacts& facts, const WindowBox& box);
void draw_help(Session& session, const WindowBox& area);
/// Names of the panes, legends, the line of mode split and a ring around the picked point, over the picture in `area`.
void draw_overlays(const Session& session, const viewer::DrawFacts& facts, const WindowBox& area, viewer::PixelSize size);
/// A sentence in the middle of the area: what there is to do where nothing is open.
void draw_sentence(const std::string& text, const WindowBox& area);

}  // namespace dew::app
