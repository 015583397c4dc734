// SPDX-License-Identifier: Apache-2.0
#include "apps/view/meshes.h"

#include <algorithm>
#include <cstdio>

#include "apps/mesh_codec.h"

namespace dew::app {
namespace {

std::string numbers_text(const float* values, size_t count) {
  std::string text;
  for (size_t k = 0; k < count; ++k) {
    char number[32];
    std::snprintf(number, sizeof number, "%s%.6g", k == 0 ? "" : " ", static_cast<double>(values[k]));
    text += number;
  }
  return text;
}

}  // namespace

std::vector<viewer::Fact> facts_of(const Mesh& mesh, uint32_t vertex) {
  if (vertex >= mesh.vertices()) return {};
  std::vector<viewer::Fact> facts = {{"vertex", std::to_string(vertex), ""},
                                     {"position", numbers_text(&mesh.position[3 * size_t{vertex}], 3), ""}};
  const auto corner = std::find(mesh.triangle.begin(), mesh.triangle.end(), vertex);
  for (const MeshAttribute& attribute : mesh.attributes) {
    size_t value = vertex;
    if (!attribute.corner.empty()) {
      if (corner == mesh.triangle.end()) continue;
      value = attribute.corner[static_cast<size_t>(corner - mesh.triangle.begin())];
    }
    facts.push_back({attribute.name, numbers_text(&attribute.value[attribute.components * value], attribute.components), ""});
  }
  return facts;
}

std::vector<viewer::InfoLine> mesh_info_lines(ByteSpan file) {
  const auto info = inspect_mesh(file, {});
  if (!info.ok()) return {};
  // The lines of mesh_info_text: two spaces, a name, spaces, a value.
  std::vector<viewer::InfoLine> lines;
  const std::string text = mesh_info_text(*info);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin + 2, end - begin - 2);
    const size_t gap = std::min(line.find("  ", line.find_first_not_of(' ')), line.size());
    const size_t value = std::min(line.find_first_not_of(' ', gap), line.size());
    lines.push_back({line.substr(0, gap), line.substr(value)});
    begin = end + 1;
  }
  return lines;
}

}  // namespace dew::app
