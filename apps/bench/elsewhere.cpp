// SPDX-License-Identifier: Apache-2.0
// Figures of codecs that are in no Debian package, so that `dew bench` cannot run them itself.
#include <iterator>

#include "apps/bench/bench.h"

namespace dew::app {
namespace {

/// Geometry, bits a point, mean over the frames of a folder; 0 = not measured.
struct Figure {
  double grid_1mm;
  double grid_1cm;
};

constexpr const char* kCodecs[] = {"G-PCC predictive + angular", "LASzip", "Cloudini", "LiZIP"};

struct FolderFigures {
  const char* folder;
  Figure figures[std::size(kCodecs)];  ///< in the order of kCodecs
};

// Measured with tmc13 v23 (laser table fitted), LASzip 3.5.1 (point format 0), Cloudini 1.2.3 (lossy + zstd) and LiZIP 4dfd26d (c3_h256 +
// LZMA) on coordinates rounded to a grid of 1 mm or 1 cm, every point kept: the error on each axis is at most half the grid.
constexpr FolderFigures kFolders[] = {
    {"kitti_raw_hdl64e", {{11.8, 7.7}, {17.9, 8.9}, {21.5, 11.2}, {30.1, 20.3}}},
    {"kitti_raw_sequence", {{11.7, 7.6}, {17.5, 8.5}, {21.1, 10.8}, {0, 0}}},
    {"kitti_odometry_hdl64e", {{16.3, 9.0}, {18.2, 9.1}, {22.0, 11.4}, {0, 0}}},
    {"nuscenes_lizip", {{12.8, 6.9}, {30.0, 21.0}, {31.7, 20.3}, {25.6, 17.2}}},
    {"argoverse_lizip", {{0, 0}, {42.7, 32.7}, {46.9, 35.4}, {33.7, 24.7}}},
    {"argoverse2", {{20.2, 11.5}, {46.2, 36.3}, {52.4, 41.2}, {0, 0}}},
    {"hesai_pandar64", {{10.4, 7.5}, {38.1, 28.0}, {43.4, 32.3}, {0, 0}}},
    {"velodyne_vls128", {{13.4, 9.6}, {46.2, 36.2}, {53.3, 41.9}, {34.0, 24.9}}},
    {"ouster", {{10.0, 7.6}, {33.4, 23.3}, {39.1, 27.3}, {0, 0}}},
    {"velodyne_hdl32e", {{11.6, 7.4}, {44.0, 34.0}, {49.3, 38.0}, {0, 0}}},
    {"hesai_xt32", {{7.7, 4.5}, {22.0, 12.5}, {22.8, 11.8}, {0, 0}}},
    {"hesai_qt128", {{9.3, 6.5}, {22.2, 12.5}, {24.2, 13.2}, {0, 0}}},
    {"velodyne_vlp32c", {{9.6, 6.7}, {36.6, 26.5}, {40.8, 28.7}, {0, 0}}},
    {"velodyne_vlp16", {{9.8, 6.9}, {30.0, 20.0}, {32.7, 19.7}, {0, 0}}},
    {"roadside_rs80", {{0, 0}, {47.2, 37.3}, {54.2, 42.8}, {0, 0}}},
    {"livox_mlcc", {{0, 0}, {18.5, 10.0}, {21.8, 11.5}, {0, 0}}},
    {"carla_simulated", {{0, 0}, {18.1, 11.1}, {21.7, 12.8}, {0, 0}}},
};

}  // namespace

std::vector<Json> figures_from_elsewhere(const std::string& folder, const BenchMode& mode) {
  const bool is_1mm = mode.name == "1mm";
  std::vector<Json> rows;
  if (!is_1mm && mode.name != "1cm") return rows;
  for (const FolderFigures& row : kFolders) {
    if (folder != row.folder) continue;
    for (size_t i = 0; i < std::size(kCodecs); ++i) {
      const double bits = is_1mm ? row.figures[i].grid_1mm : row.figures[i].grid_1cm;
      if (bits == 0) continue;
      rows.push_back({{"file", folder},
                      {"codec", kCodecs[i]},
                      {"mode", mode.name + " grid"},
                      {"measured", "elsewhere"},
                      {"bits_per_point", {{"geometry", bits}}}});
    }
  }
  return rows;
}

}  // namespace dew::app
