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
#include <cstdio>
#include <filesystem>

#include "apps/report.h"
#include "apps/view/controls.h"
#include "apps/view/pace.h"
#include "apps/view/panels.h"

namespace dew::app {
namespace {

constexpr viewer::PixelSize kWindowSize{1280, 800};
constexpr float kPanelWidth = 340;
/// Shortest time between two pictures where something moves by itself, and the longest sleep where nothing does.
constexpr double kMoving_s = 1.0 / 60, kIdle_s = 0.5, kBusy_s = 0.05;
/// ImGui needs some more pictures to settle after the last event.
constexpr int kSettling = 3;

std::string& last_glfw_error() {
  static std::string text;
  return text;
}

/// A font that reads better than the built-in one, where the system has it.
constexpr const char* kFonts[] = {"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/TTF/DejaVuSans.ttf",
                                  "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf"};

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
  void take_flight();
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
  std::optional<Controls> controls_;
  WindowPlace cursor_;
  Pace pace_;
  uint64_t paced_revision_ = 0;
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
  controls_.emplace(*commands_);
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
  style.Colors[ImGuiCol_PlotHistogram] = {0.20f, 0.40f, 0.58f, 1};
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
  const bool soon = blinks || session_.busy() || session_.live() != nullptr || pace_.owes_full_picture();
  const double before = glfwGetTime(), longest = soon ? kBusy_s : kIdle_s;
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
  const ImGuiIO& io = ImGui::GetIO();
  controls_->take(area, size, {io.WantTextInput, io.WantCaptureMouse && session_.help_shown});
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
    return draw_sentence(
        failed || session_.live() != nullptr ? session_.message() : "Drop a file here: a frame, a capture, a splat scene or a .dew file",
        area);
  }
  if (std::exchange(paced_revision_, session_.revision()) != session_.revision()) pace_.forget();
  const Detail detail = pace_.detail(session_.eye, glfwGetTime(), controls_->held());
  stage_->set_detail(detail);
  const double before = glfwGetTime();
  const Status status = stage_->draw(session_, size);
  if (stage_->drew()) {
    glFinish();
    pace_.took(detail, glfwGetTime() - before);
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
    if (action == GLFW_PRESS) of(window).controls_->add({InputEvent::Kind::key, key, modifiers, of(window).cursor_, 0});
  });
  glfwSetMouseButtonCallback(window_, [](GLFWwindow* window, int button, int action, int modifiers) {
    const InputEvent::Kind kind = action == GLFW_PRESS ? InputEvent::Kind::press : InputEvent::Kind::release;
    of(window).controls_->add({kind, button, modifiers, of(window).cursor_, 0});
  });
  glfwSetCursorPosCallback(window_, [](GLFWwindow* window, double x, double y) {
    // Kept for the events that follow: glfwGetCursorPos would tell where the mouse is by now.
    of(window).cursor_ = {static_cast<float>(x), static_cast<float>(y)};
    of(window).controls_->add({InputEvent::Kind::move, 0, 0, of(window).cursor_, 0});
  });
  glfwSetScrollCallback(window_, [](GLFWwindow* window, double, double dy) {
    of(window).controls_->add({InputEvent::Kind::wheel, 0, 0, of(window).cursor_, dy});
  });
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
