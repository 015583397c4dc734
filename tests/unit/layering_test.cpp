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

/// The one arrow beyond that: glTF documents hold meshes and splats alike, and are read and written in gaussians/io. Meshes in glTF are a
/// library of their own (dew::mesh_gltf), so that the mesh codec stays free of it.
bool is_gltf_document(const std::string& path_in_tree, const std::string& header) {
  return path_in_tree.rfind("mesh/gltf/", 0) == 0 && (header == "gaussians/io/gltf_document.h" || header == "gaussians/io/json_value.h");
}

/// Headers beyond the standard library that entropy/ may use, since the decoders must build with hardly anything.
bool is_allowed_in_entropy(const std::string& header) {
  return header == "xxhash.h" || header == "cuda_runtime.h" || header == "immintrin.h" || header == "cpuid.h" ||
         header.rfind("hwy/", 0) == 0 || header.find('.') == std::string::npos;
}

std::string top_folder(const std::string& path) { return path.substr(0, path.find('/')); }

/// The wrong #include lines of one file of `folder`.
std::vector<std::string> wrong_includes(const std::string& folder, std::istream& source) {
  std::vector<std::string> wrong;
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
    const bool right = ours ? rule->second.count(top_folder(header)) > 0 : folder != "entropy" || is_allowed_in_entropy(header);
    if (!right) wrong.push_back(header);
  }
  return wrong;
}

bool is_source(const fs::path& path) {
  static const std::set<std::string> kExtensions = {".h", ".cpp", ".cu", ".inc"};
  return kExtensions.count(path.extension().string()) > 0;
}

std::vector<std::string> wrong_in(const std::string& folder, const std::string& text) {
  std::istringstream source(text);
  return wrong_includes(folder, source);
}

TEST(Layering, TheCheckSeesWrongArrows) {
  EXPECT_EQ(wrong_in("entropy", "#include \"pointcloud/cloud.h\"\n"), std::vector<std::string>{"pointcloud/cloud.h"});
  EXPECT_EQ(wrong_in("entropy", "#include <torch/torch.h>\n#include <vector>\n"), std::vector<std::string>{"torch/torch.h"});
  EXPECT_EQ(wrong_in("pointcloud", "#  include \"mesh/mesh.h\"\n").size(), 1u);
  EXPECT_EQ(wrong_in("pointcloud", "#include \"cloud.h\"\n").size(), 1u) << "includes are written from the root";
  EXPECT_EQ(wrong_in("mesh", "#include \"tests/support/random.h\"\n").size(), 1u);
  EXPECT_EQ(wrong_in("apps", "#include \"data/generate/scene.h\"\n").size(), 1u);
  EXPECT_TRUE(wrong_in("apps", "#include \"pointcloud/codec.h\"\n#include <CLI/CLI.hpp>\n").empty());
  EXPECT_TRUE(wrong_in("viewer", "#include \"mesh/mesh.h\"\n").empty());
}

TEST(Layering, OnlyMeshesInGltfReachTheDocumentsOfSplats) {
  EXPECT_TRUE(is_gltf_document("mesh/gltf/gltf_rest.h", "gaussians/io/json_value.h"));
  EXPECT_FALSE(is_gltf_document("mesh/gltf/gltf_rest.h", "gaussians/io/ply.h"));
  EXPECT_FALSE(is_gltf_document("mesh/codec.h", "gaussians/io/json_value.h"));
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
      for (const std::string& header : wrong_includes(folder, source)) {
        if (is_gltf_document(fs::relative(entry.path(), DEW_SOURCE_DIR).generic_string(), header)) continue;
        ADD_FAILURE() << entry.path().string() << " may not include " << header;
      }
    }
  }
  EXPECT_GT(files, 20u);
}

}  // namespace
