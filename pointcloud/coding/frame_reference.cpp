// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/frame_reference.h"

#include <algorithm>
#include <utility>

#include "pointcloud/coding/learning_range_model.h"

namespace dew {

FramePicture frame_picture(const RangeGrid& grid, uint32_t range_step, GridAzimuths azimuths) {
  FramePicture picture;
  picture.tick_um = std::max(1u, grid.geometry.tick_um / std::max(1u, range_step));
  picture.elevation_centidegrees = grid.geometry.elevation_centidegrees;
  picture.cells.rows = grid.rows;
  picture.cells.azimuths = std::move(azimuths);
  picture.cells.intensity = grid.intensity;
  picture.cells.range_step = range_step;
  picture.cells.range.resize(grid.range.size());
  std::transform(grid.range.begin(), grid.range.end(), picture.cells.range.begin(),
                 [&](uint32_t coded) { return coded == 0 ? 0 : std::max(1u, native_range(coded, range_step)); });
  return picture;
}

bool can_refer(const FrameOptions& options, const GridHead& head) {
  const FrameReference* reference = options.reference;
  return reference != nullptr && reference->picture != nullptr && reference->picture->rows == head.rows && head.rows > 0 &&
         (options.range_network == nullptr || options.inter_network != nullptr);
}

Result<GridCoding> with_reference(GridCoding coding, const ReferenceOnGrid& reference, const IntNet* inter_network) {
  if (!reference.picture) return coding;
  if (coding.range_network != nullptr && inter_network == nullptr)
    return Error{Code::unsupported_feature, 0, "slices that refer to an earlier frame need a network that is not there"};
  if (coding.network_learns && !InterLearningRangeModel::takes(*inter_network))
    return Error{Code::unsupported_feature, 0, "slices that refer to an earlier frame need a network that can learn"};
  coding.reference = reference.picture.get();
  coding.ranges_refer = reference.ranges;
  coding.intensities_refer = reference.intensities;
  coding.inter_network = coding.range_network != nullptr ? inter_network : nullptr;
  return coding;
}

ReferenceOnGrid reference_on_grid(const FrameReference* reference, const GridAzimuths& now, const GridHead& head, FrameMemo* memo) {
  if (!head.slices_refer || reference == nullptr || reference->picture == nullptr) return {};
  const ReferenceOptions options{.range_step = head.range_step, .frame_distance = reference->frame_distance};
  const auto picture = [&]() -> std::shared_ptr<const ReferencePicture> {
    if (memo != nullptr) return memo->reference(*reference->picture, reference->background, now, head.rows, options);
    return std::make_shared<const ReferencePicture>(resample(*reference->picture, reference->background, now, head.rows, options));
  };
  return {picture(), reference->ranges, reference->intensities};
}

Result<ReferenceOnGrid> reference_on_grid(const FrameInput& input, const GridAzimuths& now, const GridHead& head, Budget& budget,
                                          uint64_t offset) {
  if (head.slices_refer) {
    DEW_TRY(budget.take_memory(reference_memory_bytes(head.rows, head.columns), offset));
    DEW_TRY(budget.take_work(uint64_t{head.rows} * head.columns * 16, offset));
  }
  return reference_on_grid(input.reference, now, head, input.memo);
}

uint8_t parts_that_refer(const GridCoding& coding) {
  if (coding.ranges_refer) return coding.intensities_refer ? kAllRefers : kRangesRefer;
  return coding.intensities_refer ? kIntensitiesRefer : kNothingRefers;
}

namespace {

/// A slice of ours as its first stream, that of ranges, and the rest.
struct SliceParts {
  ByteSpan ranges, rest;
};
SliceParts parts_of(const Bytes& slice, size_t begin) {
  ByteReader reader(ByteSpan(slice).subspan(begin));
  const Result<ByteSpan> stream = reader.sized_bytes();
  if (!stream.ok()) return {ByteSpan(slice).subspan(begin), {}};
  const size_t split = slice.size() - reader.remaining();
  return {ByteSpan(slice).subspan(begin, split - begin), ByteSpan(slice).subspan(split)};
}

}  // namespace

ReferringSlices take_smaller_parts(const CodedFrame& alone, CodedFrame& frame) {
  constexpr auto kGeometry = static_cast<size_t>(Part::geometry);
  ReferringSlices still;
  for (size_t i = 0; i < frame.slices.size(); ++i) {
    const SliceParts with = parts_of(frame.slices[i], 1), without = parts_of(alone.slices[i], 0);
    const bool ranges = with.ranges.size() <= without.ranges.size(), rest = !with.rest.empty() && with.rest.size() <= without.rest.size();
    still.ranges += ranges;
    still.rest += rest;
    still.any += ranges || rest;
    const uint8_t parts = ranges ? (rest || with.rest.empty() ? kAllRefers : kRangesRefer) : (rest ? kIntensitiesRefer : kNothingRefers);
    const SliceParts chosen{ranges ? with.ranges : without.ranges, rest ? with.rest : without.rest};
    PartSizes sizes = rest ? frame.slice_parts[i] : alone.slice_parts[i];
    if (!rest) sizes[kGeometry] += 1;
    sizes[kGeometry] += chosen.ranges.size() - (rest ? with : without).ranges.size();
    for (size_t part = 0; part < kParts; ++part) frame.part_bytes[part] += sizes[part] - frame.slice_parts[i][part];
    frame.slice_parts[i] = sizes;
    Bytes slice{std::byte{parts}};
    slice.insert(slice.end(), chosen.ranges.begin(), chosen.ranges.end());
    slice.insert(slice.end(), chosen.rest.begin(), chosen.rest.end());
    frame.slices[i] = std::move(slice);
  }
  return still;
}

double ReferenceChoice::ranges_gained(const CodedFrame& alone, const CodedFrame& coded) {
  constexpr auto kGeometry = static_cast<size_t>(Part::geometry);
  uint64_t bytes_alone = 1, bytes = 0;
  for (const PartSizes& sizes : alone.slice_parts) bytes_alone += sizes[kGeometry];
  for (const PartSizes& sizes : coded.slice_parts) bytes += sizes[kGeometry];
  return 1 - static_cast<double>(bytes) / static_cast<double>(bytes_alone);
}

bool ReferenceChoice::is_clearly_smaller(const CodedFrame& coded) const {
  constexpr double kGeometry = 0.94, kIntensity = 0.98;
  const auto share = [&](Part part) {
    const auto i = static_cast<size_t>(part);
    const double expected = static_cast<double>(alone_parts_[i]) / static_cast<double>(std::max<uint64_t>(1, alone_returns_));
    const double now = static_cast<double>(coded.part_bytes[i]) / static_cast<double>(std::max<uint64_t>(1, coded.returns));
    return std::pair(now, expected);
  };
  const auto [geometry, geometry_alone] = share(Part::geometry);
  const auto [intensity, intensity_alone] = share(Part::intensity);
  return alone_returns_ > 0 && geometry < kGeometry * geometry_alone && intensity <= kIntensity * intensity_alone;
}

Result<GridCoding> coding_of_slice(const GridCoding& coding, ByteReader& slice) {
  GridCoding own = coding;
  own.reference = nullptr;
  if (!coding.slices_refer) return own;
  DEW_ASSIGN(const uint8_t refers, slice.u8());
  if (refers > kIntensitiesRefer) return Error{Code::corrupt, slice.offset(), "unknown reference of a slice"};
  if (refers == kNothingRefers) return own;
  if (coding.reference == nullptr) return Error{Code::corrupt, slice.offset(), "a slice refers to a frame that is not there"};
  own.reference = coding.reference;
  own.ranges_refer = refers != kIntensitiesRefer;
  own.intensities_refer = refers != kRangesRefer;
  return own;
}

bool is_whole(const FrameInput& input) {
  return std::all_of(input.slices.begin(), input.slices.end(), [](const auto& slice) { return slice.has_value(); });
}

FrameInput without_lost_references(FrameInput input, const GridCoding& coding) {
  if (!coding.slices_refer || coding.reference != nullptr || !input.salvage) return input;
  for (auto& slice : input.slices) {
    if (slice && !slice->payload.empty() && slice->payload[0] != std::byte{0}) slice.reset();
  }
  return input;
}

}  // namespace dew
