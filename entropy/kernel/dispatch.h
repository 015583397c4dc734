// SPDX-License-Identifier: Apache-2.0
/// Which instruction sets the kernels were built for, and a way for tests to choose one. Internal.
///
///   for (const std::string& name : simd_targets()) {
///     use_simd_target(name);
///     EXPECT_EQ(result(), plain_result());
///   }
///   use_simd_target("");                              // back to the best
#pragma once

#include <string>
#include <vector>

namespace dew::kernel {

/// Names ("AVX2", "SSE4", ...) of the sets that this build has and this machine runs, best first; empty in a build without SIMD.
std::vector<std::string> simd_targets();

/// Makes every kernel use the named set from now on; "" means the best. For tests: not thread safe. False: no such set here.
bool use_simd_target(const std::string& name);

}  // namespace dew::kernel
