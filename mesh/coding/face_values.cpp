// SPDX-License-Identifier: Apache-2.0
#include "mesh/coding/face_values.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "entropy/binary_coder.h"
#include "entropy/range_coder.h"
#include "mesh/coding/float_order.h"
#include "mesh/coding/mixed_number.h"

namespace dew {
namespace {

using Value = std::array<int64_t, 4>;  ///< components as whole numbers

int64_t number_of(float value, AttributeType type) {
  constexpr float kLeast[] = {0, 0, -128, 0, -32768}, kMost[] = {0, 255, 127, 65535, 32767};
  if (type == AttributeType::f32) return number_of_float(value);
  const size_t t = static_cast<size_t>(type);
  return std::isnan(value) ? 0 : static_cast<int64_t>(std::clamp(value, kLeast[t], kMost[t]));
}
float float_of(int64_t number, AttributeType type) {
  return type == AttributeType::f32 ? float_of_number(number) : static_cast<float>(std::clamp<int64_t>(number, -65536, 65536));
}

/// Codes which of the values seen a triangle has, and new ones.
template <class Coder>
class FaceValueModel {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  FaceValueModel(Coder& coder, size_t components, size_t vertices) : coder_(coder), components_(components), last_(vertices, kNone) {}

  const std::vector<Value>& seen() const { return seen_; }

  /// The number of the triangle's value among those seen, which may be one more; `wanted`: that number, and `value` what it is, where the
  /// coder encodes. kNone where the bytes are damaged.
  uint32_t code(const uint32_t* corners, uint32_t wanted, const Value& value) {
    std::array<uint32_t, 3> near;
    for (size_t k = 0; k < 3; ++k) near[k] = last_[corners[k]];
    // What two corners agree on comes first.
    if (near[1] == near[2]) std::swap(near[0], near[2]);
    uint32_t found = kNone;
    for (size_t i = 0; i < 3 && found == kNone; ++i) {
      const bool again = near[i] == kNone || std::find(near.begin(), near.begin() + i, near[i]) != near.begin() + i;
      if (again) continue;
      const auto agree = static_cast<size_t>(std::count(near.begin(), near.end(), near[i]));
      if (as_near_[i * 4 + agree].code(coder_, wanted == near[i])) found = near[i];
    }
    if (found == kNone) found = code_other(wanted, value, near[0] == kNone ? kNone : near[0]);
    for (size_t k = 0; k < 3; ++k) last_[corners[k]] = found;
    return found;
  }

 private:
  uint32_t code_other(uint32_t wanted, const Value& value, uint32_t near) {
    const int64_t count = static_cast<int64_t>(seen_.size());
    if (count > 0 && is_known_.code(coder_, wanted < seen_.size())) {
      const int64_t age = ages_.code(coder_, count - 1 - int64_t{wanted}, {0});
      return age < 0 || age >= count ? kNone : static_cast<uint32_t>(count - 1 - age);
    }
    const Value base = near != kNone ? seen_[near] : count > 0 ? seen_.back() : Value{};
    Value fresh{};
    for (size_t k = 0; k < components_; ++k) {
      const int64_t step = steps_.code(coder_, Coder::kDecodes ? 0 : value[k] - base[k], {k});
      fresh[k] = std::clamp<int64_t>(base[k] + std::clamp<int64_t>(step, -kFar, kFar), -kFar, kFar);
    }
    seen_.push_back(fresh);
    return static_cast<uint32_t>(count);
  }

  static constexpr int64_t kFar = int64_t{1} << 33;

  Coder& coder_;
  size_t components_;
  std::vector<uint32_t> last_;  ///< of each vertex: the value of the youngest triangle there
  std::vector<Value> seen_;
  std::array<AdaptiveBit, 12> as_near_;
  AdaptiveBit is_known_;
  MixedNumber<1> ages_{{1}, 1}, steps_{{4}, 1};
};

}  // namespace

Bytes encode_face_values(const MeshAttribute& attribute, const std::vector<uint32_t>& order, const Mesh& decoded) {
  ByteWriter writer;
  writer.sized_bytes(as_bytes(attribute.name));
  writer.varint(static_cast<uint64_t>(attribute.kind));
  writer.varint(static_cast<uint64_t>(attribute.type));
  writer.varint(attribute.components);
  RangeEncoder coder;
  FaceValueModel<RangeEncoder> model(coder, attribute.components, decoded.vertices());
  std::map<Value, uint32_t> known;
  for (size_t t = 0; t < order.size(); ++t) {
    Value value{};
    for (size_t k = 0; k < attribute.components; ++k)
      value[k] = number_of(attribute.value[size_t{order[t]} * attribute.components + k], attribute.type);
    const uint32_t number = known.emplace(value, static_cast<uint32_t>(known.size())).first->second;
    (void)model.code(&decoded.triangle[3 * t], number, value);
  }
  writer.bytes(coder.finish());
  return writer.take();
}

Result<MeshAttribute> decode_face_values(ByteSpan bytes, const Mesh& mesh, Budget& budget) {
  ByteReader reader(bytes);
  DEW_ASSIGN(const ByteSpan name, reader.sized_bytes());
  DEW_ASSIGN(const uint64_t kind, reader.varint());
  DEW_ASSIGN(const uint64_t type, reader.varint());
  DEW_ASSIGN(const uint64_t components, reader.varint());
  if (kind > 3 || type > 4 || components < 1 || components > 4) return Error{Code::corrupt, 0, "values of triangles of an unknown kind"};
  DEW_TRY(budget.take_memory(name.size() + 4 * mesh.vertices() + (sizeof(Value) + 4 * components) * mesh.triangles(), 0));
  DEW_TRY(budget.take_work(mesh.triangles(), 0));
  MeshAttribute attribute{std::string(as_text(name)),
                          static_cast<AttributeKind>(kind),
                          static_cast<AttributeType>(type),
                          static_cast<uint32_t>(components),
                          {},
                          {}};
  RangeDecoder coder(bytes.subspan(reader.position()));
  FaceValueModel<RangeDecoder> model(coder, attribute.components, mesh.vertices());
  attribute.value.reserve(mesh.triangles() * components);
  for (size_t t = 0; t < mesh.triangles(); ++t) {
    const uint32_t number = model.code(&mesh.triangle[3 * t], 0, {});
    if (coder.overrun()) return Error{Code::truncated, 0, "the coded values of triangles end too early"};
    if (number >= model.seen().size()) return Error{Code::corrupt, 0, "a triangle has a value that is not there"};
    for (size_t k = 0; k < components; ++k) attribute.value.push_back(float_of(model.seen()[number][k], attribute.type));
  }
  return attribute;
}

}  // namespace dew
