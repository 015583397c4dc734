// SPDX-License-Identifier: Apache-2.0
/// Draws what a session shows; needs an OpenGL context that is current, a window's or viewer/gl/headless.h.
///
///   DEW_ASSIGN(Stage stage, Stage::create());
///   DEW_TRY(stage.draw(session, {1280, 720}));                                  // then stage.texture()
///   DEW_ASSIGN(const viewer::Picture picture, stage.picture(session, {1280, 720}));   // with labels and legends
#pragma once

#include "apps/view/session.h"
#include "viewer/gl/renderer.h"
#include "viewer/picture/picture.h"

namespace dew::app {

class Stage {
 public:
  static Result<Stage> create();

  /// Uploads the session's layers if they changed, and draws. REQUIRES: something is open.
  Status draw(const Session& session, viewer::PixelSize size);
  Result<viewer::Picture> picture(const Session& session, viewer::PixelSize size);

  uint32_t texture() const { return renderer_.texture(); }
  const viewer::DrawFacts& facts() const { return renderer_.facts(); }
  std::string device() const { return renderer_.device(); }

 private:
  explicit Stage(viewer::Renderer renderer) : renderer_(std::move(renderer)) {}
  Status upload(const Session& session);

  viewer::Renderer renderer_;
  viewer::LayerId original_ = 0, decoded_ = 0;
  uint64_t revision_ = 0;  ///< of the session, whose layers are on the card
};

/// `dew view A B --script FILE`: runs the commands of a script without a window. Returns an exit code.
int run_headless_script(const ViewRequest& request);

}  // namespace dew::app
