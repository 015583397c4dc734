// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/quantised.h"

namespace dew {
namespace {

size_t count_not_finite(const std::vector<float>& values) {
  return static_cast<size_t>(std::count_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); }));
}

bool is_zero_normal(const ExtraProperty& property) {
  if (property.name != "nx" && property.name != "ny" && property.name != "nz") return false;
  return std::all_of(property.data.begin(), property.data.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

}  // namespace

void Losses::extra_properties(const Splats& splats) {
  std::string names;
  for (const ExtraProperty& property : splats.extra) {
    if (!is_zero_normal(property)) names += (names.empty() ? "" : ", ") + property.name;
  }
  if (!names.empty()) say("extra properties are left out: " + names);
}

void Losses::not_finite(const Splats& splats) {
  add(count_not_finite(splats.position), "coordinates are not finite and are replaced");
  add(count_not_finite(splats.log_scale), "log-scales are not finite and are replaced");
  add(count_not_finite(splats.dc), "colours are not finite and are replaced");
  add(count_not_finite(splats.sh), "SH coefficients are not finite and are replaced");
  const auto& logits = splats.opacity_logit;
  add(static_cast<size_t>(std::count_if(logits.begin(), logits.end(), [](float logit) { return std::isnan(logit); })),
      "opacities are NaN and become 0");
}

Status allocate_splats(Splats& splats, uint64_t count, uint32_t sh_degree, Budget& budget, uint64_t offset) {
  splats.sh_degree = sh_degree;
  DEW_TRY(budget.take_elements(count, offset));
  DEW_TRY(budget.take_memory(count * sizeof(float) * (14 + splats.sh_stride()), offset));
  splats.resize(static_cast<size_t>(count));
  return {};
}

Status check_plausible(uint64_t count, uint64_t packed_bytes, uint64_t offset) {
  if (count / 64 <= packed_bytes + 64) return {};
  return Error{Code::corrupt, offset, std::to_string(count) + " splats cannot come out of " + std::to_string(packed_bytes) + " bytes"};
}

}  // namespace dew
