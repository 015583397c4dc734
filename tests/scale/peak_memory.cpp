// SPDX-License-Identifier: Apache-2.0
// Runs a program and holds its largest resident memory against a bound:
//   dew-peak-memory MOST_MIB PROGRAM [ARGUMENT...]
// Prints seconds and MiB; fails where the program does or the bound is passed.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

int main(int count, char** arguments) {
  if (count < 3) {
    std::fprintf(stderr, "usage: dew-peak-memory MOST_MIB PROGRAM [ARGUMENT...]\n");
    return 2;
  }
  const long most_mib = std::strtol(arguments[1], nullptr, 10);
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    execvp(arguments[2], arguments + 2);
    std::perror(arguments[2]);
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || wait4(child, &status, 0, &usage) != child) {
    std::perror("wait4");
    return 2;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const long mib = usage.ru_maxrss / 1024;
  std::printf("%.1f s, %ld MiB of at most %ld\n", seconds, mib, most_mib);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return 1;
  return mib <= most_mib ? 0 : 1;
}
