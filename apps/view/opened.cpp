// SPDX-License-Identifier: Apache-2.0
#include "apps/view/opened.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "apps/content.h"
#include "apps/files.h"
#include "apps/mesh_codec.h"
#include "apps/splat_codec.h"
#include "apps/view/live.h"
#include "entropy/container.h"
#include "pointcloud/sequence.h"
#include "viewer/colour/colour_map.h"
#include "viewer/scene/layer_from.h"
#include "viewer/scene/mesh_layer.h"
#include "viewer/scene/normals.h"

namespace dew::app {
namespace {

Error named(const std::string& path, Error error) {
  error.message = display_name(path) + ": " + error.message;
  return error;
}

/// All frames of a file of many, or so many as are shown at most.
Result<FileContent> frames_of_sequence(OpenedFile& file, const ViewRequest& request) {
  constexpr uint64_t kMostFrames = 300;
  DEW_ASSIGN(SequenceDecoder decoder, SequenceDecoder::open(file.bytes, {request.threads, false}, {}));
  if (decoder.frames() == 0) return Error{Code::invalid_argument, 0, "the file holds no frame"};
  const uint64_t count = std::min(decoder.frames(), kMostFrames);
  if (count < decoder.frames()) file.notes.push_back("the first 300 of " + std::to_string(decoder.frames()) + " frames are shown");
  DEW_ASSIGN(SequenceFrame first, decoder.decode(0));
  for (uint64_t i = 1; i < count; ++i) {
    DEW_ASSIGN(SequenceFrame frame, decoder.decode(i));
    file.later_frames.push_back(std::move(frame.content));
  }
  return FileContent(std::move(first.content));
}

Result<FileContent> contents_of(OpenedFile& file, const ViewRequest& request) {
  // Whatever is no .dew file would be searched for chunks from end to end.
  if (file.is_dew && is_sequence(file.bytes)) return frames_of_sequence(file, request);
  if (is_splat_scene(file.bytes, file.path)) {
    DEW_ASSIGN(SplatInput input, load_splats(file.path, file.bytes, request.threads));
    return FileContent(std::move(input.splats));
  }
  if (is_mesh_dew(file.bytes) || is_mesh_file(file.bytes, file.path)) {
    DEW_ASSIGN(MeshInput input, load_mesh(file.path, file.bytes));
    if (!input.note.empty()) file.notes.push_back(input.note);
    return FileContent(std::move(input.mesh));
  }
  // The reader takes the bytes and gives them back.
  DEW_ASSIGN(Source source, parse_source_or_dew(std::move(file.bytes), request.fields, request.threads));
  file.bytes = std::move(source.bytes);
  if (!source.note.empty()) file.notes.push_back(source.note);
  return FileContent(std::move(source.content));
}

/// Fits normals to the frame that is shown first, where colours ask for them. Other frames of a sequence go without: it takes seconds.
void add_wanted_normals(const ViewRequest& request, viewer::Side& side) {
  if (request.colour != viewer::kNormal) return;
  const size_t frame = std::min<size_t>(request.frame, side.frames.size() - 1);
  if (auto* points = std::get_if<viewer::PointLayer>(&side.frames[frame])) viewer::add_normals(*points);
}

bool same_kind(const viewer::Side& a, const viewer::Side& b) { return a.frames.front().index() == b.frames.front().index(); }

}  // namespace

Result<viewer::Side> side_of(const FileContent& content, const std::string& name, const ViewRequest& request,
                             std::vector<std::string>& notes) {
  if (const Splats* splats = std::get_if<Splats>(&content)) {
    viewer::Side side{name, {}, 0.1};
    side.frames.emplace_back(viewer::layer_from(*splats, name));
    return side;
  }
  if (const Mesh* mesh = std::get_if<Mesh>(&content)) {
    DEW_TRY(check_shape(*mesh));
    viewer::Side side{name, {}, 0.1};
    side.frames.emplace_back(viewer::layer_from(*mesh, name));
    return side;
  }
  std::optional<SensorCalibration> calibration;
  if (!request.calibration.empty()) {
    DEW_ASSIGN(calibration, load_calibration(request.calibration));
  }
  viewer::LayerOptions options{name, calibration ? &*calibration : nullptr};
  DEW_ASSIGN(viewer::Layers layers, viewer::layers_from(*std::get_if<Content>(&content), options));
  if (!layers.note.empty()) notes.push_back(layers.note);
  return viewer::Side{name, std::move(layers.frames), layers.frame_seconds};
}

Result<OpenedFile> open_file(const std::string& path, const ViewRequest& request, viewer::Side& side) {
  OpenedFile file;
  file.path = path;
  if (is_stream_address(path))
    return Error{Code::invalid_argument, 0, path + " is a live stream, which the window shows alone; dew stream recv writes its frames"};
  auto bytes = read_file(path);
  if (!bytes.ok()) return named(path, bytes.error());
  file.bytes = *std::move(bytes);
  file.is_dew = is_dew(file.bytes);
  auto content = contents_of(file, request);
  if (!content.ok()) return named(path, content.error());
  file.content = *std::move(content);
  // Only .dew files are asked again: what they hold, where their bytes go.
  if (!file.is_dew) file.bytes = Bytes();
  auto made = side_of(file.content, base_name(path), request, file.notes);
  if (!made.ok()) return named(path, made.error());
  side = *std::move(made);
  for (const Content& frame : file.later_frames) {
    std::vector<std::string> same_notes;
    auto later = side_of(frame, side.name, request, same_notes);
    if (!later.ok()) return named(path, later.error());
    side.frames.push_back(std::move(later->frames.front()));
  }
  add_wanted_normals(request, side);
  return file;
}

Result<OpenedPair> open_pair(const ViewRequest& request) {
  OpenedPair opened;
  DEW_ASSIGN(opened.original, open_file(request.original, request, opened.pair.original));
  if (request.decoded.empty()) return opened;
  viewer::Side decoded;
  DEW_ASSIGN(opened.decoded, open_file(request.decoded, request, decoded));
  if (!same_kind(opened.pair.original, decoded)) {
    return Error{Code::invalid_argument, 0, "points, splats and meshes are not compared with one another: open two files of one kind"};
  }
  for (size_t i = 0; i < decoded.frames.size() && i < opened.pair.original.frames.size(); ++i) {
    auto* points = std::get_if<viewer::PointLayer>(&decoded.frames[i]);
    const auto* original = std::get_if<viewer::PointLayer>(&opened.pair.original.frames[i]);
    if (points != nullptr && original != nullptr) add_errors(*original, *points);
  }
  if (auto* mesh = std::get_if<viewer::MeshLayer>(&decoded.frames.front())) {
    opened.mesh_errors =
        viewer::surface_errors(std::get<Mesh>(opened.original.content), std::get<Mesh>(opened.decoded->content), request.threads);
    mesh->set(opened.mesh_errors->of_decoded.front());
  }
  opened.pair.decoded = std::move(decoded);
  return opened;
}

bool add_errors(const viewer::PointLayer& original, viewer::PointLayer& decoded) {
  // Both lists grow, so one pass pairs the points that both have.
  if (original.count() != decoded.count()) return false;
  viewer::Attribute error{viewer::kError, "m", {}};
  error.values.reserve(decoded.count());
  for (size_t i = 0; i < decoded.count(); ++i) {
    const bool same_source = original.source_index[i] == decoded.source_index[i];
    const Vec3 offset = viewer::operator-(decoded.position(i), original.position(i));
    error.values.push_back(same_source ? static_cast<float>(viewer::length(offset)) : std::numeric_limits<float>::quiet_NaN());
  }
  decoded.set(std::move(error));
  return true;
}

}  // namespace dew::app
