// SPDX-License-Identifier: Apache-2.0
// A program of somebody else: one point through the codec and back.
#include "pointcloud/codec.h"
#include "pointcloud/io/records.h"

int main() {
  const auto layout = dew::parse_fields("x:f32,y:f32,z:f32");
  const auto cloud = dew::read_records(dew::Bytes(12), *layout, {});
  const auto encoded = dew::encode(*cloud, {});
  const auto decoded = encoded.ok() ? dew::decode(encoded->bytes, {}, {}) : encoded.error();
  return decoded.ok() && std::get<dew::Cloud>(decoded->content).points == 1 ? 0 : 1;
}
