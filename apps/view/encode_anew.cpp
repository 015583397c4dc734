// SPDX-License-Identifier: Apache-2.0
#include "apps/view/encode_anew.h"

#include "apps/files.h"
#include "apps/report.h"
#include "gaussians/codec.h"
#include "mesh/codec.h"
#include "pointcloud/sequence.h"

namespace dew::app {
namespace {

std::string name_for(const std::string& path, const std::string& bound) { return base_name(path) + " at " + bound + ".dew"; }

std::string size_text(uint64_t bytes, uint64_t count, const char* what) {
  return std::to_string(bytes) + " bytes, " + fixed(bits_per(bytes, count), 2) + " bits a " + what + ", ";
}

Result<EncodedAnew> encode_frames(const OpenedFile& original, const Content& content, const EncodeWish& wish, uint32_t threads) {
  EncodeOptions options;
  options.mode = wish.lossless ? Mode::lossless : Mode::max_error;
  options.max_error_m = wish.max_error_m;
  options.effort = static_cast<Effort>(wish.effort);
  options.threads = threads;
  EncodedAnew made;
  DEW_ASSIGN(Encoded encoded, encode(content, options));
  DEW_ASSIGN(const FileInfo info, inspect(encoded.bytes, {}));
  DecodeOptions decode_options;
  decode_options.threads = threads;
  DEW_ASSIGN(Decoded decoded, decode(encoded.bytes, decode_options, {}));
  made.file.path = name_for(original.path, wish.lossless ? "lossless" : length_text(wish.max_error_m));
  made.file.content = std::move(decoded.content);
  made.summary = size_text(encoded.bytes.size(), info.points, "point") + "error at most " + length_text(info.max_error_m);
  made.file.bytes = std::move(encoded.bytes);
  return made;
}

/// All frames of a file of many, each beside the one before.
Result<EncodedAnew> encode_sequence(const OpenedFile& original, const EncodeWish& wish, uint32_t threads) {
  SequenceOptions options;
  options.frame.mode = wish.lossless ? Mode::lossless : Mode::max_error;
  options.frame.max_error_m = wish.max_error_m;
  options.frame.effort = static_cast<Effort>(wish.effort);
  options.frame.threads = threads;
  SequenceEncoder encoder(options);
  for (size_t i = 0; i <= original.later_frames.size(); ++i) {
    DEW_ASSIGN(const PushedFrame pushed, encoder.push({original.frame_content(i), "", {}, {}}));
    (void)pushed;
  }
  DEW_ASSIGN(Encoded encoded, encoder.finish());
  DEW_ASSIGN(const FileInfo info, inspect(encoded.bytes, {}));
  EncodedAnew made;
  made.file.path = name_for(original.path, wish.lossless ? "lossless" : length_text(wish.max_error_m));
  made.file.bytes = std::move(encoded.bytes);
  DEW_ASSIGN(SequenceDecoder decoder, SequenceDecoder::open(made.file.bytes, {threads, false}, {}));
  for (uint64_t i = 0; i < decoder.frames(); ++i) {
    DEW_ASSIGN(SequenceFrame frame, decoder.decode(i));
    if (i == 0) {
      made.file.content = std::move(frame.content);
    } else {
      made.file.later_frames.push_back(std::move(frame.content));
    }
  }
  made.summary = size_text(made.file.bytes.size(), info.points, "point") + std::to_string(decoder.frames()) + " frames, error at most " +
                 length_text(info.max_error_m);
  return made;
}

Result<EncodedAnew> encode_scene(const OpenedFile& original, const Splats& splats, const EncodeWish& wish, uint32_t threads) {
  SplatEncodeOptions options;
  options.mode = wish.lossless ? SplatMode::lossless : SplatMode::quality;
  options.quality_db = wish.quality_db;
  options.effort = static_cast<SplatEffort>(wish.effort);
  options.threads = threads;
  EncodedAnew made;
  DEW_ASSIGN(SplatEncoded encoded, encode_splats(splats, options));
  SplatDecodeOptions decode_options;
  decode_options.threads = threads;
  DEW_ASSIGN(SplatDecoded decoded, decode_splats(encoded.bytes, decode_options, {}));
  made.file.path = name_for(original.path, wish.lossless ? "lossless" : fixed(wish.quality_db, 1) + " dB");
  made.file.content = std::move(decoded.splats);
  made.summary = size_text(encoded.bytes.size(), splats.count(), "splat") +
                 (encoded.quality ? fixed(encoded.quality->psnr_db, 2) + " dB" : std::string("every bit kept"));
  made.file.notes = encoded.warnings;
  made.file.bytes = std::move(encoded.bytes);
  return made;
}

Result<EncodedAnew> encode_surface(const OpenedFile& original, const Mesh& mesh, const EncodeWish& wish, uint32_t threads) {
  MeshEncodeOptions options;
  options.mode = wish.lossless ? MeshMode::lossless : MeshMode::surface;
  options.max_error = wish.lossless ? 0 : wish.max_error_m;
  options.threads = threads;
  EncodedAnew made;
  DEW_ASSIGN(MeshEncoded encoded, encode_mesh(mesh, options));
  DEW_ASSIGN(MeshDecoded decoded, decode_mesh(encoded.bytes, {}));
  made.file.path = name_for(original.path, wish.lossless ? "lossless" : length_text(wish.max_error_m));
  made.summary =
      size_text(encoded.bytes.size(), mesh.vertices(), "vertex") + "surfaces at most " + length_text(encoded.errors.surface_max) + " apart";
  made.file.content = std::move(decoded.mesh);
  made.file.notes = encoded.warnings;
  made.file.bytes = std::move(encoded.bytes);
  return made;
}

}  // namespace

Result<EncodedAnew> encode_anew(const OpenedFile& original, const EncodeWish& wish, const ViewRequest& request) {
  const Splats* splats = std::get_if<Splats>(&original.content);
  const uint32_t threads = request.threads;
  const Mesh* mesh = std::get_if<Mesh>(&original.content);
  auto made = splats != nullptr                ? encode_scene(original, *splats, wish, threads)
              : mesh != nullptr                ? encode_surface(original, *mesh, wish, threads)
              : !original.later_frames.empty() ? encode_sequence(original, wish, threads)
                                               : encode_frames(original, std::get<Content>(original.content), wish, threads);
  if (!made.ok()) return made;
  made->file.is_dew = true;
  DEW_ASSIGN(made->side, side_of(made->file.content, made->file.path, request, made->file.notes));
  for (const Content& frame : made->file.later_frames) {
    std::vector<std::string> same_notes;
    DEW_ASSIGN(viewer::Side later, side_of(frame, made->file.path, request, same_notes));
    made->side.frames.push_back(std::move(later.frames.front()));
  }
  return made;
}

}  // namespace dew::app
