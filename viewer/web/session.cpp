// SPDX-License-Identifier: Apache-2.0
#include "viewer/web/session.h"

#include <algorithm>

#include "entropy/container.h"
#include "entropy/sha256.h"
#include "gaussians/coding/scene_hash.h"
#include "mesh/codec.h"
#include "pointcloud/codec.h"
#include "viewer/inspect/mesh_facts.h"
#include "viewer/scene/layer_from.h"
#include "viewer/scene/mesh_layer.h"

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

/// Decodes a frame of a sequence, unless it is the one that is there. `measured`: where wanted, what its cells take; then always.
Status decode_sequence_frame(PageSide& side, size_t frame, FrameBits* measured) {
  if (side.content && side.sequence_frame == frame && measured == nullptr) return {};
  // The frame before is not needed any more, and two would not fit where one just does.
  side.content.reset();
  side.frames.clear();
  DEW_ASSIGN(SequenceFrame decoded, side.sequence->decode(frame, measured));
  DEW_ASSIGN(Layers layers, layers_from(decoded.content, {side.name, nullptr}));
  side.frames = std::move(layers.frames);
  side.content = std::move(decoded.content);
  side.sequence_frame = frame;
  return {};
}

/// The usual time between frames, where they have times.
double frame_seconds(const std::vector<FrameFacts>& facts) {
  std::vector<double> seconds;
  for (size_t i = 1; i < facts.size(); ++i) {
    if (!facts[i].time_ns || !facts[i - 1].time_ns) continue;
    const double step = 1e-9 * (static_cast<double>(*facts[i].time_ns) - static_cast<double>(*facts[i - 1].time_ns));
    if (step > 1e-3 && step < 10) seconds.push_back(step);
  }
  if (seconds.empty()) return 0.1;
  const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
  std::nth_element(seconds.begin(), middle, seconds.end());
  return *middle;
}

Result<PageSide> decode_sequence_side(const std::string& name, Bytes file) {
  PageSide side;
  side.name = name;
  DEW_ASSIGN(const FileInfo info, inspect(file, page_limits()));
  side.info = info_lines(info);
  side.frame_seconds = frame_seconds(info.frame_facts);
  side.file = std::move(file);
  DEW_ASSIGN(side.sequence, SequenceDecoder::open(side.file, {}, page_limits()));
  if (side.sequence->frames() == 0) return Error{Code::invalid_argument, 0, "the file holds no frame"};
  DEW_TRY(decode_sequence_frame(side, 0, nullptr));
  return side;
}

Result<PageSide> decode_mesh_side(const std::string& name, ByteSpan file) {
  PageSide side;
  DEW_ASSIGN(const MeshFileInfo info, inspect_mesh(file, page_limits()));
  side.info = info_lines(info);
  DEW_ASSIGN(MeshDecoded decoded, decode_mesh(file, page_limits()));
  DEW_TRY(check_shape(decoded.mesh));
  side.frames.emplace_back(layer_from(decoded.mesh, name));
  side.mesh = std::move(decoded.mesh);
  return side;
}

Result<Kind> kind_of(ByteSpan file) {
  DEW_ASSIGN(const ContainerReader container, ContainerReader::open(file, page_limits()));
  return container.kind();
}

Result<PageSide> decode_side(const std::string& name, Bytes file) {
  DEW_ASSIGN(const Kind kind, kind_of(file));
  if (kind != Kind::splats && kind != Kind::mesh && is_sequence(file)) return decode_sequence_side(name, std::move(file));
  DEW_ASSIGN(PageSide side, kind == Kind::splats ? decode_splat_side(name, file)
                            : kind == Kind::mesh ? decode_mesh_side(name, file)
                                                 : decode_point_side(name, file));
  side.file = std::move(file);
  return side;
}

}  // namespace

