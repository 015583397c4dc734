// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/ply.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "gaussians/io/ply_header.h"

namespace dew {
namespace {

/// Where one property of a record goes: a column of one of the scene's arrays, or of an extra property.
struct Column {
  size_t record_offset = 0;
  size_t size_bytes = 4;
  std::byte* data = nullptr;  // of splat 0
  size_t stride_bytes = 4;
};

std::optional<uint32_t> degree_of(size_t rest_properties) {
  for (uint32_t degree = 0; degree <= kMaxShDegree; ++degree) {
    if (rest_properties == 3 * size_t{sh_coefficients(degree)}) return degree;
  }
  return std::nullopt;
}

/// "f_rest_12" with the prefix "f_rest_" gives 12; nothing for other names or numbers of `limit` and above.
std::optional<size_t> index_after(std::string_view name, std::string_view prefix, size_t limit) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  size_t index = 0;
  if (name.empty() || name.size() > 2 || (name.size() == 2 && name[0] == '0')) return std::nullopt;
  for (const char c : name) {
    if (c < '0' || c > '9') return std::nullopt;
    index = 10 * index + static_cast<size_t>(c - '0');
  }
  return index < limit ? std::optional<size_t>(index) : std::nullopt;
}

/// Column `index` of `width` of one of the scene's arrays.
struct ArrayColumn {
  std::vector<float>* values = nullptr;
  size_t width = 1;
  size_t index = 0;
};

/// Where a 3DGS property is; nothing for an extra one.
std::optional<ArrayColumn> splat_column(Splats& splats, std::string_view name) {
  const auto column = [](std::vector<float>& values, size_t width, size_t index) { return ArrayColumn{&values, width, index}; };
  if (name == "x" || name == "y" || name == "z") return column(splats.position, 3, static_cast<size_t>(name[0] - 'x'));
  if (name == "opacity") return column(splats.opacity_logit, 1, 0);
  if (const auto i = index_after(name, "scale_", 3)) return column(splats.log_scale, 3, *i);
  if (const auto i = index_after(name, "rot_", 4)) return column(splats.rotation, 4, *i);
  if (const auto i = index_after(name, "f_dc_", 3)) return column(splats.dc, 3, *i);
  if (const auto i = index_after(name, "f_rest_", splats.sh_stride())) return column(splats.sh, splats.sh_stride(), *i);
  return std::nullopt;
}

/// Columns for every property of the header, in its order. Makes the extra properties that are missing.
std::vector<Column> columns_of(const PlyElement& vertex, Splats& splats) {
  std::vector<Column> columns;
  for (const PlyProperty& property : vertex.properties) {
    if (const std::optional<ArrayColumn> column = splat_column(splats, property.name)) {
      float* first = column->values->empty() ? nullptr : column->values->data() + column->index;
      columns.push_back({property.offset, 4, reinterpret_cast<std::byte*>(first), 4 * column->width});
      continue;
    }
    auto extra = std::find_if(splats.extra.begin(), splats.extra.end(), [&](const ExtraProperty& e) { return e.name == property.name; });
    const size_t size = property_type_size(property.type);
    if (extra == splats.extra.end()) {
      splats.extra.push_back({property.name, property.type, Bytes(splats.count() * size)});
      extra = splats.extra.end() - 1;
    }
    columns.push_back({property.offset, size, extra->data.data(), size});
  }
  return columns;
}

constexpr const char* kNeeded[] = {"x",     "y",     "z",     "opacity", "scale_0", "scale_1", "scale_2",
                                   "rot_0", "rot_1", "rot_2", "rot_3",   "f_dc_0",  "f_dc_1",  "f_dc_2"};

size_t rest_properties(const PlyElement& vertex) {
  size_t count = 0;
  for (const PlyProperty& property : vertex.properties) count += property.name.starts_with("f_rest_");
  return count;
}

/// Checks that the vertices are splats of a known degree, in floats.
Result<uint32_t> splat_degree(const PlyElement& vertex) {
  for (const char* name : kNeeded) {
    const PlyProperty* property = find_property(vertex, name);
    if (property == nullptr) return Error{Code::corrupt, 0, std::string("the vertices have no property ") + name};
    if (property->type != PropertyType::f32) return Error{Code::unsupported_feature, 0, std::string("property ") + name + " is no float"};
  }
  const size_t rest = rest_properties(vertex);
  const std::optional<uint32_t> degree = degree_of(rest);
  if (!degree) return Error{Code::unsupported_feature, 0, std::to_string(rest) + " f_rest properties; degrees 0 to 3 have 0, 9, 24, 45"};
  for (size_t i = 0; i < rest; ++i) {
    const PlyProperty* property = find_property(vertex, "f_rest_" + std::to_string(i));
    if (property == nullptr || property->type != PropertyType::f32) {
      return Error{Code::corrupt, 0, "property f_rest_" + std::to_string(i) + " is missing or no float"};
    }
  }
  return *degree;
}

/// True if a file with this header holds exactly the properties of the scene.
bool header_fits(const PlyElement& vertex, const Splats& splats) {
  if (vertex.count != splats.count()) return false;
  const Result<uint32_t> degree = splat_degree(vertex);
  if (!degree.ok() || *degree != splats.sh_degree) return false;
  size_t known = std::size(kNeeded) + splats.sh_stride();
  for (const ExtraProperty& extra : splats.extra) {
    const PlyProperty* property = find_property(vertex, extra.name);
    if (property == nullptr || property->type != extra.type) return false;
    ++known;
  }
  return known == vertex.properties.size();
}

bool is_normal(const ExtraProperty& property) { return property.name == "nx" || property.name == "ny" || property.name == "nz"; }

/// Extra properties of names that read back as such.
Status check_names(const Splats& splats) {
  for (size_t i = 0; i < splats.extra.size(); ++i) {
    const std::string& name = splats.extra[i].name;
    bool good =
        !name.empty() && !name.starts_with("f_rest_") && std::find(std::begin(kNeeded), std::end(kNeeded), name) == std::end(kNeeded);
    for (const char c : name) good = good && c > ' ' && c != 127;
    for (size_t k = 0; k < i; ++k) good = good && splats.extra[k].name != name;
    if (!good) return Error{Code::invalid_argument, 0, "an extra property with a name that a .ply cannot hold"};
  }
  return {};
}

std::string reference_header(const Splats& splats) {
  std::string text = "ply\nformat binary_little_endian 1.0\nelement vertex " + std::to_string(splats.count()) + "\n";
  const auto floats = [&](const std::string& name, size_t count) {
    for (size_t i = 0; i < count; ++i) text += "property float " + name + std::to_string(i) + "\n";
  };
  text += "property float x\nproperty float y\nproperty float z\n";
  // Programs expect normals, of zero; a scene that has its own of another type keeps those alone.
  const bool with_normals = std::none_of(splats.extra.begin(), splats.extra.end(),
                                         [](const ExtraProperty& e) { return is_normal(e) && e.type != PropertyType::f32; });
  if (with_normals) text += "property float nx\nproperty float ny\nproperty float nz\n";
  floats("f_dc_", 3);
  floats("f_rest_", splats.sh_stride());
  text += "property float opacity\n";
  floats("scale_", 3);
  floats("rot_", 4);
  for (const ExtraProperty& extra : splats.extra) {
    if (!with_normals || !is_normal(extra)) text += std::string("property ") + ply_type_name(extra.type) + " " + extra.name + "\n";
  }
  return text + "end_header\n";
}

/// Records as the header orders them; properties that the scene lacks are zero.
void write_records(const PlyElement& vertex, Splats& splats, std::byte* out) {
  for (const Column& column : columns_of(vertex, splats)) {
    for (size_t i = 0; i < splats.count(); ++i) {
      std::memcpy(out + i * vertex.record_bytes + column.record_offset, column.data + i * column.stride_bytes, column.size_bytes);
    }
  }
}

}  // namespace

