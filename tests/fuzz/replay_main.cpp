// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over files and folders of files, for builds without a fuzzing engine:  container_fuzz corpus/container_fuzz crash-1
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

bool replay(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::vector<char> read{std::istreambuf_iterator<char>(stream), {}};
  if (!stream.good() && !stream.eof()) return false;
  const std::vector<uint8_t> bytes(read.begin(), read.end());  // of its exact size, so that address sanitizers see one byte too far
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      files.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& file : files) {
    if (replay(file)) continue;
    std::fprintf(stderr, "can't read %s\n", file.c_str());
    return 1;
  }
  std::printf("%zu inputs replayed\n", files.size());
  return files.empty() ? 1 : 0;
}
