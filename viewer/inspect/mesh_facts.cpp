// SPDX-License-Identifier: Apache-2.0
#include "viewer/inspect/mesh_facts.h"

#include <algorithm>
#include <cstdio>

namespace dew::viewer {
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

std::vector<Fact> facts_of(const Mesh& mesh, uint32_t vertex) {
  if (vertex >= mesh.vertices()) return {};
  std::vector<Fact> facts = {{"vertex", std::to_string(vertex), ""}, {"position", numbers_text(&mesh.position[3 * size_t{vertex}], 3), ""}};
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

std::vector<InfoLine> info_lines(const MeshFileInfo& info) {
  constexpr const char* kPromises[] = {"surfaces at most",
                                       "vertices at most",
                                       "lossless",
                                       "surfaces in the root mean square at most",
                                       "lossless, in another order",
                                       "the shape, by other triangles"};
  constexpr const char* kFormats[] = {"none", "ply", "obj", "stl", "off", "gltf", "draco"};
  const auto mode = static_cast<size_t>(info.mode), format = static_cast<size_t>(info.source);
  std::vector<InfoLine> lines = {{"kind", std::string("mesh, from ") + (format < std::size(kFormats) ? kFormats[format] : "unknown")},
                                 {"vertices", std::to_string(info.vertices)},
                                 {"faces", std::to_string(info.faces)},
                                 {"bytes", std::to_string(info.bytes)}};
  std::string promise = mode < std::size(kPromises) ? kPromises[mode] : "unknown";
  if (!keeps_all_bits(info.mode) && info.mode != MeshMode::implicit) {
    char bound[48];
    std::snprintf(bound, sizeof bound, " %.4g apart", info.max_error);
    promise += bound;
  }
  lines.push_back({"promise", promise});
  lines.push_back({"order", info.keeps_order ? "that of the source" : "not that of the source"});
  lines.push_back({"scheme", info.scheme});
  const MeshPartBytes& p = info.parts;
  lines.push_back({"bits a vertex", fixed(bits_per(info.bytes, info.vertices), 3)});
  const std::pair<const char*, double> parts[] = {{"connectivity", p.connectivity}, {"positions", p.positions}, {"normals", p.normals},
                                                  {"texcoords", p.texcoords},       {"colours", p.colours},     {"other", p.other}};
  for (const auto& [name, bytes] : parts) {
    if (info.vertices > 0) lines.push_back({std::string("  ") + name, fixed(8 * bytes / static_cast<double>(info.vertices), 3)});
  }
  for (const std::string& name : info.attributes) lines.push_back({"attribute", name});
  return lines;
}

}  // namespace dew::viewer
