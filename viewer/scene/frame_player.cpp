// SPDX-License-Identifier: Apache-2.0
#include "viewer/scene/frame_player.h"

#include <algorithm>
#include <cmath>

namespace dew::viewer {

FramePlayer::FramePlayer(size_t frame_count, double frame_seconds)
    : frame_count_(std::max<size_t>(frame_count, 1)),
      frame_seconds_(frame_seconds > 0 && std::isfinite(frame_seconds) ? frame_seconds : 0.1) {}

void FramePlayer::set_speed(double speed) {
  if (std::isfinite(speed)) speed_ = speed;
}

void FramePlayer::advance(double seconds) {
  if (!playing_ || !(seconds > 0) || !std::isfinite(seconds)) return;
  const double length_s = frame_seconds_ * static_cast<double>(frame_count_);
  position_s_ = std::fmod(position_s_ + std::fmod(seconds * speed_, length_s), length_s);
  if (position_s_ < 0) position_s_ += length_s;
}

void FramePlayer::seek(size_t frame) { position_s_ = frame_seconds_ * (static_cast<double>(std::min(frame, frame_count_ - 1)) + 0.5); }

void FramePlayer::step(int frames) {
  const auto count = static_cast<long long>(frame_count_);
  const long long target = (static_cast<long long>(frame()) + frames % count + count) % count;
  seek(static_cast<size_t>(target));
}

size_t FramePlayer::frame() const {
  // The end of the circle may round up to one frame too many.
  return std::min(static_cast<size_t>(position_s_ / frame_seconds_), frame_count_ - 1);
}

}  // namespace dew::viewer
