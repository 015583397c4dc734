// SPDX-License-Identifier: Apache-2.0
#include "apps/view/controls.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace dew::app {
namespace {

/// A press that moved no further than this was a click.
constexpr float kClickPixels = 4;
/// The line of mode split is caught so near.
constexpr float kLinePixels = 8;
constexpr double kTurn_rad = 0.006;  // a pixel
constexpr double kZoom = 0.88;       // a notch of the wheel

constexpr struct {
  int key;
  const char* command;
} kCommandKeys[] = {{GLFW_KEY_SPACE, "play"},
                    {GLFW_KEY_LEFT, "frame last"},
                    {GLFW_KEY_RIGHT, "frame next"},
                    {GLFW_KEY_R, "view auto"},
                    {GLFW_KEY_T, "view top"},
                    {GLFW_KEY_O, "view overview"},
                    {GLFW_KEY_N, "encode"},
                    {GLFW_KEY_B, "bits"},
                    {GLFW_KEY_P, "screenshot"},
                    {GLFW_KEY_K, "record"},
                    {GLFW_KEY_L, "path dew-view- 120"},
                    {GLFW_KEY_TAB, "panel"},
                    {GLFW_KEY_H, "help"},
                    {GLFW_KEY_F1, "help"}};

}  // namespace

void Controls::take(const WindowBox& area, viewer::PixelSize size, const InputElsewhere& elsewhere) {
  for (const InputEvent& event : std::exchange(events_, {})) {
    const bool in_scene = event.at.x >= area.x && event.at.x < area.x + area.width && event.at.y >= area.y &&
                          event.at.y < area.y + area.height && !elsewhere.mouse;
    switch (event.kind) {
      case InputEvent::Kind::key:
        if (!elsewhere.text) take_key(event.code, (event.modifiers & GLFW_MOD_CONTROL) != 0);
        break;
      case InputEvent::Kind::wheel:
        if (in_scene) commands_.session.zoom(std::pow(kZoom, event.wheel));
        break;
      case InputEvent::Kind::press:
        if (in_scene && !pressed_) press(event, area);
        break;
      case InputEvent::Kind::release:
        if (pressed_ && *pressed_ == event.code) release(event, area, size);
        break;
      case InputEvent::Kind::move:
        if (pressed_) drag(event, area, size);
        mouse_ = event.at;
        break;
    }
  }
}

void Controls::press(const InputEvent& event, const WindowBox& area) {
  const Session& session = commands_.session;
  // A press with Shift moves sideways, as the right button does.
  pressed_ = event.code;
  pans_ = event.code != GLFW_MOUSE_BUTTON_LEFT || (event.modifiers & GLFW_MOD_SHIFT) != 0;
  pressed_at_ = mouse_ = event.at;
  const float line = area.x + static_cast<float>(session.style.split) * area.width;
  drags_line_ = !pans_ && session.style.mode == viewer::Mode::split && session.has_decoded() && std::abs(event.at.x - line) < kLinePixels;
}

void Controls::drag(const InputEvent& event, const WindowBox& area, viewer::PixelSize size) {
  Session& session = commands_.session;
  const double dx = static_cast<double>(event.at.x - mouse_.x), dy = static_cast<double>(event.at.y - mouse_.y);
  if (drags_line_) {
    session.style.split = std::clamp(static_cast<double>((event.at.x - area.x) / area.width), 0.0, 1.0);
  } else if (pans_) {
    const double pixels = static_cast<double>(size.width) / static_cast<double>(area.width);
    const viewer::PixelBox pane = session.panes(size).front().viewport;
    session.pan({pane.width, pane.height}, dx * pixels, dy * pixels);
  } else {
    session.orbit(-kTurn_rad * dx, kTurn_rad * dy);
  }
}

void Controls::release(const InputEvent& event, const WindowBox& area, viewer::PixelSize size) {
  const bool clicked = !drags_line_ && !pans_ && std::hypot(event.at.x - pressed_at_.x, event.at.y - pressed_at_.y) <= kClickPixels;
  pressed_.reset();
  if (!clicked) return;
  const float scale_x = static_cast<float>(size.width) / area.width, scale_y = static_cast<float>(size.height) / area.height;
  char line[80];
  std::snprintf(line, sizeof line, "pick %.1f %.1f", static_cast<double>((event.at.x - area.x) * scale_x),
                static_cast<double>((event.at.y - area.y) * scale_y));
  give(line);
}

void Controls::give(const std::string& line) {
  const Result<std::string> said = commands_.run(line);
  if (!said.ok()) {
    std::fprintf(stderr, "dew: %s\n", said.error().message.c_str());
    return commands_.session.complain_of(said.error());
  }
  std::fputs(said->c_str(), stdout);
  std::fflush(stdout);
}

void Controls::next_colour() {
  Session& session = commands_.session;
  const std::vector<std::string> names = session.colour_choices();
  if (names.empty()) return;
  const auto now = std::find(names.begin(), names.end(), session.colour());
  session.set_colour(now == names.end() || now + 1 == names.end() ? names.front() : *(now + 1));
}

void Controls::take_key(int pressed, bool control) {
  if (control) {
    if (pressed == GLFW_KEY_Q) give("quit");
    return;
  }
  Session& session = commands_.session;
  for (const auto& [key, command] : kCommandKeys) {
    if (key == pressed) give(command);
  }
  if (pressed >= GLFW_KEY_1 && pressed <= GLFW_KEY_7) session.set_mode(static_cast<viewer::Mode>(pressed - GLFW_KEY_1));
  if (pressed == GLFW_KEY_C) next_colour();
  if (pressed == GLFW_KEY_U) {
    const Status status = session.next_up(commands_.size);
    if (!status.ok()) session.complain_of(status.error());
  }
  const bool larger = pressed == GLFW_KEY_EQUAL || pressed == GLFW_KEY_KP_ADD;
  const bool smaller = pressed == GLFW_KEY_MINUS || pressed == GLFW_KEY_KP_SUBTRACT;
  if (larger || smaller) session.style.point_px = std::clamp(session.style.point_px + (larger ? 1 : -1), 1.0, 64.0);
  if (pressed == GLFW_KEY_ESCAPE) {
    session.help_shown = false;
    session.forget_picked();
  }
}

}  // namespace dew::app
