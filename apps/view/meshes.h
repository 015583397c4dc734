// SPDX-License-Identifier: Apache-2.0
/// What is told of meshes that are open: a vertex that was picked, a .dew file.
///
///   show(facts_of(mesh, vertex));
///   show(mesh_info_lines(bytes));
#pragma once

#include <vector>

#include "viewer/inspect/mesh_facts.h"

namespace dew::app {

using viewer::facts_of;

/// What the panel says of a .dew file; empty where it is broken.
std::vector<viewer::InfoLine> mesh_info_lines(ByteSpan file);

}  // namespace dew::app
