// SPDX-License-Identifier: Apache-2.0
/// Draws layers by OpenGL 3.3 core into a texture of its own; knows no window.
///
///   DEW_ASSIGN(Renderer renderer, Renderer::create());               // with a context current: a window's, or gl/headless.h
///   DEW_ASSIGN(const LayerId original, renderer.add(layer));
///   DEW_TRY(renderer.draw({.original = original, .decoded = decoded, .eye = eye, .style = style, .size = {1280, 720}}));
///   show(renderer.texture());                                         // or DEW_ASSIGN(const Picture picture, renderer.read_back());
///
/// All calls from the thread in which the context is current. Splats are drawn as gaussians/render does, sorted on every draw unless
/// sort_in_background() or the request says otherwise.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "entropy/result.h"
#include "viewer/picture/picture.h"
#include "viewer/picture/style.h"
#include "viewer/scene/layer.h"

namespace dew::viewer {

/// A layer that was given to a renderer; 0 is none.
using LayerId = uint32_t;

struct DrawRequest {
  LayerId original = 0;
  LayerId decoded = 0;  ///< 0: there is none
  Viewpoint eye;
  Style style;
  PixelSize size;
  /// Front to back orders of the splats of original and decoded, made by another thread; empty: sorted here. Each at most as long as the
  /// layer, with indices below its count.
  std::span<const uint32_t> original_order;
  std::span<const uint32_t> decoded_order;
};

/// What came of the last draw.
struct DrawFacts {
  uint64_t points = 0;  ///< drawn, in all panes
  uint64_t splats = 0;
  uint64_t triangles = 0;
  bool order_is_current = true;   ///< false: splats were drawn in the order of an earlier viewpoint
  std::optional<double> psnr_db;  ///< of the decoded splats' picture against the original's, where a difference pane was drawn
};

class Renderer {
 public:
  /// Errors: unsupported_feature where the context is below OpenGL 3.3, internal where a shader does not compile.
  static Result<Renderer> create();
  Renderer(Renderer&&) noexcept;
  Renderer& operator=(Renderer&&) noexcept;
  ~Renderer();

  /// Uploads a layer; it need not be kept. Errors: out_of_memory where the card refuses, invalid_argument where its parts do not fit
  /// together.
  Result<LayerId> add(const Layer& layer);
  /// Changes or adds an attribute of a layer of points. REQUIRES: one value for each.
  Status set_attribute(LayerId layer, const Attribute& attribute);
  void remove(LayerId layer);
  /// True: splats are sorted in threads of their own, and a draw takes the newest order there is; facts().order_is_current says whether
  /// to draw again. False (at first): every draw sorts, and pictures are the same each time.
  void sort_in_background(bool wanted);

  /// Errors: invalid_argument for a picture without pixels or above 16384 a side, or an id that is no layer.
  Status draw(const DrawRequest& request);
  const DrawFacts& facts() const;

  /// The picture as a texture (RGBA8), rows from the bottom as OpenGL has them.
  uint32_t texture() const;
  /// Errors: invalid_argument before the first draw.
  Result<Picture> read_back() const;

  /// "Mesa llvmpipe ..." as the driver says.
  std::string device() const;

 private:
  struct State;
  explicit Renderer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace dew::viewer
