// SPDX-License-Identifier: Apache-2.0
/// A second decoder of frames of all kinds, written from pointcloud/FORMAT.md alone: slow, short, no code of pointcloud/. The
/// bytes must be sound.
///
///   const plain::Frame frame = plain::read_frame(file);
///   frame.fields[0].values;                                 // clouds: the bytes of each field
///   frame.lrf;                                              // scans: the .lrf file
#pragma once

#include <functional>

#include "tests/golden/plain_container.h"
#include "tests/golden/plain_organised.h"
#include "tests/golden/plain_text.h"

namespace plain {

/// 3 and 4. `find_network` gives the .inet file of an id for networks that are not in the file.
inline Frame read_frame(const Octets& file, const std::function<Octets(const Octets&)>& find_network = {}) {
  const Container container = read_container(file).value();
  Octets network;
  std::vector<Octets> slices;
  const Chunk* first = nullptr;
  for (const Chunk& chunk : container.chunks) {
    if (chunk.type == 4) network = chunk.payload;
    if (chunk.type == 16) first = &chunk;
    if (chunk.type == 17) slices.push_back(chunk.payload);
  }
  Frame frame;
  Input in(first->payload);
  frame.kind = in.number();
  in.number();  // mode
  in.number();  // effort
  in.f64();     // largest error
  in.number();  // slices
  frame.points = in.number();
  in.number();  // returns
  const uint64_t width = in.number(), height = in.number();
  for (int i = 0; i < 4; ++i) in.number();
  if (in.fixed(1) != 0) {
    in.number();
    for (uint64_t left = in.number(); left > 0; --left) in.signed_number();
    frame.header = text(in, frame.points, width, height);
    frame.trailer = text(in, frame.points, width, height);
  }
  if (const uint64_t networks = in.fixed(1); networks != 0) {
    const Octets id = in.take(16);
    if (network.empty()) network = find_network(id);
    if ((networks & 4) != 0) network = with_second(network, find_network(in.take(16)));
  }
  if (frame.kind == 0) read_points(in, slices, frame);
  if (frame.kind == 1) read_laser_sorted(in, slices, network, frame);
  if (frame.kind == 2) read_firing_order(in, slices, network, frame);
  if (frame.kind == 3) read_scan(in, slices, network, frame);
  if (frame.kind == 4) read_organised(in, slices, network, frame);
  return frame;
}

}  // namespace plain
