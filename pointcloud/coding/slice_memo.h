// SPDX-License-Identifier: Apache-2.0
/// What an encoder computed for the slices of a frame, so that the decoder that checks its file need not compute again what follows from
/// numbers that it finds equal.
///
///   FrameMemo memo;
///   options.memo = &memo;                              // of FrameOptions: the encoder of the frame fills it
///   input.memo = &memo;                                // of FrameInput: the decoder that checks the file reads it
///
/// The checking decoder reads the file's own bytes and walks through them as any decoder does, and compares what it has decoded with what
/// the encoder had. While all that a pure function depends on is equal it takes what the function gave there: of the resampled reference,
/// which depends on the earlier frames; of the network and the mixture, which depend on the sensor, the reference and the returns so far:
/// the symbol's interval, which must hold what the range decoder read; of the mixed contexts of intensities, which depend on the
/// neighbourhoods and intensities so far: the probabilities of bits. From the first difference on it computes like any other decoder.
/// Threads: slices are filled and read independently.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "entropy/coder.h"
#include "entropy/intnet.h"
#include "entropy/range_coder.h"
#include "pointcloud/coding/range_grid.h"
#include "pointcloud/coding/reference_picture.h"

namespace dew {

/// Numbers that are written before they are read: no time is spent on zeros.
template <class Number>
class Scratch {
 public:
  void reserve(size_t count) {
    if (count <= size_) return;
    numbers_ = std::make_unique_for_overwrite<Number[]>(count);
    size_ = count;
  }
  Number* data() const { return numbers_.get(); }

 private:
  std::unique_ptr<Number[]> numbers_;
  size_t size_ = 0;
};

/// The returns of one row of a slice, and where the coder went.
struct PredictedRow {
  size_t count = 0;
  Scratch<uint32_t> columns, ranges;
  Scratch<CdfInterval> intervals;

  void reserve(size_t returns) {
    columns.reserve(returns);
    ranges.reserve(returns);
    intervals.reserve(returns);
  }
};

/// Of one slice's ranges.
struct RangeMemo {
  /// What predictions follow from beside the returns so far.
  struct Source {
    const IntNet* network = nullptr;
    const IntNet* second = nullptr;  ///< learns beside it
    bool learns = false;             ///< learning_range_model.h
    const ReferencePicture* reference = nullptr;
    GridGeometry geometry;
    uint32_t first_column = 0, end_column = 0;
    uint32_t max_range = 0;
    bool operator==(const Source&) const = default;
  };
  std::optional<Source> source;    ///< none: nothing is noted
  std::vector<PredictedRow> rows;  ///< in order from 0
};

/// One intensity: all that its contexts are chosen by, and what it was.
struct SeenIntensity {
  uint64_t around = 0;
  uint32_t cell = 0;  ///< of the slice, row after row
  bool is_return = true;
  uint8_t value = 0;
};
struct IntensityMemo {
  unsigned bits = 0;
  std::vector<SeenIntensity> cells;
  std::vector<uint16_t> p1;  ///< of each bit, as the coder got it
};

struct SliceMemo {
  /// Alone, and beside an earlier frame: an encoder may code both and take parts of each.
  std::array<RangeMemo, 2> ranges;
  std::array<IntensityMemo, 2> intensities;
};
struct FrameMemo {
  std::vector<SliceMemo> slices;

  /// The reference on the grid of now, made once for equal pictures, backgrounds and grids.
  std::shared_ptr<const ReferencePicture> reference(const DecodedPicture& picture, const Background* background, const GridAzimuths& now,
                                                    uint32_t rows, const ReferenceOptions& options);

 private:
  struct Resampled {
    DecodedPicture picture;
    std::optional<Background> background;
    GridAzimuths now;
    uint32_t rows = 0;
    ReferenceOptions options;
    bool operator==(const Resampled&) const = default;
  };
  Resampled resampled_;
  std::shared_ptr<const ReferencePicture> reference_;
};

/// A range encoder that notes down the intensities that it codes.
class NotingEncoder : public RangeEncoder {
 public:
  NotingEncoder(IntensityMemo& memo, unsigned bits) : memo_(memo) {
    memo_.bits = bits;
    memo_.cells.clear();
    memo_.p1.clear();
  }
  bool code_bit(bool bit, uint32_t p1) {
    memo_.p1.push_back(static_cast<uint16_t>(p1));
    return RangeEncoder::code_bit(bit, p1);
  }
  void note(const SeenIntensity& seen) { memo_.cells.push_back(seen); }

 private:
  IntensityMemo& memo_;
};

/// A range decoder that takes the probabilities of bits from notes while all that it sees is as noted. The first difference ends it: what
/// follows is not decoded.
class RecallingDecoder : public RangeDecoder {
 public:
  RecallingDecoder(ByteSpan bytes, const IntensityMemo& memo) : RangeDecoder(bytes), memo_(memo) {}

  uint8_t recall(const SeenIntensity& seen, unsigned bits) {
    if (differs_ || bits != memo_.bits || next_ == memo_.cells.size() || memo_.p1.size() - bit_ < bits) return differ();
    const SeenIntensity& noted = memo_.cells[next_++];
    if (noted.around != seen.around || noted.cell != seen.cell || noted.is_return != seen.is_return) return differ();
    uint32_t value = 0;
    for (unsigned i = 0; i < bits; ++i) value = 2 * value + (decode_by_branch(memo_.p1[bit_++]) ? 1u : 0u);
    return value == noted.value ? noted.value : differ();
  }
  bool differs() const { return differs_ || next_ != memo_.cells.size() || overrun(); }

 private:
  uint8_t differ() {
    differs_ = true;
    return 0;
  }
  const IntensityMemo& memo_;
  size_t next_ = 0, bit_ = 0;
  bool differs_ = false;
};

/// One intensity of `bits` bits: `code()` codes it, but for a decoder that recalls it. `seen` is what `code` depends on beside what came
/// before; its value is not looked at.
template <class Coder, class Code>
uint8_t code_or_recall(Coder& coder, SeenIntensity seen, unsigned bits, Code&& code) {
  if constexpr (requires { coder.recall(seen, bits); }) return coder.recall(seen, bits);
  const uint8_t value = code();
  if constexpr (requires { coder.note(seen); }) {
    seen.value = value;
    coder.note(seen);
  }
  return value;
}

}  // namespace dew
