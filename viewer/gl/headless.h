// SPDX-License-Identifier: Apache-2.0
/// An OpenGL 3.3 context without a window or display, by EGL.
///
///   DEW_ASSIGN(const HeadlessContext context, HeadlessContext::create());     // current in this thread until it goes
///   DEW_ASSIGN(Renderer renderer, Renderer::create());
#pragma once

#include <memory>

#include "entropy/result.h"

namespace dew::viewer {

class HeadlessContext {
 public:
  /// Errors: unsupported_feature where EGL or the driver has none to give.
  static Result<HeadlessContext> create();
  HeadlessContext(HeadlessContext&&) noexcept;
  HeadlessContext& operator=(HeadlessContext&&) noexcept;
  ~HeadlessContext();

 private:
  struct State;
  explicit HeadlessContext(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace dew::viewer
