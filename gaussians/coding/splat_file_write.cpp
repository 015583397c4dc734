// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "entropy/pool.h"
#include "entropy/range_coder.h"
#include "gaussians/coding/lossless_splats.h"
#include "gaussians/coding/scene_hash.h"
#include "gaussians/coding/scene_header.h"
#include "gaussians/coding/splat_file.h"

namespace dew {
namespace {

/// A chunk that is to be written.
struct Part {
  uint32_t type;
  Bytes payload;
};

bool is_constant(const ExtraProperty& property, size_t count) {
  const size_t size = property_type_size(property.type);
  for (size_t i = 1; i < count; ++i) {
    if (!std::equal(property.data.begin(), property.data.begin() + static_cast<std::ptrdiff_t>(size),
                    property.data.begin() + static_cast<std::ptrdiff_t>(i * size))) {
      return false;
    }
  }
  return count > 0;
}

ExtraHeader header_of(const ExtraProperty& property, size_t count, bool may_be_constant) {
  ExtraHeader header{property.name, property.type, may_be_constant && is_constant(property, count), {}};
  if (header.constant)
    header.value.assign(property.data.begin(), property.data.begin() + static_cast<std::ptrdiff_t>(property_type_size(property.type)));
  return header;
}

uint64_t milli(double db) { return static_cast<uint64_t>(std::clamp(std::floor(1000 * db), 0.0, 1e6)); }

/// Place of each coded splat in the scene, each in as few bits as the number of splats has.
Bytes order_bytes(const std::vector<uint32_t>& origin) {
  // Ranks, so that splats that were left out leave no gap.
  std::vector<uint32_t> sorted = origin;
  std::sort(sorted.begin(), sorted.end());
  const unsigned bits = static_cast<unsigned>(std::bit_width(origin.empty() ? 0 : origin.size() - 1));
  RangeEncoder coder;
  for (const uint32_t i : origin) {
    coder.code_raw(static_cast<uint64_t>(std::lower_bound(sorted.begin(), sorted.end(), i) - sorted.begin()), bits);
  }
  return coder.finish();
}

/// Extra properties of the chosen splats.
std::vector<ExtraProperty> extras_of(const Splats& splats, const std::vector<uint32_t>& origin) {
  std::vector<ExtraProperty> chosen;
  for (const ExtraProperty& from : splats.extra) {
    const size_t size = property_type_size(from.type);
    ExtraProperty to{from.name, from.type, Bytes(origin.size() * size)};
    for (size_t i = 0; i < origin.size(); ++i) std::copy_n(&from.data[origin[i] * size], size, &to.data[i * size]);
    chosen.push_back(std::move(to));
  }
  return chosen;
}

/// A scene of extra properties alone: constant columns cost nothing.
Splats extras_alone(const Splats& splats, const std::vector<uint32_t>& origin, const std::vector<ExtraHeader>& headers) {
  Splats varying;
  for (size_t e = 0; e < headers.size(); ++e) {
    if (!headers[e].constant) varying.extra.push_back(splats.extra[e]);
  }
  Splats alone;
  alone.resize(origin.size());
  alone.extra = extras_of(varying, origin);
  return alone;
}

/// Lossless chunks of a whole scene, coded in parallel.
Status append_lossless(const Splats& splats, uint32_t type, unsigned threads, std::vector<Part>& parts) {
  const size_t chunks = (splats.count() + kLosslessChunkSplats - 1) / kLosslessChunkSplats;
  std::vector<Bytes> coded(chunks);
  DEW_TRY(parallel_for(chunks, threads, [&](size_t i) -> Status {
    const size_t first = i * kLosslessChunkSplats;
    DEW_ASSIGN(coded[i], encode_lossless_chunk(splats, first, std::min(kLosslessChunkSplats, splats.count() - first)));
    return {};
  }));
  for (Bytes& chunk : coded) parts.push_back({type, std::move(chunk)});
  return {};
}

/// At effort fast numbers have one context each.
GroupScene group_scene_of(const LossyFile& file) {
  GroupScene scene = file.targets.scene;
  scene.one_context = file.options.effort == SplatEffort::fast;
  return scene;
}

SceneHeader lossy_header(const LossyFile& file, uint64_t kept) {
  SceneHeader header;
  SceneNumbers& numbers = header.numbers;
  numbers.mode = static_cast<uint64_t>(file.options.mode);
  numbers.source_format = static_cast<uint64_t>(file.splats.source.format);
  numbers.splats_original = file.splats_original;
  numbers.splats = kept;
  numbers.sh_degree = file.splats.sh_degree;
  numbers.groups = file.targets.groups.size();
  numbers.keeps_order = file.options.keep_order;
  numbers.views = file.quality.views;
  numbers.made_views = file.quality.made_views;
  numbers.one_context = group_scene_of(file).one_context;
  numbers.psnr_mdb = milli(file.quality.psnr_db);
  numbers.psnr_min_mdb = milli(file.quality.psnr_min_db);
  numbers.screen_variance = file.targets.scene.screen_variance;
  for (const ExtraProperty& property : file.splats.extra) header.extra.push_back(header_of(property, file.splats.count(), true));
  header.basis = file.targets.scene.basis;
  return header;
}

Result<Bytes> file_of(const std::vector<Part>& parts, const std::optional<Sha256Digest>& hash) {
  ContainerWriter writer(Kind::splats);
  for (const Part& part : parts) DEW_TRY(writer.append(part.type, kRequired, part.payload));
  DEW_TRY(writer.finish(hash));
  return writer.take();
}

struct CodedScene {
  std::vector<CodedGroup> groups;
  std::vector<uint32_t> origin;  ///< splats of the scene, in coded order
  Splats decoded;                ///< in coded order, extra properties too; empty unless asked for
};

/// Groups give up what decoders will know of them as soon as it is in `decoded`.
CodedScene code_scene(const LossyFile& file, bool with_decoded) {
  const std::vector<TargetGroup>& groups = file.targets.groups;
  const GroupScene scene = group_scene_of(file);
  CodedScene coded;
  coded.groups.resize(groups.size());
  std::vector<size_t> first(groups.size() + 1);
  for (size_t g = 0; g < groups.size(); ++g) first[g + 1] = first[g] + groups[g].splats.size();
  coded.decoded.sh_degree = file.splats.sh_degree;
  if (with_decoded) coded.decoded.resize(first.back());
  parallel_for(groups.size(), file.options.threads, [&](size_t g) {
    coded.groups[g] = encode_group(groups[g].targets, groups[g].box, scene);
    if (with_decoded) restore_group(coded.groups[g].decoded, scene, first[g], coded.decoded);
    coded.groups[g].decoded = {};
  });
  for (size_t g = 0; g < groups.size(); ++g) {
    for (const uint32_t i : coded.groups[g].order) coded.origin.push_back(groups[g].splats[i]);
  }
  if (with_decoded) coded.decoded.extra = extras_of(file.splats, coded.origin);
  return coded;
}

Result<std::vector<Part>> parts_of(const LossyFile& file, CodedScene coded, const SceneHeader& header) {
  ByteWriter head;
  DEW_TRY(write_scene_header(header, head));
  std::vector<Part> parts{{kSceneChunk, head.take()}};
  for (CodedGroup& group : coded.groups) parts.push_back({kGroupChunk, std::move(group.base)});
  if (header.basis.components() > 0) {
    for (CodedGroup& group : coded.groups) parts.push_back({kGroupShChunk, std::move(group.sh)});
  }
  if (file.options.keep_order) parts.push_back({kOrderChunk, order_bytes(coded.origin)});
  const Splats extras = extras_alone(file.splats, coded.origin, header.extra);
  if (!extras.extra.empty()) DEW_TRY(append_lossless(extras, kExtraChunk, file.options.threads, parts));
  return parts;
}

}  // namespace

Result<Bytes> write_lossy_file(const LossyFile& file, uint64_t& kept) {
  CodedScene coded = code_scene(file, true);
  kept = coded.origin.size();
  Splats decoded = std::move(coded.decoded);
  if (file.options.keep_order) {
    std::vector<uint32_t> order(coded.origin.size());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return coded.origin[a] < coded.origin[b]; });
    decoded = select(decoded, order);
  }
  // What the content is named by is what a decoder makes of it.
  const Sha256Digest name = hash_of(decoded);
  DEW_ASSIGN(const std::vector<Part> parts, parts_of(file, std::move(coded), lossy_header(file, kept)));
  return file_of(parts, name);
}