DecodeLimits page_limits() {
  DecodeLimits limits;
  limits.memory_bytes = uint64_t{3} << 29;
  limits.elements = uint64_t{1} << 26;
  limits.work_units = uint64_t{1} << 34;
  return limits;
}

/// Of the hashes of all frames, one after the other.
Result<std::string> sequence_sha256(ByteSpan file) {
  DEW_ASSIGN(SequenceDecoder decoder, SequenceDecoder::open(file, {}, page_limits()));
  Sha256 hash;
  for (uint64_t i = 0; i < decoder.frames(); ++i) {
    DEW_ASSIGN(const SequenceFrame frame, decoder.decode(i));
    hash.update(content_hash(frame.content));
  }
  DEW_TRY(decoder.check_content());
  return to_hex(hash.finish());
}

Result<std::string> decoded_sha256(ByteSpan file) {
  DEW_ASSIGN(const ContainerReader container, ContainerReader::open(file, page_limits()));
  if (container.kind() == Kind::mesh) {
    // Compares the SHA-256 of what it decoded with the one that the file carries.
    DEW_ASSIGN(const MeshDecoded decoded, decode_mesh(file, page_limits()));
    return container.content_hash() ? to_hex(*container.content_hash()) : std::string();
  }
  if (container.kind() == Kind::splats) {
    DEW_ASSIGN(const SplatDecoded decoded, decode_splats(file, {}, page_limits()));
    return to_hex(hash_of(decoded.splats));
  }
  if (is_sequence(file)) return sequence_sha256(file);
  DEW_ASSIGN(const Decoded decoded, decode(file, {}, page_limits()));
  return to_hex(content_hash(decoded.content));
}

Status Session::open(size_t side, std::string name, Bytes file) {
  sides_[side].reset();
  errors_.reset();
  bits_.reset();
  bits_wanted_ = false;
  picked_.reset();
  Result<PageSide> opened = decode_side(name, std::move(file));
  if (!opened.ok()) return opened.error();
  if (has(1 - side) && sides_[1 - side]->frames.front().index() != opened->frames.front().index()) {
    return Error{Code::invalid_argument, 0, "points, splats and meshes are not compared with one another: open two files of one kind"};
  }
  opened->name = std::move(name);
  sides_[side] = *std::move(opened);
  return {};
}

size_t Session::frame_count() const {
  if (!has(0)) return 0;
  return has(1) ? std::min(side(0).frame_count(), side(1).frame_count()) : side(0).frame_count();
}

Result<PairErrors> Session::compare() const {
  if (side(0).is_splats()) {
    return error_fields(std::get_if<SplatLayer>(&layer(0))->splats, std::get_if<SplatLayer>(&layer(1))->splats);
  }
  if (side(0).mesh) return surface_errors(*side(0).mesh, *side(1).mesh, 1);
  if (frame_of(0) != frame_of(1)) return Error{Code::invalid_argument, 0, "one holds the frames of a capture and the other a sequence"};
  return error_fields(*side(0).content, *side(1).content, frame_of(0));
}

Status Session::show_frame(size_t frame) {
  frame_ = std::min(frame, std::max<size_t>(frame_count(), 1) - 1);
  errors_.reset();
  not_compared_.clear();
  bits_.reset();
  picked_.reset();
  for (size_t i = 0; i < 2; ++i) {
    const bool measured = bits_wanted_ && i == side_with_bits();
    if (sides_[i] && sides_[i]->sequence) DEW_TRY(decode_sequence_frame(*sides_[i], frame_, measured ? &measured_ : nullptr));
  }
  if (has(0) && has(1)) {
    Result<PairErrors> compared = compare();
    if (compared.ok()) {
      errors_ = *std::move(compared);
      set_attributes(layer(1), errors_->of_decoded);
      set_attributes(layer(0), errors_->of_original.empty() ? errors_->of_decoded : errors_->of_original);
    } else {
      not_compared_ = "the two files cannot be compared: " + compared.error().message;
    }
  }
  for (size_t i = 0; i < 2; ++i) {
    if (!has(i)) continue;
    side(i).picker.reset();
    if (const auto* points = std::get_if<PointLayer>(&layer(i))) side(i).detail = make_level_of_detail(points->xyz);
  }
  return bits_wanted_ ? show_bits() : Status{};
}

