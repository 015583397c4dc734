// SPDX-License-Identifier: Apache-2.0
/// What entropy/models.cmake makes of data/models/*.inet at build time. Internal: entropy/models.h is the way in.
///
///   for (const ModelData& data : model_data()) use(data.bytes, data.size_bytes);
#pragma once

#include <cstddef>
#include <span>

namespace dew::kernel {

struct ModelData {
  const char* file_name;
  const unsigned char* bytes;
  size_t size_bytes;
};

std::span<const ModelData> model_data();

}  // namespace dew::kernel
