// SPDX-License-Identifier: Apache-2.0
/// Draws what a session shows; needs an OpenGL context that is current, a window's or viewer/gl/headless.h.
///
///   DEW_ASSIGN(Stage stage, Stage::create(false));
///   DEW_TRY(stage.draw(session, {1280, 720}));                                  // then stage.texture()
///   DEW_ASSIGN(const viewer::Picture picture, stage.picture(session, {1280, 720}));   // with labels and legends
#pragma once

#include "apps/view/pace.h"
#include "apps/view/session.h"
#include "viewer/gl/renderer.h"
#include "viewer/picture/picture.h"

namespace dew::app {

class Stage {
 public:
  /// `interactive`: splats are sorted in another thread, and drawn in the last order meanwhile (is_settled() says so).
  static Result<Stage> create(bool interactive);
  bool is_settled() const { return facts().order_is_current; }
  /// Of the next draws: below a full picture while one moves on a slow machine. picture() is always full.
  void set_detail(const Detail& detail) { detail_ = detail; }
  /// Whether the last draw() drew anything anew.
  bool drew() const { return drew_; }

  /// Uploads the session's layers if they changed, and draws; does nothing where the last picture is this very one. REQUIRES: something is
  /// open.
  Status draw(const Session& session, viewer::PixelSize size);
  Result<viewer::Picture> picture(const Session& session, viewer::PixelSize size);

  uint32_t texture() const { return renderer_.texture(); }
  const viewer::DrawFacts& facts() const { return renderer_.facts(); }
  std::string device() const { return renderer_.device(); }

 private:
  Stage(viewer::Renderer renderer, bool interactive) : renderer_(std::move(renderer)), interactive_(interactive) {}
  Status upload(const Session& session);

  viewer::Renderer renderer_;
  bool interactive_;
  viewer::LayerId original_ = 0, decoded_ = 0;
  Detail detail_;
  bool drew_ = false;
  std::string drawn_;      ///< what the last picture shows, as text; empty: none
  uint64_t revision_ = 0;  ///< of the session, whose layers are on the card
};

/// `dew view A B --script FILE`: runs the commands of a script without a window. Returns an exit code.
int run_headless_script(const ViewRequest& request);

}  // namespace dew::app
