// SPDX-License-Identifier: Apache-2.0
/// What is known of the lasers that measured a scan which lies on no lattice: where their heads stand, and who belongs to which.
///
///   Beams beams;
///   beams.heads = {{{0, 0, 1.7}, {}, {}}};          // one head, 1.7 m up, that does not move
///   beams.head_of_label.assign(32, 0);              // of 32 lasers
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace dew {

/// A rotating head of lasers: where it stands at the frame's first point and how far it moved by the last one, and how it is tilted (dz/dx,
/// dz/dy of its plane).
struct BeamHead {
  std::array<double, 3> origin{}, motion{};
  std::array<double, 2> tilt{};
};

inline constexpr size_t kMostBeamLabels = 256;

struct Beams {
  std::vector<uint64_t> pieces = {0};  ///< first points of parts of the frame, each with heads of its own
  std::vector<BeamHead> heads;         ///< piece by piece
  std::vector<uint8_t> head_of_label;  ///< a label
  /// Labels in the order in which a head fires them; empty where another field of the file gives each point's label.
  std::vector<uint8_t> firing_order;
  double column_step = 0;  ///< radians from one shot of a laser to its next; not 0: shots that are left out are counted
  bool stays = false;      ///< the next point is looked for from the same label on, not from the one after it

  size_t labels() const { return head_of_label.size(); }
  size_t heads_of_piece() const { return heads.size() / pieces.size(); }
  /// The piece of point i of the frame, `piece` being that of the one before it, or 0.
  size_t piece_of(uint64_t i, size_t piece) const {
    while (piece + 1 < pieces.size() && pieces[piece + 1] <= i) ++piece;
    return piece;
  }
};

/// What of it other frames of the sensor have too, where lasers were found from the points alone: each piece's head as it stands at the
/// first point of its piece, and the elevations of its lasers above its plane, in degrees, from below.
struct KeptHead {
  BeamHead head;
  std::vector<double> elevations;
};
struct KeptBeams {
  std::vector<KeptHead> heads;
};

}  // namespace dew
