// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "mesh/gltf/gltf.h"
#include "mesh/gltf/gltf_rest.h"

namespace dew {
namespace {

/// Column after column, as glTF has them.
using Matrix = std::array<double, 16>;
constexpr Matrix kIdentity = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};

Matrix product(const Matrix& a, const Matrix& b) {
  Matrix out{};
  for (size_t column = 0; column < 4; ++column) {
    for (size_t row = 0; row < 4; ++row) {
      for (size_t k = 0; k < 4; ++k) out[4 * column + row] += a[4 * k + row] * b[4 * column + k];
    }
  }
  return out;
}

std::vector<double> numbers_or(const Json& node, const char* name, std::vector<double> fallback) {
  const Result<std::vector<double>> numbers = json_numbers(node, name);
  return numbers.ok() && numbers->size() == fallback.size() ? *numbers : fallback;
}

Matrix matrix_of(const Json& node) {
  if (!json_member(node, "matrix").is_null()) {
    const std::vector<double> m = numbers_or(node, "matrix", {kIdentity.begin(), kIdentity.end()});
    Matrix out;
    std::copy(m.begin(), m.end(), out.begin());
    return out;
  }
  const std::vector<double> t = numbers_or(node, "translation", {0, 0, 0}), s = numbers_or(node, "scale", {1, 1, 1}),
                            q = numbers_or(node, "rotation", {0, 0, 0, 1});
  const double x = q[0], y = q[1], z = q[2], w = q[3];
  return {s[0] * (1 - 2 * (y * y + z * z)),
          s[0] * 2 * (x * y + z * w),
          s[0] * 2 * (x * z - y * w),
          0,
          s[1] * 2 * (x * y - z * w),
          s[1] * (1 - 2 * (x * x + z * z)),
          s[1] * 2 * (y * z + x * w),
          0,
          s[2] * 2 * (x * z + y * w),
          s[2] * 2 * (y * z - x * w),
          s[2] * (1 - 2 * (x * x + y * y)),
          0,
          t[0],
          t[1],
          t[2],
          1};
}

/// How normals move: the cofactors, whose sign is that of the determinant.
std::array<double, 9> cofactors(const Matrix& m) {
  const auto at = [&](size_t row, size_t column) { return m[4 * column + row]; };
  std::array<double, 9> out;
  for (size_t row = 0; row < 3; ++row) {
    for (size_t column = 0; column < 3; ++column) {
      const size_t r1 = (row + 1) % 3, r2 = (row + 2) % 3, c1 = (column + 1) % 3, c2 = (column + 2) % 3;
      out[3 * column + row] = at(r1, c1) * at(r2, c2) - at(r1, c2) * at(r2, c1);
    }
  }
  return out;
}

class Placer {
 public:
  Placer(const Mesh& mesh, GltfRest& rest, Budget& budget) : mesh_(mesh), rest_(rest), budget_(budget) {}

  Result<Mesh> run() {
    out_.source = mesh_.source;
    for (const MeshAttribute& attribute : mesh_.attributes)
      out_.attributes.push_back({attribute.name, attribute.kind, attribute.type, attribute.components, {}, {}});
    size_t next = 0;
    for (size_t i = 0; i < rest_.parts.size(); ++i) {
      const GltfPart& part = rest_.parts[i];
      const size_t own = part.same_as == i ? next++ : part_of_[static_cast<size_t>(part.same_as)];
      if (own >= mesh_.parts.size()) return Error{Code::corrupt, 0, "the document has more primitives than the mesh has parts"};
      part_of_.push_back(own);
      parts_of_mesh_[part.mesh].push_back(own);
    }
    const Json& scenes = json_member(rest_.json, "scenes");
    DEW_ASSIGN(const uint64_t scene, json_count_or(rest_.json, "scene", 0));
    for (const Json& node : json_member(json_element(scenes, scene), "nodes")) DEW_TRY(place_node(node, kIdentity));
    return std::move(out_);
  }

