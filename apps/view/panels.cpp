// SPDX-License-Identifier: Apache-2.0
#include "apps/view/panels.h"

#include <imgui.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "apps/files.h"
#include "viewer/colour/legend.h"

namespace dew::app {
namespace {

using viewer::Mode;

const ImVec4 kDim{0.62f, 0.66f, 0.72f, 1.0f}, kFailure{1.0f, 0.45f, 0.40f, 1.0f}, kAccent{0.98f, 0.72f, 0.30f, 1.0f};
constexpr std::array<const char*, 7> kModes = {"Original", "Decoded", "Side by side", "Split", "Blink", "Difference", "All three"};

bool header(const char* name, bool open = true) { return ImGui::CollapsingHeader(name, open ? ImGuiTreeNodeFlags_DefaultOpen : 0); }

void dim(const std::string& text) { ImGui::TextColored(kDim, "%s", text.c_str()); }

/// What a command says goes where its user sees it: a failure into the panel, the rest to standard output.
void give(Commands& commands, const std::string& line) {
  const Result<std::string> said = commands.run(line);
  if (!said.ok()) return commands.session.complain_of(said.error());
  std::fputs(said->c_str(), stdout);
  std::fflush(stdout);
}

void draw_files(const Session& session, const viewer::DrawFacts& facts) {
  const OpenedPair* opened = session.opened();
  if (opened != nullptr) {
    ImGui::TextWrapped("%s", pane_label(*opened, viewer::Shows::original, session.frame(), {}).c_str());
    if (opened->decoded) ImGui::TextWrapped("%s", pane_label(*opened, viewer::Shows::decoded, session.frame(), {}).c_str());
    if (facts.psnr_db) ImGui::Text("pictures differ by %.2f dB", *facts.psnr_db);
  }
  if (session.message().empty()) return;
  ImGui::PushStyleColor(ImGuiCol_Text, session.message_is_failure() ? kFailure : kDim);
  ImGui::TextWrapped("%s", session.message().c_str());
  ImGui::PopStyleColor();
}

void draw_colour_choice(Session& session) {
  const std::string now = session.colour().empty() ? "as they are" : session.colour();
  if (!ImGui::BeginCombo("Colour", now.c_str())) return;
  if (ImGui::Selectable("as they are", session.colour().empty())) session.set_colour("");
  for (const std::string& name : session.colour_choices()) {
    if (ImGui::Selectable(name.c_str(), name == session.colour())) session.set_colour(name);
  }
  ImGui::EndCombo();
}

void draw_error_limit(Session& session) {
  if (!session.has_decoded()) return;
  viewer::Colouring& colouring = session.style.colouring[2];
  const bool millimetres = colouring.unit == "m";
  float limit = static_cast<float>(colouring.high * (millimetres ? 1e3 : 1));
  if (ImGui::SliderFloat("Scale", &limit, millimetres ? 0.1f : 0.002f, millimetres ? 1000.0f : 1.0f,
                         millimetres ? "0 to %.1f mm" : "0 to %.3f", ImGuiSliderFlags_Logarithmic)) {
    session.set_error_limit(static_cast<double>(limit) * (millimetres ? 1e-3 : 1));
  }
}

void draw_player(Session& session) {
  const int count = static_cast<int>(session.player.frame_count());
  if (count <= 1) return;
  int frame = static_cast<int>(session.frame());
  if (ImGui::SliderInt("Frame", &frame, 0, count - 1)) session.show_frame(static_cast<size_t>(frame));
  if (ImGui::Button(session.player.playing() ? "Pause" : "Play")) session.player.set_playing(!session.player.playing());
  ImGui::SameLine();
  float speed = static_cast<float>(session.player.speed());
  ImGui::SetNextItemWidth(120);
  if (ImGui::SliderFloat("speed", &speed, 0.1f, 4, "%.1f x")) session.player.set_speed(static_cast<double>(speed));
}

/// What is known of the frame of a stream, sector by sector.
void draw_live(Session& session) {
  if (!session.live_frame()) return dim("waiting for a sender");
  ImGui::TextWrapped("%s", live_text(*session.live_frame()).c_str());
  if (ImGui::Button(session.live_paused() ? "Go on" : "Hold")) session.toggle_playing();
  if (!ImGui::TreeNode("sectors")) return;
  for (const ReceivedSlice& slice : session.live_frame()->received.slices) {
    const bool there = slice.state == SliceState::fresh || slice.state == SliceState::late;
    ImGui::TextColored(there ? kDim : kFailure, "%s", sector_text(slice).c_str());
  }
  ImGui::TreePop();
}

void draw_show(Session& session) {
  int mode = static_cast<int>(session.style.mode);
  if (session.has_decoded() && ImGui::Combo("Mode", &mode, kModes.data(), static_cast<int>(kModes.size())))
    session.set_mode(static_cast<Mode>(mode));
  if (session.style.mode == Mode::split) {
    float split = static_cast<float>(session.style.split);
    if (ImGui::SliderFloat("Line", &split, 0, 1, "%.2f")) session.style.split = static_cast<double>(split);
  }
  draw_colour_choice(session);
  draw_error_limit(session);
  if (session.holds_splats() && viewer::find_attribute(session.original_layer(), viewer::kSignificance) == nullptr && !session.busy() &&
      ImGui::Button("Measure significance")) {
    const Status status = session.start_significance();
    if (!status.ok()) session.complain_of(status.error());
  }
  if (!session.holds_splats()) {
    float pixels = static_cast<float>(session.style.point_px);
    if (ImGui::SliderFloat("Points", &pixels, 1, 12, "%.0f px")) session.style.point_px = static_cast<double>(std::round(pixels));
  }
  draw_player(session);
}

std::string value_text(const Session& session, double value) {
  const std::string title = session.histogram_title();
  const bool metres = !session.holds_splats() && (title == viewer::kError || title == "error plane");
  if (metres) return viewer::length_text(value);
  char text[40];
  std::snprintf(text, sizeof text, "%.4g%s", value, title.starts_with(viewer::kBits) ? " bit" : "");
  return text;
}

/// Bars over their bins, the heights by the roots of the counts, so that rare large errors are seen.
void draw_histogram_bars(const Session& session, const viewer::Histogram& histogram) {
  const ImVec2 corner = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, height = 84;
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(corner, {corner.x + width, corner.y + height}, IM_COL32(12, 14, 18, 255));
  const auto most = static_cast<double>(std::max<uint64_t>(1, histogram.fullest()));
  const float bar = width / static_cast<float>(std::max<size_t>(1, histogram.counts.size()));
  for (size_t i = 0; i < histogram.counts.size(); ++i) {
    const float tall = static_cast<float>(std::sqrt(static_cast<double>(histogram.counts[i]) / most)) * (height - 4);
    const bool bits = session.histogram_title().starts_with(viewer::kBits);
    const viewer::Colouring& colouring = session.style.colouring[bits ? (session.has_decoded() ? 1 : 0) : 2];
    const viewer::Rgb rgb = viewer::map_colour(viewer::ColourMap::heat, 0.25 + 0.75 * viewer::place_in(colouring, histogram.edges[i]));
    const ImU32 colour = ImGui::ColorConvertFloat4ToU32({rgb[0], rgb[1], rgb[2], 1});
    const float left = corner.x + static_cast<float>(i) * bar;
    list->AddRectFilled({left, corner.y + height - tall}, {left + std::max(1.0f, bar - 1), corner.y + height}, colour);
  }
  ImGui::InvisibleButton("histogram", {width, height});
  if (ImGui::IsItemHovered() && !histogram.counts.empty()) {
    const auto bin =
        std::min(static_cast<size_t>(std::max(0.0f, (ImGui::GetIO().MousePos.x - corner.x) / bar)), histogram.counts.size() - 1);
    ImGui::SetTooltip("%s to %s: %llu", value_text(session, histogram.edges[bin]).c_str(),
                      value_text(session, histogram.edges[bin + 1]).c_str(), static_cast<unsigned long long>(histogram.counts[bin]));
  }
  if (histogram.edges.empty()) return;
  dim(value_text(session, histogram.edges.front()));
  const std::string last = value_text(session, histogram.edges.back());
  ImGui::SameLine(width - ImGui::CalcTextSize(last.c_str()).x + ImGui::GetStyle().WindowPadding.x);
  dim(last);
}

void draw_histogram(Session& session) {
  const viewer::Histogram* histogram = session.histogram();
  if (histogram == nullptr) return dim("nothing to compare with");
  draw_histogram_bars(session, *histogram);
  ImGui::Text("median %s   p90 %s", value_text(session, histogram->median).c_str(), value_text(session, histogram->p90).c_str());
  ImGui::Text("p99 %s   max %s", value_text(session, histogram->p99).c_str(), value_text(session, histogram->max).c_str());
  if (histogram->zeros > 0) dim(std::to_string(histogram->zeros) + " of " + std::to_string(histogram->values) + " are 0");
}

std::string cell_text(const viewer::Fact& fact) { return fact.unit.empty() ? fact.value : fact.value + " " + fact.unit; }

void draw_picked(const Session& session) {
  if (!session.picked()) return dim("click a point");
  const PickedPoint& picked = *session.picked();
  for (const viewer::Fact& fact : picked.figures) ImGui::TextColored(kAccent, "%s  %s", fact.name.c_str(), cell_text(fact).c_str());
  if (!ImGui::BeginTable("picked", 3, ImGuiTableFlags_RowBg | ImGuiTableFlags_BordersInnerV | ImGuiTableFlags_SizingStretchProp)) return;
  ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthFixed, 62);
  for (const char* name : {"original", "decoded"}) ImGui::TableSetupColumn(name);
  ImGui::TableHeadersRow();
  const std::vector<viewer::Fact>& names = picked.original.empty() ? picked.decoded : picked.original;
  for (size_t i = 0; i < names.size(); ++i) {
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    dim(names[i].name);
    ImGui::TableNextColumn();
    if (i < picked.original.size()) ImGui::TextWrapped("%s", cell_text(picked.original[i]).c_str());
    ImGui::TableNextColumn();
    if (i < picked.decoded.size()) ImGui::TextWrapped("%s", cell_text(picked.decoded[i]).c_str());
  }
  ImGui::EndTable();
}

void draw_encoding(Commands& commands, PanelState& state) {
  Session& session = commands.session;
  EncodeWish& wish = session.wish;
  ImGui::Checkbox("lossless", &wish.lossless);
  if (!wish.lossless && session.holds_splats()) {
    ImGui::SliderFloat("Quality", &state.quality_db, 25, 60, "%.1f dB");
    wish.quality_db = static_cast<double>(state.quality_db);
  } else if (!wish.lossless) {
    ImGui::SliderFloat("Bound", &state.bound_mm, 0.5f, 500, "%.1f mm", ImGuiSliderFlags_Logarithmic);
    wish.max_error_m = static_cast<double>(state.bound_mm) * 1e-3;
  }
  constexpr std::array<const char*, 3> kEfforts = {"fast", "normal", "max"};
  ImGui::Combo("Effort", &wish.effort, kEfforts.data(), static_cast<int>(kEfforts.size()));
  if (session.busy()) return ImGui::TextColored(kAccent, "%s", session.message().c_str());
  if (ImGui::Button("Encode and compare")) {
    const Status status = session.start_encoding(wish);
    if (!status.ok()) session.complain_of(status.error());
  }
  if (!session.has_decoded() || !session.opened()->decoded->is_dew) return;
  ImGui::InputText("##save", state.save_path, sizeof state.save_path);
  ImGui::SameLine();
  if (ImGui::Button("Save")) {
    const Status status = session.save_encoded(state.save_path);
    status.ok() ? session.say(std::string("written: ") + state.save_path) : session.complain_of(status.error());
  }
}

void draw_rows(const char* name, const std::vector<viewer::BitsRow>& rows, bool open = false) {
  if (rows.empty() || !ImGui::TreeNodeEx(name, open ? ImGuiTreeNodeFlags_DefaultOpen : 0)) return;
  double most = 1;
  for (const viewer::BitsRow& row : rows) most = std::max(most, row.bytes);
  for (const viewer::BitsRow& row : rows) {
    std::string text = row.name + "  " + std::to_string(std::llround(row.bytes)) + " bytes";
    if (row.points > 0) text += ", " + viewer::fixed(8 * row.bytes / static_cast<double>(row.points), 2) + " bits";
    ImGui::ProgressBar(static_cast<float>(std::max(0.0, row.bytes) / most), {-1, 0}, text.c_str());
  }
  ImGui::TreePop();
}

void draw_bits(Commands& commands) {
  Session& session = commands.session;
  if (session.bits() == nullptr) {
    if (ImGui::Button("Measure coded bits")) give(commands, "bits");
    return;
  }
  const viewer::CodedBits& bits = *session.bits();
  draw_rows("by part", bits.by_part, true);
  draw_rows(session.player.frame_count() > 1 ? "by frame" : "by slice", bits.by_slice);
  draw_rows("by laser", bits.by_ring);
  draw_rows(bits.by_ring.empty() && bits.by_region.size() == 8 ? "by octant" : "by direction", bits.by_region);
}

void draw_camera(Commands& commands) {
  for (const char* view : {"auto", "top", "overview"}) {
    if (ImGui::Button(view)) give(commands, std::string("view ") + view);
    ImGui::SameLine();
  }
  if (ImGui::Button("screenshot")) give(commands, "screenshot");
  if (ImGui::Button("record view")) give(commands, "record");
  const size_t keys = commands.session.key_views.size();
  if (keys == 0) return;
  ImGui::SameLine();
  if (ImGui::Button("write path")) give(commands, "path dew-view- 120");
  ImGui::SameLine();
  if (ImGui::Button("forget")) give(commands, "forget");
  dim(std::to_string(keys) + " views recorded");
}

void draw_lines(const std::vector<viewer::InfoLine>& lines, const char* id) {
  if (lines.empty() || !ImGui::BeginTable(id, 2, ImGuiTableFlags_RowBg | ImGuiTableFlags_SizingFixedFit)) return;
  ImGui::TableSetupColumn("name");
  ImGui::TableSetupColumn("value", ImGuiTableColumnFlags_WidthStretch);
  for (const viewer::InfoLine& line : lines) {
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    dim(line.name);
    ImGui::TableNextColumn();
    ImGui::TextWrapped("%s", line.value.c_str());
  }
  ImGui::EndTable();
}

void draw_info(Session& session) {
  const auto& original = session.info(false);
  const auto& decoded = session.info(true);
  if (original.empty() && decoded.empty()) return dim("no .dew file is open");
  draw_lines(original, "info of original");
  if (!original.empty() && !decoded.empty()) ImGui::Separator();
  draw_lines(decoded, "info of decoded");
}

}  // namespace

