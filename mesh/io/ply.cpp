// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include "mesh/io/polygons.h"
#include "mesh/io/read_mesh.h"
#include "mesh/io/text_scanner.h"

namespace dew {
namespace {

enum class Scalar : uint8_t { i8, u8, i16, u16, i32, u32, f32, f64, none };
constexpr size_t kScalarSize[] = {1, 1, 2, 2, 4, 4, 4, 8};

Scalar scalar_of(std::string_view name) {
  constexpr std::array<std::array<std::string_view, 2>, 8> kNames = {{{"char", "int8"},
                                                                      {"uchar", "uint8"},
                                                                      {"short", "int16"},
                                                                      {"ushort", "uint16"},
                                                                      {"int", "int32"},
                                                                      {"uint", "uint32"},
                                                                      {"float", "float32"},
                                                                      {"double", "float64"}}};
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (name == kNames[i][0] || name == kNames[i][1]) return static_cast<Scalar>(i);
  }
  return Scalar::none;
}

struct Property {
  std::string name;
  Scalar type = Scalar::none;
  Scalar count_type = Scalar::none;  ///< of lists
};

struct Element {
  std::string name;
  uint64_t count = 0;
  std::vector<Property> properties;
};

struct Header {
  bool text = false, big_endian = false;
  std::vector<Element> elements;
  size_t size = 0;
};

Error corrupt(uint64_t offset, const std::string& what) { return {Code::corrupt, offset, what}; }

Status read_property(TextScanner& scanner, Header& header) {
  if (header.elements.empty()) return corrupt(scanner.offset(), "a property stands before any element");
  Property property;
  std::string_view type = scanner.word();
  if (type == "list") {
    property.count_type = scalar_of(scanner.word());
    if (property.count_type >= Scalar::f32) return corrupt(scanner.offset(), "the length of a list has no whole-number type");
    type = scanner.word();
  }
  property.type = scalar_of(type);
  property.name = scanner.word();
  if (property.type == Scalar::none || property.name.empty()) return corrupt(scanner.offset(), "a property has no type or no name");
  header.elements.back().properties.push_back(property);
  return {};
}

Result<Header> read_header(ByteSpan bytes) {
  Header header;
  TextScanner scanner(bytes);
  if (!scanner.next_line() || scanner.word() != "ply") return corrupt(0, "the file does not begin as a PLY file does");
  while (scanner.next_line()) {
    const std::string_view word = scanner.word();
    if (word == "format") {
      const std::string_view format = scanner.word();
      header.text = format == "ascii";
      header.big_endian = format == "binary_big_endian";
      if (!header.text && !header.big_endian && format != "binary_little_endian") return corrupt(scanner.offset(), "unknown encoding");
    } else if (word == "element") {
      Element element{std::string(scanner.word()), 0, {}};
      if (!scanner.number(element.count)) return corrupt(scanner.offset(), "an element has no count");
      header.elements.push_back(element);
    } else if (word == "property") {
      DEW_TRY(read_property(scanner, header));
    } else if (word == "end_header") {
      // A file may end without the end of this line.
      header.size = std::min<size_t>(scanner.next_offset(), bytes.size());
      return header;
    }
  }
  return Error{Code::truncated, bytes.size(), "the header has no end"};
}

/// One number after the other, from text or bytes.
class Body {
 public:
  Body(ByteSpan bytes, const Header& header) : header_(header), scanner_(bytes, header.size), bytes_(bytes), at_(header.size) {}

  bool next(Scalar type, double& value) {
    if (header_.text) return scanner_.number_anywhere(value);
    const size_t size = kScalarSize[static_cast<size_t>(type)];
    if (bytes_.size() - at_ < size) return false;
    std::array<std::byte, 8> raw{};
    for (size_t i = 0; i < size; ++i) raw[i] = bytes_[at_ + (header_.big_endian ? size - 1 - i : i)];
    at_ += size;
    value = value_of(raw, type);
    return true;
  }
  uint64_t offset() const { return header_.text ? scanner_.offset() : at_; }

 private:
  template <class T>
  static double as(const std::array<std::byte, 8>& raw) {
    T value;
    std::memcpy(&value, raw.data(), sizeof(T));
    return static_cast<double>(value);
  }
  static double value_of(const std::array<std::byte, 8>& raw, Scalar type) {
    switch (type) {
      case Scalar::i8: return as<int8_t>(raw);
      case Scalar::u8: return as<uint8_t>(raw);
      case Scalar::i16: return as<int16_t>(raw);
      case Scalar::u16: return as<uint16_t>(raw);
      case Scalar::i32: return as<int32_t>(raw);
      case Scalar::u32: return as<uint32_t>(raw);
      case Scalar::f32: return as<float>(raw);
      case Scalar::f64: return as<double>(raw);
      case Scalar::none: break;
    }
    return 0;
  }

