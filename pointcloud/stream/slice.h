// SPDX-License-Identifier: Apache-2.0
/// One slice of a stream: some columns of a frame, coded as soon as the sensor has turned so far.
///
///   const SliceCoding coding{.error_ticks = 12, .intensity_shift = 2};
///   DEW_ASSIGN(const EncodedSlice coded, encode_slice(header, sector, sensor, coding));     // sector: a Scan of these columns only
///   DEW_ASSIGN(const DecodedSlice slice, decode_slice(coded.message, sensor, limits));      // slice.columns is coded.decoded
///
/// A slice decodes alone, or names the slices of earlier frames that it refers to; encoder and decoder then hold those in a SliceStore.
/// Bytes: pointcloud/FORMAT.md, "Streams".
#pragma once

#include <span>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/scan.h"
#include "pointcloud/stream/sensor_description.h"
#include "pointcloud/stream/slice_store.h"

namespace dew {

/// What a decoder must hold besides the slice. Sent; never renumber.
enum class Reference : uint8_t {
  intra = 0,   ///< nothing
  slices = 1,  ///< those of SliceHeader::refers_to
};

/// Cells that are coded finer than the rest: rows as the layout has them, columns of the slice, ranges in ticks as decoded without
/// refinement.
struct FineRegion {
  uint32_t first_column = 0, end_column = 0;
  uint32_t first_row = 0, end_row = 0;
  uint32_t least_range = 1, most_range = 0xFFFFFFFF;
  bool operator==(const FineRegion&) const = default;
};
/// Regions in one slice. Part of the format.
inline constexpr size_t kMaxFineRegions = 16;

/// How much of the sensor's precision goes into a slice.
struct SliceCoding {
  uint32_t error_ticks = 0;       ///< largest error of a range, in ticks; 0: exact
  uint32_t intensity_shift = 0;   ///< low bits of intensities that are left out; 8: no intensities
  uint32_t fine_error_ticks = 0;  ///< the same as error_ticks for cells of `fine`; used where it is less
  std::vector<FineRegion> fine;
};

struct SliceHeader {
  uint32_t description = 0;  ///< id of the sensor description
  uint32_t frame = 0;
  uint32_t first_column = 0;
  bool ends_frame = false;
  std::vector<SliceName> refers_to{};  ///< slices of earlier frames, at most kMostReferences; empty: the slice stands alone
  uint32_t columns_before = 0;         ///< of the whole frame before; 0: not known
  uint32_t columns_left_out =
      0;                       ///< directly before this slice, given up to keep the rate; what exceeds first_column ended the frame before
  uint64_t time_us = 0;        ///< when the last column was measured, on the sender's clock, since 1970
  uint32_t bound_um = 0;       ///< no range is further off; by encode_slice
  uint32_t fine_bound_um = 0;  ///< nor any of a fine region; equal to bound_um where there is none
  uint32_t intensity_shift = 0;  ///< as in SliceCoding; by encode_slice
};

struct DecodedSlice {
  SliceHeader header;
  Scan columns;  ///< times count from the frame's first column
};

struct EncodedSlice {
  Bytes message;
  Scan decoded;             ///< what a decoder will have
  uint32_t range_step = 1;  ///< native ticks in the steps of ranges, but for fine regions
};

/// Bounds and shift of `header` are set from `coding`. `store`: REQUIRED where the header refers to slices. Errors: invalid_argument for a
/// sector that is not of this sensor, or references that are not there; limit_exceeded.
Result<EncodedSlice> encode_slice(SliceHeader header, const Scan& sector, const SensorDescription& sensor, const SliceCoding& coding,
                                  const SliceStore* store = nullptr);
/// Native ticks in the steps in which a slice's ranges are coded, but for fine regions.
uint32_t range_step(const SliceHeader& header, const SensorDescription& sensor);

/// The numbers before the cells. Trust: hostile bytes are fine. Errors: truncated, corrupt.
Result<SliceHeader> read_slice_header(ByteSpan message);
/// REQUIRES: sensor is the one that the header names. Trust: as above; memory and work are taken from `limits`. Errors: also
/// unsupported_feature for a reference or a network that this program does not know, invalid_argument for slices referred to that are not
/// in `store`.
Result<DecodedSlice> decode_slice(ByteSpan message, const SensorDescription& sensor, const DecodeLimits& limits,
                                  const SliceStore* store = nullptr);

}  // namespace dew
