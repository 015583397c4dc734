// SPDX-License-Identifier: Apache-2.0
#include "apps/view/window.h"

#include <GL/gl.h>
#include <GL/glext.h>
#include <GLFW/glfw3.h>
#include <imgui.h>
// Debian installs the backends beside imgui.h.
#include <imgui_impl_glfw.h>
#include <imgui_impl_opengl3.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "apps/report.h"
#include "apps/view/panels.h"

namespace dew::app {
namespace {

constexpr viewer::PixelSize kWindowSize{1280, 800};
constexpr float kPanelWidth = 340;
/// Shortest time between two pictures where something moves by itself, and the longest sleep where nothing does.
constexpr double kMoving_s = 1.0 / 60, kIdle_s = 0.5, kBusy_s = 0.05;
/// A picture of splats that takes longer is drawn coarser while one moves.
constexpr double kSlow_s = 0.08;
/// ImGui needs some more pictures to settle after the last event.
constexpr int kSettling = 3;
/// A press that moved no further than this was a click.
constexpr float kClickPixels = 4;

std::string& last_glfw_error() {
  static std::string text;
  return text;
}

/// A font that reads better than the built-in one, where the system has it.
constexpr const char* kFonts[] = {"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/TTF/DejaVuSans.ttf",
                                  "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf"};

/// What came from the window system since the last picture. ImGui keeps the last state only, and pictures may be slow: a key that is
/// pressed and released between two of them counts.
struct Event {
  enum class Kind { press, release, move, wheel, key } kind = Kind::move;
  int code = 0;  ///< button or key
  int modifiers = 0;
  ImVec2 at{};  ///< mouse
  double wheel = 0;
};

class Window {
 public:
  Window(const ViewRequest& request, Session& session) : request_(request), session_(session) {}
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  Status create();
  void run();

 private:
  static Window& of(GLFWwindow* window) { return *static_cast<Window*>(glfwGetWindowUserPointer(window)); }
  void choose_look() const;
  void wait_for_something();
  void draw();
  void draw_scene(const WindowBox& area, viewer::PixelSize size);
  void listen();
  void take_events(const WindowBox& area, viewer::PixelSize size);
  void press(const Event& event, const WindowBox& area);
  void release(const Event& event, const WindowBox& area, viewer::PixelSize size);
  void drag(const Event& event, const WindowBox& area, viewer::PixelSize size);
  void take_key(int key, bool control);
  void take_flight();
  void give(const std::string& line);
  void next_colour();
  WindowBox scene_area() const;

  const ViewRequest& request_;
  Session& session_;
  GLFWwindow* window_ = nullptr;
  bool has_imgui_ = false;
  std::optional<Stage> stage_;
  std::optional<Commands> commands_;
  PanelState panel_;
  std::vector<std::string> dropped_;
  int settling_ = kSettling;
  double last_time_ = 0;
  std::vector<Event> events_;
  std::optional<int> pressed_;  ///< button that was pressed in the scene
  bool slow_ = false;           ///< splats take longer than one wants to wait while moving
  bool drags_line_ = false, pans_ = false;
  ImVec2 pressed_at_{}, mouse_{}, cursor_{};
};

Window::~Window() {
  stage_.reset();
  if (has_imgui_) {
    ImGui_ImplOpenGL3_Shutdown();
    ImGui_ImplGlfw_Shutdown();
    ImGui::DestroyContext();
  }
  if (window_ != nullptr) glfwDestroyWindow(window_);
  glfwTerminate();
}

Status Window::create() {
  glfwSetErrorCallback([](int, const char* text) { last_glfw_error() = text; });
  if (!glfwInit())
    return Error{Code::io, 0, "no window can be opened here (" + last_glfw_error() + "); --shot FILE writes a picture without one"};
  const viewer::PixelSize size = request_.size.value_or(kWindowSize);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 3);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, GLFW_TRUE);
  window_ = glfwCreateWindow(static_cast<int>(size.width), static_cast<int>(size.height), "dew view", nullptr, nullptr);
  if (window_ == nullptr) return Error{Code::unsupported_feature, 0, "no window with OpenGL 3.3 can be opened (" + last_glfw_error() + ")"};
  glfwMakeContextCurrent(window_);
  glfwSwapInterval(1);
  glfwSetWindowUserPointer(window_, this);
  glfwSetDropCallback(window_, [](GLFWwindow* window, int count, const char** paths) {
    of(window).dropped_.assign(paths, paths + count);
    of(window).settling_ = kSettling;
  });
  listen();
  IMGUI_CHECKVERSION();
  ImGui::CreateContext();
  ImGui_ImplGlfw_InitForOpenGL(window_, true);
  ImGui_ImplOpenGL3_Init("#version 330 core");
  has_imgui_ = true;
  choose_look();
  DEW_ASSIGN(stage_, Stage::create(true));
  commands_.emplace(Commands{session_, [this](viewer::PixelSize size_px) { return stage_->picture(session_, size_px); }, size});
  return {};
}