Status Session::measure_bits() {
  if (!has(0)) return Error{Code::invalid_argument, 0, "nothing is open"};
  if (bits_) return {};
  bits_wanted_ = true;
  const auto picked = picked_;
  // Of a sequence the frame is decoded once more.
  const Status status = side(side_with_bits()).sequence ? show_frame(frame_) : show_bits();
  picked_ = picked;
  if (!status.ok()) bits_wanted_ = false;
  return status;
}

/// Of a sequence from what its decoder said.
Status Session::show_bits() {
  const size_t index = side_with_bits();
  const PageSide& measured = side(index);
  Result<CodedBits> bits = measured.is_splats() ? coded_bits(measured.file, std::get_if<SplatLayer>(&layer(index))->splats, page_limits())
                           : measured.mesh      ? coded_bits(measured.file, *measured.mesh, page_limits())
                           : measured.sequence  ? coded_bits(measured.file, *measured.content, measured_, frame_, page_limits())
                                                : coded_bits(measured.file, *measured.content, page_limits(), frame_of(index));
  if (!bits.ok()) return bits.error();
  set_attributes(layer(index), bits->of_points);
  bits_ = *std::move(bits);
  return {};
}

std::vector<Fact> Session::facts(size_t side, uint32_t source) const {
  if (!has(side) || source == kNoPartner) return {};
  if (const auto& content = sides_[side]->content) return facts_of(*content, source, frame_of(side));
  if (const auto& mesh = sides_[side]->mesh) return facts_of(*mesh, source);
  const Splats& splats = std::get_if<SplatLayer>(&layer(side))->splats;
  return source < splats.count() ? facts_of(splats, source) : std::vector<Fact>{};
}

std::optional<Session::Pick> Session::pick(size_t side_index, const Viewpoint& eye, PixelSize size, double x, double y) {
  PageSide& picked_side = side(side_index);
  if (!picked_side.picker) picked_side.picker = std::make_unique<Picker>(layer(side_index));
  const std::optional<Picked> picked = picked_side.picker->at(eye, size, x, y);
  picked_.reset();
  if (!picked) return std::nullopt;
  picked_ = {side_index, *picked};
  return described(side_index, *picked);
}

std::optional<Session::Pick> Session::pick_again() const {
  return picked_ ? std::optional<Pick>(described(picked_->first, picked_->second)) : std::nullopt;
}

/// Errors and coded bits.
std::vector<Fact> Session::figures(size_t side_index, uint32_t index) const {
  std::vector<std::string_view> names;
  for (const Attribute& attribute : attributes(layer(side_index))) {
    if (attribute.name.starts_with(kError) || attribute.name.starts_with(kBits)) names.push_back(attribute.name);
  }
  return facts_of(layer(side_index), index, names);
}

Session::Pick Session::described(size_t side_index, const Picked& picked) const {
  Pick pick{side_index, picked, {}, {}, {}};
  const uint32_t source = source_of(layer(side_index), picked.index);
  std::array<uint32_t, 2> sources = {source, source};
  if (errors_) sources[1 - side_index] = side_index == 1 ? errors_->original_of(source) : errors_->decoded_of(source);
  pick.original = facts(0, sources[0]);
  if (errors_) pick.decoded = facts(1, sources[1]);
  // Both are told of the decoded side, and of the only one where there is no other.
  const size_t told = side_with_bits();
  const auto index = sources[told] == kNoPartner ? std::nullopt : index_of_source(layer(told), sources[told]);
  if (index && (errors_ || !has(1))) pick.errors = figures(told, *index);
  return pick;
}

}  // namespace dew::viewer
