// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "apps/report.h"
#include "apps/verbs.h"
#include "apps/view/options.h"

namespace dew::app {
namespace {

/// dew-view beside this very program where it is there, else wherever PATH finds it.
std::string viewer_program() {
  std::error_code failed;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (failed) return "dew-view";
  const std::filesystem::path beside = self.parent_path() / "dew-view";
  return std::filesystem::exists(beside, failed) ? beside.string() : "dew-view";
}

/// The words that parse() read `arguments` from, in the order of the table.
std::vector<std::string> words_of(const Arguments& arguments) {
  std::vector<std::string> words;
  for (const Option& option : view_options()) {
    if (!arguments.has(option.name)) continue;
    const bool is_switch = *option.value == 0;
    words.push_back(is_switch ? option.name : std::string(option.name) + "=" + arguments.text(option.name));
  }
  words.push_back("--");
  for (const std::string& operand : arguments.operands()) words.push_back(operand);
  return words;
}

int run_view(const Arguments& arguments) {
  // Mistakes are told here, before another program starts.
  const Result<ViewRequest> request = view_request(arguments);
  if (!request.ok()) return usage_error("view", request.error().message);
  const std::string program = viewer_program();
  std::vector<std::string> words = words_of(arguments);
  words.insert(words.begin(), program);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  execvp(program.c_str(), pointers.data());
  return fail(program, {Code::io, 0, std::string("cannot start the viewer: ") + std::strerror(errno)}, false);
}

}  // namespace

Verb view_verb() {
  return {"view",
          "[FILE [DECODED]]",
          "look at a file, or at what became of it, in a window, a picture or a page",
          "Opens anything that dew reads, .dew files included; without a file the window waits for some to be dropped on it, and "
          "udp://HOST:PORT or mqtt://HOST/TOPIC shows a stream as it comes in (--key FILE where it is sealed). With two files, an original "
          "and what was decoded, shows where they differ: "
          "side by side, split by a slider, one after the other, or the difference in colour. Points are coloured by a field; the "
          "difference of points is their error in metres, that of meshes the distance to the other surface, that of splats the difference "
          "of their pictures. In the window H lists the keys: "
          "1 to 7 choose how both are shown, "
          "dragging turns, a click picks a point, B shows where the bytes go, N encodes anew, P writes the picture.",
          view_options(),
          {{"dew view scan.bin scan.dew", "original and decoded, in a window"},
           {"dew view scan.bin scan.dew --shot out.png", "original, decoded and error as one picture, without a display"},
           {"dew view udp://:5000", "what dew stream send sends to this port"},
           {"dew view scene.ply --camera cameras.json#0001 --shot out.png", "a splat scene from one of its cameras"}},
          0,
          2,
          run_view};
}

}  // namespace dew::app
