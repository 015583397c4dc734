// SPDX-License-Identifier: Apache-2.0
// Which files of a folder are a scene, its cameras and its photographs.
#include <algorithm>
#include <filesystem>
#include <optional>

#include "apps/bench/splats.h"
#include "apps/files.h"

namespace dew::app {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(folder, failure)) entries.push_back(entry.path());
  std::sort(entries.begin(), entries.end());
  return entries;
}

/// A folder of frames, whatever lies below it.
bool holds_point_clouds(const fs::path& folder) {
  for (const fs::path& entry : sorted_entries(folder)) {
    const std::string kind = extension(entry.string());
    if (kind == ".bin" || kind == ".pcd" || kind == ".lrf" || kind == ".pcap" || kind == ".ply") return true;
  }
  return false;
}

/// The .ply of the highest iteration that the reference trainer has left.
fs::path trained_scene(const fs::path& folder) {
  fs::path latest;
  unsigned long highest = 0;
  for (const fs::path& entry : sorted_entries(folder / "point_cloud")) {
    const std::string name = entry.filename().string();
    if (!name.starts_with("iteration_") || !is_file(entry / "point_cloud.ply")) continue;
    const unsigned long iteration = std::strtoul(name.c_str() + 10, nullptr, 10);
    if (latest.empty() || iteration > highest) latest = entry / "point_cloud.ply";
    highest = std::max(highest, iteration);
  }
  return latest;
}

fs::path scene_file(const fs::path& folder) {
  if (const fs::path trained = trained_scene(folder); !trained.empty()) return trained;
  for (const char* name : {"scene.ply", "point_cloud.ply"})
    if (is_file(folder / name)) return folder / name;
  for (const fs::path& entry : sorted_entries(folder)) {
    const std::string name = entry.filename().string();
    if (is_file(entry) && extension(name) == ".ply" && !name.ends_with(".compressed.ply")) return entry;
  }
  return {};
}

void add_photos(const fs::path& folder, SplatScene& scene) {
  if (is_file(folder / "transforms.json")) {
    scene.photo_cameras = (folder / "transforms.json").string();
    scene.photo_folder = folder.string();
  } else if (is_file(folder / "cameras.json") && is_folder(folder / "images")) {
    scene.photo_cameras = (folder / "cameras.json").string();
    scene.photo_folder = (folder / "images").string();
  }
}

std::optional<SplatScene> scene_of_folder(const fs::path& folder, const fs::path& file) {
  SplatScene scene;
  scene.name = fs::absolute(folder).lexically_normal().filename().string();
  if (scene.name.empty()) scene.name = fs::absolute(folder).lexically_normal().parent_path().filename().string();
  scene.file = file.string();
  const bool measured = is_file(folder / "bench_cameras.json");
  const fs::path cameras = folder / (measured ? "bench_cameras.json" : "cameras.json");
  if (file.empty() || !is_file(cameras)) return std::nullopt;
  scene.cameras = cameras.string();
  scene.choose = !measured;
  add_photos(folder, scene);
  return scene;
}

}  // namespace

Result<std::vector<SplatScene>> find_splat_scenes(const std::vector<std::string>& paths) {
  std::vector<SplatScene> scenes;
  const auto add = [&](std::optional<SplatScene> scene) {
    if (scene) scenes.push_back(*std::move(scene));
    return scene.has_value();
  };
  for (const std::string& path : paths) {
    if (!is_folder(path)) {
      if (!is_file(path)) return Error{Code::io, 0, path + " is not there"};
      if (extension(path) == ".ply") add(scene_of_folder(("." / fs::path(path)).parent_path(), path));
      continue;
    }
    if (add(scene_of_folder(path, scene_file(path))) || holds_point_clouds(path)) continue;
    for (const fs::path& entry : sorted_entries(path))
      if (is_folder(entry)) add(scene_of_folder(entry, scene_file(entry)));
  }
  return scenes;
}

void add_photos_of(const std::string& folder, std::vector<SplatScene>& scenes) {
  for (SplatScene& scene : scenes) {
    const fs::path root = folder;
    for (const fs::path& place : {root / scene.name / "images", root / scene.name, root / "images", root}) {
      if (!scene.photo_cameras.empty() || !is_folder(place)) continue;
      scene.photo_cameras = scene.cameras;
      scene.photo_folder = place.string();
    }
  }
}

bool names_splat_scenes(const std::vector<std::string>& paths) {
  const auto scenes = find_splat_scenes(paths);
  return scenes.ok() && !scenes->empty();
}

}  // namespace dew::app
