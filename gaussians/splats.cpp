// SPDX-License-Identifier: Apache-2.0
#include "gaussians/splats.h"

#include <algorithm>

namespace dew {
namespace {

void gather(std::vector<float>& to, const std::vector<float>& from, const std::vector<uint32_t>& order, size_t stride) {
  to.resize(order.size() * stride);
  for (size_t i = 0; i < order.size(); ++i) std::copy_n(&from[order[i] * stride], stride, &to[i * stride]);
}

}  // namespace

size_t property_type_size(PropertyType type) {
  switch (type) {
    case PropertyType::i8:
    case PropertyType::u8: return 1;
    case PropertyType::i16:
    case PropertyType::u16: return 2;
    case PropertyType::i32:
    case PropertyType::u32:
    case PropertyType::f32: return 4;
    case PropertyType::f64: return 8;
  }
  return 1;
}

void Splats::resize(size_t count) {
  const size_t before = opacity_logit.size();
  position.resize(3 * count);
  log_scale.resize(3 * count);
  rotation.resize(4 * count);
  for (size_t i = before; i < count; ++i) rotation[4 * i] = 1;
  opacity_logit.resize(count);
  dc.resize(3 * count);
  sh.resize(sh_stride() * count);
}

const ExtraProperty* Splats::find_extra(std::string_view name) const {
  const auto found = std::find_if(extra.begin(), extra.end(), [&](const ExtraProperty& property) { return property.name == name; });
  return found == extra.end() ? nullptr : &*found;
}

Splats select(const Splats& splats, const std::vector<uint32_t>& order) {
  Splats out;
  out.sh_degree = splats.sh_degree;
  gather(out.position, splats.position, order, 3);
  gather(out.log_scale, splats.log_scale, order, 3);
  gather(out.rotation, splats.rotation, order, 4);
  gather(out.opacity_logit, splats.opacity_logit, order, 1);
  gather(out.dc, splats.dc, order, 3);
  if (splats.sh_stride() > 0) gather(out.sh, splats.sh, order, splats.sh_stride());
  for (const ExtraProperty& property : splats.extra) {
    const size_t size = property_type_size(property.type);
    ExtraProperty chosen{property.name, property.type, Bytes(order.size() * size)};
    for (size_t i = 0; i < order.size(); ++i) std::copy_n(&property.data[order[i] * size], size, &chosen.data[i * size]);
    out.extra.push_back(std::move(chosen));
  }
  out.source.format = splats.source.format;
  return out;
}

Status check_shape(const Splats& splats) {
  const size_t count = splats.count();
  bool whole = splats.sh_degree <= kMaxShDegree && splats.position.size() == 3 * count && splats.log_scale.size() == 3 * count &&
               splats.rotation.size() == 4 * count && splats.dc.size() == 3 * count && splats.sh.size() == splats.sh_stride() * count;
  for (const ExtraProperty& property : splats.extra) whole = whole && property.data.size() == count * property_type_size(property.type);
  if (!whole) return Error{Code::invalid_argument, 0, "the arrays of the scene do not have one entry a splat"};
  return {};
}

}  // namespace dew
