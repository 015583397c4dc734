// SPDX-License-Identifier: Apache-2.0
#include "apps/view/session.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "apps/content.h"
#include "apps/files.h"
#include "apps/splat_codec.h"
#include "entropy/pool.h"
#include "mesh/codec.h"
#include "viewer/camera/moves.h"
#include "viewer/inspect/mesh_facts.h"
#include "viewer/scene/mesh_layer.h"

namespace dew::app {
namespace {

using viewer::Mode;
using viewer::Shows;

/// Seconds that each side is on while blinking.
constexpr double kBlink_s = 0.5;

bool is_frame_pair(const OpenedPair& opened) { return opened.decoded && std::holds_alternative<Content>(opened.original.content); }

/// Error fields of a frame; nothing where the sides cannot be compared, which the panes say.
std::optional<viewer::PairErrors> errors_of(const OpenedPair& opened, size_t frame) {
  if (!opened.decoded) return std::nullopt;
  const OpenedFile &a = opened.original, &b = *opened.decoded;
  if (is_frame_pair(opened) && a.frame_in_content(frame) != b.frame_in_content(frame)) return std::nullopt;
  if (opened.mesh_errors) return opened.mesh_errors;
  if (std::holds_alternative<Mesh>(a.content))
    return viewer::surface_errors(std::get<Mesh>(a.content), std::get<Mesh>(b.content), hardware_threads());
  auto errors = is_frame_pair(opened) ? viewer::error_fields(a.frame_content(frame), b.frame_content(frame), a.frame_in_content(frame))
                                      : viewer::error_fields(std::get<Splats>(a.content), std::get<Splats>(b.content));
  if (!errors.ok()) return std::nullopt;
  return *std::move(errors);
}

/// Errors and coded bits of a point.
std::vector<viewer::Fact> figures_of(const viewer::Layer& layer, uint32_t index) {
  std::vector<std::string_view> names;
  for (const viewer::Attribute& attribute : viewer::attributes(layer)) {
    if (attribute.name.starts_with(viewer::kError) || attribute.name.starts_with(viewer::kBits)) names.push_back(attribute.name);
  }
  return viewer::facts_of(layer, index, names);
}

std::vector<viewer::Fact> facts_of_file(const OpenedFile& file, uint32_t source, size_t frame) {
  if (const Splats* splats = std::get_if<Splats>(&file.content)) return viewer::facts_of(*splats, source);
  if (const Mesh* mesh = std::get_if<Mesh>(&file.content)) return viewer::facts_of(*mesh, source);
  return viewer::facts_of(file.frame_content(frame), source, file.frame_in_content(frame));
}

}  // namespace

Status Session::open(const std::vector<std::string>& paths) {
  finish_measuring();
  if (busy()) return Error{Code::invalid_argument, 0, "something is under way; open other files when it is done"};
  if (paths.size() == 1 && is_stream_address(paths[0])) return open_live(paths[0]);
  if (paths.empty() || paths.size() > 2) return Error{Code::invalid_argument, 0, "one file can be open, or an original and a decoded one"};
  ViewRequest request = request_;
  request.original = paths[0];
  request.decoded = paths.size() == 2 ? paths[1] : "";
  DEW_ASSIGN(OpenedPair pair, open_pair(request));
  live_.reset();
  live_frame_.reset();
  take_pair(std::move(pair), false);
  return {};
}

Status Session::drop(const std::vector<std::string>& paths) {
  if (paths.size() == 1 && opened_ && extension(paths[0]) == ".dew" && !opened_->original.is_dew)
    return open({opened_->original.path, paths[0]});
  return open(paths);
}

void Session::take_pair(OpenedPair pair, bool keep_view) {
  const Mode mode = opened_ ? style.mode : request_.mode.value_or(Mode::split);
  opened_ = std::make_unique<OpenedPair>(std::move(pair));
  changed();
  player = viewer::FramePlayer(std::max<size_t>(1, opened_->pair.frame_count()), opened_->pair.original.frame_seconds);
  player.seek(request_.frame);
  prepare_frame(frame());
  restyle(mode == Mode::original && opened_->decoded ? Mode::split : mode);
  if (!keep_view) {
    const Status status = set_view(request_.camera, {1280, 720});
    if (!status.ok()) complain_of(status.error());
  }
  std::string note = base_name(opened_->original.path) + (opened_->decoded ? " and " + base_name(opened_->decoded->path) : "") + " opened";
  for (const std::string& more : opened_->original.notes) note += "; " + more;
  say(note);
}

void Session::take_decoded(EncodedAnew made) {
  const Mode mode = opened_->decoded ? style.mode : Mode::split;
  opened_->decoded = std::move(made.file);
  opened_->pair.decoded = std::move(made.side);
  opened_->mesh_errors.reset();
  changed();
  prepare_frame(frame());
  restyle(mode);
  say(base_name(opened_->decoded->path) + ": " + made.summary);
}

void Session::changed() {
  ++revision_;
  errors_.clear();
  histograms_.clear();
  bits_.clear();
  bits_decoder_.reset();
  picked_.reset();
  for (auto& picker : pickers_) picker.reset();
  for (auto& lines : info_) lines.reset();
}

void Session::prepare_frame(size_t frame) {
  if (errors_.contains(frame) || !opened_->decoded || frame >= opened_->pair.frame_count()) return;
  std::optional<viewer::PairErrors> errors = errors_of(*opened_, frame);
  if (!errors) return;
  viewer::set_attributes(opened_->pair.decoded->frames[frame], errors->of_decoded);
  viewer::set_attributes(opened_->pair.original.frames[frame], errors->of_original);
  errors_[frame] = *std::move(errors);
}

void Session::restyle(Mode mode) {
  const viewer::Style before = style;
  ViewRequest request = request_;
  request.frame = static_cast<uint32_t>(frame());
  request.colour = colour_.empty() ? request_.colour : colour_;
  style = chosen_style(request, *opened_, mode);
  style.split = before.split;
  if (request_.point_px <= 0) style.point_px = before.point_px;
  colour_ = style.colouring[0].attribute.empty() ? style.colouring[1].attribute : style.colouring[0].attribute;
}

bool Session::holds_splats() const { return opened_ && std::holds_alternative<Splats>(opened_->original.content); }

const viewer::Layer& Session::original_layer() const { return opened_->pair.original.frames[frame()]; }

const viewer::Layer* Session::decoded_layer() const { return has_decoded() ? &opened_->pair.decoded->frames[frame()] : nullptr; }

void Session::show_frame(size_t frame) {
  const size_t before = player.frame();
  player.seek(frame);
  if (player.frame() != before) frame_changed();
}

void Session::frame_changed() {
  if (!opened_) return;
  prepare_frame(frame());
  picked_.reset();
  for (auto& picker : pickers_) picker.reset();
  ++revision_;
  if (!colour_.starts_with(viewer::kBits) || bits() != nullptr || busy()) return;
  if (const Status status = measure_frame(); !status.ok()) complain_of(status.error());
}

void Session::advance(double seconds) {
  take_finished_work();
  take_live_frame();
  const size_t before = player.frame();
  player.advance(seconds);
  if (player.frame() != before) frame_changed();
  blink_s_ += seconds > 0 ? seconds : 0;
  if (blink_s_ >= kBlink_s) {
    blink_s_ = 0;
    style.blink_decoded = !style.blink_decoded;
  }
}

void Session::set_mode(Mode mode) { style.mode = has_decoded() ? mode : Mode::original; }

void Session::set_colour(const std::string& attribute) {
  if (!opened_) return;
  colour_ = attribute;
  const viewer::Layer& original = original_layer();
  const viewer::Layer* decoded = decoded_layer();
  // What only the decoded side has - errors, bits - leaves the original as it was.
  const bool of_decoded = viewer::find_attribute(original, attribute) == nullptr && decoded != nullptr &&
                          viewer::find_attribute(*decoded, attribute) != nullptr;
  if (!of_decoded) style.colouring[0] = viewer::default_colouring(original, attribute);
  style.colouring[1] = of_decoded ? viewer::default_colouring(*decoded, attribute) : style.colouring[0];
  if (attribute.starts_with(viewer::kBits)) {
    // A few points take many times what the others do.
    if (const viewer::Histogram* bits = histogram(); bits != nullptr && bits->p99 > 0) style.colouring[of_decoded ? 1 : 0].high = bits->p99;
  }
  if (attribute == viewer::kError) style.colouring[1] = style.colouring[2];
}

void Session::set_error_limit(double limit) {
  if (!(limit > 0)) return;
  style.colouring[2].high = limit;
  if (style.colouring[1].attribute == viewer::kError) style.colouring[1].high = limit;
}

std::vector<std::string> Session::colour_choices() const {
  std::vector<std::string> names;
  if (!opened_) return names;
  const auto add = [&](const viewer::Layer& layer) {
    for (const viewer::Attribute& attribute : viewer::attributes(layer)) {
      if (std::find(names.begin(), names.end(), attribute.name) == names.end()) names.push_back(attribute.name);
    }
  };
  add(original_layer());
  if (decoded_layer() != nullptr) add(*decoded_layer());
  return names;
}

void Session::orbit(double yaw_rad, double pitch_rad) {
  if (opened_) eye = viewer::orbited(eye, pivot, up_of(request_, *opened_, eye), yaw_rad, pitch_rad);
}

void Session::look_around(double yaw_rad, double pitch_rad) {
  if (!opened_) return;
  const double distance = viewer::length(viewer::operator-(pivot, eye.position));
  eye = viewer::looked_around(eye, up_of(request_, *opened_, eye), yaw_rad, pitch_rad);
  pivot = viewer::operator+(eye.position, viewer::operator*(distance, eye.forward));
}

void Session::pan(viewer::PixelSize pane, double dx_px, double dy_px) { viewer::pan(eye, pivot, pane, dx_px, dy_px); }

void Session::zoom(double factor) { eye = viewer::zoomed(eye, pivot, factor); }

void Session::fly(double forward, double right, double up) {
  const double distance = std::max(1e-6, viewer::length(viewer::operator-(pivot, eye.position)));
  const viewer::Viewpoint moved = viewer::flown(eye, {forward * distance, right * distance, up * distance});
  pivot = viewer::operator+(pivot, viewer::operator-(moved.position, eye.position));
  eye = moved;
}

Status Session::set_view(const std::string& name, viewer::PixelSize pane) {
  if (!opened_) return Error{Code::invalid_argument, 0, "nothing is open"};
  ViewRequest request = request_;
  request.camera = name;
  request.frame = static_cast<uint32_t>(frame());
  DEW_ASSIGN(eye, chosen_viewpoint(request, *opened_, pane));
  // What lies ahead at the distance of the middle of the scene is what one turns about.
  const viewer::Bounds bounds = viewer::main_bounds(original_layer());
  const double ahead = viewer::dot(viewer::operator-(bounds.centre(), eye.position), eye.forward);
  pivot = viewer::operator+(eye.position, viewer::operator*(std::max(ahead, 0.1 * bounds.radius() + 1e-6), eye.forward));
  return {};
}

Status Session::set_up(std::optional<Vec3> up, viewer::PixelSize pane) {
  request_.up = up;
  return set_view("overview", pane);
}

Status Session::next_up(viewer::PixelSize pane) {
  constexpr std::array<Vec3, 6> kWays = {Vec3{0, 0, 1}, {0, -1, 0}, {0, 1, 0}, {0, 0, -1}, {1, 0, 0}, {-1, 0, 0}};
  constexpr std::array<const char*, 6> kNames = {"z", "-y", "y", "-z", "x", "-x"};
  if (!opened_) return Error{Code::invalid_argument, 0, "nothing is open"};
  const Vec3 now = up_of(request_, *opened_, eye);
  size_t way = 0;
  while (way < kWays.size() && !(kWays[way].x == now.x && kWays[way].y == now.y && kWays[way].z == now.z)) ++way;
  way = (way + 1) % kWays.size();
  DEW_TRY(set_up(kWays[way], pane));
  say(std::string("up is ") + kNames[way]);
  return {};
}

std::vector<viewer::Pane> Session::panes(viewer::PixelSize size) const { return viewer::panes(style, size, has_decoded()); }

const viewer::Picker& Session::picker(bool of_decoded) {
  std::optional<viewer::Picker>& slot = pickers_[of_decoded ? 1 : 0];
  if (!slot) {
    const viewer::Layer& layer = of_decoded ? *decoded_layer() : original_layer();
    const auto* mesh = std::get_if<viewer::MeshLayer>(&layer);
    slot.emplace(mesh != nullptr ? viewer::Layer(viewer::vertices_of(*mesh)) : layer);
  }
  return *slot;
}

PickedPoint Session::described(Shows shows, bool decoded, const viewer::Picked& found) {
  PickedPoint point{shows, found, {}, {}, {}};
  const uint32_t source = viewer::source_of(decoded ? *decoded_layer() : original_layer(), found.index);
  std::optional<uint32_t> in_decoded;
  if (decoded) in_decoded = source;
  (decoded ? point.decoded : point.original) = facts_of_file(decoded ? *opened_->decoded : opened_->original, source, frame());
  const auto errors = errors_.find(frame());
  if (has_decoded() && errors != errors_.end()) {
    const uint32_t partner = decoded ? errors->second.original_of(source) : errors->second.decoded_of(source);
    if (partner != viewer::kNoPartner) {
      (decoded ? point.original : point.decoded) = facts_of_file(decoded ? opened_->original : *opened_->decoded, partner, frame());
      if (!decoded) in_decoded = partner;
    }
  }
  if (has_decoded() && in_decoded) {
    if (const auto index = viewer::index_of_source(*decoded_layer(), *in_decoded)) point.figures = figures_of(*decoded_layer(), *index);
  } else if (!has_decoded()) {
    point.figures = figures_of(original_layer(), found.index);
  }
  return point;
}

bool Session::pick(viewer::PixelSize size, double x, double y) {
  picked_.reset();
  if (!opened_) return false;
  for (const viewer::Pane& pane : panes(size)) {
    const bool inside = x >= pane.clip.x && y >= pane.clip.y && x < pane.clip.x + pane.clip.width && y < pane.clip.y + pane.clip.height;
    if (!inside) continue;
    const bool decoded = pane.shows != Shows::original && has_decoded();
    const auto found = picker(decoded).at(eye, {pane.viewport.width, pane.viewport.height}, x - pane.viewport.x, y - pane.viewport.y);
    if (!found) return false;
    picked_ = described(pane.shows, decoded, *found);
    picked_decoded_ = decoded;
    if (file_with_bits() != nullptr && bits() == nullptr && !busy()) start_measuring_bits();
    return true;
  }
  return false;
}

std::string Session::histogram_title() const {
  return colour_.starts_with(viewer::kBits) ? colour_ : colour_.starts_with(viewer::kError) ? colour_ : viewer::kError;
}

const viewer::Histogram* Session::histogram() {
  if (!opened_) return nullptr;
  const std::string title = histogram_title();
  const viewer::Layer& layer = has_decoded() ? *decoded_layer() : original_layer();
  const viewer::Attribute* attribute = viewer::find_attribute(layer, title);
  if (attribute == nullptr) return nullptr;
  const std::pair<size_t, std::string> key{frame(), title};
  const auto found = histograms_.find(key);
  if (found != histograms_.end()) return &found->second;
  return &(histograms_[key] = viewer::make_histogram(attribute->values));
}

const std::vector<viewer::InfoLine>& Session::info(bool of_decoded) {
  std::optional<std::vector<viewer::InfoLine>>& lines = info_[of_decoded ? 1 : 0];
  if (lines) return *lines;
  lines.emplace();
  if (!opened_ || (of_decoded && !opened_->decoded)) return *lines;
  const OpenedFile& file = of_decoded ? *opened_->decoded : opened_->original;
  if (!file.is_dew) return *lines;
  if (std::holds_alternative<Mesh>(file.content)) {
    if (const auto info = inspect_mesh(file.bytes, {}); info.ok()) lines = viewer::info_lines(*info);
  } else if (is_splat_dew(file.bytes)) {
    if (const auto info = inspect_splats(file.bytes, {}); info.ok()) lines = viewer::info_lines(*info);
  } else if (const auto info = inspect(file.bytes, {}); info.ok()) {
    lines = viewer::info_lines(*info);
  }
  return *lines;
}

}  // namespace dew::app
