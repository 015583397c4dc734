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

/// One group; null where a part is not there.
struct GroupPart {
  const Chunk* base = nullptr;
  const Chunk* sh = nullptr;
};

/// A file taken apart, as far as it is there.
struct FileParts {
  SceneHeader header;
  std::map<uint64_t, GroupPart> groups;  ///< by their number; only those of which something is there
  std::vector<const Chunk*> exact;       ///< lossless or extra chunks in order
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
  const uint64_t head_ordinal = head->ordinal.value_or(0);
  for (const Chunk& chunk : container.chunks()) {
    if (chunk.type == kOrderChunk) parts.order = &chunk;
    if (chunk.type == kExtraChunk || chunk.type == kLosslessChunk) parts.exact.push_back(&chunk);
    if ((chunk.type != kGroupChunk && chunk.type != kGroupShChunk) || !chunk.ordinal || *chunk.ordinal <= head_ordinal) continue;
    const uint64_t group = *chunk.ordinal - head_ordinal - 1 - (chunk.type == kGroupShChunk ? groups : 0);
    if (group >= groups) continue;
    GroupPart& part = parts.groups[group];
    (chunk.type == kGroupChunk ? part.base : part.sh) = &chunk;
  }
  const bool has_sh = parts.header.basis.components() > 0;
  for (const auto& [number, part] : parts.groups) parts.whole = parts.whole && part.base != nullptr && (!has_sh || part.sh != nullptr);
  parts.whole = parts.whole && parts.groups.size() == groups && container.damaged().empty();
  return parts;
}

/// Splats are stored as floats, so those at the border of a group may lie outside by their rounding.
bool meets(const GroupBox& group, const std::array<double, 6>& box) {
  for (size_t axis = 0; axis < 3; ++axis) {
    const double low = static_cast<double>(group.low[axis]);
    const double high = static_cast<double>(static_cast<float>(low + static_cast<double>(group.size)));
    if (low > box[axis + 3] || high < box[axis]) return false;
  }
  return true;
}

/// A group that shall be decoded, and where its splats go.
struct GroupPlace {
  GroupPart part;
  size_t first = 0, count = 0;
};

struct GroupPlan {
  std::vector<GroupPlace> places;
  size_t count = 0;    ///< splats in all
  size_t largest = 0;  ///< splats of a group
};

/// What is there of what the options ask for.
Result<GroupPlan> plan_groups(const FileParts& parts, const SplatDecodeOptions& options) {
  GroupPlan plan;
  for (const auto& [number, part] : parts.groups) {
    if (part.base == nullptr) continue;
    DEW_ASSIGN(const GroupSummary summary, read_group_summary(part.base->payload, part.base->payload_offset));
    if (options.box && !meets(summary.box, *options.box)) continue;
    const size_t count = static_cast<size_t>(summary.splats);
    plan.places.push_back({part, plan.count, count});
    plan.count += count;
    plan.largest = std::max(plan.largest, count);
  }
  return plan;
}

