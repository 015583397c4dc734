// SPDX-License-Identifier: Apache-2.0
#include "apps/bench/run.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "apps/command_line.h"

namespace dew::app {
namespace {

namespace fs = std::filesystem;

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double cpu_ms(const rusage& usage) {
  const auto ms = [](const timeval& time) { return 1e3 * static_cast<double>(time.tv_sec) + 1e-3 * static_cast<double>(time.tv_usec); };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

/// Waits for the child, and ends its process group when the time is over. Returns whether it ended by itself.
bool wait_for(pid_t child, std::chrono::steady_clock::time_point start, double limit_s, int& status, rusage& usage) {
  bool timed_out = false;
  for (;;) {
    const pid_t ended = wait4(child, &status, limit_s > 0 && !timed_out ? WNOHANG : 0, &usage);
    if (ended == child) return !timed_out;
    if (ended < 0 && errno != EINTR) return !timed_out;  // status says that it failed
    if (ended != 0) continue;
    if (milliseconds_since(start) > 1e3 * limit_s) {
      kill(-child, SIGKILL);
      timed_out = true;
    } else {
      // Short commands are looked at often, so that the time of a short one is not that of the wait.
      std::this_thread::sleep_for(std::chrono::microseconds(milliseconds_since(start) < 200 ? 200 : 5000));
    }
  }
}

bool send_all(int socket, const void* from, size_t size) {
  for (const char* at = static_cast<const char*>(from); size > 0;) {
    const ssize_t now = send(socket, at, size, MSG_NOSIGNAL);
    if (now < 0 && errno == EINTR) continue;
    if (now <= 0) return false;
    at += now;
    size -= static_cast<size_t>(now);
  }
  return true;
}

bool receive_all(int socket, void* to, size_t size) {
  for (char* at = static_cast<char*>(to); size > 0;) {
    const ssize_t now = recv(socket, at, size, 0);
    if (now < 0 && errno == EINTR) continue;
    if (now <= 0) return false;
    at += now;
    size -= static_cast<size_t>(now);
  }
  return true;
}

/// What goes to the runner ahead of the two texts.
struct Request {
  size_t command_bytes, folder_bytes;
  double limit_s;
};

void serve(int socket) {
  Request request;
  while (receive_all(socket, &request, sizeof request)) {
    std::string command(request.command_bytes, 0), folder(request.folder_bytes, 0);
    if (!receive_all(socket, command.data(), command.size()) || !receive_all(socket, folder.data(), folder.size())) return;
    const Ran ran = run_command(command, folder, request.limit_s);
    if (!send_all(socket, &ran, sizeof ran)) return;
  }
}

}  // namespace

CommandRunner::CommandRunner() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return;
  child_ = fork();
  if (child_ == 0) {
    close(ends[0]);
    serve(ends[1]);
    _exit(0);
  }
  close(ends[1]);
  socket_ = ends[0];
}

CommandRunner::~CommandRunner() {
  if (socket_ >= 0) close(socket_);  // upon which the runner ends
  while (child_ > 0 && waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Ran CommandRunner::run(const std::string& command, const std::string& folder, double limit_s) const {
  const Request request{command.size(), folder.size(), limit_s};
  Ran ran;
  const bool ran_it = send_all(socket_, &request, sizeof request) && send_all(socket_, command.data(), command.size()) &&
                      send_all(socket_, folder.data(), folder.size()) && receive_all(socket_, &ran, sizeof ran);
  return ran_it ? ran : Ran{};
}

ScratchFolder::ScratchFolder() {
  std::error_code failure;
  std::string name = (fs::temp_directory_path(failure) / "dew-bench-XXXXXX").string();
  if (!failure && mkdtemp(name.data()) != nullptr) path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

Ran run_command(const std::string& command, const std::string& folder, double limit_s) {
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    if (limit_s > 0) setpgid(0, 0);
    if (chdir(folder.c_str()) != 0) _exit(126);
    execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  Ran ran;
  if (child < 0) return ran;
  if (limit_s > 0) setpgid(child, child);  // whichever of the two is first
  int status = -1;
  rusage usage{};
  ran.timed_out = !wait_for(child, start, limit_s, status, usage);
  ran.ok = !ran.timed_out && status == 0;
  ran.milliseconds = milliseconds_since(start);
  ran.cpu_ms = cpu_ms(usage);
  ran.peak_mb = static_cast<double>(usage.ru_maxrss) / 1024;
  return ran;
}

std::string program_folder() {
  std::error_code failure;
  return fs::read_symlink("/proc/self/exe", failure).parent_path().string();
}

std::string find_program(const std::string& name) {
  std::vector<fs::path> folders = {program_folder()};
  const char* path = std::getenv("PATH");
  for (const std::string& folder : split(path == nullptr ? "" : path, ':')) folders.emplace_back(folder);
  for (const fs::path& folder : folders) {
    const std::string candidate = (folder / name).string();
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

void add_absent(std::vector<std::string>& absent, const std::string& what) {
  if (std::find(absent.begin(), absent.end(), what) == absent.end()) absent.push_back(what);
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace dew::app
