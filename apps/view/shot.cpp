// SPDX-License-Identifier: Apache-2.0
#include "apps/view/shot.h"

#include <algorithm>

#include "apps/files.h"
#include "apps/pictures.h"
#include "apps/report.h"
#include "viewer/colour/legend.h"
#include "viewer/picture/overlay.h"
#if DEW_HAS_OPENGL
#include "viewer/gl/headless.h"
#include "viewer/gl/renderer.h"
#endif

namespace dew::app {
namespace {

/// Letters of twice the dots where the picture is large enough to be looked at from further away.
uint32_t text_scale(const viewer::Picture& picture) { return picture.height >= 400 ? 2 : 1; }

bool has_legend(const viewer::Colouring& colouring) {
  return !colouring.own_colours && !colouring.attribute.empty() && colouring.attribute != viewer::kNormal;
}

}  // namespace

void annotate(viewer::Picture& picture, const OpenedPair& opened, const viewer::Style& style, size_t frame, std::optional<double> psnr_db) {
  const uint32_t scale = text_scale(picture);
  const std::vector<viewer::Pane> panes = viewer::panes(style, {picture.width, picture.height}, opened.pair.decoded.has_value());
  if (style.mode == viewer::Mode::split && panes.size() == 2) {
    viewer::shade(picture, {panes[1].clip.x, 0, 2, picture.height}, {1, 1, 1}, 0.8);
  }
  for (size_t i = 0; i < panes.size(); ++i) {
    const viewer::Pane& pane = panes[i];
    viewer::draw_label(picture, pane.clip, pane_label(opened, pane.shows, frame, psnr_db), scale);
    const viewer::Colouring& colouring = style.colouring[static_cast<size_t>(pane.shows)];
    // One legend for neighbours that share it: the last one shows it.
    const bool shared = i + 1 < panes.size() && style.colouring[static_cast<size_t>(panes[i + 1].shows)].attribute == colouring.attribute;
    if (has_legend(colouring) && !shared) viewer::draw_legend(picture, pane.clip, viewer::make_legend(colouring), scale);
  }
}

#if DEW_HAS_OPENGL
Result<viewer::Picture> drawn_shot(const ViewRequest& request, const OpenedPair& opened) {
  const size_t frame = chosen_frame(request, opened);
  viewer::DrawRequest draw;
  draw.style = chosen_style(request, opened, request.mode.value_or(viewer::Mode::three));
  draw.size = chosen_size(request, draw.style.mode);
  const viewer::PixelBox pane = viewer::panes(draw.style, draw.size, opened.pair.decoded.has_value()).front().viewport;
  DEW_ASSIGN(draw.eye, chosen_viewpoint(request, opened, {pane.width, pane.height}));

  DEW_ASSIGN(const viewer::HeadlessContext context, viewer::HeadlessContext::create());
  DEW_ASSIGN(viewer::Renderer renderer, viewer::Renderer::create());
  DEW_ASSIGN(draw.original, renderer.add(opened.pair.original.frames[frame]));
  if (opened.pair.decoded) {
    DEW_ASSIGN(draw.decoded, renderer.add(opened.pair.decoded->frames[frame]));
  }
  DEW_TRY(renderer.draw(draw));
  DEW_ASSIGN(viewer::Picture picture, renderer.read_back());
  if (!request.plain) annotate(picture, opened, draw.style, frame, renderer.facts().psnr_db);
  return picture;
}
#else
Result<viewer::Picture> drawn_shot(const ViewRequest&, const OpenedPair&) {
  return Error{Code::unsupported_feature, 0, "this build has no OpenGL: install libopengl-dev and libegl-dev and build again"};
}
#endif

int take_shot(const ViewRequest& request) {
  const Overwrite overwrite = request.overwrite ? Overwrite::yes : Overwrite::no;
  const Status free = check_output(request.shot, overwrite);
  if (!free.ok()) return fail(request.shot, free.error(), false);
  const auto opened = open_pair(request);
  if (!opened.ok()) return fail("view", opened.error(), false);
  for (const OpenedFile* file : {&opened->original, opened->decoded ? &*opened->decoded : nullptr}) {
    if (file == nullptr) continue;
    for (const std::string& note : file->notes) std::fprintf(stderr, "dew: %s: %s\n", display_name(file->path).c_str(), note.c_str());
  }
  const auto picture = drawn_shot(request, *opened);
  if (!picture.ok()) return fail(request.shot, picture.error(), false);
  const auto bytes = encode_picture(viewer::image_of(*picture));
  if (!bytes.ok()) return fail(request.shot, bytes.error(), false);
  const Status written = write_file(request.shot, *bytes, overwrite);
  if (!written.ok()) return fail(request.shot, written.error(), false);
  std::printf("%s  %u x %u\n", request.shot.c_str(), picture->width, picture->height);
  return kDone;
}

}  // namespace dew::app
