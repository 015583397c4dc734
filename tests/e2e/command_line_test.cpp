// SPDX-License-Identifier: Apache-2.0
// The command line itself: help, usage errors, generated pages. Nothing here depends on how frames are coded.
#include <gtest/gtest.h>

#include "tests/e2e/run_dew.h"

namespace dew::e2e {
namespace {

const std::vector<std::string> kVerbs = {"encode", "decode", "info", "compare", "verify", "bench"};

TEST(CommandLine, HelpOfEveryVerbShowsUsageOptionsAndExamples) {
  const Scratch scratch;
  for (const std::string& verb : kVerbs) {
    const Ran ran = scratch.dew({verb, "--help"});
    EXPECT_EQ(ran.exit_code, 0);
    EXPECT_TRUE(ran.out.starts_with("Usage: dew " + verb + " ")) << ran.out;
    EXPECT_NE(ran.out.find("--json"), std::string::npos);
    const size_t examples = ran.out.find("Examples:");
    ASSERT_NE(examples, std::string::npos);
    EXPECT_NE(ran.out.find("dew " + verb, examples), std::string::npos);
  }
}

TEST(CommandLine, HelpAndVersionOfTheProgram) {
  const Scratch scratch;
  const Ran help = scratch.dew({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const std::string& verb : kVerbs) EXPECT_NE(help.out.find("  " + verb), std::string::npos);
  const Ran version = scratch.dew({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_TRUE(version.out.starts_with("dew ")) << version.out;
}

TEST(CommandLine, WrongUsageExitsWith2AndSaysWhatToDo) {
  const Scratch scratch;
  scratch.write("a.bin", street_frame(64));
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"shrink", "a.bin"},
      {"encode"},
      {"encode", "a.bin"},
      {"encode", "--no-such-option", "a.bin", "a.dew"},
      {"encode", "--effort", "extreme", "a.bin", "a.dew"},
      {"encode", "--effort"},
      {"encode", "--force=yes", "a.bin", "a.dew"},
      {"encode", "--threads", "0", "a.bin", "a.dew"},
      {"encode", "--threads", "1", "--threads", "2", "a.bin", "a.dew"},
      {"encode", "--slices", "-3", "a.bin", "a.dew"},
      {"encode", "--slices", "2", "--slice-bytes", "1200", "a.bin", "a.dew"},
      {"encode", "--lossless", "--lattice", "a.bin", "a.dew"},
      {"encode", "--max-error", "1", "a.bin", "a.dew"},
      {"encode", "--max-error", "-1cm", "a.bin", "a.dew"},
      {"encode", "--max-error", "nan m", "a.bin", "a.dew"},
      {"encode", "--max-error", "0mm", "a.bin", "a.dew"},
      {"encode", "a.bin", "a.bin", "-"},
      {"encode", "a.bin", "a.bin", "folder"},
      {"decode", "a.dew"},
      {"decode", "--slice", "first", "a.dew", "b.bin"},
      {"compare", "a.bin"},
      {"compare", "a.bin", "b.bin", "c.bin"},
      {"verify"},
      {"info"},
      {"bench", "--modes", "tiny", "a.bin"},
      {"bench", "--efforts", "some", "a.bin"},
      {"bench", "--csv", "--json", "a.bin"},
  };
  for (const auto& words : wrong) {
    const Ran ran = scratch.dew(words);
    std::string line;
    for (const std::string& word : words) line += " " + word;
    EXPECT_EQ(ran.exit_code, 2) << "dew" << line << "\n" << ran.err;
    EXPECT_NE(ran.err.find("help"), std::string::npos) << "dew" << line << "\n" << ran.err;
    EXPECT_TRUE(ran.out.empty()) << ran.out;
  }
  for (const std::string& name : scratch.names()) EXPECT_FALSE(name.ends_with(".dew")) << name;
}

TEST(CommandLine, OptionsEndAfterTwoDashes) {
  const Scratch scratch;
  const Ran ran = scratch.dew({"info", "--", "--help-me"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_TRUE(ran.err.starts_with("dew: --help-me: ")) << ran.err;
}

TEST(CommandLine, ManPageAndCompletionsNameEveryOptionOfTheHelp) {
  const Scratch scratch;
  const std::string man = scratch.dew({"__man"}).out;
  const std::string bash = scratch.dew({"__completion", "bash"}).out;
  const std::string zsh = scratch.dew({"__completion", "zsh"}).out;
  for (const std::string& verb : kVerbs) {
    const std::string help = scratch.dew({verb, "--help"}).out;
    size_t options = 0;
    for (size_t at = help.find("\n  --"); at != std::string::npos; at = help.find("\n  --", at + 1)) {
      const std::string option = help.substr(at + 3, help.find_first_of(" \n", at + 3) - at - 3);
      std::string roff;
      for (const char c : option) roff += c == '-' ? std::string("\\-") : std::string(1, c);
      EXPECT_NE(man.find(roff), std::string::npos) << option;
      EXPECT_NE(bash.find(option), std::string::npos) << option;
      EXPECT_NE(zsh.find("'" + option + "["), std::string::npos) << option;
      ++options;
    }
    EXPECT_GE(options, 2u) << verb;
  }
  scratch.write("dew.bash", bash);
  const Ran checked = scratch.shell("bash -c '. ./dew.bash; COMP_WORDS=(dew en); COMP_CWORD=1; _dew; echo ${COMPREPLY[0]}'");
  EXPECT_EQ(checked.out, "encode\n") << checked.err;
}

}  // namespace
}  // namespace dew::e2e
