// SPDX-License-Identifier: Apache-2.0
/// Files of every kind that dew reads, opened for looking at.
///
///   DEW_ASSIGN(const OpenedPair opened, open_pair(request));
///   draw(opened.pair.original.frames[0]);
///   if (opened.original.is_dew) show(inspect(opened.original.bytes, {}));
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "apps/view/options.h"
#include "gaussians/splats.h"
#include "mesh/mesh.h"
#include "pointcloud/content.h"
#include "viewer/inspect/errors.h"
#include "viewer/scene/pair.h"

namespace dew::app {

/// What a file can hold.
using FileContent = std::variant<Content, Splats, Mesh>;

/// One file: its bytes, what is in it, and how it is drawn.
struct OpenedFile {
  std::string path;
  Bytes bytes;  ///< of .dew files; of others none are kept
  bool is_dew = false;
  FileContent content;                ///< decoded; of a .dew file of many frames the first one
  std::vector<Content> later_frames;  ///< of such a file, the others
  std::vector<std::string> notes;     ///< what was guessed or left out, for people

  /// REQUIRES: no splats and no mesh. Of a capture the whole, in which `frame` counts.
  const Content& frame_content(size_t frame) const {
    return frame == 0 || frame > later_frames.size() ? std::get<Content>(content) : later_frames[frame - 1];
  }
  /// The number of a shown frame within frame_content().
  size_t frame_in_content(size_t frame) const { return later_frames.empty() ? frame : 0; }
};

struct OpenedPair {
  OpenedFile original;
  std::optional<OpenedFile> decoded;
  viewer::Pair pair;
  std::optional<viewer::PairErrors> mesh_errors;  ///< of meshes, as they take a while
};

/// Reads, decodes and turns into layers. `side` is filled beside the file. Errors: io, those of the readers and decoders, with the path in
/// front of the message.
Result<OpenedFile> open_file(const std::string& path, const ViewRequest& request, viewer::Side& side);

/// Both files; points of the decoded side get the attribute "error" where order was kept, meshes always. Errors: also invalid_argument
/// where one holds points and the other splats, say.
Result<OpenedPair> open_pair(const ViewRequest& request);

/// Layers of a content, as open_file makes them: for what was encoded anew.
Result<viewer::Side> side_of(const FileContent& content, const std::string& name, const ViewRequest& request,
                             std::vector<std::string>& notes);

/// Sets "error" (m) of each point of `decoded` from the same point of `original`, by the numbers of source points; nothing where sizes
/// differ. True if set.
bool add_errors(const viewer::PointLayer& original, viewer::PointLayer& decoded);

}  // namespace dew::app
