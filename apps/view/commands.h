// SPDX-License-Identifier: Apache-2.0
/// The viewer's commands as words: what scripts (`--script FILE`), keys and tests say to a session.
///
///   Commands commands{session, draw, {1280, 720}};
///   DEW_ASSIGN(const std::string answer, commands.run("pick 400 300"));      // what there is to print, line by line
///   for (const Command& command : command_table()) help(command.words, command.what);
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "apps/view/session.h"
#include "viewer/picture/picture.h"

namespace dew::app {

/// Draws what a session shows, with labels and legends.
using DrawPicture = std::function<Result<viewer::Picture>(viewer::PixelSize)>;

/// A row of the table of commands.
struct Command {
  const char* words;  ///< "mode MODE"
  const char* what;
  Result<std::string> (*run)(struct Commands&, std::span<const std::string> words);
  size_t least = 0, most = 0;  ///< words after the name
};
std::span<const Command> command_table();

/// A key of the window and the command that it gives. `key`: as people call it.
struct KeyBinding {
  const char* key;
  const char* command;  ///< empty: the window knows itself what to do
  const char* what;
};
/// In the order of the help.
std::span<const KeyBinding> key_table();

struct Commands {
  Session& session;
  DrawPicture draw;
  viewer::PixelSize size;  ///< of the picture in which places and pictures are meant
  bool wants_to_quit = false;

  /// One line. Empty lines and those that begin with # do nothing. Errors: invalid_argument for what is no command, and those of the
  /// command.
  Result<std::string> run(std::string_view line);
};

/// All lines of a script in turn; what they answer goes to standard output, the first error ends it, with the number of its line.
Status run_script(Commands& commands, std::string_view text);

/// All commands and keys as text, for `dew view --help` and the page.
std::string commands_help();

}  // namespace dew::app
