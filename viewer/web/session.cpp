// SPDX-License-Identifier: Apache-2.0
#include "viewer/web/session.h"

#include <algorithm>

#include "entropy/container.h"
#include "gaussians/coding/scene_hash.h"
#include "pointcloud/codec.h"
#include "viewer/scene/layer_from.h"

namespace dew::viewer {
namespace {

Result<PageSide> decode_splat_side(const std::string& name, ByteSpan file) {
  PageSide side;
  DEW_ASSIGN(const SplatFileInfo info, inspect_splats(file, page_limits()));
  side.info = info_lines(info);
  DEW_ASSIGN(SplatDecoded decoded, decode_splats(file, {}, page_limits()));
  side.warnings = std::move(decoded.warnings);
  side.frames.emplace_back(layer_from(std::move(decoded.splats), name));
  return side;
}

Result<PageSide> decode_point_side(const std::string& name, ByteSpan file) {
  PageSide side;
  DEW_ASSIGN(const FileInfo info, inspect(file, page_limits()));
  side.info = info_lines(info);
  DEW_ASSIGN(Decoded decoded, decode(file, {}, page_limits()));
  side.warnings = std::move(decoded.warnings);
  DEW_ASSIGN(Layers layers, layers_from(decoded.content, {name, nullptr}));
  if (!layers.note.empty()) side.warnings.push_back(layers.note);
  side.frames = std::move(layers.frames);
  side.frame_seconds = layers.frame_seconds;
  side.content = std::move(decoded.content);
  return side;
}

void set_attribute(Layer& layer, const Attribute& of_content) {
  if (auto* points = std::get_if<PointLayer>(&layer)) {
    points->set(attribute_of_layer(of_content, points->source_index));
  } else {
    std::get_if<SplatLayer>(&layer)->set(of_content);
  }
}

}  // namespace

DecodeLimits page_limits() {
  DecodeLimits limits;
  limits.memory_bytes = uint64_t{3} << 29;
  limits.elements = uint64_t{1} << 26;
  limits.work_units = uint64_t{1} << 34;
  return limits;
}

Result<std::string> decoded_sha256(ByteSpan file) {
  DEW_ASSIGN(const ContainerReader container, ContainerReader::open(file, page_limits()));
  if (container.kind() == Kind::splats) {
    DEW_ASSIGN(const SplatDecoded decoded, decode_splats(file, {}, page_limits()));
    return to_hex(hash_of(decoded.splats));
  }
  DEW_ASSIGN(const Decoded decoded, decode(file, {}, page_limits()));
  return to_hex(content_hash(decoded.content));
}

Status Session::open(size_t side, std::string name, Bytes file) {
  sides_[side].reset();
  errors_.reset();
  DEW_ASSIGN(const ContainerReader container, ContainerReader::open(file, page_limits()));
  Result<PageSide> opened = container.kind() == Kind::splats ? decode_splat_side(name, file) : decode_point_side(name, file);
  if (!opened.ok()) return opened.error();
  if (has(1 - side) && sides_[1 - side]->is_splats() != opened->is_splats()) {
    return Error{Code::invalid_argument, 0, "one file holds points and the other splats: open two of one kind"};
  }
  opened->name = std::move(name);
  opened->file_bytes = file.size();
  sides_[side] = *std::move(opened);
  return {};
}

size_t Session::frame_count() const {
  if (!has(0)) return 0;
  return has(1) ? std::min(side(0).frames.size(), side(1).frames.size()) : side(0).frames.size();
}

Result<PairErrors> Session::compare() const {
  if (side(0).is_splats()) {
    return error_fields(std::get_if<SplatLayer>(&layer(0))->splats, std::get_if<SplatLayer>(&layer(1))->splats);
  }
  return error_fields(*side(0).content, *side(1).content, frame_);
}

void Session::show_frame(size_t frame) {
  frame_ = std::min(frame, std::max<size_t>(frame_count(), 1) - 1);
  errors_.reset();
  if (has(0) && has(1)) {
    Result<PairErrors> compared = compare();
    if (compared.ok()) {
      errors_ = *std::move(compared);
      for (const Attribute& attribute : errors_->of_decoded) set_attribute(layer(1), attribute);
      const auto& of_original = errors_->of_original.empty() ? errors_->of_decoded : errors_->of_original;
      for (const Attribute& attribute : of_original) set_attribute(layer(0), attribute);
    } else {
      side(1).warnings.push_back("the two files cannot be compared: " + compared.error().message);
    }
  }
  for (size_t i = 0; i < 2; ++i) {
    if (!has(i)) continue;
    side(i).picker.reset();
    if (const auto* points = std::get_if<PointLayer>(&layer(i))) side(i).detail = make_level_of_detail(points->xyz);
  }
}

uint32_t Session::source_of(size_t side, uint32_t index) const {
  const auto* points = std::get_if<PointLayer>(&layer(side));
  return points != nullptr && !points->source_index.empty() ? points->source_index[index] : index;
}

std::vector<Fact> Session::facts(size_t side, uint32_t source) const {
  if (!has(side) || source == kNoPartner) return {};
  if (const auto& content = sides_[side]->content) return facts_of(*content, source, frame_);
  const Splats& splats = std::get_if<SplatLayer>(&layer(side))->splats;
  return source < splats.count() ? facts_of(splats, source) : std::vector<Fact>{};
}

std::optional<Session::Pick> Session::pick(size_t side_index, const Viewpoint& eye, PixelSize size, double x, double y) {
  PageSide& picked_side = side(side_index);
  if (!picked_side.picker) picked_side.picker = std::make_unique<Picker>(layer(side_index));
  const std::optional<Picked> picked = picked_side.picker->at(eye, size, x, y);
  if (!picked) return std::nullopt;
  Pick pick{side_index, *picked, {}, {}, {}};
  const uint32_t source = source_of(side_index, picked->index);
  std::array<uint32_t, 2> sources = {source, source};
  if (errors_) sources[1 - side_index] = side_index == 1 ? errors_->original_of(source) : errors_->decoded_of(source);
  pick.original = facts(0, sources[0]);
  if (errors_) {
    pick.decoded = facts(1, sources[1]);
    std::vector<std::string_view> names;
    for (const Attribute& attribute : attributes(layer(side_index))) {
      if (attribute.name.starts_with(kError)) names.push_back(attribute.name);
    }
    pick.errors = facts_of(layer(side_index), picked->index, names);
  }
  return pick;
}

}  // namespace dew::viewer
