// SPDX-License-Identifier: Apache-2.0
/// Headers and trailers of point files (section 5.5 of pointcloud/FORMAT.md), written from that page alone: slow, short, no code of
/// pointcloud/.
///
///   const Octets text = plain::text(in, points, width, height);
#pragma once

#include <map>
#include <string>

#include "tests/golden/plain_cloud.h"

namespace plain {

inline std::string primer(uint64_t points, uint64_t width, uint64_t height) {
  std::string text = "LASF";
  text.append(20, '\0');
  text += "\x01\x02";
  text.append(32, '\0');
  text += "\xe3";
  text.append(3, '\0');
  text +=
      "ply\nformat ascii 1.0\ncomment \nobj_info \nply\nformat binary_little_endian 1.0\nelement vertex " + std::to_string(points) + "\n";
  for (const char* axis : {"x", "y", "z", "nx", "ny", "nz"}) text += std::string("property float ") + axis + "\n";
  for (const char* colour : {"red", "green", "blue", "alpha"}) text += std::string("property uchar ") + colour + "\n";
  text += "property float intensity\nproperty double x\nproperty double y\nproperty double z\nelement face 0\n";
  text += "property list uchar int vertex_indices\nend_header\n";
  text += "# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\nFIELDS x y z rgb normal_x normal_y normal_z curvature\n";
  text += "SIZE 4 4 4 4 4 4 4 4\nTYPE F F F F F F F F\nCOUNT 1 1 1 1 1 1 1 1\nDATA ascii\n";
  text += "# .PCD v.7 - Point Cloud Data file format\nVERSION .7\nFIELDS x y z intensity t reflectivity ring ambient range\n";
  text += "SIZE 4 4 4 4 4 2 1 2 4\nTYPE F F F F U U U U U\nCOUNT 1 1 1 1 1 1 1 1 1\nDATA binary_compressed\n";
  text += "# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\nFIELDS x y z intensity ring timestamp time\n";
  text += "SIZE 4 4 4 4 2 8\nTYPE F F F F U F\nCOUNT 1 1 1 1 1 1\n";
  text += "WIDTH " + std::to_string(width) + "\nHEIGHT " + std::to_string(height) + "\nVIEWPOINT 0 0 0 1 0 0 0\n";
  return text + "POINTS " + std::to_string(points) + "\nDATA binary\n";
}

inline Octets text(Input& in, uint64_t points, uint64_t width, uint64_t height) {
  const uint64_t size = in.number();
  Octets known, result;
  if (size == 0) return result;
  if (size > 65536) {
    for (const int64_t value : in.sequence(size)) result.push_back(static_cast<uint8_t>(value));
    return result;
  }
  for (const char c : primer(points, width, height)) known.push_back(static_cast<uint8_t>(c));
  const size_t begin = known.size();
  RangeReader reader(in.sized());
  const std::vector<size_t> lengths = {1, 2, 3, 4, 6};
  std::vector<std::map<uint32_t, Adaptive>> bits(lengths.size());
  std::vector<Mixed> mixed(4, Mixed(5));
  for (size_t i = 0; i < begin + size; ++i) {
    std::vector<uint32_t> hashes;
    for (const size_t length : lengths) {
      uint32_t hash = 0;
      for (size_t back = length; back > 0; --back) hash = (hash + (back <= i ? known[i - back] : 0) + 1) * 0x2c9277b5u;
      hashes.push_back(hash);
    }
    uint32_t node = 1, depth = 0;
    while (node < 256) {
      std::vector<Adaptive*> contexts;
      for (size_t k = 0; k < lengths.size(); ++k) contexts.push_back(&bits[k][((hashes[k] >> 8) ^ (node * 0x85ebca6bu >> 12)) & 16383]);
      Mixed& set = mixed[contexts[4]->n > 0 ? 3 : contexts[3]->n > 0 ? 2 : contexts[1]->n > 0 ? 1 : 0];
      // Of a byte that is known, the bit after those that the node stands for.
      const bool bit = i < begin ? set.told((known[i] >> (7 - depth) & 1) != 0, contexts) : set.code(reader, contexts);
      node = 2 * node + (bit ? 1 : 0);
      ++depth;
    }
    if (i >= begin) {
      known.push_back(static_cast<uint8_t>(node));
      result.push_back(known.back());
    }
  }
  return result;
}

}  // namespace plain
