// SPDX-License-Identifier: Apache-2.0
// A session that shows a stream as it comes in.
#include "apps/stream/link.h"
#include "apps/view/session.h"
#include "viewer/scene/layer_from.h"

namespace dew::app {
Status Session::open_live(const std::string& address, const ReceiverOptions& options) {
  DEW_ASSIGN(const std::optional<StreamKey> key, key_in(request_.stream_key));
  DEW_ASSIGN(std::unique_ptr<LiveStream> stream, LiveStream::open(address, options, key));
  live_ = std::move(stream);
  live_frame_.reset();
  live_address_ = address;
  live_paused_ = false;
  say("listening at " + address + (live_->port() != 0 ? ", port " + std::to_string(live_->port()) : std::string()));
  return {};
}

void Session::toggle_playing() {
  if (!live_) return player.set_playing(!player.playing());
  live_paused_ = !live_paused();
  // What was encoded anew belongs to the frame that was held.
  if (!live_paused_ && opened_ && opened_->decoded && !busy()) {
    opened_->decoded.reset();
    opened_->pair.decoded.reset();
    changed();
    restyle(style.mode);
  }
}

void Session::take_live_frame() {
  // A frame that is being encoded, or is compared with what came of it, is held.
  if (!live_ || busy() || live_paused_ || (live_frame_ && has_decoded())) return;
  if (const std::optional<Error> failure = live_->take_failure()) complain_of({failure->code, 0, live_address_ + ": " + failure->message});
  std::optional<LiveFrame> frame = live_->take();
  if (!frame) return;
  const Status status = show_live_frame(*frame);
  live_frame_ = std::move(frame);
  if (!status.ok()) complain_of(status.error());
}

Status Session::show_live_frame(const LiveFrame& frame) {
  OpenedPair pair;
  pair.original.path = live_address_;
  pair.original.content = frame.received.cloud ? Content(*frame.received.cloud) : Content(frame.received.scan);
  const std::optional<SensorCalibration>& calibration = frame.calibration;
  if (calibration && request_.calibration.empty() && !frame.received.cloud) {
    DEW_ASSIGN(viewer::Layers layers,
               viewer::layers_from(Content(frame.received.scan), {live_address_, calibration ? &*calibration : nullptr}));
    pair.pair.original = {live_address_, std::move(layers.frames), layers.frame_seconds};
  } else {
    DEW_ASSIGN(pair.pair.original, side_of(pair.original.content, live_address_, request_, pair.original.notes));
  }
  const bool first = !live_frame_ || !opened_ || viewer::count(original_layer()) == 0;
  if (first) {
    take_pair(std::move(pair), false);
  } else {
    *opened_ = std::move(pair);
    changed();
  }
  say(live_text(frame));
  return {};
}

}  // namespace dew::app