bool is_splat_ply(ByteSpan bytes) {
  const Result<PlyHeader> header = parse_ply_header(bytes);
  if (!header.ok()) return false;
  const PlyElement* vertex = header->find("vertex");
  return vertex != nullptr && splat_degree(*vertex).ok();
}

Result<Splats> read_splat_ply(ByteSpan bytes, const DecodeLimits& limits) {
  Budget budget(limits);
  DEW_ASSIGN(const PlyHeader header, parse_ply_header(bytes));
  if (header.elements.empty() || header.elements[0].name != "vertex") {
    return Error{Code::unsupported_feature, 0, "the first element is not 'vertex'"};
  }
  const PlyElement& vertex = header.elements[0];
  Splats splats;
  DEW_ASSIGN(splats.sh_degree, splat_degree(vertex));
  const ByteSpan body = bytes.subspan(header.size_bytes);
  if (vertex.count > body.size() / vertex.record_bytes) {
    return Error{Code::truncated, bytes.size(), "the header promises " + std::to_string(vertex.count) + " splats"};
  }
  DEW_TRY(budget.take_elements(vertex.count, 0));
  DEW_TRY(budget.take_memory(bytes.size(), 0));
  const size_t count = static_cast<size_t>(vertex.count);
  splats.resize(count);
  for (const Column& column : columns_of(vertex, splats)) {
    for (size_t i = 0; i < count; ++i) {
      std::memcpy(column.data + i * column.stride_bytes, body.data() + i * vertex.record_bytes + column.record_offset, column.size_bytes);
    }
  }
  splats.source.format = SplatFormat::ply;
  splats.source.header.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header.size_bytes));
  splats.source.trailer.assign(body.begin() + static_cast<std::ptrdiff_t>(count * vertex.record_bytes), body.end());
  return splats;
}

Result<Bytes> write_splat_ply(const Splats& splats) {
  DEW_TRY(check_shape(splats));
  DEW_TRY(check_names(splats));
  Splats scene = splats;  // columns_of adds what the header has and the scene lacks
  const Result<PlyHeader> kept = parse_ply_header(splats.source.header);
  const bool as_source =
      kept.ok() && !kept->elements.empty() && kept->elements[0].name == "vertex" && header_fits(kept->elements[0], splats);
  const std::string text = as_source ? std::string(as_text(splats.source.header)) : reference_header(splats);
  DEW_ASSIGN(const PlyHeader header, parse_ply_header(as_bytes(text)));
  const PlyElement& vertex = header.elements[0];
  Bytes file(text.size() + splats.count() * vertex.record_bytes);
  std::memcpy(file.data(), text.data(), text.size());
  write_records(vertex, scene, file.data() + text.size());
  if (as_source) file.insert(file.end(), splats.source.trailer.begin(), splats.source.trailer.end());
  return file;
}

}  // namespace dew
