// SPDX-License-Identifier: Apache-2.0
/// What every kind of frame is made of between the codec and the container: a head and slices, and where their bytes count.
#pragma once

#include <algorithm>
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
#include "pointcloud/coding/reference_picture.h"
#include "pointcloud/sensor/beams.h"

namespace dew {

struct FrameMemo;
struct FrameReference;

/// How a frame is laid out. Stored in files; never renumber.
enum class FrameKind : uint8_t {
  points = 0,        ///< points in file order, no scan model
  laser_sorted = 1,  ///< one laser's turn after the other
  firing_order = 2,  ///< one column after the other
  scan = 3,          ///< native ticks
  organised = 4,     ///< every shot of every laser at its place
};
const char* frame_kind_name(FrameKind kind);

/// What a decoded frame leaves for the next one; no rows: nothing (frames of points, frames that are not whole).
struct FramePicture {
  DecodedPicture cells;
  uint32_t tick_um = 1;                         ///< of a range tick
  std::vector<int16_t> elevation_centidegrees;  ///< a row
  /// Where beams begin, a row: to the right of the axis and above it. Empty: on the axis, as far as is known.
  std::vector<int32_t> horizontal_offset_um, vertical_offset_um;
};

/// What an encoder may do.
struct FrameOptions {
  Mode mode = Mode::lattice;
  double max_error_m = 0.0005;
  Effort effort = Effort::normal;
  uint32_t slices = 8;
  uint32_t threads = 1;
  const IntNet* range_network = nullptr;      ///< nullptr: adaptive contexts
  const IntNet* second_network = nullptr;     ///< learns beside range_network at effort max; nullptr: none does
  const IntNet* inter_network = nullptr;      ///< of ranges that refer to an earlier frame; nullptr: only those without a network do
  const FrameReference* reference = nullptr;  ///< frame_reference.h; nullptr: the frame stands alone
  bool picture_only = false;                  ///< no more of the frame than its picture
  const KeptBeams* known_beams = nullptr;     ///< lasers of another frame, for frames of points; nullptr: none are known
  FrameMemo* memo = nullptr;                  ///< slice_memo.h; where wanted, for the decoder that checks the frame
};

/// Bytes by part.
using PartSizes = std::array<uint64_t, kParts>;

/// What a decoder is given: the payloads of the slices that are there, each with its place in the file.
struct SliceView {
  ByteSpan payload;
  uint64_t offset = 0;
};
struct FrameInput {
  std::vector<std::optional<SliceView>> slices;  ///< nothing: lost, or not asked for
  const IntNet* range_network = nullptr;
  const IntNet* second_network = nullptr;  ///< that learns beside it
  const IntNet* inter_network = nullptr;   ///< of slices that refer
  uint32_t threads = 1;
  DecodeLimits limits;
  FrameBits* bits = nullptr;                  ///< cell_bits.h: where wanted, what the cells take
  const FrameReference* reference = nullptr;  ///< frame_reference.h; nullptr: none is there
  bool salvage = false;                       ///< slices that refer to a frame that is lost are lost too, instead of an error
  uint64_t shared_bytes = 0;                  ///< of the head, that other frames have too: they pay for no cells
  FramePicture* picture = nullptr;            ///< where wanted: what the frame leaves for the next one; as it is where there is nothing
  FrameMemo* memo = nullptr;                  ///< slice_memo.h; of the encoder that this decoder checks, or nullptr

  /// Bytes that pay for cells, `head` being all of it.
  uint64_t coded_bytes(const ByteReader& head) const {
    uint64_t bytes = head.remaining() - std::min<uint64_t>(shared_bytes, head.remaining());
    for (const auto& slice : slices) bytes += slice ? slice->payload.size() : 0;
    return bytes;
  }
};

/// One slice under construction: streams one after the other, each counted for a part.
class SliceWriter {
 public:
  void add(Part part, ByteSpan stream) {
    const size_t before = writer_.size();
    writer_.sized_bytes(stream);
    sizes_[static_cast<size_t>(part)] += writer_.size() - before;
  }
  /// Which of its parts refer to an earlier frame, first of all: frame_reference.h.
  void add_reference(uint8_t parts) {
    writer_.u8(parts);
    sizes_[static_cast<size_t>(Part::geometry)] += 1;
  }
  Bytes take() { return writer_.take(); }
  const PartSizes& sizes() const { return sizes_; }

 private:
  ByteWriter writer_;
  PartSizes sizes_{};
};

struct CodedFrame {
  FrameKind kind = FrameKind::points;
  Bytes head;
  std::vector<Bytes> slices;
  PartSizes part_bytes{};  ///< of head and slices
  std::vector<PartSizes> slice_parts;
  uint64_t returns = 0;            ///< points that are no no-return
  bool slices_refer = false;       ///< slices begin with whether they refer to the frame before
  FramePicture picture;            ///< what a decoder will have for the next frame
  std::optional<KeptBeams> beams;  ///< lasers that were found from points alone

  void add_slice(SliceWriter& slice) {
    for (size_t part = 0; part < kParts; ++part) part_bytes[part] += slice.sizes()[part];
    slice_parts.push_back(slice.sizes());
    slices.push_back(slice.take());
  }
};

/// Cells that a file of so many coded bytes may describe: what a decoder allocates is paid for by what it reads. Part of the format.
constexpr uint64_t max_cells(uint64_t coded_bytes) { return 65536 + coded_bytes * kCellsPerByte; }

}  // namespace dew
