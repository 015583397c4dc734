// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/peer_draco.h"

#include <draco/compression/decode.h>
#include <draco/compression/expert_encode.h>
#include <draco/point_cloud/point_cloud_builder.h>

namespace dew::bench {
namespace {

constexpr int kSlowest = 0;  // speed 0 is what Draco's tools call compression level 10

Result<Bytes> encode_draco(const GridPoints& points, int method) {
  draco::PointCloudBuilder builder;
  builder.Start(static_cast<draco::PointIndex::ValueType>(points.size()));
  const int attribute = builder.AddAttribute(draco::GeometryAttribute::POSITION, 3, draco::DT_INT32);
  for (size_t i = 0; i < points.size(); ++i) {
    builder.SetAttributeValueForPoint(attribute, draco::PointIndex(static_cast<uint32_t>(i)), points[i].data());
  }
  const std::unique_ptr<draco::PointCloud> cloud = builder.Finalize(false);  // duplicates stay
  draco::ExpertEncoder encoder(*cloud);
  encoder.SetEncodingMethod(method);
  encoder.SetSpeedOptions(kSlowest, kSlowest);
  draco::EncoderBuffer buffer;
  const draco::Status status = encoder.EncodeToBuffer(&buffer);
  if (!status.ok()) return Error{Code::internal, 0, "Draco: " + status.error_msg_string()};
  const ByteSpan bytes = std::as_bytes(std::span(buffer.data(), buffer.size()));
  return Bytes(bytes.begin(), bytes.end());
}

Result<GridPoints> decode_draco(const Bytes& bytes, size_t) {
  draco::DecoderBuffer buffer;
  buffer.Init(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  draco::Decoder decoder;
  auto decoded = decoder.DecodePointCloudFromBuffer(&buffer);
  if (!decoded.ok()) return Error{Code::internal, 0, "Draco: " + decoded.status().error_msg_string()};
  const std::unique_ptr<draco::PointCloud> cloud = std::move(decoded).value();
  const draco::PointAttribute* positions = cloud->GetNamedAttribute(draco::GeometryAttribute::POSITION);
  GridPoints points(cloud->num_points());
  for (uint32_t i = 0; i < cloud->num_points(); ++i) {
    positions->GetMappedValue(draco::PointIndex(i), points[i].data());
  }
  return points;
}

Result<Bytes> encode_kd_tree(const GridPoints& points) { return encode_draco(points, draco::POINT_CLOUD_KD_TREE_ENCODING); }
Result<Bytes> encode_sequential(const GridPoints& points) { return encode_draco(points, draco::POINT_CLOUD_SEQUENTIAL_ENCODING); }

}  // namespace

std::vector<Peer> draco_peers() {
  return {{"Draco kd-tree cl 10", encode_kd_tree, decode_draco}, {"Draco sequential cl 10", encode_sequential, decode_draco}};
}

}  // namespace dew::bench
