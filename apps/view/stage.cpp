// SPDX-License-Identifier: Apache-2.0
#include "apps/view/stage.h"

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

Status Stage::draw(const Session& session, viewer::PixelSize size) {
  DEW_TRY(upload(session));
  viewer::DrawRequest request;
  request.original = original_;
  request.decoded = decoded_;
  request.eye = session.eye;
  request.style = session.style;
  request.style.splat_resolution = splat_resolution_;
  request.size = size;
  return renderer_.draw(request);
}

Result<viewer::Picture> Stage::picture(const Session& session, viewer::PixelSize size) {
  if (session.opened() == nullptr) return Error{Code::invalid_argument, 0, "nothing is open"};
  // Pictures are the same whoever takes them.
  renderer_.sort_in_background(false);
  splat_resolution_ = 1;
  const Status drawn = draw(session, size);
  renderer_.sort_in_background(interactive_);
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
