// SPDX-License-Identifier: Apache-2.0
#include "apps/manual.h"

#include <algorithm>

namespace dew::app {
namespace {

constexpr const char* kPurpose = "dew makes LiDAR frames small and gives them back within a stated bound.";
constexpr const char* kExitCodes = "0 done; 1 bad input, a bound that does not hold, or a failure; 2 wrong usage";
constexpr size_t kHelpColumns = 100;

/// Appends `text` with each line at most kHelpColumns wide and each new line indented.
void append_wrapped(std::string& out, const std::string& text, size_t indent, size_t column) {
  for (const std::string& word : split(text, ' ')) {
    if (column + 1 + word.size() > kHelpColumns) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  out += '\n';
}

std::string option_heading(const Option& option) {
  return option.value[0] == '\0' ? std::string(option.name) : std::string(option.name) + " " + option.value;
}

/// Words that go into quotes in a script: ' ends the quotes, so it is written as a typographic one.
std::string unquoted(std::string text) {
  std::replace(text.begin(), text.end(), '\'', '`');
  return text;
}

/// A backslash, and a dot or quote at the start of a line, mean something to roff; a plain minus is a hyphen there.
std::string roff(const std::string& text) {
  std::string out = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

bool completes_to_path(const Option& option) {
  return std::string_view(option.value).ends_with("FILE") || std::string_view(option.value) == "DIR";
}

}  // namespace

std::string program_help(std::span<const Verb> verbs) {
  std::string out = std::string(kPurpose) + "\n\nUsage: dew VERB [OPTIONS] FILES\n\nVerbs:\n";
  for (const Verb& verb : verbs) {
    out += "  " + std::string(verb.name) + std::string(10 - std::string_view(verb.name).size(), ' ') + verb.summary + "\n";
  }
  out += "\n`dew VERB --help` explains a verb with examples, `dew --version` names the version. `-` is standard input or output.\n";
  out += "Exit codes: " + std::string(kExitCodes) + ".\n";
  return out;
}

std::string verb_help(const Verb& verb) {
  std::string out = "Usage: dew " + std::string(verb.name) + " [OPTIONS] " + verb.operands + "\n\n";
  append_wrapped(out, verb.description, 0, 0);
  size_t width = 6;
  for (const Option& option : verb.options) width = std::max(width, option_heading(option).size());
  out += "\nOptions:\n";
  for (const Option& option : verb.options) {
    const std::string heading = option_heading(option);
    out += "  " + heading + std::string(width + 2 - heading.size(), ' ');
    append_wrapped(out, option.help, width + 4, width + 4);
  }
  out += "\nExamples:\n";
  for (const Example& example : verb.examples) {
    out += "  " + std::string(example.command) + "\n      ";
    append_wrapped(out, example.meaning, 6, 6);
  }
  return out;
}

std::string man_page(std::span<const Verb> verbs, const std::string& version) {
  std::string out = ".TH DEW 1 \"\" \"dew " + version + "\" \"User commands\"\n.SH NAME\ndew \\- makes LiDAR frames small\n";
  out += ".SH SYNOPSIS\n.B dew\n.I VERB\n[\n.I OPTIONS\n]\n.I FILES\n.SH DESCRIPTION\n" + roff(kPurpose) + "\n";
  for (const Verb& verb : verbs) {
    out += ".SH DEW " + std::string(verb.name) + "\n.B dew " + verb.name + "\n[OPTIONS] " + roff(verb.operands) + "\n.PP\n";
    out += roff(verb.description) + "\n";
    for (const Option& option : verb.options) out += ".TP\n.B " + roff(option_heading(option)) + "\n" + roff(option.help) + "\n";
    out += ".PP\nExamples:\n";
    for (const Example& example : verb.examples) out += ".TP\n.B " + roff(example.command) + "\n" + roff(example.meaning) + "\n";
  }
  out += ".SH EXIT STATUS\n" + roff(kExitCodes) + ".\n";
  return out;
}

std::string bash_completion(std::span<const Verb> verbs) {
  std::string names;
  std::string cases;
  std::string values;
  for (const Verb& verb : verbs) {
    names += std::string(names.empty() ? "" : " ") + verb.name;
    std::string options;
    for (const Option& option : verb.options) {
      options += std::string(options.empty() ? "" : " ") + option.name;
      const std::string row = "    " + std::string(verb.name) + ":" + option.name + ") ";
      if (option.choices[0] != '\0')
        values += row + "COMPREPLY=($(compgen -W '" + option.choices + "' -- \"$word\")); return ;;\n";
      else if (completes_to_path(option))
        values += row + "COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n";
      else if (option.value[0] != '\0')
        values += row + "return ;;\n";
    }
    cases += "    " + std::string(verb.name) + ") options='" + options + "' ;;\n";
  }
  return "# bash completion for dew, printed by `dew __completion bash`\n"
         "_dew() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} options=''\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
         "    COMPREPLY=($(compgen -W '" +
         names +
         " --help --version' -- \"$word\"))\n"
         "    return\n"
         "  fi\n"
         "  case \"$verb:${COMP_WORDS[COMP_CWORD-1]}\" in\n" +
         values +
         "  esac\n"
         "  case \"$verb\" in\n" +
         cases +
         "  esac\n"
         "  if [[ $word == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
         "  else\n"
         "    COMPREPLY=($(compgen -f -- \"$word\"))\n"
         "  fi\n"
         "}\n"
         "complete -o filenames -F _dew dew\n";
}

std::string zsh_completion(std::span<const Verb> verbs) {
  std::string names;
  std::string cases;
  for (const Verb& verb : verbs) {
    names += "    '" + std::string(verb.name) + ":" + unquoted(verb.summary) + "'\n";
    cases += "    " + std::string(verb.name) + ") _arguments";
    for (const Option& option : verb.options) {
      // Brackets end the explanation in _arguments' language.
      std::string help = unquoted(option.help);
      for (char& c : help) c = c == '[' ? '(' : c == ']' ? ')' : c == ':' ? ';' : c;
      cases += " \\\n      '" + std::string(option.name) + "[" + help + "]";
      if (option.value[0] != '\0') {
        cases += ":" + std::string(option.value) + ":";
        if (option.choices[0] != '\0')
          cases += "(" + std::string(option.choices) + ")";
        else if (completes_to_path(option))
          cases += "_files";
      }
      cases += "'";
    }
    cases += " \\\n      '*:file:_files' ;;\n";
  }
  return "#compdef dew\n# zsh completion for dew, printed by `dew __completion zsh`\n"
         "_dew() {\n"
         "  local -a verbs=(\n" +
         names +
         "  )\n"
         "  if (( CURRENT == 2 )); then\n"
         "    _describe verb verbs\n"
         "    return\n"
         "  fi\n"
         "  local verb=$words[2]\n"
         "  shift words\n"
         "  (( CURRENT-- ))\n"
         "  case $verb in\n" +
         cases +
         "  esac\n"
         "}\n"
         "_dew \"$@\"\n";
}

}  // namespace dew::app
