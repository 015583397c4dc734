// SPDX-License-Identifier: Apache-2.0
#include "viewer/gl/headless.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>

#include <string>

namespace dew::viewer {

struct HeadlessContext::State {
  EGLDisplay display = EGL_NO_DISPLAY;
  EGLContext context = EGL_NO_CONTEXT;

  ~State() {
    if (display == EGL_NO_DISPLAY) return;
    eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    if (context != EGL_NO_CONTEXT) eglDestroyContext(display, context);
    eglTerminate(display);
  }
};

namespace {

Error refused(const char* what) {
  char code[16];
  std::snprintf(code, sizeof code, "0x%04x", static_cast<unsigned>(eglGetError()));
  return {Code::unsupported_feature, 0,
          std::string("EGL has no ") + what + " (error " + code + "); Mesa's libegl1 and libgl1-mesa-dri draw without a GPU"};
}

EGLDisplay open_display() {
  const auto get_platform_display = reinterpret_cast<PFNEGLGETPLATFORMDISPLAYEXTPROC>(eglGetProcAddress("eglGetPlatformDisplayEXT"));
  if (get_platform_display != nullptr) {
    const EGLDisplay surfaceless = get_platform_display(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, nullptr);
    if (surfaceless != EGL_NO_DISPLAY && eglInitialize(surfaceless, nullptr, nullptr)) return surfaceless;
  }
  const EGLDisplay any = eglGetDisplay(EGL_DEFAULT_DISPLAY);
  return any != EGL_NO_DISPLAY && eglInitialize(any, nullptr, nullptr) ? any : EGL_NO_DISPLAY;
}

}  // namespace

Result<HeadlessContext> HeadlessContext::create() {
  auto state = std::make_unique<State>();
  state->display = open_display();
  if (state->display == EGL_NO_DISPLAY) return refused("display");
  if (!eglBindAPI(EGL_OPENGL_API)) return refused("OpenGL");
  const EGLint config_wishes[] = {EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_SURFACE_TYPE, 0, EGL_NONE};
  EGLConfig config = nullptr;
  EGLint configs = 0;
  if (!eglChooseConfig(state->display, config_wishes, &config, 1, &configs) || configs < 1) return refused("configuration for OpenGL");
  const EGLint context_wishes[] = {
      EGL_CONTEXT_MAJOR_VERSION,           3,       EGL_CONTEXT_MINOR_VERSION, 3, EGL_CONTEXT_OPENGL_PROFILE_MASK,
      EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT, EGL_NONE};
  state->context = eglCreateContext(state->display, config, EGL_NO_CONTEXT, context_wishes);
  if (state->context == EGL_NO_CONTEXT) return refused("context of OpenGL 3.3");
  if (!eglMakeCurrent(state->display, EGL_NO_SURFACE, EGL_NO_SURFACE, state->context)) return refused("context without a surface");
  return HeadlessContext(std::move(state));
}

HeadlessContext::HeadlessContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
HeadlessContext::HeadlessContext(HeadlessContext&&) noexcept = default;
HeadlessContext& HeadlessContext::operator=(HeadlessContext&&) noexcept = default;
HeadlessContext::~HeadlessContext() = default;

}  // namespace dew::viewer
