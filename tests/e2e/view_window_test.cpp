// SPDX-License-Identifier: Apache-2.0
// The viewer's window, driven by real events of an X server without a screen: orbit, heat map, pick, encode anew, screenshot. Skipped where
// Xvfb or xdotool are missing. Nothing waits by the clock: each step ends with a line that the program prints, failures included.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "apps/pictures.h"
#include "tests/support/temporary_folder.h"

namespace dew::app {
namespace {

namespace fs = std::filesystem;

/// Longest wait for a line or an end, far beyond what a loaded machine takes: a test fails then with what was seen.
constexpr int kLongest_ms = 60'000;

/// A program whose output is read line by line. Ends with the object.
class Program {
 public:
  /// Of the shell. A command that begins with `exec` has the very process that signals go to.
  explicit Program(const std::string& command) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return;
    process_ = fork();
    if (process_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    output_ = ends[0];
  }
  ~Program() {
    stop();
    close(output_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// The next line; empty at the end, and after kLongest_ms without one.
  std::string line() {
    const auto last = std::chrono::steady_clock::now() + std::chrono::milliseconds(kLongest_ms);
    for (;;) {
      const size_t end = unread_.find('\n');
      if (end != std::string::npos) {
        std::string text = unread_.substr(0, end);
        unread_.erase(0, end + 1);
        seen_ += text + "\n";
        return text;
      }
      if (gave_up_ || !read_some(last)) return std::exchange(unread_, {});
    }
  }
  /// The first line that holds `part`; empty where the program ends before, or says nothing more.
  std::string line_with(const std::string& part) {
    for (std::string text = line(); !text.empty(); text = line()) {
      if (text.find(part) != std::string::npos) return text;
    }
    return "";
  }
  /// All that it said so far.
  const std::string& seen() const { return seen_; }
  /// Waits for its end; its exit code, or -1 where it does not end by itself.
  int finish() {
    while (!line().empty()) {
    }
    if (!ended_) stop();
    return wait();
  }
  void stop() {
    if (process_ <= 0) return;
    kill(process_, SIGTERM);
    const auto last = std::chrono::steady_clock::now() + std::chrono::milliseconds(kLongest_ms);
    while (read_some(last)) unread_.clear();
    kill(process_, SIGKILL);
    wait();
  }

 private:
  /// False at the end of the output and of the time.
  bool read_some(std::chrono::steady_clock::time_point last) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(last - std::chrono::steady_clock::now());
    pollfd wait_for{output_, POLLIN, 0};
    if (poll(&wait_for, 1, std::max(0, static_cast<int>(left.count()))) <= 0) {
      seen_ += "(nothing more within a minute)\n";
      gave_up_ = true;
      return false;
    }
    std::array<char, 4096> buffer;
    const ssize_t bytes = read(output_, buffer.data(), buffer.size());
    ended_ = bytes <= 0;
    if (!ended_) unread_.append(buffer.data(), static_cast<size_t>(bytes));
    return !ended_;
  }
  int wait() {
    if (process_ > 0) {
      waitpid(process_, &status_, 0);
      process_ = -1;
    }
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
  }

  pid_t process_ = -1;
  int output_ = -1;
  int status_ = 0;
  bool ended_ = false;
  bool gave_up_ = false;  ///< waited too long once, and does not again
  std::string unread_, seen_;
};

bool has_program(const char* name) { return std::system(("command -v " + std::string(name) + " > /dev/null").c_str()) == 0; }

struct Colours {
  double red = 0, blue = 0;             ///< sums over the drawn pixels
  double drawn = 0;                     ///< share of pixels that are brighter than the background
  uint32_t bright_x = 0, bright_y = 0;  ///< one of them, near the middle
};

Image picture_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto image = decode_picture(as_bytes(text), {});
  EXPECT_TRUE(image.ok()) << path;
  return image.ok() ? *image : Image{};
}

Colours colours_of(const Image& image) {
  Colours out;
  double nearest = 1e9, pixels = 0;
  for (uint32_t y = 0; y < image.height; ++y) {
    for (uint32_t x = 0; x < image.width; ++x) {
      const float* rgb = &image.pixels[3 * (size_t{y} * image.width + x)];
      ++pixels;
      if (rgb[0] + rgb[1] + rgb[2] < 0.5f) continue;
      out.red += static_cast<double>(rgb[0]);
      out.blue += static_cast<double>(rgb[2]);
      ++out.drawn;
      const double dx = x - 0.5 * image.width, dy = y - 0.5 * image.height;
      if (dx * dx + dy * dy >= nearest) continue;
      nearest = dx * dx + dy * dy;
      out.bright_x = x;
      out.bright_y = y;
    }
  }
  out.drawn /= pixels;
  return out;
}

double share_changed(const Image& a, const Image& b) {
  if (a.pixels.size() != b.pixels.size() || a.pixels.empty()) return 1;
  size_t changed = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) changed += std::abs(a.pixels[i] - b.pixels[i]) > 0.1f ? 1 : 0;
  return static_cast<double>(changed) / static_cast<double>(a.pixels.size());
}

class ViewWindow : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_program("Xvfb") || !has_program("xdotool")) GTEST_SKIP() << "needs Xvfb and xdotool";
    server_ = std::make_unique<Program>("exec Xvfb -displayfd 1 -screen 0 1280x800x24 -nolisten tcp -noreset 2> /dev/null");
    display_ = ":" + server_->line();
    ASSERT_NE(display_, ":");
  }

  std::string command(const std::string& words) const {
    return "cd " + folder_.path() + " && exec env DISPLAY=" + display_ + " LIBGL_ALWAYS_SOFTWARE=1 " + DEW_BIN_DIR + "/dew-view " + words +
           " 2>&1";
  }
  void events(const std::string& words) const {
    EXPECT_EQ(std::system(("DISPLAY=" + display_ + " timeout 60 xdotool " + words).c_str()), 0) << words;
  }
  Image screenshot(Program& viewer) const {
    events("key p");
    EXPECT_NE(viewer.line_with("dew-view.png"), "") << viewer.seen();
    return picture_of(folder_.path("dew-view.png"));
  }

  const test::TemporaryFolder folder_;
  std::unique_ptr<Program> server_;
  std::string display_;
};

