// SPDX-License-Identifier: Apache-2.0
// The arrows between folders, read from the #include lines of the tree.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

/// What each folder may include. tests and data may include anything, and nobody includes them.
const std::map<std::string, std::set<std::string>> kAllowed = {
    {"entropy", {"entropy"}},
    {"pointcloud", {"pointcloud", "entropy"}},
    {"gaussians", {"gaussians", "entropy"}},
    {"mesh", {"mesh", "entropy"}},
    {"viewer", {"viewer", "pointcloud", "gaussians", "mesh", "entropy"}},
    {"apps", {"apps", "viewer", "pointcloud", "gaussians", "mesh", "entropy"}},
};

/// Headers beyond the standard library that entropy/ may use, since the decoders must build with hardly anything. entropy/documents is a
/// library of its own, which no codec needs, and may use JSON.
bool is_allowed_in_entropy(const std::string& path_in_tree, const std::string& header) {
  return header == "xxhash.h" || header == "cuda_runtime.h" || header == "immintrin.h" || header == "cpuid.h" ||
         header.rfind("hwy/", 0) == 0 || header.find('.') == std::string::npos ||
         (header == "nlohmann/json.hpp" && path_in_tree.rfind("entropy/documents/", 0) == 0);
}

/// What may use entropy/documents: readers and writers of files, and no codec.
bool may_read_documents(const std::string& path_in_tree) {
  static const std::vector<std::string> kRooms = {"entropy/documents/", "gaussians/io/", "mesh/gltf/", "viewer/camera/"};
  return std::any_of(kRooms.begin(), kRooms.end(), [&](const std::string& room) { return path_in_tree.rfind(room, 0) == 0; });
}

std::string top_folder(const std::string& path) { return path.substr(0, path.find('/')); }

/// The wrong #include lines of one file.
std::vector<std::string> wrong_includes(const std::string& path_in_tree, std::istream& source) {
  std::vector<std::string> wrong;
  const std::string folder = top_folder(path_in_tree);
  const auto rule = kAllowed.find(folder);
  if (rule == kAllowed.end()) return wrong;
  for (std::string line; std::getline(source, line);) {
    const size_t start = line.find_first_not_of(" \t");
    if (start == std::string::npos || line[start] != '#' || line.find("include") == std::string::npos) continue;
    const size_t open = line.find_first_of("\"<");
    if (open == std::string::npos) continue;  // HWY_TARGET_INCLUDE and the like
    const size_t close = line.find_first_of("\">", open + 1);
    const std::string header = line.substr(open + 1, close - open - 1);
    const bool ours = line[open] == '"' && header.rfind("hwy/", 0) != 0;
    const bool documents = header.rfind("entropy/documents/", 0) == 0;
    const bool right = ours ? rule->second.count(top_folder(header)) > 0 && (!documents || may_read_documents(path_in_tree))
                            : folder != "entropy" || is_allowed_in_entropy(path_in_tree, header);
    if (!right) wrong.push_back(header);
  }
  return wrong;
}

bool is_source(const fs::path& path) {
  static const std::set<std::string> kExtensions = {".h", ".cpp", ".cu", ".inc"};
  return kExtensions.count(path.extension().string()) > 0;
}

std::vector<std::string> wrong_in(const std::string& path_in_tree, const std::string& text) {
  std::istringstream source(text);
  return wrong_includes(path_in_tree, source);
}

TEST(Layering, TheCheckSeesWrongArrows) {
  EXPECT_EQ(wrong_in("entropy/any.h", "#include \"pointcloud/cloud.h\"\n"), std::vector<std::string>{"pointcloud/cloud.h"});
  EXPECT_EQ(wrong_in("entropy/any.h", "#include <torch/torch.h>\n#include <vector>\n"), std::vector<std::string>{"torch/torch.h"});
  EXPECT_EQ(wrong_in("pointcloud/any.h", "#  include \"mesh/mesh.h\"\n").size(), 1u);
  EXPECT_EQ(wrong_in("pointcloud/any.h", "#include \"cloud.h\"\n").size(), 1u) << "includes are written from the root";
  EXPECT_EQ(wrong_in("mesh/any.h", "#include \"tests/support/random.h\"\n").size(), 1u);
  EXPECT_EQ(wrong_in("apps/any.h", "#include \"data/generate/scene.h\"\n").size(), 1u);
  EXPECT_TRUE(wrong_in("apps/any.h", "#include \"pointcloud/codec.h\"\n#include <CLI/CLI.hpp>\n").empty());
  EXPECT_TRUE(wrong_in("viewer/any.h", "#include \"mesh/mesh.h\"\n").empty());
}

TEST(Layering, DocumentsAreForReadersOfFiles) {
  const std::string json = "#include \"entropy/documents/json_value.h\"\n";
  EXPECT_TRUE(wrong_in("mesh/gltf/gltf_rest.h", json).empty());
  EXPECT_TRUE(wrong_in("gaussians/io/sog_codes.h", json).empty());
  EXPECT_EQ(wrong_in("mesh/codec.h", json).size(), 1u);
  EXPECT_EQ(wrong_in("gaussians/codec.h", json).size(), 1u);
  EXPECT_EQ(wrong_in("entropy/container.h", json).size(), 1u);
  EXPECT_TRUE(wrong_in("entropy/documents/json_value.h", "#include <nlohmann/json.hpp>\n").empty());
  EXPECT_EQ(wrong_in("entropy/metadata.cpp", "#include <nlohmann/json.hpp>\n").size(), 1u);
}

TEST(Layering, NoFileIncludesWhatItMayNot) {
  size_t files = 0;
  for (const auto& [folder, allowed] : kAllowed) {
    const fs::path root = fs::path(DEW_SOURCE_DIR) / folder;
    if (!fs::exists(root)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (!entry.is_regular_file() || !is_source(entry.path())) continue;
      ++files;
      std::ifstream source(entry.path());
      for (const std::string& header : wrong_includes(fs::relative(entry.path(), DEW_SOURCE_DIR).generic_string(), source)) {
        ADD_FAILURE() << entry.path().string() << " may not include " << header;
      }
    }
  }
  EXPECT_GT(files, 20u);
}

}  // namespace