Status decode_one(const GroupPlace& place, const GroupScene& scene, const DecodeLimits& limits, Splats& splats) {
  Budget budget(limits);
  DEW_ASSIGN(DecodedGroup group, decode_group(place.part.base->payload, place.part.base->payload_offset, scene, budget));
  const Chunk* sh = place.part.sh;
  if (sh != nullptr && scene.basis.components() > 0) DEW_TRY(decode_group_sh(sh->payload, sh->payload_offset, scene, budget, group));
  restore_group(group, scene, place.first, splats);
  return {};
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

Status check_exact_count(const std::vector<const Chunk*>& chunks, uint64_t splats) {
  if (chunks.size() == (splats + kLosslessChunkSplats - 1) / kLosslessChunkSplats) return {};
  return Error{Code::corrupt, 0, "the file has not as many exact chunks as its splats need"};
}

Status decode_exact(const std::vector<const Chunk*>& chunks, Splats& splats, unsigned threads, const DecodeLimits& limits) {
  DEW_TRY(check_exact_count(chunks, splats.count()));
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
  // Names may be equal: places tell them apart.
  std::vector<size_t> places;
  for (size_t e = 0; e < parts.header.extra.size(); ++e) {
    if (parts.header.extra[e].constant) continue;
    places.push_back(e);
    alone.extra.push_back(std::move(splats.extra[e]));
  }
  if (places.empty()) return {};
  DEW_TRY(decode_exact(parts.exact, alone, options.threads, limits));
  for (size_t i = 0; i < places.size(); ++i) splats.extra[places[i]] = std::move(alone.extra[i]);
  return {};
}

/// Only those with a constant value are known without all chunks. Says which are not.
void drop_varying_extras(const SceneHeader& header, Splats& splats, std::vector<std::string>& warnings) {
  std::vector<ExtraProperty> kept;
  std::string dropped;
  for (size_t e = 0; e < header.extra.size(); ++e) {
    if (header.extra[e].constant) {
      kept.push_back(std::move(splats.extra[e]));
    } else {
      dropped += (dropped.empty() ? "" : ", ") + header.extra[e].name;
    }
  }
  splats.extra = std::move(kept);
  if (!dropped.empty()) warnings.push_back("extra properties that only a whole file gives are left out: " + dropped);
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

size_t extra_bytes_of(const SceneHeader& header) {
  size_t bytes = 0;
  for (const ExtraHeader& extra : header.extra) bytes += property_type_size(extra.type);
  return bytes;
}

/// Takes all that decoding a plan needs, before any of it is there.
Status pay_for(const GroupPlan& plan, const SceneHeader& header, const SplatDecodeOptions& options, const DecodeLimits& limits) {
  // Setting up the models of a group takes as long as a thousand splats.
  constexpr uint64_t kWorkOfGroup = 1 << 16;
  const uint64_t count = plan.count, components = header.basis.components();
  const size_t stride = 3 * size_t{sh_coefficients(static_cast<uint32_t>(header.numbers.sh_degree))};
  const uint64_t splat_bytes = 4 * (14 + stride) + extra_bytes_of(header);
  const bool copied = options.box || header.numbers.keeps_order != 0;
  const uint64_t at_once = std::min<uint64_t>(std::max(options.threads, 1u), plan.places.size());
  Budget budget(limits);
  DEW_TRY(budget.take_elements(count, 0));
  DEW_TRY(budget.take_memory(count * splat_bytes * (copied ? 2 : 1), 0));
  DEW_TRY(budget.take_memory(at_once * plan.largest * (sizeof(CodedSplat) + components * sizeof(int32_t)), 0));
  return budget.take_work(count * (16 + components) + plan.places.size() * kWorkOfGroup, 0);
}

Result<SplatDecoded> read_lossy(const FileParts& parts, const SplatDecodeOptions& options, const DecodeLimits& limits) {
  const SceneNumbers& numbers = parts.header.numbers;
  const GroupScene scene{numbers.screen_variance, parts.header.basis, numbers.one_context != 0};
  DEW_ASSIGN(const GroupPlan plan, plan_groups(parts, options));
  const bool whole = parts.whole && !options.box;
  if (whole && plan.count != numbers.splats) return Error{Code::corrupt, 0, "the groups do not hold as many splats as the header says"};
  DEW_TRY(pay_for(plan, parts.header, options, limits));
  SplatDecoded decoded;
  Splats& splats = decoded.splats;
  splats.sh_degree = static_cast<uint32_t>(numbers.sh_degree);
  splats.resize(plan.count);
  splats.source.format = static_cast<SplatFormat>(numbers.source_format);
  DEW_TRY(parallel_for(plan.places.size(), options.threads, [&](size_t i) { return decode_one(plan.places[i], scene, limits, splats); }));
  add_extras(parts.header, splats);
  if (whole) {
    DEW_TRY(decode_extras(parts, options, limits, splats));
  } else {
    drop_varying_extras(parts.header, splats, decoded.warnings);
    if (!options.box)
      decoded.warnings.push_back(std::to_string(plan.count) + " of " + std::to_string(numbers.splats) + " splats are there");
  }
  if (whole && numbers.keeps_order != 0) {
    if (parts.order == nullptr) return Error{Code::corrupt, 0, "the file has no order chunk"};
    DEW_ASSIGN(const std::vector<uint32_t> order, read_order(*parts.order, plan.count));
    splats = select(splats, order);
  }
  if (options.box) splats = select(splats, inside(splats, *options.box));
  return decoded;
}

/// Room for the splats of a lossless file, and all that is known of them before their chunks. `copies`: how often they are held at once.
Result<Splats> lossless_shape(const FileParts& parts, ByteSpan bytes, uint64_t copies, const DecodeLimits& limits) {
  const SceneNumbers& numbers = parts.header.numbers;
  // What a chunk can hold at most is known: a splat takes some hundredth of a bit or more.
  constexpr uint64_t kSplatsPerByte = 4096;
  if (numbers.splats / kSplatsPerByte > bytes.size()) return Error{Code::corrupt, 0, "the file is too short for its splats"};
  DEW_TRY(check_exact_count(parts.exact, numbers.splats));
  Splats splats;
  splats.sh_degree = static_cast<uint32_t>(numbers.sh_degree);
  const uint64_t splat_bytes = 4 * (14 + splats.sh_stride()) + extra_bytes_of(parts.header);
  Budget budget(limits);
  DEW_TRY(budget.take_elements(numbers.splats, 0));
  DEW_TRY(budget.take_memory(numbers.splats * splat_bytes * copies, 0));
  splats.resize(static_cast<size_t>(numbers.splats));
  splats.source = {static_cast<SplatFormat>(numbers.source_format), parts.header.source_header, parts.header.source_trailer,
                   parts.header.lattices};
  add_extras(parts.header, splats);
  return splats;
}

Result<SplatDecoded> read_lossless(const FileParts& parts, ByteSpan bytes, const SplatDecodeOptions& options, const DecodeLimits& limits) {
  SplatDecoded decoded;
  Splats& splats = decoded.splats;
  DEW_ASSIGN(splats, lossless_shape(parts, bytes, options.box ? 2 : 1, limits));
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

namespace {

/// The sums of all groups; where `each` is wanted also the splats', directional colours included.
Status measure_groups(const GroupPlan& plan, const GroupScene& scene, const DecodeLimits& limits, SplatPartBits& bits, double& sh_bytes,
                      BitsOfEachSplat* each) {
  for (const GroupPlace& place : plan.places) {
    Budget budget(limits);
    const EachSplat here{each, place.first};
    DEW_ASSIGN(DecodedGroup group, measure_group(place.part.base->payload, place.part.base->payload_offset, scene, budget, bits, here));
    const Chunk* sh = place.part.sh;
    if (sh == nullptr) continue;
    sh_bytes += static_cast<double>(sh->payload.size());
    if (each != nullptr && scene.basis.components() > 0)
      DEW_TRY(measure_group_sh(sh->payload, sh->payload_offset, scene, budget, group, here));
  }
  return {};
}

/// In the order of the decoded splats.
Status take_bits_of_each(const FileParts& parts, BitsOfEachSplat&& each, SplatBits& out) {
  if (parts.order != nullptr && parts.header.numbers.keeps_order != 0) {
    DEW_ASSIGN(const std::vector<uint32_t> order, read_order(*parts.order, each[0].size()));
    for (std::vector<double>& part : each) {
      std::vector<double> moved(part.size());
      for (size_t i = 0; i < moved.size(); ++i) moved[i] = part[order[i]];
      part = std::move(moved);
    }
  }
  const auto part = [&](SplatPart p) { return std::move(each[static_cast<size_t>(p)]); };
  out = {part(SplatPart::position), part(SplatPart::colour),   part(SplatPart::sh),     part(SplatPart::opacity),
         part(SplatPart::scale),    part(SplatPart::rotation), part(SplatPart::classes)};
  return {};
}

}  // namespace

Result<SplatFileInfo> describe_splat_file(ByteSpan bytes, const DecodeLimits& limits, SplatBits* of_splats) {
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
  const GroupScene scene{numbers.screen_variance, parts.header.basis, numbers.one_context != 0};
  DEW_ASSIGN(const GroupPlan plan, plan_groups(parts, {}));
  DEW_TRY(pay_for(plan, parts.header, {}, limits));
  SplatPartBits bits{};
  double sh_bytes = 0;
  BitsOfEachSplat each;
  const auto make_room = [&](size_t splats) -> Status {
    Budget budget(limits);
    if (of_splats != nullptr) DEW_TRY(budget.take_memory(uint64_t{splats} * kSplatParts * sizeof(double), 0));
    for (std::vector<double>& part : each) part.assign(of_splats != nullptr ? splats : 0, 0);
    return {};
  };
  DEW_TRY(make_room(plan.count));
  BitsOfEachSplat* const wanted = of_splats != nullptr ? &each : nullptr;
  DEW_TRY(measure_groups(plan, scene, limits, bits, sh_bytes, wanted));
  if (info.mode == SplatMode::lossless) {
    DEW_ASSIGN(const Splats shape, lossless_shape(parts, bytes, 1, limits));
    DEW_TRY(make_room(shape.count()));
    for (size_t i = 0; i < parts.exact.size(); ++i) {
      Budget budget(limits);
      const size_t first = i * kLosslessChunkSplats, count = std::min(kLosslessChunkSplats, shape.count() - first);
      DEW_TRY(measure_lossless_chunk(parts.exact[i]->payload, shape, first, count, budget, bits, {wanted, first}));
    }
    sh_bytes = bits[static_cast<size_t>(SplatPart::sh)] / 8;
  }
  const auto part = [&](SplatPart p) { return bits[static_cast<size_t>(p)] / 8; };
  info.parts = {part(SplatPart::position), part(SplatPart::colour),   sh_bytes, part(SplatPart::opacity),
                part(SplatPart::scale),    part(SplatPart::rotation), 0};
  if (of_splats != nullptr) DEW_TRY(take_bits_of_each(parts, std::move(each), *of_splats));
  const SplatPartBytes& p = info.parts;
  info.parts.side = static_cast<double>(info.bytes) - p.position - p.colour - p.sh - p.opacity - p.scale - p.rotation;
  return info;
}

}  // namespace dew
