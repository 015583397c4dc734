// SPDX-License-Identifier: Apache-2.0
// The program: picks the verb, prints what the table of verbs generates, and does nothing else.
#include <algorithm>
#include <cstdio>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "apps/manual.h"
#include "apps/report.h"
#include "apps/verbs.h"

namespace dew::app {
namespace {

/// Memory that one frame gave back serves the next: to hand it to the system and get it again, page by page, takes a fifteenth of the time
/// of encoding a frame. No more than a frame needs, and not what large scenes are made of: they promise what memory they take.
void keep_freed_memory() {
#if defined(__GLIBC__)
  mallopt(M_TRIM_THRESHOLD, 32 << 20);
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
#endif
}

int print(const std::string& text) { return std::fputs(text.c_str(), stdout) < 0 ? kFailed : kDone; }

/// `dew __man` and `dew __completion SHELL`: for the build, not for people, so no help names them.
int print_generated(const std::vector<std::string>& words, std::span<const Verb> verbs) {
  if (words[0] == "__man") return print(man_page(verbs, DEW_VERSION));
  const std::string shell = words.size() > 1 ? words[1] : "";
  if (shell == "bash") return print(bash_completion(verbs));
  if (shell == "zsh") return print(zsh_completion(verbs));
  std::fputs("dew: __completion takes bash or zsh\n", stderr);
  return kUsage;
}

int run_verb(const Verb& verb, std::span<const std::string> words) {
  if (std::find(words.begin(), words.end(), "--help") != words.end()) return print(verb_help(verb));
  const Result<Arguments> arguments = parse(verb.options, words);
  if (!arguments.ok()) return usage_error(verb.name, arguments.error().message);
  const size_t count = arguments->operands().size();
  if (count < verb.operands_min || (verb.operands_max != 0 && count > verb.operands_max)) {
    return usage_error(verb.name, std::string("expected ") + verb.operands);
  }
  return verb.run(*arguments);
}

int run(const std::vector<std::string>& words) {
  const std::vector<Verb> verbs = {encode_verb(), decode_verb(),  info_verb(),  compare_verb(), verify_verb(), bench_verb(),
                                   render_verb(), convert_verb(), prune_verb(), stream_verb(),  view_verb()};
  if (words.empty()) {
    std::fputs(program_help(verbs).c_str(), stderr);
    return kUsage;
  }
  if (words[0] == "--help" || words[0] == "help") return print(program_help(verbs));
  if (words[0] == "--version") return print("dew " DEW_VERSION "\n");
  if (words[0] == "__man" || words[0] == "__completion") return print_generated(words, verbs);
  for (const Verb& verb : verbs) {
    if (words[0] == verb.name) return run_verb(verb, std::span(words).subspan(1));
  }
  std::fprintf(stderr, "dew: no verb '%s'; `dew --help` lists them\n", words[0].c_str());
  return kUsage;
}

}  // namespace
}  // namespace dew::app

int main(int argc, char** argv) {
  dew::app::keep_freed_memory();
  return dew::app::run({argv + 1, argv + argc});
}
