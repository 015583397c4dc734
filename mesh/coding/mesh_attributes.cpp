// SPDX-License-Identifier: Apache-2.0
#include "mesh/coding/mesh_attributes.h"

#include <bit>
#include <cmath>
#include <map>

#include "entropy/header_table.h"
#include "entropy/range_coder.h"
#include "mesh/coding/attribute_coder.h"
#include "mesh/coding/float_order.h"

namespace dew {
namespace {

constexpr size_t kMostPalette = 1024;

struct AttributeHeader {
  uint64_t kind = 0, type = 0, components = 1, form = 0, seams = 0, palette = 0, weight = 0;
  double step = 1;
};

constexpr HeaderField<AttributeHeader> kAttributeFields[] = {
    {"kind", &AttributeHeader::kind, 0, 3, "0 generic, 1 normal, 2 colour, 3 texture coordinate"},
    {"type", &AttributeHeader::type, 0, 4, "0 f32, 1 u8, 2 i8, 3 u16, 4 i16"},
    {"components", &AttributeHeader::components, 1, 4, "numbers of a value"},
    {"form", &AttributeHeader::form, 0, 4, "0 lattice, 1 normal, 2 palette, 3 bits, 4 decimals"},
    {"seams", &AttributeHeader::seams, 0, 1, "1: corners of a vertex may differ"},
    {"palette", &AttributeHeader::palette, 0, kMostPalette, "entries of the palette"},
    {"weight", &AttributeHeader::weight, 0, 2, "of triangles around a normal: 0 area, 1 angle, 2 both"},
    {"step", &AttributeHeader::step, 1e-30, 1e30, "of the lattice, or of normals; of decimals the power of ten"},
};

bool are_directions(const MeshAttribute& attribute) {
  return attribute.kind == AttributeKind::normal && attribute.components == 3 && attribute.type == AttributeType::f32 &&
         std::all_of(attribute.value.begin(), attribute.value.end(), [](float x) { return std::abs(x) < 1e18f; });
}

std::vector<std::array<uint32_t, 4>> palette_of(const MeshAttribute& attribute) {
  // Palettes of u8 are written as bytes.
  const bool bytes =
      std::all_of(attribute.value.begin(), attribute.value.end(), [](float x) { return x >= 0 && x <= 255 && std::floor(x) == x; });
  if (attribute.type == AttributeType::u8 && !bytes) return {};
  std::map<std::array<uint32_t, 4>, size_t> known;
  for (size_t i = 0; i < attribute.count() && known.size() <= kMostPalette; ++i) {
    std::array<uint32_t, 4> value{};
    for (uint32_t k = 0; k < attribute.components; ++k) value[k] = std::bit_cast<uint32_t>(attribute.value[i * attribute.components + k]);
    known.emplace(value, known.size());
  }
  std::vector<std::array<uint32_t, 4>> palette;
  if (known.size() > kMostPalette || known.size() * 16 > attribute.count() + 16) return palette;
  for (const auto& [value, place] : known) palette.push_back(value);
  return palette;
}

/// How an attribute is coded, and from where its lattice counts.
struct Plan {
  AttributeHeader header;
  std::array<float, 4> origin{};
  std::vector<std::array<uint32_t, 4>> palette;
};

Plan plan_of(const MeshAttribute& attribute, const MeshEncodeOptions& options) {
  Plan plan;
  AttributeHeader& header = plan.header;
  header.kind = static_cast<uint64_t>(attribute.kind);
  header.type = static_cast<uint64_t>(attribute.type);
  header.components = attribute.components;
  header.seams = !attribute.corner.empty();
  if (attribute.kind != AttributeKind::texcoord && attribute.kind != AttributeKind::normal) plan.palette = palette_of(attribute);
  header.palette = plan.palette.size();
  if (!plan.palette.empty()) {
    header.form = static_cast<uint64_t>(AttributeForm::palette);
    return plan;
  }
  const bool exact = keeps_all_bits(options.mode);
  if (!exact && are_directions(attribute)) {
    header.form = static_cast<uint64_t>(AttributeForm::normal);
    header.step = std::clamp(options.normal_error_deg, 1e-4, 45.0) * 0.0174532925199433 * 1.4142135623731;
    return plan;
  }
  float low = INFINITY, high = -INFINITY, widest = 0;
  bool finite = true;
  for (uint32_t k = 0; k < attribute.components; ++k) {
    low = INFINITY, high = -INFINITY;
    for (size_t i = k; i < attribute.value.size(); i += attribute.components) {
      low = std::min(low, attribute.value[i]);
      high = std::max(high, attribute.value[i]);
      finite = finite && std::isfinite(attribute.value[i]);
    }
    plan.origin[k] = attribute.value.empty() || attribute.type != AttributeType::f32 ? 0 : low;
    widest = std::max(widest, high - low);
  }
  const bool whole = attribute.type != AttributeType::f32;
  const double error =
      attribute.kind == AttributeKind::texcoord ? options.texcoord_error : options.generic_error * static_cast<double>(widest);
  header.step = whole ? 1 : std::clamp(2 * error, 1e-30, 1e30);
  if (!finite || (exact && !whole) || !(static_cast<double>(widest) / header.step < 1e9))
    header.form = static_cast<uint64_t>(AttributeForm::bits);
  const std::optional<double> scale = exact && !whole && finite ? decimal_scale(attribute.value) : std::nullopt;
  if (scale) {
    header.form = static_cast<uint64_t>(AttributeForm::decimal);
    header.step = *scale;
  }
  return plan;
}

AttributeShape shape_of(const AttributeHeader& header) {
  AttributeShape shape;
  shape.form = static_cast<AttributeForm>(header.form);
  shape.kind = static_cast<AttributeKind>(header.kind);
  shape.numbers = shape.form == AttributeForm::normal ? 2 : shape.form == AttributeForm::palette ? 1 : header.components;
  shape.seams = header.seams != 0;
  shape.step = header.step;
  shape.palette = header.palette;
  shape.weight = static_cast<NormalWeight>(header.weight);
  return shape;
}

AttributeNumbers numbers_of(const float* value, const Plan& plan) {
  AttributeNumbers out{};
  std::array<uint32_t, 4> bits{};
  for (size_t k = 0; k < plan.header.components; ++k) {
    bits[k] = std::bit_cast<uint32_t>(value[k]);
    if (plan.header.form == static_cast<uint64_t>(AttributeForm::bits)) out[k] = number_of_float(value[k]);
    if (plan.header.form == static_cast<uint64_t>(AttributeForm::decimal)) out[k] = number_of_decimal(value[k], plan.header.step);
    if (plan.header.form == static_cast<uint64_t>(AttributeForm::lattice)) {
      out[k] =
          static_cast<int64_t>(std::floor((static_cast<double>(value[k]) - static_cast<double>(plan.origin[k])) / plan.header.step + 0.5));
    }
  }
  if (plan.palette.empty()) return out;
  return {std::lower_bound(plan.palette.begin(), plan.palette.end(), bits) - plan.palette.begin()};
}

AttributeOriginal original_of(const Mesh& mesh, const MeshAttribute& attribute, const CodedSurface& surface, const Plan& plan) {
  AttributeOriginal original;
  const std::vector<uint32_t>& index = attribute.corner.empty() ? mesh.triangle : attribute.corner;
  for (const uint32_t corner : surface.corner_order) original.corner.push_back(index[corner]);
  std::vector<bool> used(mesh.vertices(), false);
  for (const uint32_t v : surface.mesh.triangle) used[v] = true;
  size_t values = attribute.count();
  for (uint32_t v = 0; v < mesh.vertices(); ++v) {
    // A vertex in no triangle has no value where values are those of corners: whatever stands first will do.
    if (!used[v]) original.isolated.push_back(attribute.corner.empty() ? surface.vertex_order[v] : 0);
  }
  std::vector<float> padded = attribute.value;
  if (values == 0 && !original.isolated.empty()) {
    padded.resize(attribute.components);
    values = 1;
  }
  for (size_t i = 0; i < values; ++i) {
    const float* value = &padded[i * attribute.components];
    if (plan.header.form != static_cast<uint64_t>(AttributeForm::normal)) {
      original.numbers.push_back(numbers_of(value, plan));
      continue;
    }
    const MeshPoint n = {static_cast<double>(value[0]), static_cast<double>(value[1]), static_cast<double>(value[2])};
    const double size = vector_math::length(n);
    original.normals.push_back(size > 0 ? vector_math::times(n, 1 / size) : n);
  }
  return original;
}

void append_value(const AttributeNumbers& numbers, const Plan& plan, std::vector<float>& out) {
  for (size_t k = 0; k < plan.header.components; ++k) {
    switch (static_cast<AttributeForm>(plan.header.form)) {
      case AttributeForm::palette:
        out.push_back(std::bit_cast<float>(
            plan.palette[static_cast<size_t>(std::clamp<int64_t>(numbers[0], 0, static_cast<int64_t>(plan.palette.size()) - 1))][k]));
        break;
      case AttributeForm::bits: out.push_back(float_of_number(numbers[k])); break;
      case AttributeForm::decimal: out.push_back(decimal_of_number(numbers[k], plan.header.step)); break;
      default: {
        const double x = static_cast<double>(plan.origin[k]) + plan.header.step * static_cast<double>(numbers[k]);
        out.push_back(static_cast<float>(std::clamp(x, -3e38, 3e38)));
      }
    }
  }
}

template <class Walk>
MeshAttribute collect(const Walk& walk, const Mesh& mesh, const Plan& plan, std::string name) {
  MeshAttribute attribute;
  attribute.name = std::move(name);
  attribute.kind = static_cast<AttributeKind>(plan.header.kind);
  attribute.type = static_cast<AttributeType>(plan.header.type);
  attribute.components = static_cast<uint32_t>(plan.header.components);
  const auto append = [&](size_t i) {
    if (plan.header.form != static_cast<uint64_t>(AttributeForm::normal)) return append_value(walk.numbers()[i], plan, attribute.value);
    for (const double x : walk.normals()[i]) attribute.value.push_back(static_cast<float>(x));
  };
  if (plan.header.seams != 0) {
    for (size_t i = 0; i < walk.count(); ++i) append(i);
    attribute.corner = walk.corners();
  } else {
    for (uint32_t v = 0; v < mesh.vertices(); ++v) append(walk.value_of_vertex(v));
  }
  return attribute;
}

Status write_plan(const Plan& plan, const std::string& name, ByteWriter& writer) {
  DEW_TRY(write_header(kAttributeFields, plan.header, writer));
  writer.sized_bytes(as_bytes(name));
  if (plan.header.form == static_cast<uint64_t>(AttributeForm::lattice)) {
    for (size_t k = 0; k < plan.header.components; ++k) writer.f32(plan.origin[k]);
  }
  for (const auto& entry : plan.palette) {
    for (size_t k = 0; k < plan.header.components; ++k) {
      const float value = std::bit_cast<float>(entry[k]);
      if (plan.header.type == static_cast<uint64_t>(AttributeType::u8))
        writer.u8(static_cast<uint8_t>(value));
      else
        writer.f32(value);
    }
  }
  return {};
}

Result<Plan> read_plan(ByteReader& reader, std::string& name) {
  Plan plan;
  DEW_ASSIGN(plan.header, read_header(kAttributeFields, reader));
  DEW_ASSIGN(const ByteSpan text, reader.sized_bytes());
  name = as_text(text);
  const AttributeForm form = static_cast<AttributeForm>(plan.header.form);
  if ((form == AttributeForm::palette) != (plan.header.palette > 0))
    return Error{Code::corrupt, reader.offset(), "a palette is missing or too many"};
  if (form == AttributeForm::normal && plan.header.components != 3)
    return Error{Code::corrupt, reader.offset(), "a normal has not three components"};
  for (size_t k = 0; form == AttributeForm::lattice && k < plan.header.components; ++k) {
    DEW_ASSIGN(plan.origin[k], reader.f32());
  }
  for (uint64_t i = 0; i < plan.header.palette; ++i) {
    std::array<uint32_t, 4> entry{};
    for (size_t k = 0; k < plan.header.components; ++k) {
      if (plan.header.type == static_cast<uint64_t>(AttributeType::u8)) {
        DEW_ASSIGN(const uint8_t value, reader.u8());
        entry[k] = std::bit_cast<uint32_t>(static_cast<float>(value));
      } else {
        DEW_ASSIGN(entry[k], reader.u32());
      }
    }
    plan.palette.push_back(entry);
  }
  return plan;
}

}  // namespace

bool loses_length(const MeshAttribute& attribute) {
  if (!are_directions(attribute)) return false;
  for (size_t i = 0; i < attribute.count(); ++i) {
    double sum = 0;
    for (size_t k = 0; k < 3; ++k) sum += static_cast<double>(attribute.value[3 * i + k]) * static_cast<double>(attribute.value[3 * i + k]);
    // Where nothing is known, exporters write zeros, which are kept.
    if (!(std::abs(sum - 1) < 0.01) && sum > 0) return true;
  }
  return false;
}

Result<CodedAttribute> encode_attribute(const Mesh& mesh, const MeshAttribute& attribute, const CodedSurface& surface,
                                        const std::vector<uint32_t>& earlier, const MeshEncodeOptions& options) {
  Plan plan = plan_of(attribute, options);
  // u8 palettes are written as bytes.
  const AttributeOriginal original = original_of(mesh, attribute, surface, plan);
  RangeEncoder coder;
  AttributeCoder<RangeEncoder> walk(coder, surface.mesh, shape_of(plan.header), earlier);
  DecodeLimits unlimited;
  unlimited.memory_bytes = unlimited.elements = unlimited.work_units = UINT64_MAX;
  Budget budget(unlimited);
  DEW_TRY(walk.run(&original, budget));
  plan.header.weight = static_cast<uint64_t>(walk.weight());
  ByteWriter writer;
  DEW_TRY(write_plan(plan, attribute.name, writer));
  writer.bytes(coder.finish());
  return CodedAttribute{writer.take(), plan.header.seams != 0 ? walk.corners() : std::vector<uint32_t>{}};
}

Result<MeshAttribute> decode_attribute(ByteSpan bytes, const Mesh& mesh, Budget& budget, BitsOfEachVertex* measured) {
  ByteReader reader(bytes);
  std::string name;
  DEW_ASSIGN(const Plan plan, read_plan(reader, name));
  DEW_TRY(budget.take_memory(32 * uint64_t{mesh.vertices()} + 32 * uint64_t{mesh.triangle.size()}, 0));
  const std::vector<uint32_t> none;
  const std::vector<uint32_t>* earlier = &none;
  for (const MeshAttribute& attribute : mesh.attributes) earlier = attribute.corner.empty() ? earlier : &attribute.corner;
  const auto decode_with = [&]<class Coder>(Coder coder) -> Result<MeshAttribute> {
    meter(coder, MeshMeter::attributes);
    AttributeCoder<Coder> walk(coder, mesh, shape_of(plan.header), *earlier);
    DEW_TRY(walk.run(nullptr, budget));
    return collect(walk, mesh, plan, std::move(name));
  };
  const ByteSpan coded = bytes.subspan(reader.position());
  return measured != nullptr ? decode_with(MeteredMeshDecoder(coded, measured)) : decode_with(RangeDecoder(coded));
}

Bytes encode_parts(const Mesh& mesh, const std::vector<uint32_t>& triangle_order) {
  ByteWriter writer;
  writer.varint(mesh.libraries.size());
  for (const std::string& library : mesh.libraries) writer.sized_bytes(as_bytes(library));
  writer.varint(mesh.parts.size());
  for (const MeshPart& part : mesh.parts) {
    writer.sized_bytes(as_bytes(part.name));
    writer.sized_bytes(as_bytes(part.material));
  }
  if (mesh.parts.empty()) return writer.take();
  std::vector<uint32_t> part_of(mesh.triangles());
  for (uint32_t p = 0; p < mesh.parts.size(); ++p) {
    for (uint64_t t = mesh.parts[p].first; t < mesh.parts[p].first + mesh.parts[p].count; ++t) part_of[t] = p;
  }
  RangeEncoder coder;
  MixedNumber<1> steps({1}, 1);
  int64_t last = 0;
  for (const uint32_t t : triangle_order) {
    steps.code(coder, int64_t{part_of[t]} - last, {0});
    last = part_of[t];
  }
  writer.bytes(coder.finish());
  return writer.take();
}

Status decode_parts(ByteSpan bytes, Mesh& mesh, Budget& budget) {
  ByteReader reader(bytes);
  DEW_ASSIGN(const uint64_t libraries, reader.varint());
  for (uint64_t i = 0; i < libraries; ++i) {
    DEW_TRY(budget.take_memory(sizeof(std::string), 0));
    DEW_ASSIGN(const ByteSpan name, reader.sized_bytes());
    mesh.libraries.emplace_back(as_text(name));
  }
  DEW_ASSIGN(const uint64_t parts, reader.varint());
  for (uint64_t i = 0; i < parts; ++i) {
    DEW_TRY(budget.take_memory(sizeof(MeshPart) + 8, 0));
    DEW_ASSIGN(const ByteSpan name, reader.sized_bytes());
    DEW_ASSIGN(const ByteSpan material, reader.sized_bytes());
    mesh.parts.push_back({std::string(as_text(name)), std::string(as_text(material)), 0, 0});
  }
  if (parts == 0) return reader.expect_end();
  DEW_TRY(budget.take_memory(64 * uint64_t{mesh.triangles()} * (1 + mesh.attributes.size()), 0));
  RangeDecoder coder(bytes.subspan(reader.position()));
  MixedNumber<1> steps({1}, 1);
  std::vector<uint32_t> part_of(mesh.triangles()), order(mesh.triangles());
  int64_t last = 0;
  for (size_t t = 0; t < part_of.size(); ++t) {
    last += steps.code(coder, 0, {0});
    if (last < 0 || last >= static_cast<int64_t>(parts) || coder.overrun()) return Error{Code::corrupt, 0, "a triangle is in no part"};
    part_of[t] = static_cast<uint32_t>(last);
    order[t] = static_cast<uint32_t>(t);
    ++mesh.parts[part_of[t]].count;
  }
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return part_of[a] < part_of[b]; });
  for (size_t p = 1; p < mesh.parts.size(); ++p) mesh.parts[p].first = mesh.parts[p - 1].first + mesh.parts[p - 1].count;
  const auto reorder = [&](std::vector<uint32_t>& corners) {
    if (corners.empty()) return;
    const std::vector<uint32_t> from = corners;
    for (size_t t = 0; t < order.size(); ++t) {
      for (size_t k = 0; k < 3; ++k) corners[3 * t + k] = from[3 * size_t{order[t]} + k];
    }
  };
  reorder(mesh.triangle);
  for (MeshAttribute& attribute : mesh.attributes) reorder(attribute.corner);
  return {};
}

}  // namespace dew
