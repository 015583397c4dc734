// SPDX-License-Identifier: Apache-2.0
/// What mouse and keys do to a session. Knows no window: events come as the window system tells them, pictures may be slow, and a key that
/// is pressed and released between two of them counts.
///
///   Controls controls(commands);
///   controls.add({InputEvent::Kind::key, GLFW_KEY_P, 0, {}, 0});            // as it happens
///   controls.take(area, picture_size, {});                                    // once a picture: all that came since the last one
///   if (controls.held()) draw_coarser();
#pragma once

#include <optional>
#include <vector>

#include "apps/view/commands.h"

namespace dew::app {

/// A part of the window, in its own units (pixels, but on dense screens).
struct WindowBox {
  float x = 0, y = 0, width = 0, height = 0;
};

struct WindowPlace {
  float x = 0, y = 0;
};

struct InputEvent {
  enum class Kind { press, release, move, wheel, key } kind = Kind::move;
  int code = 0;       ///< button or key, as GLFW numbers them
  int modifiers = 0;  ///< as GLFW numbers them
  WindowPlace at;     ///< of the mouse
  double wheel = 0;   ///< notches, away from the hand above 0
};

/// Who else wants the events.
struct InputElsewhere {
  bool text = false;   ///< a field of the panel takes the keys
  bool mouse = false;  ///< something above the scene takes the mouse
};

class Controls {
 public:
  explicit Controls(Commands& commands) : commands_(commands) {}

  void add(const InputEvent& event) { events_.push_back(event); }
  /// All events since the last call. `area`: where the scene is in the window; `size`: pixels of its picture.
  void take(const WindowBox& area, viewer::PixelSize size, const InputElsewhere& elsewhere);
  /// Whether a button is held that was pressed in the scene.
  bool held() const { return pressed_.has_value(); }
  /// Runs a command: what it answers goes to standard output, its failure to standard error and the panel.
  void give(const std::string& line);

 private:
  void press(const InputEvent& event, const WindowBox& area);
  void release(const InputEvent& event, const WindowBox& area, viewer::PixelSize size);
  void drag(const InputEvent& event, const WindowBox& area, viewer::PixelSize size);
  void take_key(int key, bool control);
  void next_colour();

  Commands& commands_;
  std::vector<InputEvent> events_;
  std::optional<int> pressed_;  ///< button
  bool drags_line_ = false, pans_ = false;
  WindowPlace pressed_at_, mouse_;
};

}  // namespace dew::app
