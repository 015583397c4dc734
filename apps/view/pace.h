// SPDX-License-Identifier: Apache-2.0
/// How much of a scene is drawn while one moves: as much as the machine manages in time, and all of it when it rests.
///
///   Pace pace;
///   const Detail detail = pace.detail(eye, now_s);            // of the next picture
///   draw(detail);
///   pace.took(detail, seconds);                               // teaches it the machine
///   if (pace.owes_full_picture()) draw_again_soon();
#pragma once

#include <optional>

#include "viewer/camera/viewpoint.h"

namespace dew::app {

/// Shares of what a full picture has, above 0 to 1.
struct Detail {
  double side = 1;   ///< pixels along each side of a picture of splats
  double count = 1;  ///< points and splats
  bool is_full() const { return side >= 1 && count >= 1; }
  bool operator==(const Detail&) const = default;
};

class Pace {
 public:
  /// A full picture may take so long while one moves.
  static constexpr double kQuick_s = 0.08;
  /// An eye that has not moved for so long rests.
  static constexpr double kRest_s = 0.25;

  /// For a picture from `eye`, at a time in seconds from any start. `held`: a button is held, so that a stop is no rest.
  Detail detail(const viewer::Viewpoint& eye, double now_s, bool held);
  /// How long a picture of such detail took. Times of pictures that were not drawn anew do not belong here.
  void took(const Detail& detail, double seconds);
  /// What the next pictures show is another scene: what was learned is forgotten.
  void forget() { full_s_.reset(); }
  /// The last picture was not full: one more is due, kRest_s after the eye has stopped.
  bool owes_full_picture() const { return !last_.is_full(); }

 private:
  std::optional<viewer::Viewpoint> eye_;
  double moved_s_ = -1e9;         ///< when the eye last moved
  std::optional<double> full_s_;  ///< what a full picture takes, as far as it is known
  Detail last_;
};

}  // namespace dew::app
