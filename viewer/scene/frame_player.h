// SPDX-License-Identifier: Apache-2.0
/// Which frame of a sequence is shown as time passes.
///
///   FramePlayer player(pair.frame_count(), 0.1);
///   player.set_playing(true);
///   player.advance(seconds_since_last_picture);
///   draw(pair.original.frames[player.frame()]);
#pragma once

#include <cstddef>

namespace dew::viewer {

/// Plays in a circle. Time that is negative or not finite is taken as none.
class FramePlayer {
 public:
  /// `frame_seconds` above 0: how long a frame lasts at speed 1.
  FramePlayer(size_t frame_count, double frame_seconds);

  void set_playing(bool playing) { playing_ = playing; }
  bool playing() const { return playing_; }
  /// 1: as recorded; negative: backwards.
  void set_speed(double speed);
  double speed() const { return speed_; }
  /// Goes on by so much time if playing.
  void advance(double seconds);
  /// Shows a frame; numbers beyond the last are the last.
  void seek(size_t frame);
  /// So many frames on or back, in a circle.
  void step(int frames);

  size_t frame() const;
  size_t frame_count() const { return frame_count_; }
  double position_seconds() const { return position_s_; }

 private:
  size_t frame_count_;
  double frame_seconds_;
  double position_s_ = 0;
  double speed_ = 1;
  bool playing_ = false;
};

}  // namespace dew::viewer
