// SPDX-License-Identifier: Apache-2.0
#include "apps/view/meshes.h"

#include "mesh/codec.h"

namespace dew::app {

std::vector<viewer::InfoLine> mesh_info_lines(ByteSpan file) {
  const auto info = inspect_mesh(file, {});
  return info.ok() ? viewer::info_lines(*info) : std::vector<viewer::InfoLine>();
}

}  // namespace dew::app
