// SPDX-License-Identifier: Apache-2.0
#include <imgui.h>

#include <algorithm>
#include <vector>

#include "apps/view/panels.h"
#include "viewer/colour/legend.h"

namespace dew::app {
namespace {

constexpr ImU32 kShade = IM_COL32(8, 10, 14, 190), kText = IM_COL32(232, 236, 242, 255), kLine = IM_COL32(255, 255, 255, 170),
                kMark = IM_COL32(255, 184, 77, 255);
constexpr float kPadding = 6;

/// Places of a picture of `size` pixels in the window's `area`.
struct Placement {
  WindowBox area;
  viewer::PixelSize size;

  ImVec2 at(double x, double y) const {
    return {area.x + static_cast<float>(x) * area.width / static_cast<float>(size.width),
            area.y + static_cast<float>(y) * area.height / static_cast<float>(size.height)};
  }
};

void draw_label(ImDrawList& list, const ImVec2& corner, float room, const std::string& text) {
  const ImVec2 size = ImGui::CalcTextSize(text.c_str());
  const float width = std::min(size.x, std::max(0.0f, room - 4 * kPadding));
  const ImVec2 low{corner.x + kPadding, corner.y + kPadding}, high{low.x + width + 2 * kPadding, low.y + size.y + kPadding};
  list.AddRectFilled(low, high, kShade, 3);
  list.PushClipRect(low, high, true);
  list.AddText({low.x + kPadding, low.y + kPadding / 2}, kText, text.c_str());
  list.PopClipRect();
}

void draw_legend(ImDrawList& list, const ImVec2& low, const ImVec2& high, const viewer::Colouring& colouring) {
  constexpr float kBar = 14, kTall = 150;
  const viewer::Legend legend = viewer::make_legend(colouring);
  const float line = ImGui::GetTextLineHeight();
  float widest = ImGui::CalcTextSize(legend.title.c_str()).x - kBar - kPadding;
  for (const viewer::Tick& tick : legend.ticks) widest = std::max(widest, ImGui::CalcTextSize(tick.text.c_str()).x);
  const float wide = kBar + widest + 4 * kPadding, tall = kTall + 2 * line + 2 * kPadding;
  if (wide + 2 * kPadding > high.x - low.x || tall + 60 > high.y - low.y) return;
  const ImVec2 corner{high.x - wide - kPadding, high.y - tall - kPadding};
  list.AddRectFilled(corner, {corner.x + wide, corner.y + tall}, kShade, 3);
  list.AddText({corner.x + kPadding, corner.y + kPadding / 2}, kText, legend.title.c_str());
  const float left = corner.x + kPadding, top = corner.y + 1.6f * line + kPadding;
  const std::vector<viewer::Rgb> table = viewer::colour_table(legend.map);
  const float step = kTall / static_cast<float>(table.size());
  for (size_t i = 0; i < table.size(); ++i) {
    const float y = top + kTall - static_cast<float>(i + 1) * step;
    list.AddRectFilled({left, y}, {left + kBar, y + step + 1}, ImGui::ColorConvertFloat4ToU32({table[i][0], table[i][1], table[i][2], 1}));
  }
  for (const viewer::Tick& tick : legend.ticks) {
    const float y = top + kTall * (1 - static_cast<float>(tick.place));
    list.AddLine({left + kBar, y}, {left + kBar + 4, y}, kText);
    list.AddText({left + kBar + kPadding + 2, y - line / 2}, kText, tick.text.c_str());
  }
}

bool has_legend(const viewer::Colouring& colouring) {
  return !colouring.own_colours && !colouring.attribute.empty() && colouring.attribute != viewer::kNormal;
}

void draw_mark(ImDrawList& list, const Session& session, const viewer::Pane& pane, const Placement& placement) {
  if (!session.picked()) return;
  const auto seen = viewer::project(session.eye, {pane.viewport.width, pane.viewport.height}, session.picked()->place.position);
  if (!seen) return;
  const double x = seen->x + pane.viewport.x, y = seen->y + pane.viewport.y;
  const bool inside = x >= pane.clip.x && y >= pane.clip.y && x < pane.clip.x + pane.clip.width && y < pane.clip.y + pane.clip.height;
  if (inside) list.AddCircle(placement.at(x, y), 9, kMark, 24, 2);
}

}  // namespace

void draw_overlays(const Session& session, const viewer::DrawFacts& facts, const WindowBox& area, viewer::PixelSize size) {
  ImDrawList& list = *ImGui::GetBackgroundDrawList();
  const Placement placement{area, size};
  const std::vector<viewer::Pane> panes = session.panes(size);
  for (size_t i = 0; i < panes.size(); ++i) {
    const viewer::Pane& pane = panes[i];
    const ImVec2 low = placement.at(pane.clip.x, pane.clip.y),
                 high = placement.at(pane.clip.x + pane.clip.width, pane.clip.y + pane.clip.height);
    draw_label(list, low, high.x - low.x, pane_label(*session.opened(), pane.shows, session.frame(), facts.psnr_db));
    const viewer::Colouring& colouring = session.style.colouring[static_cast<size_t>(pane.shows)];
    const bool shared =
        i + 1 < panes.size() && session.style.colouring[static_cast<size_t>(panes[i + 1].shows)].attribute == colouring.attribute;
    if (has_legend(colouring) && !shared) draw_legend(list, low, high, colouring);
    draw_mark(list, session, pane, placement);
  }
  if (session.style.mode == viewer::Mode::split && session.has_decoded()) {
    const double x = session.style.split * size.width;
    list.AddLine(placement.at(x, 0), placement.at(x, size.height), kLine, 2);
    list.AddCircleFilled(placement.at(x, size.height * 0.5), 7, kLine);
  }
}

void draw_sentence(const std::string& text, const WindowBox& area) {
  ImDrawList& list = *ImGui::GetBackgroundDrawList();
  const float room = area.width * 0.8f;
  const ImVec2 size = ImGui::CalcTextSize(text.c_str(), nullptr, false, room);
  list.AddText(ImGui::GetFont(), ImGui::GetFontSize(), {area.x + (area.width - size.x) / 2, area.y + (area.height - size.y) / 2}, kText,
               text.c_str(), nullptr, room);
}

}  // namespace dew::app