void Window::choose_look() const {
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;  // no file is left behind
  for (const char* font : kFonts) {
    std::error_code failed;
    if (!std::filesystem::exists(font, failed)) continue;
    io.Fonts->AddFontFromFileTTF(font, 14);
    break;
  }
  ImGui::StyleColorsDark();
  ImGuiStyle& style = ImGui::GetStyle();
  style.WindowRounding = 0;
  style.FrameRounding = 3;
  style.GrabRounding = 3;
  style.WindowBorderSize = 0;
  style.ItemSpacing = {8, 5};
  style.Colors[ImGuiCol_WindowBg] = {0.085f, 0.095f, 0.115f, 1};
  style.Colors[ImGuiCol_Header] = {0.16f, 0.19f, 0.24f, 1};
  style.Colors[ImGuiCol_FrameBg] = {0.14f, 0.16f, 0.20f, 1};
}

WindowBox Window::scene_area() const {
  const ImVec2 whole = ImGui::GetIO().DisplaySize;
  const float panel = session_.panel_shown ? std::min(kPanelWidth, whole.x / 2) : 0;
  return {0, 0, std::max(1.0f, whole.x - panel), std::max(1.0f, whole.y)};
}

void Window::run() {
  last_time_ = glfwGetTime();
  while (!glfwWindowShouldClose(window_) && !commands_->wants_to_quit) {
    wait_for_something();
    if (!dropped_.empty()) {
      const Status status = session_.drop(std::exchange(dropped_, {}));
      if (!status.ok()) session_.complain_of(status.error());
    }
    const double now = glfwGetTime();
    const bool was_busy = session_.busy();
    session_.advance(now - last_time_);
    if (was_busy && !session_.busy()) {
      std::printf("%s\n", session_.message().c_str());
      std::fflush(stdout);
      settling_ = kSettling;
    }
    last_time_ = now;
    draw();
  }
}

void Window::wait_for_something() {
  const bool blinks = session_.style.mode == viewer::Mode::blink;
  if (settling_ > 0 || session_.player.playing()) {
    --settling_;
    glfwPollEvents();
    if (session_.player.playing()) glfwWaitEventsTimeout(kMoving_s);
    return;
  }
  const double before = glfwGetTime(), longest = blinks || session_.busy() ? kBusy_s : kIdle_s;
  glfwWaitEventsTimeout(longest);
  if (glfwGetTime() - before < longest) settling_ = kSettling;
}

