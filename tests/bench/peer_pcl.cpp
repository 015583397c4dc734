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

// Points inside leaves of so many steps are coded one by one, at a resolution of one step: no two points merge. PCL cuts off places in a
// leaf at 127 steps; of the sizes below that, 64 gives the smallest files.
constexpr double kLeafSteps = 64;
constexpr float kFloatNoise = 1.0f / 32;  // well above the rounding of floats below 2^18 steps

Codec make_codec() { return {pcl::io::MANUAL_CONFIGURATION, false, 1.0, kLeafSteps, false, 1, false, 0}; }

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

/// The codec cuts off what is left of a step above the leaf's corner, which lies between steps: the same part of a step for all points.
int32_t grid_step(float value) { return static_cast<int32_t>(std::ceil(value - kFloatNoise)); }

Result<GridPoints> decode_octree(const Bytes& bytes, size_t) {
  std::stringstream stream{std::string(as_text(bytes))};
  PclCloud::Ptr cloud(new PclCloud);
  Codec codec = make_codec();
  codec.decodePointCloud(stream, cloud);
  GridPoints points;
  for (const auto& p : *cloud) points.push_back({grid_step(p.x), grid_step(p.y), grid_step(p.z)});
  return points;
}

}  // namespace
}  // namespace dew::bench

int main(int argc, char** argv) {
  using namespace dew::bench;
  return run_peer_program({{"PCL octree", encode_octree, decode_octree}}, "", {argv + 1, argv + argc});
}