  const Header& header_;
  TextScanner scanner_;
  ByteSpan bytes_;
  size_t at_;
};

/// Where the values of a vertex property go.
struct Target {
  std::vector<float>* values = nullptr;  ///< nullptr: nowhere
  size_t stride = 0, place = 0;
};

AttributeType type_of(Scalar scalar) {
  switch (scalar) {
    case Scalar::u8: return AttributeType::u8;
    case Scalar::i8: return AttributeType::i8;
    case Scalar::u16: return AttributeType::u16;
    case Scalar::i16: return AttributeType::i16;
    default: return AttributeType::f32;
  }
}

struct Known {
  const char* name;
  AttributeKind kind;
  std::array<std::string_view, 4> components;
};
constexpr Known kKnown[] = {{"normal", AttributeKind::normal, {"nx", "ny", "nz", ""}},
                            {"color", AttributeKind::colour, {"red", "green", "blue", "alpha"}},
                            {"texcoord", AttributeKind::texcoord, {"s", "t", "", ""}},
                            {"texcoord", AttributeKind::texcoord, {"u", "v", "", ""}},
                            {"texcoord", AttributeKind::texcoord, {"texture_u", "texture_v", "", ""}}};

size_t find(const Element& element, std::string_view name) {
  size_t i = 0;
  while (i < element.properties.size() && element.properties[i].name != name) ++i;
  return i;
}

/// Attributes for the properties of vertices or faces that are none of `others`, and for each property where it goes.
std::vector<Target> plan_attributes(const Element& element, std::initializer_list<std::string_view> others,
                                    std::vector<MeshAttribute>& attributes, std::string& note) {
  std::vector<Target> targets(element.properties.size());
  std::vector<bool> done(element.properties.size(), false);
  struct Place {
    size_t property, attribute, component;
  };
  std::vector<Place> places;
  for (const Known& known : kKnown) {
    std::vector<size_t> found;
    for (const std::string_view component : known.components) {
      const size_t i = component.empty() ? done.size() : find(element, component);
      if (i < done.size() && !done[i] && element.properties[i].count_type == Scalar::none) found.push_back(i);
    }
    const size_t least = known.kind == AttributeKind::texcoord ? 2 : 3;
    if (found.size() < least) continue;
    // Components of different types are floats.
    AttributeType type = type_of(element.properties[found[0]].type);
    for (const size_t i : found) type = type_of(element.properties[i].type) == type ? type : AttributeType::f32;
    attributes.push_back({known.name, known.kind, type, static_cast<uint32_t>(found.size()), {}, {}});
    for (size_t k = 0; k < found.size(); ++k) {
      places.push_back({found[k], attributes.size() - 1, k});
      done[found[k]] = true;
    }
  }
  for (size_t i = 0; i < done.size(); ++i) {
    const Property& property = element.properties[i];
    if (done[i] || std::find(others.begin(), others.end(), property.name) != others.end()) continue;
    if (property.count_type != Scalar::none) {
      add_note(note, "the list '" + property.name + "' of each " + element.name + " was left out");
      continue;
    }
    attributes.push_back({property.name, AttributeKind::generic, type_of(property.type), 1, {}, {}});
    places.push_back({i, attributes.size() - 1, 0});
    if (property.type == Scalar::f64 || property.type == Scalar::i32 || property.type == Scalar::u32) {
      add_note(note, "values of '" + property.name + "' were rounded to 32-bit floats");
    }
  }
  // Only now do the attributes stay where they are.
  for (const Place& place : places) {
    MeshAttribute& attribute = attributes[place.attribute];
    targets[place.property] = {&attribute.value, attribute.components, place.component};
  }
  return targets;
}

std::vector<Target> plan_vertices(const Element& element, Mesh& mesh, std::string& note) {
  std::vector<Target> targets = plan_attributes(element, {"x", "y", "z"}, mesh.attributes, note);
  for (size_t axis = 0; axis < 3; ++axis) {
    const size_t i = find(element, std::string_view("xyz").substr(axis, 1));
    if (i < targets.size() && element.properties[i].count_type == Scalar::none) targets[i] = {&mesh.position, 3, axis};
    if (i < targets.size() && element.properties[i].type == Scalar::f64 && axis == 0)
      add_note(note, "coordinates were rounded to 32-bit floats");
  }
  return targets;
}

Error ended(const Body& body) { return {Code::truncated, body.offset(), "the file ends within its data, or a number is none"}; }

Status read_vertices(const Element& element, Body& body, Budget& budget, Mesh& mesh, std::string& note) {
  const std::vector<Target> targets = plan_vertices(element, mesh, note);
  const size_t width = 3 + mesh.attributes.size();
  for (uint64_t i = 0; i < element.count; ++i) {
    DEW_TRY(budget.take_memory(4 * width, body.offset()));
    for (size_t p = 0; p < element.properties.size(); ++p) {
      const Property& property = element.properties[p];
      double count = 1, value = 0;
      if (property.count_type != Scalar::none && !body.next(property.count_type, count)) return ended(body);
      for (double k = 0; k < count; ++k) {
        if (!body.next(property.type, value)) return ended(body);
      }
      const Target& target = targets[p];
      if (target.values == nullptr) continue;
      if (target.values->size() < (i + 1) * target.stride) target.values->resize((i + 1) * target.stride);
      (*target.values)[i * target.stride + target.place] = static_cast<float>(value);
    }
  }
  mesh.position.resize(3 * element.count);
  return {};
}

Status read_faces(const Element& element, Body& body, Budget& budget, Mesh& mesh, std::string& note) {
  PolygonFan fan(mesh);
  const std::vector<Target> targets = plan_attributes(element, {"vertex_indices", "vertex_index"}, mesh.face_attributes, note);
  std::vector<uint32_t> corners;
  std::vector<float> values(element.properties.size());
  for (uint64_t i = 0; i < element.count; ++i) {
    const size_t first = mesh.triangles();
    for (size_t p = 0; p < element.properties.size(); ++p) {
      const Property& property = element.properties[p];
      const bool indices = property.count_type != Scalar::none && (property.name == "vertex_indices" || property.name == "vertex_index");
      double count = 1;
      if (property.count_type != Scalar::none && !body.next(property.count_type, count)) return ended(body);
      corners.clear();
      for (double k = 0; k < count; ++k) {
        double value = 0;
        if (!body.next(property.type, value)) return ended(body);
        values[p] = static_cast<float>(value);
        if (!indices) continue;
        if (!(value >= 0 && value < static_cast<double>(mesh.vertices())))
          return corrupt(body.offset(), "a face names a vertex that is not there");
        DEW_TRY(budget.take_memory(16, body.offset()));
        corners.push_back(static_cast<uint32_t>(value));
      }
      if (indices) fan.add(corners);
    }
    // All triangles of a polygon have its values.
    const size_t triangles = mesh.triangles();
    if (!mesh.face_attributes.empty()) DEW_TRY(budget.take_memory(4 * (triangles - first) * targets.size(), body.offset()));
    for (size_t p = 0; p < targets.size(); ++p) {
      const Target& target = targets[p];
      if (target.values == nullptr) continue;
      target.values->resize(triangles * target.stride);
      for (size_t t = first; t < triangles; ++t) (*target.values)[t * target.stride + target.place] = values[p];
    }
  }
  add_note(note, fan.note());
  // A face element without triangles has said nothing.
  if (mesh.triangle.empty()) mesh.face_attributes.clear();
  return {};
}

Status skip(const Element& element, Body& body, Budget& budget) {
  for (uint64_t i = 0; i < element.count; ++i) {
    DEW_TRY(budget.take_work(1 + element.properties.size(), body.offset()));
    for (const Property& property : element.properties) {
      double count = 1, value = 0;
      if (property.count_type != Scalar::none && !body.next(property.count_type, count)) return ended(body);
      for (double k = 0; k < count; ++k) {
        if (!body.next(property.type, value)) return ended(body);
      }
    }
  }
  return {};
}

}  // namespace

Result<MeshInput> read_mesh_ply(ByteSpan bytes, const DecodeLimits& limits) {
  DEW_ASSIGN(const Header header, read_header(bytes));
  Budget budget(limits);
  MeshInput input;
  input.mesh.source = MeshFormat::ply;
  Body body(bytes, header);
  bool vertices = false;
  for (const Element& element : header.elements) {
    DEW_TRY(budget.take_elements(element.count, header.size));
    // An element without properties takes no bytes, so that its count costs nothing.
    if (element.properties.empty()) continue;
    if (element.name == "vertex" && !vertices) {
      vertices = true;
      DEW_TRY(read_vertices(element, body, budget, input.mesh, input.note));
    } else if (element.name == "face" && vertices && input.mesh.triangle.empty()) {
      DEW_TRY(read_faces(element, body, budget, input.mesh, input.note));
    } else {
      DEW_TRY(skip(element, body, budget));
      if (element.count > 0) add_note(input.note, "the element '" + element.name + "' was left out");
    }
  }
  return input;
}

}  // namespace dew
