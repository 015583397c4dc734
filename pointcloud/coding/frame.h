// SPDX-License-Identifier: Apache-2.0
/// What every kind of frame is made of between the codec and the container: a head and slices, and where their bytes count.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/intnet.h"
#include "entropy/limits.h"
#include "entropy/result.h"
#include "pointcloud/codec.h"
#include "pointcloud/coding/attributes.h"

namespace dew {

/// How a frame is laid out. Stored in files; never renumber.
enum class FrameKind : uint8_t {
  points = 0,        ///< points in file order, no scan model
  laser_sorted = 1,  ///< one laser's turn after the other
  firing_order = 2,  ///< one column after the other
  scan = 3,          ///< native ticks
  organised = 4,     ///< every shot of every laser at its place
};
const char* frame_kind_name(FrameKind kind);

/// What an encoder may do.
struct FrameOptions {
  Mode mode = Mode::lattice;
  double max_error_m = 0.0005;
  Effort effort = Effort::normal;
  uint32_t slices = 8;
  uint32_t threads = 1;
  const IntNet* range_network = nullptr;  ///< nullptr: adaptive contexts
};

/// Bytes by part.
using PartSizes = std::array<uint64_t, kParts>;

struct CodedFrame {
  FrameKind kind = FrameKind::points;
  Bytes head;
  std::vector<Bytes> slices;
  PartSizes part_bytes{};  ///< of head and slices
  uint64_t returns = 0;    ///< points that are no no-return
};

/// What a decoder is given: the payloads of the slices that are there, each with its place in the file.
struct SliceView {
  ByteSpan payload;
  uint64_t offset = 0;
};
struct FrameInput {
  std::vector<std::optional<SliceView>> slices;  ///< nothing: lost, or not asked for
  const IntNet* range_network = nullptr;
  uint32_t threads = 1;
  DecodeLimits limits;
  FrameBits* bits = nullptr;  ///< cell_bits.h: where wanted, what the cells take
};

/// One slice under construction: streams one after the other, each counted for a part.
class SliceWriter {
 public:
  void add(Part part, ByteSpan stream) {
    const size_t before = writer_.size();
    writer_.sized_bytes(stream);
    sizes_[static_cast<size_t>(part)] += writer_.size() - before;
  }
  Bytes take() { return writer_.take(); }
  const PartSizes& sizes() const { return sizes_; }

 private:
  ByteWriter writer_;
  PartSizes sizes_{};
};

/// Cells that a file of so many coded bytes may describe: what a decoder allocates is paid for by what it reads. Part of the format.
constexpr uint64_t max_cells(uint64_t coded_bytes) { return 65536 + coded_bytes * kCellsPerByte; }

}  // namespace dew
