// SPDX-License-Identifier: Apache-2.0
#include "apps/view/stage.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "apps/files.h"
#include "apps/report.h"
#include "apps/view/commands.h"
#include "apps/view/shot.h"
#include "viewer/gl/headless.h"

namespace dew::app {

Result<Stage> Stage::create(bool interactive) {
  DEW_ASSIGN(viewer::Renderer renderer, viewer::Renderer::create());
  renderer.sort_in_background(interactive);
  return Stage(std::move(renderer), interactive);
}

Status Stage::upload(const Session& session) {
  if (revision_ == session.revision()) return {};
  for (viewer::LayerId* layer : {&original_, &decoded_}) {
    if (*layer != 0) renderer_.remove(*layer);
    *layer = 0;
  }
  DEW_ASSIGN(original_, renderer_.add(session.original_layer()));
  if (const viewer::Layer* decoded = session.decoded_layer()) {
    DEW_ASSIGN(decoded_, renderer_.add(*decoded));
  }
  revision_ = session.revision();
  return {};
}

namespace {

/// All that a picture depends on, but for the layers themselves.
std::string description(const viewer::DrawRequest& request, uint64_t revision) {
  std::string text = std::to_string(revision) + " " + std::to_string(request.size.width) + " " + std::to_string(request.size.height);
  const auto add = [&text](double value) { text += " " + std::to_string(std::bit_cast<uint64_t>(value)); };
  const viewer::Viewpoint& eye = request.eye;
  for (const Vec3& v : {eye.position, eye.right, eye.up, eye.forward}) add(v.x), add(v.y), add(v.z);
  for (const double v : {eye.focal, eye.pixel_aspect, eye.centre_x, eye.centre_y, eye.parallel_height}) add(v);
  const viewer::Style& style = request.style;
  for (const double v : {style.split, style.point_px, style.point_m, style.splat_resolution}) add(v);
  text += " " + std::to_string(style.point_budget) + " " + std::to_string(style.splat_budget);
  add(static_cast<double>(style.mode));
  add(style.mode == viewer::Mode::blink && style.blink_decoded ? 1 : 0);
  for (const viewer::Colouring& colouring : style.colouring) {
    text += " " + colouring.attribute + (colouring.own_colours ? " own" : "") + (colouring.logarithmic ? " log" : "");
    add(static_cast<double>(colouring.map)), add(colouring.low), add(colouring.high);
  }
  return text;
}

/// What a style is while one moves.
void reduce(viewer::Style& style, const Detail& detail, const Session& session) {
  if (detail.is_full()) return;
  const auto count = static_cast<double>(viewer::count(session.original_layer()));
  const auto share_of = [](double whole, double share) { return static_cast<uint64_t>(std::max(1000.0, share * whole)); };
  style.splat_resolution = detail.side;
  if (detail.count < 1) style.splat_budget = std::min(style.splat_budget, share_of(count, detail.count));
  // Points are drawn at every pixel: what splats save there, these save by their number.
  const double points = std::min(count, static_cast<double>(style.point_budget));
  style.point_budget = share_of(points, detail.side * detail.side * detail.count);
}

}  // namespace

Status Stage::draw(const Session& session, viewer::PixelSize size) {
  drew_ = false;
  DEW_TRY(upload(session));
  viewer::DrawRequest request;
  request.original = original_;
  request.decoded = decoded_;
  request.eye = session.eye;
  request.style = session.style;
  reduce(request.style, detail_, session);
  request.size = size;
  std::string wanted = description(request, revision_);
  if (wanted == drawn_ && is_settled()) return {};
  drawn_.clear();
  DEW_TRY(renderer_.draw(request));
  drew_ = true;
  drawn_ = std::move(wanted);
  return {};
}

Result<viewer::Picture> Stage::picture(const Session& session, viewer::PixelSize size) {
  if (session.opened() == nullptr) return Error{Code::invalid_argument, 0, "nothing is open"};
  // Pictures are the same whoever takes them.
  renderer_.sort_in_background(false);
  const Detail before = std::exchange(detail_, {});
  drawn_.clear();
  const Status drawn = draw(session, size);
  renderer_.sort_in_background(interactive_);
  detail_ = before;
  DEW_TRY(drawn);
  DEW_ASSIGN(viewer::Picture picture, renderer_.read_back());
  if (!session.request().plain) annotate(picture, *session.opened(), session.style, session.frame(), facts().psnr_db);
  return picture;
}

namespace {

Status run_without_window(const ViewRequest& request, const std::string& text) {
  DEW_ASSIGN(const viewer::HeadlessContext context, viewer::HeadlessContext::create());
  DEW_ASSIGN(Stage stage, Stage::create(false));
  Session session(request);
  if (!request.original.empty()) {
    std::vector<std::string> paths = {request.original};
    if (!request.decoded.empty()) paths.push_back(request.decoded);
    DEW_TRY(session.open(paths));
  }
  Commands commands{session, [&](viewer::PixelSize size) { return stage.picture(session, size); },
                    request.size.value_or(viewer::PixelSize{1280, 720})};
  return run_script(commands, text);
}

}  // namespace

int run_headless_script(const ViewRequest& request) {
  const auto bytes = read_file(request.script);
  if (!bytes.ok()) return fail(request.script, bytes.error(), false);
  const Status status = run_without_window(request, std::string(as_text(*bytes)));
  return status.ok() ? kDone : fail(request.script, status.error(), false);
}

}  // namespace dew::app
