// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/run_dew.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace dew::e2e {
namespace {

namespace fs = std::filesystem;

std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Standard streams go through files, so that neither side waits for the other.
Ran run(const std::vector<std::string>& words, const std::string& folder, const std::string& input) {
  const std::string in = folder + ".in";
  const std::string out = folder + ".out";
  const std::string err = folder + ".err";
  std::ofstream(in, std::ios::binary) << input;
  const pid_t child = fork();
  if (child == 0) {
    dup2(open(in.c_str(), O_RDONLY), 0);
    dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
    dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
    setenv("PATH", (std::string(DEW_BIN_DIR) + ":" + std::getenv("PATH")).c_str(), 1);
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    if (chdir(folder.c_str()) == 0) execvp(arguments[0], arguments.data());
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Ran ran;
  ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ran.out = read_all(out);
  ran.err = read_all(err);
  for (const std::string& file : {in, out, err}) fs::remove(file);
  return ran;
}

}  // namespace

Ran Scratch::dew(std::vector<std::string> arguments, const std::string& input) const {
  arguments.insert(arguments.begin(), std::string(DEW_BIN_DIR) + "/dew");
  return run(arguments, folder_.path(), input);
}

Ran Scratch::shell(const std::string& command) const { return run({"/bin/sh", "-c", command}, folder_.path(), {}); }

void Scratch::write(const std::string& name, const std::string& bytes) const { std::ofstream(path(name), std::ios::binary) << bytes; }

std::string Scratch::read(const std::string& name) const {
  EXPECT_TRUE(has(name)) << name << " is not there";
  return read_all(path(name));
}

bool Scratch::has(const std::string& name) const { return fs::exists(path(name)); }

std::vector<std::string> Scratch::names() const {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder_.path())) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string street_frame(size_t point_count) {
  std::string bytes;
  for (size_t i = 0; i < point_count; ++i) {
    const double azimuth = 6.28 * static_cast<double>(i / 16) / static_cast<double>(point_count / 16 + 1);
    const double elevation = 0.03 * (static_cast<double>(i % 16) - 12);
    const double range_m = elevation < -0.05 ? -1.7 / std::sin(elevation) : 9 + 4 * std::sin(3 * azimuth);
    const float record[4] = {static_cast<float>(range_m * std::cos(elevation) * std::cos(azimuth)),
                             static_cast<float>(range_m * std::cos(elevation) * std::sin(azimuth)),
                             static_cast<float>(range_m * std::sin(elevation)), static_cast<float>(i * 7 % 100) / 100.0f};
    bytes.append(reinterpret_cast<const char*>(record), sizeof record);
  }
  return bytes;
}

std::vector<std::string> sample_paths() {
  std::vector<std::string> paths;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(std::string(DEW_SOURCE_DIR) + "/data/samples", failure)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".bin" || extension == ".pcd" || extension == ".ply" || extension == ".lrf") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace dew::e2e
