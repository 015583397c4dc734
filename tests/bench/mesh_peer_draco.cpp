// SPDX-License-Identifier: Apache-2.0
#include <draco/compression/attributes/normal_compression_utils.h>
#include <draco/compression/decode.h>
#include <draco/compression/encode.h>

#include <algorithm>
#include <cmath>

#include "mesh/adapters/draco.h"
#include "tests/bench/mesh_peer_codecs.h"

namespace dew::bench {

std::optional<PeerRun> run_draco(const Mesh& mesh, int level, const DracoBits& bits) {
  const auto input = to_draco(mesh);
  if (!input.ok()) return {};
  PeerRun run;
  draco::Encoder encoder;
  encoder.SetSpeedOptions(10 - level, 10 - level);
  encoder.SetEncodingMethod(draco::MESH_EDGEBREAKER_ENCODING);
  encoder.SetAttributeQuantization(draco::GeometryAttribute::POSITION, bits.places);
  encoder.SetAttributeQuantization(draco::GeometryAttribute::NORMAL, bits.normals);
  encoder.SetAttributeQuantization(draco::GeometryAttribute::TEX_COORD, bits.texcoords);
  draco::EncoderBuffer buffer;
  double start = cpu_ms();
  if (!encoder.EncodeMeshToBuffer(**input, &buffer).ok()) return {};
  run.encode_ms = cpu_ms() - start;
  run.bytes = buffer.size();
  run.decode_ms = 1e30;
  for (int i = 0; i < 3; ++i) {
    draco::DecoderBuffer coded;
    coded.Init(buffer.data(), buffer.size());
    draco::Decoder decoder;
    start = cpu_ms();
    auto decoded = decoder.DecodeMeshFromBuffer(&coded);
    run.decode_ms = std::min(run.decode_ms, cpu_ms() - start);
    if (!decoded.ok()) return {};
    std::vector<std::string> lost;
    if (i == 0) run.mesh = from_draco(*decoded.value(), lost);
  }
  return run;
}

double draco_normal_error_deg(const MeshAttribute& normals, int bits) {
  draco::OctahedronToolBox box;
  box.SetQuantizationBits(bits);
  double squared = 0;
  size_t count = 0;
  for (size_t i = 0; i + 2 < normals.value.size(); i += 3) {
    float n[3] = {normals.value[i], normals.value[i + 1], normals.value[i + 2]}, back[3];
    // Below this Draco takes a normal for none.
    if (!(std::abs(n[0]) + std::abs(n[1]) + std::abs(n[2]) > 1e-6f)) continue;
    ++count;
    int32_t s = 0, t = 0;
    box.FloatVectorToQuantizedOctahedralCoords(n, &s, &t);
    box.QuantizedOctahedralCoordsToUnitVector(s, t, back);
    double along = 0, sizes[2] = {0, 0};
    for (size_t k = 0; k < 3; ++k) {
      along += static_cast<double>(n[k]) * static_cast<double>(back[k]);
      sizes[0] += static_cast<double>(n[k]) * static_cast<double>(n[k]);
      sizes[1] += static_cast<double>(back[k]) * static_cast<double>(back[k]);
    }
    const double scale = std::sqrt(sizes[0] * sizes[1]);
    const double angle = scale > 0 ? 57.29577951308232 * std::acos(std::clamp(along / scale, -1.0, 1.0)) : 0;
    squared += angle * angle;
  }
  return count == 0 ? 0 : std::sqrt(squared / static_cast<double>(count));
}

}  // namespace dew::bench
