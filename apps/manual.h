// SPDX-License-Identifier: Apache-2.0
/// Everything that is generated from the table of verbs: help, man page, shell completion.
///
///   std::fputs(verb_help(verb).c_str(), stdout);
#pragma once

#include <span>
#include <string>

#include "apps/command_line.h"

namespace dew::app {

/// The verbs with a line each, and how to get more.
std::string program_help(std::span<const Verb> verbs);
/// Usage, description, options and examples of one verb.
std::string verb_help(const Verb& verb);
/// dew(1) in man's own language (roff).
std::string man_page(std::span<const Verb> verbs, const std::string& version);
/// A completion script for bash or zsh.
std::string bash_completion(std::span<const Verb> verbs);
std::string zsh_completion(std::span<const Verb> verbs);

}  // namespace dew::app
