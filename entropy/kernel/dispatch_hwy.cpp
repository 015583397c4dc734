// SPDX-License-Identifier: Apache-2.0
#include <hwy/highway.h>
#include <hwy/targets.h>

#include "entropy/kernel/dispatch.h"

namespace dew::kernel {

#if HWY_ARCH_WASM

// One set, chosen when the module was built.
std::vector<std::string> simd_targets() { return {hwy::TargetName(HWY_TARGET)}; }
bool use_simd_target(const std::string& name) { return name.empty() || name == hwy::TargetName(HWY_TARGET); }

#else

std::vector<std::string> simd_targets() {
  std::vector<std::string> names;
  for (const auto target : hwy::SupportedAndGeneratedTargets()) names.emplace_back(hwy::TargetName(target));
  return names;
}

bool use_simd_target(const std::string& name) {
  hwy::SetSupportedTargetsForTest(0);
  bool found = name.empty();
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    if (name == hwy::TargetName(target)) {
      hwy::SetSupportedTargetsForTest(target);
      found = true;
      break;
    }
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return found;
}

#endif

}  // namespace dew::kernel