void draw_panel(Commands& commands, PanelState& state, const viewer::DrawFacts& facts, const WindowBox& box) {
  ImGui::SetNextWindowPos({box.x, box.y});
  ImGui::SetNextWindowSize({box.width, box.height});
  constexpr ImGuiWindowFlags kFixed = ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove |
                                      ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoBringToFrontOnFocus;
  ImGui::Begin("panel", nullptr, kFixed);
  ImGui::PushItemWidth(box.width * 0.62f);
  Session& session = commands.session;
  draw_files(session, facts);
  if (session.live() != nullptr && header("Stream")) draw_live(session);
  if (session.opened() != nullptr) {
    if (header("Show")) draw_show(session);
    if (header(session.histogram_title().starts_with(viewer::kBits) ? "Coded bits" : "Errors")) draw_histogram(session);
    if (header("Picked point")) draw_picked(session);
    if (header("Where the bytes go", session.bits() != nullptr)) draw_bits(commands);
    if (header("Encode anew")) draw_encoding(commands, state);
    if (header("Camera")) draw_camera(commands);
    if (header("Files", false)) draw_info(session);
  }
  dim("H: keys");
  ImGui::PopItemWidth();
  ImGui::End();
}

void draw_help(Session& session, const WindowBox& area) {
  if (!session.help_shown) return;
  ImGui::SetNextWindowPos({area.x + area.width / 2, area.y + area.height / 2}, ImGuiCond_Always, {0.5f, 0.5f});
  ImGui::SetNextWindowBgAlpha(0.94f);
  ImGui::Begin(
      "Keys", &session.help_shown,
      ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings);
  if (ImGui::BeginTable("keys", 2, ImGuiTableFlags_SizingFixedFit)) {
    for (const KeyBinding& key : key_table()) {
      ImGui::TableNextRow();
      ImGui::TableNextColumn();
      ImGui::TextColored(kAccent, "%s", key.key);
      ImGui::TableNextColumn();
      ImGui::TextUnformatted(key.what);
    }
    ImGui::EndTable();
  }
  ImGui::End();
}

}  // namespace dew::app