 private:
  /// Nodes are a forest: one that comes again is damage.
  Status place_node(const Json& first, const Matrix& above) {
    std::vector<std::pair<uint64_t, Matrix>> waiting;
    const auto add = [&](const Json& index, const Matrix& matrix) {
      if (index.is_number_unsigned() && seen_.insert(index.get<uint64_t>()).second) waiting.emplace_back(index.get<uint64_t>(), matrix);
    };
    add(first, above);
    while (!waiting.empty()) {
      const auto [index, matrix] = waiting.back();
      waiting.pop_back();
      const Json& node = json_element(json_member(rest_.json, "nodes"), index);
      const Matrix own = product(matrix, matrix_of(node));
      const Json& mesh = json_member(node, "mesh");
      if (mesh.is_number_unsigned()) {
        for (const size_t part : parts_of_mesh_[mesh.get<uint64_t>()]) DEW_TRY(place_part(mesh_.parts[part], own));
      }
      for (const Json& child : json_member(node, "children")) add(child, own);
    }
    return {};
  }

  Status place_part(const MeshPart& part, const Matrix& m) {
    DEW_TRY(budget_.take_elements(3 * part.count, 0));
    DEW_TRY(budget_.take_memory(3 * part.count * (64 + 32 * mesh_.attributes.size()), 0));
    const std::array<double, 9> normal = cofactors(m);
    const bool mirrored = normal[0] * m[0] + normal[1] * m[1] + normal[2] * m[2] < 0;
    std::map<uint32_t, uint32_t> placed;
    std::vector<std::map<uint32_t, uint32_t>> values(mesh_.attributes.size());
    out_.parts.push_back({part.name, part.material, out_.triangles(), part.count});
    for (uint64_t t = part.first; t < part.first + part.count; ++t) {
      for (size_t k = 0; k < 3; ++k) {
        const size_t corner = 3 * t + (mirrored ? (3 - k) % 3 : k);
        const uint32_t vertex = mesh_.triangle[corner];
        const auto [at, fresh] = placed.emplace(vertex, static_cast<uint32_t>(out_.vertices()));
        if (fresh) add_place(m, &mesh_.position[3 * size_t{vertex}]);
        out_.triangle.push_back(at->second);
        for (size_t a = 0; a < out_.attributes.size(); ++a) add_value(mesh_.attributes[a], corner, normal, out_.attributes[a], values[a]);
      }
    }
    return {};
  }

  void add_place(const Matrix& m, const float* p) {
    for (size_t row = 0; row < 3; ++row) {
      double sum = m[12 + row];
      for (size_t k = 0; k < 3; ++k) sum += m[4 * k + row] * static_cast<double>(p[k]);
      out_.position.push_back(static_cast<float>(sum));
    }
  }

  void add_value(const MeshAttribute& from, size_t corner, const std::array<double, 9>& normal, MeshAttribute& to,
                 std::map<uint32_t, uint32_t>& known) {
    const size_t width = from.components;
    const uint32_t index = from.corner.empty() ? mesh_.triangle[corner] : from.corner[corner];
    const auto [at, fresh] = known.emplace(index, static_cast<uint32_t>(to.count()));
    to.corner.push_back(at->second);
    if (!fresh) return;
    const float* value = &from.value[width * index];
    if (from.kind == AttributeKind::normal && width == 3) {
      std::array<double, 3> turned{};
      for (size_t row = 0; row < 3; ++row) {
        for (size_t k = 0; k < 3; ++k) turned[row] += normal[3 * k + row] * static_cast<double>(value[k]);
      }
      const double length = std::sqrt(turned[0] * turned[0] + turned[1] * turned[1] + turned[2] * turned[2]);
      for (const double x : turned) to.value.push_back(static_cast<float>(length > 0 ? x / length : x));
      return;
    }
    to.value.insert(to.value.end(), value, value + width);
    // Pictures of other formats begin at the bottom.
    if (from.kind == AttributeKind::texcoord && width == 2) to.value.back() = 1 - to.value.back();
  }

  const Mesh& mesh_;
  GltfRest& rest_;
  Budget& budget_;
  Mesh out_;
  std::set<uint64_t> seen_;
  std::vector<size_t> part_of_;
  std::map<uint64_t, std::vector<size_t>> parts_of_mesh_;
};

}  // namespace

Result<Mesh> placed_mesh(const Mesh& mesh, const DecodeLimits& limits) {
  DEW_TRY(check_shape(mesh));
  if (mesh.rest.empty()) return mesh;
  Budget budget(limits);
  DEW_ASSIGN(GltfRest rest, parse_rest(mesh.rest, budget));
  return Placer(mesh, rest, budget).run();
}

}  // namespace dew