Result<uint64_t> lossy_file_size(const LossyFile& file) {
  CodedScene coded = code_scene(file, false);
  SceneHeader header = lossy_header(file, coded.origin.size());
  header.numbers.psnr_mdb = header.numbers.psnr_min_mdb = 1000000;  // takes as many bytes as any
  DEW_ASSIGN(const std::vector<Part> parts, parts_of(file, std::move(coded), header));
  DEW_ASSIGN(const Bytes bytes, file_of(parts, Sha256Digest{}));
  return bytes.size();
}

Result<Bytes> write_lossless_file(const Splats& splats, unsigned threads) {
  SceneHeader header;
  header.numbers.mode = static_cast<uint64_t>(SplatMode::lossless);
  header.numbers.source_format = static_cast<uint64_t>(splats.source.format);
  header.numbers.splats_original = header.numbers.splats = splats.count();
  header.numbers.sh_degree = splats.sh_degree;
  header.numbers.groups = (splats.count() + kLosslessChunkSplats - 1) / kLosslessChunkSplats;
  header.source_header = splats.source.header;
  header.source_trailer = splats.source.trailer;
  header.lattices = splats.source.lattices;
  for (const ExtraProperty& property : splats.extra) header.extra.push_back(header_of(property, splats.count(), false));
  ByteWriter head;
  DEW_TRY(write_scene_header(header, head));
  std::vector<Part> parts{{kSceneChunk, head.take()}};
  DEW_TRY(append_lossless(splats, kLosslessChunk, threads, parts));
  return file_of(parts, hash_of(splats));
}

}  // namespace dew
