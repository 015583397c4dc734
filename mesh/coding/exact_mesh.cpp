// SPDX-License-Identifier: Apache-2.0
#include "mesh/coding/exact_mesh.h"

#include "entropy/range_coder.h"
#include "mesh/coding/float_order.h"

namespace dew {
namespace {

/// How far the float is from the decoded one depends on the exponent of the latter.
struct PlaceBits {
  MixedNumber<2> model{{256, 3}, 1};

  template <class Coder>
  float code(Coder& coder, float wanted, float decoded, size_t axis) {
    const int64_t base = number_of_float(decoded);
    const size_t exponent = (std::bit_cast<uint32_t>(decoded) >> 23) & 255;
    return float_of_number(base + model.code(coder, number_of_float(wanted) - base, {exponent, axis}));
  }
};

template <class Coder>
Status check(const Coder& coder) {
  return coder.overrun() ? Status(Error{Code::truncated, 0, "the coded order or places end too early"}) : Status{};
}

/// Numbers 0 .. count - 1, each once, from the one before.
template <class Coder>
int64_t code_number(Coder& coder, MixedNumber<2>& model, int64_t wanted, int64_t& last, int64_t& last_step) {
  const size_t steady = last_step == 1 ? 0 : last_step == -1 ? 1 : 2;
  last_step = model.code(coder, wanted - last, {steady, detail::size_bucket(std::abs(static_cast<double>(last_step)), 24)});
  last += last_step;
  return last;
}

Result<std::vector<uint32_t>> read_permutation(RangeDecoder& coder, size_t count) {
  MixedNumber<2> model({3, 24}, 1);
  std::vector<uint32_t> order(count);
  std::vector<bool> taken(count, false);
  int64_t last = -1, step = 0;
  for (uint32_t& place : order) {
    const int64_t number = code_number(coder, model, 0, last, step);
    if (number < 0 || number >= static_cast<int64_t>(count) || taken[static_cast<size_t>(number)] || coder.overrun()) {
      return Error{Code::corrupt, 0, "the order of the mesh is no order"};
    }
    place = static_cast<uint32_t>(number);
    taken[place] = true;
  }
  return order;
}

void write_permutation(RangeEncoder& coder, const std::vector<uint32_t>& order) {
  MixedNumber<2> model({3, 24}, 1);
  int64_t last = -1, step = 0;
  for (const uint32_t place : order) code_number(coder, model, place, last, step);
}

/// Values of `stride` each, from the walk's order to that of the original.
template <class Number>
std::vector<Number> moved(const std::vector<Number>& values, size_t stride, const std::vector<uint32_t>& order) {
  std::vector<Number> out(values.size());
  for (size_t i = 0; i < order.size(); ++i) {
    for (size_t k = 0; k < stride; ++k) out[order[i] * stride + k] = values[i * stride + k];
  }
  return out;
}

}  // namespace

Bytes encode_exact_places(const Mesh& mesh, const CodedSurface& surface) {
  RangeEncoder coder;
  PlaceBits bits;
  for (size_t v = 0; v < surface.vertex_order.size(); ++v) {
    for (size_t axis = 0; axis < 3; ++axis) {
      bits.code(coder, mesh.position[3 * size_t{surface.vertex_order[v]} + axis], surface.mesh.position[3 * v + axis], axis);
    }
  }
  return coder.finish();
}

Status decode_exact_places(ByteSpan bytes, Mesh& mesh, Budget& budget, BitsOfEachVertex* measured) {
  DEW_TRY(budget.take_work(8 * uint64_t{mesh.position.size()}, 0));
  const auto decode_with = [&]<class Coder>(Coder coder) -> Status {
    PlaceBits bits;
    meter(coder, MeshMeter::positions);
    for (size_t i = 0; i < mesh.position.size(); ++i) {
      meter_vertex(coder, static_cast<uint32_t>(i / 3));
      mesh.position[i] = bits.code(coder, 0, mesh.position[i], i % 3);
      DEW_TRY(check(coder));
    }
    return {};
  };
  return measured != nullptr ? decode_with(MeteredMeshDecoder(bytes, measured)) : decode_with(RangeDecoder(bytes));
}

Bytes encode_order(const Mesh& mesh, const CodedSurface& surface) {
  RangeEncoder coder;
  write_permutation(coder, surface.vertex_order);
  write_permutation(coder, surface.triangle_order);
  // Which corner of the walk's triangle is the original's first, and whether the others follow the other way round.
  AdaptiveTree<3> turns;
  for (size_t t = 0; t < surface.triangle_order.size(); ++t) {
    const uint32_t first = 3 * surface.triangle_order[t];
    uint32_t k = 0;
    while (k < 2 && surface.corner_order[3 * t + k] != first) ++k;
    const bool turned = surface.corner_order[3 * t + (k + 1) % 3] != first + 1;
    turns.code(coder, k * 2 + (turned ? 1 : 0));
  }
  (void)mesh;
  return coder.finish();
}

Status decode_order(ByteSpan bytes, Mesh& mesh, Budget& budget, BitsOfEachVertex* measured) {
  DEW_TRY(budget.take_work(8 * (uint64_t{mesh.vertices()} + mesh.triangles()), 0));
  DEW_TRY(budget.take_memory(32 * (uint64_t{mesh.vertices()} + mesh.triangle.size()) * (1 + mesh.attributes.size()), 0));
  RangeDecoder coder(bytes);
  DEW_ASSIGN(const std::vector<uint32_t> vertices, read_permutation(coder, mesh.vertices()));
  DEW_ASSIGN(const std::vector<uint32_t> triangles, read_permutation(coder, mesh.triangles()));
  std::vector<uint32_t> corner_from(mesh.triangle.size());  // of each corner of the original the walk's
  AdaptiveTree<3> turns;
  for (size_t t = 0; t < triangles.size(); ++t) {
    const uint32_t code = std::min(turns.code(coder, 0), 5u);
    for (uint32_t j = 0; j < 3; ++j) {
      const uint32_t k = (code / 2 + (code % 2 ? 3 - j : j)) % 3;
      corner_from[3 * size_t{triangles[t]} + j] = static_cast<uint32_t>(3 * t + k);
    }
  }
  DEW_TRY(check(coder));
  const auto reorder = [&](const std::vector<uint32_t>& corners) {
    std::vector<uint32_t> out(corners.size());
    for (size_t c = 0; c < corners.size(); ++c) out[c] = corners[corner_from[c]];
    return out;
  };
  mesh.triangle = reorder(mesh.triangle);
  for (uint32_t& v : mesh.triangle) v = vertices[v];
  mesh.position = moved(mesh.position, 3, vertices);
  for (size_t i = 0; measured != nullptr && i < measured->size(); ++i) {
    (*measured)[i].resize(vertices.size());
    (*measured)[i] = moved((*measured)[i], 1, vertices);
  }
  for (MeshAttribute& attribute : mesh.attributes) {
    if (attribute.corner.empty())
      attribute.value = moved(attribute.value, attribute.components, vertices);
    else
      attribute.corner = reorder(attribute.corner);
  }
  return {};
}

}  // namespace dew
