// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/slice.h"

#include <algorithm>
#include <memory>
#include <string>

#include "entropy/binary_coder.h"
#include "entropy/range_coder.h"
#include "pointcloud/coding/column_numbers.h"
#include "pointcloud/coding/frame_reference.h"
#include "pointcloud/coding/grid_frame.h"
#include "pointcloud/coding/scan_cells.h"

namespace dew {
namespace {

constexpr uint8_t kEndsFrame = 1, kHasFineRegions = 2;
constexpr uint32_t kNoIntensities = 8;
/// Columns of one slice, and of a frame. Part of the format.
constexpr uint32_t kMostColumns = 1u << 20;

// ---- header ----

void write_header(const SliceHeader& header, bool has_fine, ByteWriter& writer) {
  writer.u32(header.description);
  writer.u8(static_cast<uint8_t>((header.ends_frame ? kEndsFrame : 0) | (has_fine ? kHasFineRegions : 0)));
  writer.u8(static_cast<uint8_t>(header.refers_to.empty() ? Reference::intra : Reference::slices));
  writer.u8(static_cast<uint8_t>(header.intensity_shift));
  writer.u64(header.time_us);
  writer.varint(header.frame);
  writer.varint(header.first_column);
  writer.varint(header.columns_before);
  writer.varint(header.columns_left_out);
  writer.varint(header.bound_um);
  if (has_fine) writer.varint(header.fine_bound_um);
  if (header.refers_to.empty()) return;
  writer.varint(header.refers_to.size());
  for (const SliceName& name : header.refers_to) {
    writer.varint(header.frame - name.frame);
    writer.varint(name.first_column);
  }
}

Result<std::vector<SliceName>> read_references(ByteReader& reader, uint32_t frame) {
  DEW_ASSIGN(const uint64_t count, reader.varint());
  if (count == 0 || count > kMostReferences) return Error{Code::corrupt, reader.offset(), "a slice refers to 1 to 4 others"};
  std::vector<SliceName> names;
  for (uint64_t i = 0; i < count; ++i) {
    DEW_ASSIGN(const uint64_t back, reader.varint());
    DEW_ASSIGN(const uint64_t first_column, reader.varint());
    if (back == 0 || back > kMostFramesBack || first_column > kMostColumns)
      return Error{Code::corrupt, reader.offset(), "a slice refers to one that is too old, or none"};
    const SliceName name{frame - static_cast<uint32_t>(back), static_cast<uint32_t>(first_column)};
    if (std::find(names.begin(), names.end(), name) != names.end())
      return Error{Code::corrupt, reader.offset(), "a slice refers to another twice"};
    names.push_back(name);
  }
  return names;
}

Result<SliceHeader> read_header(ByteReader& reader, bool& has_fine) {
  SliceHeader header;
  const auto number = [&](uint32_t& to, uint64_t most, const char* what) -> Status {
    DEW_ASSIGN(const uint64_t value, reader.varint());
    if (value > most)
      return Error{Code::corrupt, reader.offset(), std::string(what) + " of a slice is out of range: " + std::to_string(value)};
    to = static_cast<uint32_t>(value);
    return {};
  };
  DEW_ASSIGN(header.description, reader.u32());
  DEW_ASSIGN(const uint8_t flags, reader.u8());
  if (flags > (kEndsFrame | kHasFineRegions)) return Error{Code::corrupt, reader.offset(), "unknown flags of a slice"};
  header.ends_frame = (flags & kEndsFrame) != 0;
  has_fine = (flags & kHasFineRegions) != 0;
  DEW_ASSIGN(const uint8_t reference, reader.u8());
  if (reference > static_cast<uint8_t>(Reference::slices))
    return Error{Code::unsupported_feature, reader.offset(), "a slice refers to others in a way that this dew does not know"};
  DEW_ASSIGN(header.intensity_shift, reader.u8());
  if (header.intensity_shift > kNoIntensities) return Error{Code::corrupt, reader.offset(), "intensities have 8 bits at most"};
  DEW_ASSIGN(header.time_us, reader.u64());
  DEW_TRY(number(header.frame, 0xFFFFFFFF, "the frame"));
  DEW_TRY(number(header.first_column, kMostColumns, "the first column"));
  DEW_TRY(number(header.columns_before, kMostColumns, "the size of the frame before"));
  DEW_TRY(number(header.columns_left_out, 2 * kMostColumns, "what was left out"));
  DEW_TRY(number(header.bound_um, 0xFFFFFFFF, "the bound"));
  header.fine_bound_um = header.bound_um;
  if (has_fine) DEW_TRY(number(header.fine_bound_um, header.bound_um, "the fine bound"));
  if (reference == static_cast<uint8_t>(Reference::slices)) {
    DEW_ASSIGN(header.refers_to, read_references(reader, header.frame));
  }
  return header;
}

// ---- fine regions ----

/// Calls visit(cell of the scan) for each cell with a return in any of the regions, row after row. A cell in several comes once.
template <class Visit>
void for_each_fine_cell(std::span<const FineRegion> regions, const ScanLayout& layout, const Scan& scan, Visit&& visit) {
  for (uint32_t row = 0; row < scan.lasers; ++row) {
    for (uint32_t column = 0; column < scan.columns; ++column) {
      const size_t cell = size_t{column} * scan.lasers + layout.laser_of_row[row];
      const uint32_t range = scan.range[cell];
      const bool inside = range != 0 && std::any_of(regions.begin(), regions.end(), [&](const FineRegion& region) {
                            return row >= region.first_row && row < region.end_row && column >= region.first_column &&
                                   column < region.end_column && range >= region.least_range && range <= region.most_range;
                          });
      if (inside) visit(cell);
    }
  }
}

uint32_t step_of(uint32_t error_ticks) { return error_ticks == 0 ? 1 : 2 * error_ticks; }

/// Whole steps that lead nearest to `wanted`.
int64_t nearest_steps(int64_t wanted, int64_t step) { return wanted >= 0 ? (wanted + step / 2) / step : -((-wanted + step / 2) / step); }

uint32_t refined(uint32_t coarse, int64_t steps, uint32_t step, uint32_t range_bytes) {
  const int64_t most = range_bytes == 2 ? 0xFFFF : 0xFFFFFFFF;
  // A decoder reads any number of steps.
  return static_cast<uint32_t>(std::clamp<int64_t>(int64_t{coarse} + std::clamp<int64_t>(steps, -most, most) * step, 1, most));
}

Bytes encode_refinement(const Scan& coarse, const Scan& exact, const SensorDescription& sensor, const SliceCoding& coding) {
  RangeEncoder encoder;
  AdaptiveResidual residual(1);
  const uint32_t step = step_of(coding.fine_error_ticks);
  for_each_fine_cell(coding.fine, sensor.layout, coarse,
                     [&](size_t cell) { residual.code(encoder, nearest_steps(int64_t{exact.range[cell]} - coarse.range[cell], step), 0); });
  return encoder.finish();
}

/// What a decoder makes of coarse ranges and their refinement.
void refine(std::span<const FineRegion> regions, const ScanLayout& layout, uint32_t step, const Scan& exact, Scan& coarse) {
  for_each_fine_cell(regions, layout, coarse, [&](size_t cell) {
    const int64_t steps = nearest_steps(int64_t{exact.range[cell]} - coarse.range[cell], step);
    coarse.range[cell] = refined(coarse.range[cell], steps, step, exact.range_bytes);
  });
}

Status decode_refinement(ByteSpan coded, uint32_t step, std::span<const FineRegion> regions, const SensorDescription& sensor, Scan& scan,
                         Budget& budget, uint64_t offset) {
  DEW_TRY(budget.take_work(uint64_t{scan.range.size()} * (64 + 4 * regions.size()), offset));
  RangeDecoder decoder(coded);
  AdaptiveResidual residual(1);
  for_each_fine_cell(regions, sensor.layout, scan, [&](size_t cell) {
    scan.range[cell] = refined(scan.range[cell], residual.code(decoder, 0, 0), step, scan.range_bytes);
  });
  if (decoder.overrun()) return Error{Code::corrupt, offset, "the refinement of a slice ends before its cells do"};
  return {};
}

void write_regions(std::span<const FineRegion> regions, ByteWriter& writer) {
  writer.varint(regions.size());
  for (const FineRegion& region : regions) {
    for (const uint32_t number :
         {region.first_column, region.end_column, region.first_row, region.end_row, region.least_range, region.most_range})
      writer.varint(number);
  }
}

Result<std::vector<FineRegion>> read_regions(ByteReader& reader) {
  DEW_ASSIGN(const uint64_t count, reader.varint());
  if (count > kMaxFineRegions) return Error{Code::corrupt, reader.offset(), "a slice has more than 16 fine regions"};
  std::vector<FineRegion> regions(count);
  for (FineRegion& region : regions) {
    for (uint32_t* number :
         {&region.first_column, &region.end_column, &region.first_row, &region.end_row, &region.least_range, &region.most_range}) {
      DEW_ASSIGN(const uint64_t value, reader.varint());
      if (value > 0xFFFFFFFF) return Error{Code::corrupt, reader.offset(), "a number of a fine region is out of range"};
      *number = static_cast<uint32_t>(value);
    }
  }
  return regions;
}

// ---- columns ----

template <class T>
Result<std::vector<T>> read_columns(ByteReader& reader, uint32_t columns, Budget& budget) {
  DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
  DEW_ASSIGN(const std::vector<int64_t> values, decode_column_numbers(coded, columns, budget, reader.offset()));
  std::vector<T> narrow;
  narrow.reserve(columns);
  for (const int64_t value : values) narrow.push_back(static_cast<T>(value));
  return narrow;
}

Status check_sector(const Scan& sector, const SensorDescription& sensor, const SliceCoding& coding) {
  if (sector.lasers != sensor.lasers || sector.tick_um != sensor.tick_um || sector.range_bytes != sensor.range_bytes)
    return Error{Code::invalid_argument, 0, "the columns are not of the sensor that the stream describes"};
  if (sector.columns == 0 || sector.columns > kMostColumns || sector.time_us.size() != sector.columns)
    return Error{Code::invalid_argument, 0, "a slice has at least one column, each with its time"};
  if (coding.intensity_shift > kNoIntensities || coding.fine.size() > kMaxFineRegions || coding.error_ticks > (1u << 15))
    return Error{Code::invalid_argument, 0, "the coding of a slice is out of range"};
  return {};
}

/// What a slice refers to, as frames have it.
struct SliceReference {
  FramePicture picture;
  FrameReference frame;
};

/// Nothing where the slice stands alone. The reference points into itself.
Result<std::unique_ptr<SliceReference>> reference_of(const SliceHeader& header, const SensorDescription& sensor, const SliceStore* store,
                                                     Budget& budget) {
  if (header.refers_to.empty()) return std::unique_ptr<SliceReference>();
  if (store == nullptr || !store->has(header.refers_to)) return Error{Code::invalid_argument, 0, "a slice refers to one that is not there"};
  auto reference = std::make_unique<SliceReference>();
  DEW_ASSIGN(reference->picture, store->picture(header.refers_to, sensor.layout, std::min(header.intensity_shift, kNoIntensities), budget));
  reference->frame.picture = &reference->picture.cells;
  reference->frame.frame_distance = header.frame - header.refers_to[0].frame;
  return reference;
}

/// Low bits that were left out come back as the middle of what they may have been.
void restore_intensities(std::vector<uint8_t>& intensities, uint32_t shift) {
  if (shift == 0) return;
  for (uint8_t& intensity : intensities)
    intensity = shift == kNoIntensities ? uint8_t{0} : static_cast<uint8_t>((intensity << shift) + (1 << (shift - 1)));
}

FrameOptions frame_options(const SensorDescription& sensor, uint32_t error_ticks, const IntNet* network) {
  FrameOptions options;
  options.mode = error_ticks == 0 ? Mode::lossless : Mode::max_error;
  options.max_error_m = error_ticks * (sensor.tick_um * 1e-6);
  options.slices = 1;
  options.range_network = network;
  return options;
}

}  // namespace

uint32_t range_step(const SliceHeader& header, const SensorDescription& sensor) {
  return step_of(header.bound_um / std::max(1u, sensor.tick_um));
}

Result<EncodedSlice> encode_slice(SliceHeader header, const Scan& sector, const SensorDescription& sensor, const SliceCoding& coding,
                                  const SliceStore* store) {
  DEW_TRY(check_sector(sector, sensor, coding));
  DEW_ASSIGN(const IntNet* network, network_of(sensor));
  const bool has_fine = !coding.fine.empty() && coding.fine_error_ticks < coding.error_ticks;
  header.description = sensor.id;
  header.intensity_shift = coding.intensity_shift;
  header.bound_um = coding.error_ticks * sensor.tick_um;
  header.fine_bound_um = (has_fine ? coding.fine_error_ticks : coding.error_ticks) * sensor.tick_um;

  EncodedSlice coded;
  coded.range_step = step_of(coding.error_ticks);
  Scan& coarse = coded.decoded = sector;
  for (uint8_t& intensity : coarse.intensity) intensity = static_cast<uint8_t>(intensity >> coding.intensity_shift);
  FrameOptions options = frame_options(sensor, coding.error_ticks, network);
  DEW_ASSIGN(options.inter_network, inter_network_of(sensor));
  Budget budget{DecodeLimits{}};
  DEW_ASSIGN(const std::unique_ptr<SliceReference> reference, reference_of(header, sensor, store, budget));
  if (reference != nullptr) options.reference = &reference->frame;
  DEW_ASSIGN(const CodedFrame cells, encode_scan_cells(coarse, sensor.layout, options));
  ByteWriter writer;
  write_header(header, has_fine, writer);
  writer.varint(sector.columns);
  writer.sized_bytes(encode_column_numbers(std::vector<int64_t>(sector.azimuth.begin(), sector.azimuth.end())));
  writer.sized_bytes(encode_column_numbers(std::vector<int64_t>(sector.time_us.begin(), sector.time_us.end())));
  for (uint32_t& range : coarse.range) range = decoded_range(coded_range(range, coded.range_step), coded.range_step, sector.range_bytes);
  restore_intensities(coarse.intensity, coding.intensity_shift);
  if (has_fine) {
    writer.varint(step_of(coding.fine_error_ticks));
    write_regions(coding.fine, writer);
    writer.sized_bytes(encode_refinement(coarse, sector, sensor, coding));
    refine(coding.fine, sensor.layout, step_of(coding.fine_error_ticks), sector, coarse);
  }
  writer.sized_bytes(cells.slices[0]);
  writer.bytes(cells.head);
  coded.message = writer.take();
  return coded;
}

Result<SliceHeader> read_slice_header(ByteSpan message) {
  ByteReader reader(message);
  bool has_fine = false;
  return read_header(reader, has_fine);
}

Result<DecodedSlice> decode_slice(ByteSpan message, const SensorDescription& sensor, const DecodeLimits& limits, const SliceStore* store) {
  Budget budget(limits);
  ByteReader reader(message);
  bool has_fine = false;
  DecodedSlice slice;
  DEW_ASSIGN(slice.header, read_header(reader, has_fine));
  DEW_ASSIGN(const IntNet* network, network_of(sensor));
  DEW_ASSIGN(const uint64_t columns, reader.varint());
  if (columns == 0 || columns > kMostColumns || columns * sensor.lasers > limits.elements)
    return Error{Code::limit_exceeded, reader.offset(), "a slice of " + std::to_string(columns) + " columns is more than the limits allow"};
  Scan& scan = slice.columns;
  scan.columns = static_cast<uint32_t>(columns);
  scan.lasers = sensor.lasers;
  scan.tick_um = sensor.tick_um;
  scan.azimuth_units_per_turn = sensor.azimuth_units_per_turn;
  scan.range_bytes = sensor.range_bytes;
  DEW_ASSIGN(scan.azimuth, read_columns<uint16_t>(reader, scan.columns, budget));
  DEW_ASSIGN(scan.time_us, read_columns<uint32_t>(reader, scan.columns, budget));
  uint32_t fine_step = 1;
  std::vector<FineRegion> regions;
  ByteSpan refinement;
  if (has_fine) {
    DEW_ASSIGN(const uint64_t step, reader.varint());
    if (step == 0 || step > (1u << 16)) return Error{Code::corrupt, reader.offset(), "the fine step of a slice is out of range"};
    fine_step = static_cast<uint32_t>(step);
    DEW_ASSIGN(regions, read_regions(reader));
    DEW_ASSIGN(refinement, reader.sized_bytes());
  }
  const uint64_t cells_offset = reader.offset();
  DEW_ASSIGN(const ByteSpan cells, reader.sized_bytes());
  FrameInput input;
  input.slices.push_back(SliceView{cells, cells_offset});
  input.range_network = network;
  input.limits = limits;
  DEW_ASSIGN(input.inter_network, inter_network_of(sensor));
  DEW_ASSIGN(const std::unique_ptr<SliceReference> reference, reference_of(slice.header, sensor, store, budget));
  if (reference != nullptr) input.reference = &reference->frame;
  DEW_TRY(decode_scan_cells(reader, input, sensor.layout, scan));
  DEW_TRY(reader.expect_end());
  if (has_fine) DEW_TRY(decode_refinement(refinement, fine_step, regions, sensor, scan, budget, cells_offset));
  restore_intensities(scan.intensity, slice.header.intensity_shift);
  return slice;
}

}  // namespace dew