TEST_F(ViewWindow, OrbitsShowsErrorsPicksEncodesAndWritesPictures) {
  const std::string sample = std::string(DEW_SOURCE_DIR) + "/data/samples/nuscenes.bin";
  const std::string encoded = folder_.path("coded.dew");
  ASSERT_EQ(
      std::system(
          (std::string(DEW_BIN_DIR) + "/dew encode --max-error 2cm --effort fast " + sample + " " + encoded + " > /dev/null 2>&1").c_str()),
      0);
  Program viewer(command(sample + " " + encoded));
  events("search --sync --onlyvisible --name 'dew view'");
  events("mousemove 300 500");
  const Image first = screenshot(viewer);
  EXPECT_EQ(first.width, 940u);
  EXPECT_EQ(first.height, 800u);
  EXPECT_GT(colours_of(first).drawn, 0.005);

  events("mousedown 1 mousemove 340 490 mousemove 420 480 mouseup 1");
  const Image orbited = screenshot(viewer);
  EXPECT_GT(share_changed(first, orbited), 0.005);

  events("key 6");  // difference
  const Colours heat = colours_of(screenshot(viewer));
  EXPECT_GT(heat.red, 1.2 * heat.blue) << "errors are shown in warm colours";

  events("mousemove " + std::to_string(heat.bright_x) + " " + std::to_string(heat.bright_y) + " click 1");
  EXPECT_NE(viewer.line_with("original x"), "") << viewer.seen();
  EXPECT_NE(viewer.line_with("decoded x"), "") << viewer.seen();
  EXPECT_NE(viewer.line_with("figure error"), "") << viewer.seen();

  events("key n");
  EXPECT_NE(viewer.line_with("bits a point, error at most"), "") << viewer.seen();
  EXPECT_GT(colours_of(screenshot(viewer)).drawn, 0.005);
  events("key ctrl+q");
  EXPECT_EQ(viewer.line_with("never printed"), "");
  EXPECT_EQ(viewer.finish(), 0);
}

TEST_F(ViewWindow, OpensWithoutAFileAndSaysThatNothingIsOpen) {
  Program viewer(command(""));
  events("search --sync --onlyvisible --name 'dew view'");
  events("mousemove 300 500 key p");
  EXPECT_NE(viewer.line_with("nothing is open"), "") << viewer.seen();
  events("key ctrl+q");
  EXPECT_EQ(viewer.finish(), 0) << viewer.seen();
}

TEST_F(ViewWindow, ABrokenFileIsASentenceAndExitCodeOne) {
  std::ofstream(folder_.path("broken.dew")) << "this is no file of ours";
  Program viewer(command("broken.dew"));
  EXPECT_NE(viewer.line_with("broken.dew"), "");
  EXPECT_EQ(viewer.finish(), 1);
}

TEST_F(ViewWindow, NoDisplayIsASentenceAndExitCodeOne) {
  const std::string sample = std::string(DEW_SOURCE_DIR) + "/data/samples/vlp16_indoor.lrf";
  Program viewer("env -u WAYLAND_DISPLAY DISPLAY=:4095 " DEW_BIN_DIR "/dew-view " + sample + " 2>&1");
  EXPECT_NE(viewer.line_with("--shot"), "");
  EXPECT_EQ(viewer.finish(), 1);
}

}  // namespace
}  // namespace dew::app
