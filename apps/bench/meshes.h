// SPDX-License-Identifier: Apache-2.0
/// `dew bench` on meshes: size, distances and times at the default bound, and beside Draco at the same rms error.
///
///   if (const auto files = mesh_bench_files(arguments.operands()); !files.empty()) return run_mesh_bench(files, arguments);
#pragma once

#include <string>
#include <vector>

namespace dew::app {

class Arguments;

/// The meshes among `paths` and in folders of them; none where a frame (.bin, .pcd, .lrf, .pcap) is there too.
std::vector<std::string> mesh_bench_files(const std::vector<std::string>& paths);

/// Prints the rows; with --peers those of dew-mesh-peers too. Returns an exit code.
int run_mesh_bench(const std::vector<std::string>& files, const Arguments& arguments);

}  // namespace dew::app
