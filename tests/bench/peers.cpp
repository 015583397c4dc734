// SPDX-License-Identifier: Apache-2.0
// dew-peers: point codecs of others, for `dew bench --peers`.
//   dew-peers --list                     names of the codecs, one a line; "NAME: reason" for one that is not in this build
//   dew-peers CODEC POINTS STEP_M        POINTS holds doubles x, y, z; they are rounded to a grid of STEP_M, coded, decoded and compared
// The answer is one JSON object: points, bytes, max_error_m, order_kept, encode_ms, decode_ms.
#include <lzma.h>

#include <cstdio>
#include <string>

#include "tests/bench/peer_program.h"
#ifdef DEW_HAS_DRACO
#include "tests/bench/peer_draco.h"
#endif

namespace dew::bench {
namespace {

constexpr const char* kPlanes = "delta + planes + xz -9e";

/// Byte k of every value, then byte k + 1 of every value, ...: high bytes of differences are nearly all equal.
Bytes split_planes(const GridPoints& points) {
  const size_t count = points.size() * 3;
  Bytes planes(count * 4);
  for (size_t axis = 0; axis < 3; ++axis) {
    int32_t previous = 0;
    for (size_t i = 0; i < points.size(); ++i) {
      const auto difference = static_cast<uint32_t>(zigzag(int64_t{points[i][axis]} - previous));
      previous = points[i][axis];
      for (size_t plane = 0; plane < 4; ++plane) {
        planes[plane * count + axis * points.size() + i] = static_cast<std::byte>(difference >> (8 * plane));
      }
    }
  }
  return planes;
}

GridPoints join_planes(const Bytes& planes) {
  const size_t count = planes.size() / 4;
  GridPoints points(count / 3);
  for (size_t axis = 0; axis < 3; ++axis) {
    int64_t value = 0;
    for (size_t i = 0; i < points.size(); ++i) {
      uint32_t difference = 0;
      for (size_t plane = 0; plane < 4; ++plane) {
        difference |= static_cast<uint32_t>(planes[plane * count + axis * points.size() + i]) << (8 * plane);
      }
      value += unzigzag(difference);
      points[i][axis] = static_cast<int32_t>(value);
    }
  }
  return points;
}

Result<Bytes> encode_planes(const GridPoints& points) {
  const Bytes planes = split_planes(points);
  Bytes out(lzma_stream_buffer_bound(planes.size()));
  size_t size = 0;
  const lzma_ret ret =
      lzma_easy_buffer_encode(LZMA_PRESET_EXTREME | 9, LZMA_CHECK_CRC32, nullptr, reinterpret_cast<const uint8_t*>(planes.data()),
                              planes.size(), reinterpret_cast<uint8_t*>(out.data()), &size, out.size());
  if (ret != LZMA_OK) return Error{Code::internal, 0, "liblzma refused to encode"};
  out.resize(size);
  return out;
}

Result<GridPoints> decode_planes(const Bytes& bytes, size_t point_count) {
  Bytes planes(point_count * 12);
  uint64_t memory_limit = UINT64_MAX;
  size_t in_place = 0;
  size_t out_place = 0;
  const lzma_ret ret = lzma_stream_buffer_decode(&memory_limit, 0, nullptr, reinterpret_cast<const uint8_t*>(bytes.data()), &in_place,
                                                 bytes.size(), reinterpret_cast<uint8_t*>(planes.data()), &out_place, planes.size());
  if (ret != LZMA_OK) return Error{Code::internal, 0, "liblzma refused to decode"};
  return join_planes(planes);
}

}  // namespace
}  // namespace dew::bench

int main(int argc, char** argv) {
  using namespace dew::bench;
  std::vector<Peer> peers = {{kPlanes, encode_planes, decode_planes}};
#ifdef DEW_HAS_DRACO
  for (const Peer& peer : draco_peers()) peers.push_back(peer);
  const char* absent = "";
#else
  const char* absent = "Draco kd-tree, Draco sequential: built without Draco (DEW_WITH_DRACO)\n";
#endif
  return run_peer_program(peers, absent, {argv + 1, argv + argc});
}