void Window::draw() {
  ImGui_ImplOpenGL3_NewFrame();
  ImGui_ImplGlfw_NewFrame();
  ImGui::NewFrame();
  const WindowBox area = scene_area();
  const ImVec2 scale = ImGui::GetIO().DisplayFramebufferScale;
  const viewer::PixelSize size{static_cast<uint32_t>(std::max(16.0f, area.width * scale.x)),
                               static_cast<uint32_t>(std::max(16.0f, area.height * scale.y))};
  commands_->size = size;
  take_events(area, size);
  take_flight();
  draw_scene(area, size);
  if (session_.panel_shown) {
    const WindowBox box{area.width, 0, ImGui::GetIO().DisplaySize.x - area.width, area.height};
    draw_panel(*commands_, panel_, stage_->facts(), box);
  }
  draw_help(session_, area);
  ImGui::Render();
  int width = 0, height = 0;
  glfwGetFramebufferSize(window_, &width, &height);
  glBindFramebuffer(GL_FRAMEBUFFER, 0);
  glDisable(GL_SCISSOR_TEST);
  glViewport(0, 0, width, height);
  glClearColor(0.055f, 0.063f, 0.082f, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
  glfwSwapBuffers(window_);
}

void Window::draw_scene(const WindowBox& area, viewer::PixelSize size) {
  if (session_.opened() == nullptr) {
    const bool failed = session_.message_is_failure();
    return draw_sentence(failed ? session_.message() : "Drop a file here: a frame, a capture, a splat scene or a .dew file", area);
  }
  const double before = glfwGetTime();
  const bool coarse = pressed_ && slow_;
  stage_->set_splat_resolution(coarse ? 0.5 : 1);
  const Status status = stage_->draw(session_, size);
  if (session_.holds_splats() && !coarse) {
    glFinish();
    // A picture that did not change takes no time, and tells nothing.
    constexpr double kDrawn_s = 0.002;
    const double took_s = glfwGetTime() - before;
    if (took_s > kDrawn_s) slow_ = took_s > kSlow_s;
  }
  if (!stage_->is_settled()) settling_ = kSettling;
  if (!status.ok()) return draw_sentence(status.error().message, area);
  const auto texture = reinterpret_cast<ImTextureID>(static_cast<intptr_t>(stage_->texture()));
  // Rows of textures come from below.
  ImGui::GetBackgroundDrawList()->AddImage(texture, {area.x, area.y}, {area.x + area.width, area.y + area.height}, {0, 1}, {1, 0});
  draw_overlays(session_, stage_->facts(), area, size);
}

/// Before ImGui installs its own callbacks, which call these.
void Window::listen() {
  glfwSetKeyCallback(window_, [](GLFWwindow* window, int key, int, int action, int modifiers) {
    if (action == GLFW_PRESS) of(window).events_.push_back({Event::Kind::key, key, modifiers, of(window).cursor_, 0});
  });
  glfwSetMouseButtonCallback(window_, [](GLFWwindow* window, int button, int action, int modifiers) {
    const Event::Kind kind = action == GLFW_PRESS ? Event::Kind::press : Event::Kind::release;
    of(window).events_.push_back({kind, button, modifiers, of(window).cursor_, 0});
  });
  glfwSetCursorPosCallback(window_, [](GLFWwindow* window, double x, double y) {
    // Kept for the events that follow: glfwGetCursorPos would tell where the mouse is by now.
    of(window).cursor_ = {static_cast<float>(x), static_cast<float>(y)};
    of(window).events_.push_back({Event::Kind::move, 0, 0, of(window).cursor_, 0});
  });
  glfwSetScrollCallback(window_, [](GLFWwindow* window, double, double dy) {
    of(window).events_.push_back({Event::Kind::wheel, 0, 0, of(window).cursor_, dy});
  });
}

void Window::take_events(const WindowBox& area, viewer::PixelSize size) {
  const ImGuiIO& io = ImGui::GetIO();
  for (const Event& event : std::exchange(events_, {})) {
    const bool in_scene = event.at.x >= area.x && event.at.x < area.x + area.width && event.at.y >= area.y &&
                          event.at.y < area.y + area.height && !(io.WantCaptureMouse && session_.help_shown);
    switch (event.kind) {
      case Event::Kind::key:
        if (!io.WantTextInput) take_key(event.code, (event.modifiers & GLFW_MOD_CONTROL) != 0);
        break;
      case Event::Kind::wheel:
        if (in_scene) session_.zoom(std::pow(0.88, event.wheel));
        break;
      case Event::Kind::press:
        if (in_scene && !pressed_) press(event, area);
        break;
      case Event::Kind::release:
        if (pressed_ && *pressed_ == event.code) release(event, area, size);
        break;
      case Event::Kind::move:
        if (pressed_) drag(event, area, size);
        mouse_ = event.at;
        break;
    }
  }
}

void Window::press(const Event& event, const WindowBox& area) {
  // A press with Shift moves sideways, as the right button does.
  pressed_ = event.code;
  pans_ = event.code != GLFW_MOUSE_BUTTON_LEFT || (event.modifiers & GLFW_MOD_SHIFT) != 0;
  pressed_at_ = mouse_ = event.at;
  const float line = area.x + static_cast<float>(session_.style.split) * area.width;
  drags_line_ = !pans_ && session_.style.mode == viewer::Mode::split && session_.has_decoded() && std::abs(event.at.x - line) < 8;
}

void Window::drag(const Event& event, const WindowBox& area, viewer::PixelSize size) {
  const double dx = static_cast<double>(event.at.x - mouse_.x), dy = static_cast<double>(event.at.y - mouse_.y);
  if (drags_line_) {
    session_.style.split = std::clamp(static_cast<double>((event.at.x - area.x) / area.width), 0.0, 1.0);
  } else if (pans_) {
    const double pixels = static_cast<double>(size.width) / static_cast<double>(area.width);
    const viewer::PixelBox pane = session_.panes(size).front().viewport;
    session_.pan({pane.width, pane.height}, dx * pixels, dy * pixels);
  } else {
    constexpr double kTurn_rad = 0.006;
    session_.orbit(-kTurn_rad * dx, kTurn_rad * dy);
  }
}

void Window::release(const Event& event, const WindowBox& area, viewer::PixelSize size) {
  const bool clicked = !drags_line_ && !pans_ && std::hypot(event.at.x - pressed_at_.x, event.at.y - pressed_at_.y) <= kClickPixels;
  pressed_.reset();
  if (!clicked) return;
  const float scale_x = static_cast<float>(size.width) / area.width, scale_y = static_cast<float>(size.height) / area.height;
  char line[80];
  std::snprintf(line, sizeof line, "pick %.1f %.1f", static_cast<double>((event.at.x - area.x) * scale_x),
                static_cast<double>((event.at.y - area.y) * scale_y));
  give(line);
}

void Window::give(const std::string& line) {
  const Result<std::string> said = commands_->run(line);
  settling_ = kSettling;
  if (!said.ok()) return session_.complain_of(said.error());
  std::fputs(said->c_str(), stdout);
  std::fflush(stdout);
}

void Window::next_colour() {
  const std::vector<std::string> names = session_.colour_choices();
  if (names.empty()) return;
  const auto now = std::find(names.begin(), names.end(), session_.colour());
  session_.set_colour(now == names.end() || now + 1 == names.end() ? names.front() : *(now + 1));
}

void Window::take_key(int pressed, bool control) {
  if (control) {
    if (pressed == GLFW_KEY_Q) give("quit");
    return;
  }
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
  for (const auto& [key, command] : kCommandKeys) {
    if (key == pressed) give(command);
  }
  if (pressed >= GLFW_KEY_1 && pressed <= GLFW_KEY_7) session_.set_mode(static_cast<viewer::Mode>(pressed - GLFW_KEY_1));
  if (pressed == GLFW_KEY_C) next_colour();
  const bool larger = pressed == GLFW_KEY_EQUAL || pressed == GLFW_KEY_KP_ADD;
  const bool smaller = pressed == GLFW_KEY_MINUS || pressed == GLFW_KEY_KP_SUBTRACT;
  if (larger || smaller) session_.style.point_px = std::clamp(session_.style.point_px + (larger ? 1 : -1), 1.0, 64.0);
  if (pressed == GLFW_KEY_ESCAPE) {
    session_.help_shown = false;
    session_.forget_picked();
  }
}

void Window::take_flight() {
  if (ImGui::GetIO().WantTextInput || ImGui::GetIO().KeyCtrl) return;
  const auto held = [](int key) { return ImGui::IsKeyDown(key) ? 1.0 : 0.0; };
  const double forward = held(GLFW_KEY_W) - held(GLFW_KEY_S), right = held(GLFW_KEY_D) - held(GLFW_KEY_A),
               up = held(GLFW_KEY_E) - held(GLFW_KEY_Q);
  if (forward == 0 && right == 0 && up == 0) return;
  const double step = std::min(0.1, static_cast<double>(ImGui::GetIO().DeltaTime)) * (ImGui::GetIO().KeyShift ? 2.0 : 0.6);
  session_.fly(forward * step, right * step, up * step);
  settling_ = kSettling;
}

}  // namespace

int run_window(const ViewRequest& request) {
  Session session(request);
  if (!request.original.empty()) {
    std::vector<std::string> paths = {request.original};
    if (!request.decoded.empty()) paths.push_back(request.decoded);
    const Status status = session.open(paths);
    if (!status.ok()) return fail("view", status.error(), false);
  }
  Window window(request, session);
  const Status status = window.create();
  if (!status.ok()) return fail("view", status.error(), false);
  window.run();
  return kDone;
}

}  // namespace dew::app
