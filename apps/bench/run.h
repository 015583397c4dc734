// SPDX-License-Identifier: Apache-2.0
/// Programs of others, run and measured by `dew bench`.
///
///   const ScratchFolder scratch;
///   const Ran ran = run_command("xz -6 -c in > out", scratch.path());
///   if (ran.ok) use(ran.milliseconds, ran.peak_mb);
#pragma once

#include <string>
#include <vector>

namespace dew::app {

/// A folder in the system's place for such, removed with all that is in it.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  /// Empty where none could be made.
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct Ran {
  bool ok = false;
  bool timed_out = false;
  double milliseconds = 0;
  double cpu_ms = 0;   ///< of all processes that the command started and waited for
  double peak_mb = 0;  ///< of the largest process that the command started, MiB
};

/// Runs a shell command in `folder` and waits for it; after `limit_s` seconds (0: never) it is ended, with all that it started.
Ran run_command(const std::string& command, const std::string& folder, double limit_s = 0);

/// Runs commands from a process that was started while this one was small: the system counts what a process held when it was forked as
/// memory of what it then runs, so that a program run from here would seem to need what we hold. Not for several threads at once.
class CommandRunner {
 public:
  CommandRunner();
  ~CommandRunner();
  CommandRunner(const CommandRunner&) = delete;
  CommandRunner& operator=(const CommandRunner&) = delete;
  /// As run_command.
  Ran run(const std::string& command, const std::string& folder, double limit_s = 0) const;

 private:
  int socket_ = -1;
  int child_ = -1;
};

/// Where a program is: beside this one, then on the path; empty if nowhere.
std::string find_program(const std::string& name);

/// The folder of this program; empty if the system does not say.
std::string program_folder();

/// Adds `what` unless it is there.
void add_absent(std::vector<std::string>& absent, const std::string& what);

/// In single quotes, for the shell.
std::string quoted(const std::string& text);

}  // namespace dew::app
