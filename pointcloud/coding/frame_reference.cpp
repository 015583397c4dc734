// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/frame_reference.h"

#include <algorithm>

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

Result<GridCoding> with_reference(GridCoding coding, const std::optional<ReferencePicture>& picture, const IntNet* inter_network) {
  if (!picture) return coding;
  if (coding.range_network != nullptr && inter_network == nullptr)
    return Error{Code::unsupported_feature, 0, "slices that refer to an earlier frame need a network that is not there"};
  coding.reference = &*picture;
  coding.inter_network = coding.range_network != nullptr ? inter_network : nullptr;
  return coding;
}

std::optional<ReferencePicture> reference_on_grid(const FrameReference* reference, const GridAzimuths& now, const GridHead& head) {
  if (!head.slices_refer || reference == nullptr || reference->picture == nullptr) return std::nullopt;
  return resample(*reference->picture, reference->background, now, head.rows,
                  {.range_step = head.range_step, .frame_distance = reference->frame_distance});
}

Result<std::optional<ReferencePicture>> reference_on_grid(const FrameReference* reference, const GridAzimuths& now, const GridHead& head,
                                                          Budget& budget, uint64_t offset) {
  if (head.slices_refer) {
    DEW_TRY(budget.take_memory(reference_memory_bytes(head.rows, head.columns), offset));
    DEW_TRY(budget.take_work(uint64_t{head.rows} * head.columns * 16, offset));
  }
  return reference_on_grid(reference, now, head);
}

uint32_t take_smaller_slices(const CodedFrame& alone, CodedFrame& frame) {
  uint32_t referring = 0;
  for (size_t i = 0; i < frame.slices.size(); ++i) {
    if (frame.slices[i].size() <= alone.slices[i].size() + 1) {
      ++referring;
      continue;
    }
    for (size_t part = 0; part < kParts; ++part) {
      frame.part_bytes[part] += alone.slice_parts[i][part] - frame.slice_parts[i][part];
    }
    frame.part_bytes[static_cast<size_t>(Part::geometry)] += 1;
    frame.slice_parts[i] = alone.slice_parts[i];
    frame.slices[i] = alone.slices[i];
    frame.slices[i].insert(frame.slices[i].begin(), std::byte{0});
  }
  return referring;
}

bool ReferenceChoice::gains_clearly(const CodedFrame& alone, const CodedFrame& coded) {
  uint64_t bytes_alone = 0, bytes = 0;
  for (const Bytes& slice : alone.slices) bytes_alone += slice.size();
  for (const Bytes& slice : coded.slices) bytes += slice.size();
  return bytes * 100 < bytes_alone * 92;
}

Result<GridCoding> coding_of_slice(const GridCoding& coding, ByteReader& slice) {
  GridCoding own = coding;
  own.reference = nullptr;
  if (!coding.slices_refer) return own;
  DEW_ASSIGN(const uint8_t refers, slice.u8());
  if (refers > 1) return Error{Code::corrupt, slice.offset(), "unknown reference of a slice"};
  if (refers == 0) return own;
  if (coding.reference == nullptr) return Error{Code::corrupt, slice.offset(), "a slice refers to a frame that is not there"};
  own.reference = coding.reference;
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
