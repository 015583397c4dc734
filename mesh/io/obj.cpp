// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "mesh/io/polygons.h"
#include "mesh/io/read_mesh.h"
#include "mesh/io/text_scanner.h"

namespace dew {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

/// What a corner names: place, texture coordinate, normal.
using Corner = std::array<uint32_t, 3>;

struct Reading {
  MeshInput input;
  MeshAttribute colour{"color", AttributeKind::colour, AttributeType::f32, 3, {}, {}};
  std::array<MeshAttribute, 2> named = {MeshAttribute{"texcoord", AttributeKind::texcoord, AttributeType::f32, 2, {}, {}},
                                        MeshAttribute{"normal", AttributeKind::normal, AttributeType::f32, 3, {}, {}}};
  std::string object, material;
  bool part_open = false, third_coordinate = false, lines = false, lacking = false;
  uint64_t polygons = 0;
};

/// Numbers up to `most`; how many there were.
size_t take(TextScanner& scanner, std::array<float, 7>& values) {
  size_t count = 0;
  while (count < values.size() && scanner.number(values[count])) ++count;
  return count;
}

Status read_place(TextScanner& scanner, Reading& reading) {
  std::array<float, 7> v{};
  const size_t count = take(scanner, v);
  if (count < 3) return at(scanner, "a vertex has no three coordinates");
  std::vector<float>& position = reading.input.mesh.position;
  position.insert(position.end(), v.begin(), v.begin() + 3);
  if (count < 6 && reading.colour.value.empty()) return {};
  // Vertices before the first coloured one, or without colour, are white.
  reading.colour.value.resize(position.size() - 3, 1.0f);
  for (size_t k = 0; k < 3; ++k) reading.colour.value.push_back(count >= 6 ? v[3 + k] : 1.0f);
  return {};
}

Status read_value(TextScanner& scanner, MeshAttribute& attribute, Reading& reading) {
  std::array<float, 7> v{};
  const size_t count = take(scanner, v);
  if (count < (attribute.components == 3 ? 3u : 1u)) return at(scanner, "a texture coordinate or normal has too few numbers");
  reading.third_coordinate = reading.third_coordinate || (attribute.components == 2 && count > 2 && v[2] != 0.0f);
  attribute.value.insert(attribute.value.end(), v.begin(), v.begin() + attribute.components);
  return {};
}

/// An index counts from 1, or backwards from the last if negative.
bool read_index(std::string_view text, size_t count, uint32_t& index) {
  int64_t number = 0;
  if (!TextScanner::parse(text, number)) return false;
  const int64_t place = number < 0 ? static_cast<int64_t>(count) + number : number - 1;
  if (place < 0 || place >= static_cast<int64_t>(count)) return false;
  index = static_cast<uint32_t>(place);
  return true;
}

bool read_corner(std::string_view text, const Reading& reading, Corner& corner) {
  corner = {kNone, kNone, kNone};
  const size_t counts[3] = {reading.input.mesh.vertices(), reading.named[0].count(), reading.named[1].count()};
  for (size_t k = 0; k < 3; ++k) {
    const size_t slash = std::min(text.find('/'), text.size());
    const std::string_view part = text.substr(0, slash);
    if (!part.empty() && !read_index(part, counts[k], corner[k])) return false;
    if (slash == text.size()) break;
    text.remove_prefix(slash + 1);
  }
  return corner[0] != kNone;
}

void open_part(Reading& reading) {
  Mesh& mesh = reading.input.mesh;
  if (!reading.part_open) mesh.parts.push_back({reading.object, reading.material, mesh.triangles(), 0});
  reading.part_open = true;
}

Status read_face(TextScanner& scanner, Budget& budget, Reading& reading) {
  std::vector<Corner> corners;
  for (std::string_view word = scanner.word(); !word.empty(); word = scanner.word()) {
    Corner corner;
    if (!read_corner(word, reading, corner)) return at(scanner, "a face names something that is not there");
    DEW_TRY(budget.take_memory(72, scanner.offset()));
    corners.push_back(corner);
  }
  if (corners.size() < 3) return {};
  open_part(reading);
  reading.polygons += corners.size() > 3;
  Mesh& mesh = reading.input.mesh;
  for (size_t i = 2; i < corners.size(); ++i) {
    for (const size_t k : {size_t{0}, i - 1, i}) {
      mesh.triangle.push_back(corners[k][0]);
      for (size_t n = 0; n < 2; ++n) reading.named[n].corner.push_back(corners[k][n + 1]);
    }
  }
  mesh.parts.back().count = mesh.triangles() - mesh.parts.back().first;
  return {};
}

/// Corners that name no value get a zero of their own; what is at the vertices anyway needs no indices.
void finish_attribute(MeshAttribute attribute, Reading& reading) {
  Mesh& mesh = reading.input.mesh;
  uint32_t zero = kNone;
  bool any = false;
  for (const uint32_t index : attribute.corner) any = any || index != kNone;
  if (!any) return;
  for (uint32_t& index : attribute.corner) {
    if (index != kNone) continue;
    if (zero == kNone) {
      zero = static_cast<uint32_t>(attribute.count());
      attribute.value.resize(attribute.value.size() + attribute.components);
      reading.lacking = true;
    }
    index = zero;
  }
  if (attribute.corner == mesh.triangle && attribute.count() == mesh.vertices()) attribute.corner.clear();
  mesh.attributes.push_back(std::move(attribute));
}

void finish(Reading& reading) {
  MeshInput& input = reading.input;
  Mesh& mesh = input.mesh;
  if (!reading.colour.value.empty()) mesh.attributes.push_back(std::move(reading.colour));
  for (MeshAttribute& attribute : reading.named) finish_attribute(std::move(attribute), reading);
  if (mesh.parts.size() == 1 && mesh.parts[0].name.empty() && mesh.parts[0].material.empty()) mesh.parts.clear();
  if (reading.polygons > 0) add_note(input.note, std::to_string(reading.polygons) + " polygons were cut into triangles");
  if (reading.third_coordinate) add_note(input.note, "third texture coordinates were left out");
  if (reading.lacking) add_note(input.note, "corners without a normal or texture coordinate got zeros");
  if (reading.lines) add_note(input.note, "lines, points, curves or surfaces were left out");
}

Status read_line(TextScanner& scanner, Budget& budget, Reading& reading) {
  const std::string_view word = scanner.word();
  if (word == "v") return read_place(scanner, reading);
  if (word == "vt") return read_value(scanner, reading.named[0], reading);
  if (word == "vn") return read_value(scanner, reading.named[1], reading);
  if (word == "f") return read_face(scanner, budget, reading);
  if (word == "usemtl") {
    reading.material = scanner.rest();
    reading.part_open = false;
  } else if (word == "o" || word == "g") {
    reading.object = scanner.rest();
    reading.part_open = false;
  } else if (word == "mtllib") {
    reading.input.mesh.libraries.emplace_back(scanner.rest());
  } else if (word == "l" || word == "p" || word == "curv" || word == "surf") {
    reading.lines = true;
  }
  return {};
}

}  // namespace

Result<MeshInput> read_mesh_obj(ByteSpan bytes, const DecodeLimits& limits) {
  Budget budget(limits);
  Reading reading;
  reading.input.mesh.source = MeshFormat::obj;
  TextScanner scanner(bytes);
  while (scanner.next_filled_line()) {
    DEW_TRY(budget.take_elements(1, scanner.offset()));
    DEW_TRY(budget.take_memory(96, scanner.offset()));
    DEW_TRY(read_line(scanner, budget, reading));
  }
  finish(reading);
  return std::move(reading.input);
}

}  // namespace dew
