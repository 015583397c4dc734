// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>

#include "entropy/pool.h"
#include "entropy/range_coder.h"
#include "gaussians/coding/lossless_splats.h"
#include "gaussians/coding/scene_hash.h"
#include "gaussians/coding/scene_header.h"
#include "gaussians/coding/splat_file.h"

namespace dew {
namespace {

constexpr std::initializer_list<uint32_t> kKnownChunks = {kSceneChunk, kGroupChunk, kGroupShChunk,
                                                          kOrderChunk, kExtraChunk, kLosslessChunk};

/// A file taken apart, as far as it is there.
struct FileParts {
  SceneHeader header;
  std::vector<const Chunk*> bases, sh;  ///< one a group; null where it is not there
  std::vector<const Chunk*> exact;      ///< lossless or extra chunks in order; empty unless all chunks are there
  const Chunk* order = nullptr;
  bool whole = true;
};

Result<FileParts> parts_of(const ContainerReader& container, const DecodeLimits& limits) {
  DEW_TRY(container.refuse_unknown(kKnownChunks));
  const Chunk* head = container.find(kSceneChunk);
  if (head == nullptr) return Error{Code::corrupt, 0, "the file has no scene chunk"};
  FileParts parts;
  DEW_ASSIGN(parts.header, read_scene_header(head->payload, head->payload_offset, limits));
  const bool lossless = parts.header.numbers.mode == static_cast<uint64_t>(SplatMode::lossless);
  const uint64_t groups = lossless ? 0 : parts.header.numbers.groups;
  // A group takes 17 bytes or more, so this many are paid for; where they were cut away they are missing.
  uint64_t seen = 0;
  for (const Chunk& chunk : container.chunks()) seen += chunk.type == kGroupChunk || chunk.type == kGroupShChunk;
  const uint64_t listed = std::min(groups, 2 * seen + 1);
  parts.bases.resize(static_cast<size_t>(listed));
  parts.sh.resize(static_cast<size_t>(listed));
  const uint64_t head_ordinal = head->ordinal.value_or(0);
  for (const Chunk& chunk : container.chunks()) {
    if (chunk.type == kOrderChunk) parts.order = &chunk;
    if (chunk.type == kExtraChunk || chunk.type == kLosslessChunk) parts.exact.push_back(&chunk);
    if ((chunk.type != kGroupChunk && chunk.type != kGroupShChunk) || !chunk.ordinal || *chunk.ordinal <= head_ordinal) continue;
    const uint64_t group = *chunk.ordinal - head_ordinal - 1 - (chunk.type == kGroupShChunk ? groups : 0);
    if (group < listed) (chunk.type == kGroupChunk ? parts.bases : parts.sh)[static_cast<size_t>(group)] = &chunk;
  }
  const bool has_sh = parts.header.basis.components() > 0;
  for (size_t i = 0; i < parts.bases.size(); ++i)
    parts.whole = parts.whole && parts.bases[i] != nullptr && (!has_sh || parts.sh[i] != nullptr);
  parts.whole = parts.whole && listed == groups && container.damaged().empty();
  return parts;
}

bool meets(const GroupBox& group, const std::array<double, 6>& box) {
  for (size_t axis = 0; axis < 3; ++axis) {
    const double low = static_cast<double>(group.low[axis]);
    if (low > box[axis + 3] || low + static_cast<double>(group.size) < box[axis]) return false;
  }
  return true;
}

Status decode_one(const FileParts& parts, size_t g, const GroupScene& scene, const SplatDecodeOptions& options, const DecodeLimits& limits,
                  DecodedGroup& group) {
  if (parts.bases[g] == nullptr) return {};
  const Chunk& base = *parts.bases[g];
  Budget budget(limits);
  if (options.box) {
    DEW_ASSIGN(const GroupBox box, read_group_box(base.payload, base.payload_offset));
    if (!meets(box, *options.box)) return {};
  }
  DEW_ASSIGN(group, decode_group(base.payload, base.payload_offset, scene, budget));
  if (parts.sh[g] == nullptr || scene.basis.components() == 0) return {};
  return decode_group_sh(parts.sh[g]->payload, parts.sh[g]->payload_offset, scene, budget, group);
}

/// Extra properties of the header, with their values where those are constant, zeros otherwise.
void add_extras(const SceneHeader& header, Splats& splats) {
  for (const ExtraHeader& extra : header.extra) {
    const size_t size = property_type_size(extra.type);
    ExtraProperty property{extra.name, extra.type, Bytes(splats.count() * size)};
    for (size_t i = 0; extra.constant && i < splats.count(); ++i)
      std::copy(extra.value.begin(), extra.value.end(), property.data.begin() + static_cast<std::ptrdiff_t>(i * size));
    splats.extra.push_back(std::move(property));
  }
}

Status decode_exact(const std::vector<const Chunk*>& chunks, Splats& splats, unsigned threads, const DecodeLimits& limits) {
  if (chunks.size() != (splats.count() + kLosslessChunkSplats - 1) / kLosslessChunkSplats) {
    return Error{Code::corrupt, 0, "the file has not as many exact chunks as its splats need"};
  }
  return parallel_for(chunks.size(), threads, [&](size_t i) -> Status {
    Budget budget(limits);
    const size_t first = i * kLosslessChunkSplats;
    Status status =
        decode_lossless_chunk(chunks[i]->payload, splats, first, std::min(kLosslessChunkSplats, splats.count() - first), budget);
    if (status.ok()) return status;
    Error error = status.error();
    error.offset += chunks[i]->payload_offset;
    return error;
  });
}

/// Values of the extra properties that are not constant, in coded order.
Status decode_extras(const FileParts& parts, const SplatDecodeOptions& options, const DecodeLimits& limits, Splats& splats) {
  Splats alone;
  alone.resize(splats.count());
  for (const ExtraHeader& extra : parts.header.extra) {
    if (!extra.constant) alone.extra.push_back({extra.name, extra.type, Bytes(splats.count() * property_type_size(extra.type))});
  }
  if (alone.extra.empty()) return {};
  DEW_TRY(decode_exact(parts.exact, alone, options.threads, limits));
  for (ExtraProperty& property : alone.extra) {
    const auto to = std::find_if(splats.extra.begin(), splats.extra.end(), [&](const ExtraProperty& e) { return e.name == property.name; });
    to->data = std::move(property.data);
  }
  return {};
}

Result<std::vector<uint32_t>> read_order(const Chunk& chunk, size_t count) {
  const unsigned bits = static_cast<unsigned>(std::bit_width(count == 0 ? 0 : count - 1));
  RangeDecoder coder(chunk.payload);
  constexpr uint32_t kNone = UINT32_MAX;
  std::vector<uint32_t> coded_at(count, kNone);
  for (size_t i = 0; i < count; ++i) {
    const uint64_t place = coder.code_raw(0, bits);
    if (place >= count || coded_at[static_cast<size_t>(place)] != kNone || coder.overrun()) {
      return Error{Code::corrupt, chunk.payload_offset, "the order of the splats is no order"};
    }
    coded_at[static_cast<size_t>(place)] = static_cast<uint32_t>(i);
  }
  return coded_at;
}

std::vector<uint32_t> inside(const Splats& splats, const std::array<double, 6>& box) {
  std::vector<uint32_t> chosen;
  for (uint32_t i = 0; i < splats.count(); ++i) {
    bool in = true;
    for (size_t axis = 0; axis < 3; ++axis) {
      const double x = static_cast<double>(splats.position[3 * i + axis]);
      in = in && x >= box[axis] && x <= box[axis + 3];
    }
    if (in) chosen.push_back(i);
  }
  return chosen;
}

Result<SplatDecoded> read_lossy(const FileParts& parts, const SplatDecodeOptions& options, const DecodeLimits& limits) {
  const SceneNumbers& numbers = parts.header.numbers;
  const GroupScene scene{numbers.screen_variance, parts.header.basis};
  std::vector<DecodedGroup> groups(parts.bases.size());
  DEW_TRY(parallel_for(groups.size(), options.threads, [&](size_t g) { return decode_one(parts, g, scene, options, limits, groups[g]); }));
  size_t count = 0;
  for (const DecodedGroup& group : groups) count += group.splats.size();
  const bool whole = parts.whole && !options.box;
  if (whole && count != numbers.splats) return Error{Code::corrupt, 0, "the groups do not hold as many splats as the header says"};
  SplatDecoded decoded;
  Splats& splats = decoded.splats;
  splats.sh_degree = static_cast<uint32_t>(numbers.sh_degree);
  Budget budget(limits);
  DEW_TRY(budget.take_elements(count, 0));
  DEW_TRY(budget.take_memory(count * 4 * (14 + splats.sh_stride()), 0));
  splats.resize(count);
  splats.source.format = static_cast<SplatFormat>(numbers.source_format);
  std::vector<size_t> first(groups.size());
  for (size_t g = 1; g < groups.size(); ++g) first[g] = first[g - 1] + groups[g - 1].splats.size();
  parallel_for(groups.size(), options.threads, [&](size_t g) { restore_group(groups[g], scene, first[g], splats); });
  add_extras(parts.header, splats);
  if (whole) {
    DEW_TRY(decode_extras(parts, options, limits, splats));
  } else {
    std::erase_if(splats.extra, [&](const ExtraProperty& e) {
      return std::any_of(parts.header.extra.begin(), parts.header.extra.end(),
                         [&](const ExtraHeader& h) { return h.name == e.name && !h.constant; });
    });
    if (!options.box) decoded.warnings.push_back(std::to_string(count) + " of " + std::to_string(numbers.splats) + " splats are there");
  }
  if (whole && numbers.keeps_order != 0) {
    if (parts.order == nullptr) return Error{Code::corrupt, 0, "the file has no order chunk"};
    DEW_ASSIGN(const std::vector<uint32_t> order, read_order(*parts.order, count));
    splats = select(splats, order);
  }
  if (options.box) splats = select(splats, inside(splats, *options.box));
  return decoded;
}

Result<SplatDecoded> read_lossless(const FileParts& parts, ByteSpan bytes, const SplatDecodeOptions& options, const DecodeLimits& limits) {
  const SceneNumbers& numbers = parts.header.numbers;
  // What a chunk can hold at most is known: a splat takes some hundredth of a bit or more.
  constexpr uint64_t kSplatsPerByte = 4096;
  if (numbers.splats / kSplatsPerByte > bytes.size()) return Error{Code::corrupt, 0, "the file is too short for its splats"};
  SplatDecoded decoded;
  Splats& splats = decoded.splats;
  splats.sh_degree = static_cast<uint32_t>(numbers.sh_degree);
  size_t extra_bytes = 0;
  for (const ExtraHeader& extra : parts.header.extra) extra_bytes += property_type_size(extra.type);
  Budget budget(limits);
  DEW_TRY(budget.take_elements(numbers.splats, 0));
  DEW_TRY(budget.take_memory(numbers.splats * (4 * (14 + splats.sh_stride()) + extra_bytes), 0));
  splats.resize(static_cast<size_t>(numbers.splats));
  splats.source = {static_cast<SplatFormat>(numbers.source_format), parts.header.source_header, parts.header.source_trailer};
  add_extras(parts.header, splats);
  DEW_TRY(decode_exact(parts.exact, splats, options.threads, limits));
  if (options.box) splats = select(splats, inside(splats, *options.box));
  return decoded;
}

}  // namespace

Result<SplatDecoded> read_splat_file(ByteSpan bytes, const SplatDecodeOptions& options, const DecodeLimits& limits) {
  const bool partial = options.fraction < 1;
  const ByteSpan taken =
      partial ? bytes.first(static_cast<size_t>(std::ceil(options.fraction * static_cast<double>(bytes.size())))) : bytes;
  DEW_ASSIGN(const ContainerReader container,
             ContainerReader::open(taken, limits, options.salvage || partial ? Damage::salvage : Damage::refuse));
  if (container.kind() != Kind::splats)
    return Error{Code::unsupported_feature, 0, std::string("a file of kind ") + kind_name(container.kind()) + " holds no splats"};
  DEW_ASSIGN(const FileParts parts, parts_of(container, limits));
  const bool lossless = parts.header.numbers.mode == static_cast<uint64_t>(SplatMode::lossless);
  if (!lossless && !parts.whole && !options.salvage && !partial) return Error{Code::corrupt, 0, "groups of splats are missing"};
  DEW_ASSIGN(SplatDecoded decoded, lossless ? read_lossless(parts, bytes, options, limits) : read_lossy(parts, options, limits));
  for (const ByteRange& range : container.damaged()) {
    if (!partial) decoded.warnings.push_back("bytes " + std::to_string(range.begin) + " to " + std::to_string(range.end) + " are damaged");
  }
  const bool checked = container.content_hash() && !options.box && !options.salvage && !partial;
  if (checked && hash_of(decoded.splats) != *container.content_hash())
    return Error{Code::corrupt, 0, "the decoded scene is not the one that was encoded"};
  return decoded;
}

Result<SplatFileInfo> describe_splat_file(ByteSpan bytes, const DecodeLimits& limits) {
  DEW_ASSIGN(const ContainerReader container, ContainerReader::open(bytes, limits));
  if (container.kind() != Kind::splats) return Error{Code::unsupported_feature, 0, "the file holds no splats"};
  DEW_ASSIGN(const FileParts parts, parts_of(container, limits));
  const SceneNumbers& numbers = parts.header.numbers;
  SplatFileInfo info;
  info.mode = static_cast<SplatMode>(numbers.mode);
  info.splats = numbers.splats;
  info.splats_original = numbers.splats_original;
  info.bytes = bytes.size();
  info.sh_degree = static_cast<uint32_t>(numbers.sh_degree);
  info.groups = static_cast<uint32_t>(numbers.groups);
  info.keeps_order = numbers.keeps_order != 0;
  info.source_format = static_cast<SplatFormat>(numbers.source_format);
  if (info.mode != SplatMode::lossless) {
    info.quality = SplatQuality{static_cast<double>(numbers.psnr_mdb) / 1000, static_cast<double>(numbers.psnr_min_mdb) / 1000,
                                static_cast<uint32_t>(numbers.views), numbers.made_views != 0};
  }
  for (const ExtraHeader& extra : parts.header.extra) info.extra_properties.push_back(extra.name);
  const GroupScene scene{numbers.screen_variance, parts.header.basis};
  SplatPartBits bits{};
  double sh_bytes = 0;
  for (size_t g = 0; g < parts.bases.size(); ++g) {
    if (parts.bases[g] == nullptr) continue;
    Budget budget(limits);
    DEW_TRY(measure_group(parts.bases[g]->payload, parts.bases[g]->payload_offset, scene, budget, bits));
    if (parts.sh[g] != nullptr) sh_bytes += static_cast<double>(parts.sh[g]->payload.size());
  }
  const auto part = [&](SplatPart p) { return bits[static_cast<size_t>(p)] / 8; };
  info.parts = {part(SplatPart::position), part(SplatPart::colour),   sh_bytes, part(SplatPart::opacity),
                part(SplatPart::scale),    part(SplatPart::rotation), 0};
  const SplatPartBytes& p = info.parts;
  info.parts.side = static_cast<double>(info.bytes) - p.position - p.colour - p.sh - p.opacity - p.scale - p.rotation;
  return info;
}

}  // namespace dew
