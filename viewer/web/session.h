// SPDX-License-Identifier: Apache-2.0
/// What the page keeps of an opened pair: decoded contents, the layers of the frame that is shown, errors, and what was made for drawing.
///
///   Session session;
///   DEW_TRY(session.open(0, "scan.dew", std::move(bytes)));
///   DEW_TRY(session.show_frame(0));
///   if (session.errors()) show(session.errors()->max);
///   const std::string about = describe(session);                     // JSON for the panels: viewer/web/describe.h
///
/// No thread, file or exception. One session a page.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "mesh/mesh.h"
#include "pointcloud/coding/cell_bits.h"
#include "pointcloud/sequence.h"
#include "viewer/inspect/bits.h"
#include "viewer/inspect/errors.h"
#include "viewer/inspect/info_lines.h"
#include "viewer/inspect/pick.h"
#include "viewer/scene/level_of_detail.h"
#include "viewer/scene/pair.h"
#include "viewer/splats/depth_order.h"

namespace dew::viewer {

/// What a module with 32-bit addresses can pay for. Everything that is allocated for a file is charged to it.
DecodeLimits page_limits();

/// Decodes `file`, which may be hostile, and gives the SHA-256 of its content, as the codec of its kind defines it, in hex digits.
Result<std::string> decoded_sha256(ByteSpan file);

/// A .dew file, decoded; of a sequence the frame that is shown.
struct PageSide {
  std::string name;
  std::optional<Content> content;  ///< points; nothing for splats, which are in their layer, and meshes
  std::optional<Mesh> mesh;
  std::vector<Layer> frames;                ///< of a sequence that frame alone
  Bytes file;                               ///< which `sequence` views
  std::optional<SequenceDecoder> sequence;  ///< keeps what the next frame refers to
  size_t sequence_frame = 0;                ///< the one that is decoded
  double frame_seconds = 0.1;
  std::vector<InfoLine> info;
  std::vector<std::string> warnings;

  bool is_splats() const { return !frames.empty() && std::holds_alternative<SplatLayer>(frames.front()); }
  size_t frame_count() const { return sequence ? static_cast<size_t>(sequence->frames()) : frames.size(); }
  /// The number of a shown frame within `content` and `frames`.
  size_t frame_within(size_t frame) const { return sequence ? 0 : std::min(frame, frames.size() - 1); }
  /// Made for the frame that is shown; empty or null before they are asked for.
  LevelOfDetail detail;
  std::unique_ptr<Picker> picker;
  DepthOrder depth_order;
};

class Session {
 public:
  /// Side 0 is the original, side 1 what became of it; opening a side again replaces it. `file` may be hostile. Errors: those of the
  /// decoders, invalid_argument where the two sides are of different kinds.
  Status open(size_t side, std::string name, Bytes file);
  /// Makes errors, levels of detail and pickers for a frame of both sides; numbers beyond the last are the last. Frames of sequences are
  /// decoded here: the next one alone, others with all from the intra frame before them. Errors: those of the decoder; those of
  /// error_fields become a note.
  Status show_frame(size_t frame);

  /// False also after a frame that could not be decoded.
  bool has(size_t side) const { return sides_[side] && !sides_[side]->frames.empty(); }
  /// REQUIRES: has(side).
  PageSide& side(size_t side) { return *sides_[side]; }
  const PageSide& side(size_t side) const { return *sides_[side]; }
  /// The layer of the frame that is shown. REQUIRES: has(side).
  Layer& layer(size_t side) { return sides_[side]->frames[frame_of(side)]; }
  const Layer& layer(size_t side) const { return sides_[side]->frames[frame_of(side)]; }
  const std::optional<PairErrors>& errors() const { return errors_; }
  /// Why the two sides of this frame are not compared; empty where they are, or one is alone.
  const std::string& not_compared() const { return not_compared_; }
  /// Measures where the bytes of the decoded side go, or of the only one: of the frame that is shown, and of those shown from now on as
  /// they are decoded. Its layer gets the attribute kBits and those of the parts. Errors: those of the decoders.
  Status measure_bits();
  /// Of the frame that is shown; nothing before it is measured.
  const std::optional<CodedBits>& bits() const { return bits_; }
  size_t frame() const { return frame_; }
  size_t frame_count() const;

  /// The point or splat at a pixel, with its fields on both sides. Nothing: none there.
  struct Pick {
    size_t side = 0;
    Picked picked;
    std::vector<Fact> original;
    std::vector<Fact> decoded;
    std::vector<Fact> errors;  ///< and coded bits, where they are measured
  };
  std::optional<Pick> pick(size_t side, const Viewpoint& eye, PixelSize size, double x, double y);
  /// The last one anew, with what is known by now; nothing after another frame or file is shown.
  std::optional<Pick> pick_again() const;

 private:
  size_t side_with_bits() const { return has(1) ? 1 : 0; }
  size_t frame_of(size_t side) const { return sides_[side]->frame_within(frame_); }
  Result<PairErrors> compare() const;
  Status show_bits();
  Pick described(size_t side, const Picked& picked) const;
  std::vector<Fact> facts(size_t side, uint32_t source) const;
  std::vector<Fact> figures(size_t side, uint32_t index) const;

  std::array<std::optional<PageSide>, 2> sides_;
  std::optional<PairErrors> errors_;
  std::string not_compared_;
  std::optional<CodedBits> bits_;
  FrameBits measured_;  ///< by the decoder of a sequence
  bool bits_wanted_ = false;
  std::optional<std::pair<size_t, Picked>> picked_;  ///< the side and what it is
  size_t frame_ = 0;
};

}  // namespace dew::viewer
