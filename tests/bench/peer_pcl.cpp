// SPDX-License-Identifier: Apache-2.0
// dew-peer-pcl: the octree codec of PCL, for `dew bench --peers`; called as dew-peers is.
#include <pcl/compression/octree_pointcloud_compression.h>
#include <pcl/point_types.h>

#include <cmath>
#include <sstream>

#include "tests/bench/peer_program.h"

namespace dew::bench {
namespace {

using PclCloud = pcl::PointCloud<pcl::PointXYZ>;
using Codec = pcl::io::OctreePointCloudCompression<pcl::PointXYZ>;

// Points inside leaves of so many steps are coded one by one, at a resolution of one step: no two points merge.
constexpr double kLeafSteps = 160;

Codec make_codec() {
  return {pcl::io::MANUAL_CONFIGURATION, false, 1.0, kLeafSteps, false, 1, false, 0};
}

Result<Bytes> encode_octree(const GridPoints& points) {
  PclCloud::Ptr cloud(new PclCloud);
  for (const auto& p : points) cloud->emplace_back(static_cast<float>(p[0]), static_cast<float>(p[1]), static_cast<float>(p[2]));
  std::stringstream stream;
  Codec codec = make_codec();
  codec.encodePointCloud(cloud, stream);
  const std::string text = stream.str();
  const ByteSpan bytes = as_bytes(text);
  return Bytes(bytes.begin(), bytes.end());
}

Result<GridPoints> decode_octree(const Bytes& bytes, size_t) {
  std::stringstream stream{std::string(as_text(bytes))};
  PclCloud::Ptr cloud(new PclCloud);
  Codec codec = make_codec();
  codec.decodePointCloud(stream, cloud);
  GridPoints points;
  for (const auto& p : *cloud) {
    points.push_back({static_cast<int32_t>(std::lround(p.x)), static_cast<int32_t>(std::lround(p.y)), static_cast<int32_t>(std::lround(p.z))});
  }
  return points;
}

}  // namespace
}  // namespace dew::bench

int main(int argc, char** argv) {
  using namespace dew::bench;
  return run_peer_program({{"PCL octree", encode_octree, decode_octree}}, "", {argv + 1, argv + argc});
}
