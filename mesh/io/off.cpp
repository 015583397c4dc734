// SPDX-License-Identifier: Apache-2.0
#include "mesh/io/polygons.h"
#include "mesh/io/read_mesh.h"
#include "mesh/io/text_scanner.h"

namespace dew {
namespace {

/// "STCN4nOFF": what stands at each vertex beyond its place.
struct Kind {
  bool texcoord = false, colour = false, normal = false, known = false;
};

Kind kind_of(std::string_view word) {
  Kind kind;
  const auto take = [&](std::string_view prefix) {
    const bool there = word.substr(0, prefix.size()) == prefix;
    if (there) word.remove_prefix(prefix.size());
    return there;
  };
  kind.texcoord = take("ST");
  kind.colour = take("C");
  kind.normal = take("N");
  kind.known = word == "OFF";
  return kind;
}

Status read_vertex(TextScanner& scanner, Mesh& mesh) {
  const auto take = [&](std::vector<float>& values, size_t count) {
    for (size_t k = 0; k < count; ++k) {
      float value = 0;
      if (!scanner.number(value)) return false;
      values.push_back(value);
    }
    return true;
  };
  if (!scanner.next_filled_line()) return Error{Code::truncated, scanner.offset(), "the file ends within its vertices"};
  if (!take(mesh.position, 3)) return at(scanner, "a vertex has no three coordinates");
  for (MeshAttribute& attribute : mesh.attributes) {
    if (!take(attribute.value, attribute.components)) return at(scanner, "a vertex lacks its normal, colour or texture coordinates");
  }
  return {};
}

}  // namespace

Result<MeshInput> read_mesh_off(ByteSpan bytes, const DecodeLimits& limits) {
  Budget budget(limits);
  MeshInput input;
  Mesh& mesh = input.mesh;
  mesh.source = MeshFormat::off;
  TextScanner scanner(bytes);
  if (!scanner.next_filled_line()) return Error{Code::truncated, 0, "the file is empty"};
  const Kind kind = kind_of(scanner.word());
  if (!kind.known) return Error{Code::unsupported_feature, 0, "the file does not begin with OFF, NOFF, COFF or STOFF"};
  if (kind.normal) mesh.attributes.push_back({"normal", AttributeKind::normal, AttributeType::f32, 3, {}, {}});
  if (kind.colour) mesh.attributes.push_back({"color", AttributeKind::colour, AttributeType::f32, 4, {}, {}});
  if (kind.texcoord) mesh.attributes.push_back({"texcoord", AttributeKind::texcoord, AttributeType::f32, 2, {}, {}});
  uint64_t vertices = 0, faces = 0;
  // The counts may stand on the first line.
  const std::string_view first = scanner.word();
  const bool same_line = !first.empty() && first[0] != '#';
  if (!same_line && !scanner.next_filled_line()) return at(scanner, "there are no counts");
  if (same_line ? !TextScanner::parse(first, vertices) : !scanner.number(vertices)) return at(scanner, "there is no count of vertices");
  if (!scanner.number(faces)) return at(scanner, "there is no count of faces");
  DEW_TRY(budget.take_elements(vertices, 0));
  DEW_TRY(budget.take_elements(faces, 0));
  for (uint64_t i = 0; i < vertices; ++i) {
    DEW_TRY(budget.take_memory(48, scanner.offset()));
    DEW_TRY(read_vertex(scanner, mesh));
  }
  PolygonFan fan(mesh);
  std::vector<uint32_t> corners;
  bool coloured = false;
  for (uint64_t i = 0; i < faces; ++i) {
    uint64_t count = 0;
    if (!scanner.next_filled_line()) return Error{Code::truncated, scanner.offset(), "the file ends within its faces"};
    if (!scanner.number(count)) return at(scanner, "a face has no count of corners");
    corners.clear();
    for (uint64_t k = 0; k < count; ++k) {
      uint32_t corner = 0;
      if (!scanner.number(corner) || corner >= vertices) return at(scanner, "a face names a vertex that is not there");
      DEW_TRY(budget.take_memory(16, scanner.offset()));
      corners.push_back(corner);
    }
    coloured = coloured || !scanner.rest().empty();
    fan.add(corners);
  }
  input.note = fan.note();
  if (coloured) add_note(input.note, "colours of faces were left out");
  return input;
}

}  // namespace dew
