// SPDX-License-Identifier: Apache-2.0
/// What the viewer's window knows and does, without a window: files that are open, how they are shown, what was picked, what is being
/// encoded. Keys, mouse, panels and scripts all go through here.
///
///   Session session(request);
///   DEW_TRY(session.open({"scan.bin", "scan.dew"}));
///   session.orbit(0.3, 0);
///   session.pick(size, mouse_x, mouse_y);
///   show(session.picked());
///   session.start_encoding({.max_error_m = 0.02});      // in another thread; advance() takes what came of it
///
/// One thread uses a session; its own background thread touches nothing that the first one changes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "apps/view/chosen.h"
#include "apps/view/live.h"
#include "pointcloud/sequence.h"
#include "viewer/camera/saved_views.h"
#include "viewer/inspect/bits.h"
#include "viewer/inspect/errors.h"
#include "viewer/inspect/histogram.h"
#include "viewer/inspect/info_lines.h"
#include "viewer/inspect/pick.h"
#include "viewer/scene/frame_player.h"

namespace dew::app {

/// How the original shall be encoded anew. Points take the bound, splats the quality.
struct EncodeWish {
  bool lossless = false;
  double max_error_m = 0.02;
  double quality_db = 42;
  int effort = 1;  ///< 0 fast, 1 normal, 2 max
};

/// A file encoded and decoded in the background.
struct EncodedAnew {
  OpenedFile file;
  viewer::Side side;
  std::string summary;  ///< "83812 bytes, 5.47 bits a point, error at most 9.8 mm"
};

/// A point that was picked, and what is known of it.
struct PickedPoint {
  viewer::Shows shows = viewer::Shows::original;
  viewer::Picked place;
  std::vector<viewer::Fact> original, decoded, figures;  ///< fields of both sides; error and coded bits
};

class Session {
 public:
  explicit Session(ViewRequest request);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// One file, or original and decoded. What was open stays open where that fails. Errors: those of open_pair.
  Status open(const std::vector<std::string>& paths);
  /// Listens for a stream at udp://[HOST]:PORT or mqtt://HOST/TOPIC; what was open stays until its first frame comes. open() of one such
  /// address does the same. advance() shows each newest frame, unless it is held: while one encodes it, compares it or has paused. Errors:
  /// io, invalid_argument.
  Status open_live(const std::string& address, const ReceiverOptions& options = {});
  /// Null where no stream is followed.
  LiveStream* live() { return live_.get(); }
  /// The frame that is shown, with ages and missing sectors; nothing before the first.
  const std::optional<LiveFrame>& live_frame() const { return live_frame_; }
  /// Plays the frames of a capture, or pauses; holds the frame of a stream, or goes on.
  void toggle_playing();
  bool live_paused() const { return live_paused_ || (live_frame_ && has_decoded()); }
  /// Files that were dropped on the window: two replace the pair, one becomes the decoded side where it is a .dew file and an original
  /// is open, and otherwise the original.
  Status drop(const std::vector<std::string>& paths);
  /// Null until something is open.
  const OpenedPair* opened() const { return opened_.get(); }
  bool has_decoded() const { return opened_ && opened_->decoded; }
  bool holds_splats() const;
  /// Grows whenever layers changed and must be drawn anew from opened().
  uint64_t revision() const { return revision_; }

  /// Layers of the frame that is shown, with their errors; REQUIRES opened().
  const viewer::Layer& original_layer() const;
  const viewer::Layer* decoded_layer() const;
  size_t frame() const { return player.frame(); }
  void show_frame(size_t frame);
  /// Lets time pass: plays frames, blinks, takes what the background finished.
  void advance(double seconds);

  void set_mode(viewer::Mode mode);
  /// Colours both sides by an attribute; empty: as they are.
  void set_colour(const std::string& attribute);
  const std::string& colour() const { return colour_; }
  /// Upper end of the scale of errors, metres (splats: difference of colours, 0 to 1).
  void set_error_limit(double limit);
  /// Attributes of the layers, for a list to choose from.
  std::vector<std::string> colour_choices() const;

  void orbit(double yaw_rad, double pitch_rad);
  void look_around(double yaw_rad, double pitch_rad);
  void pan(viewer::PixelSize pane, double dx_px, double dy_px);
  void zoom(double factor);
  /// Along forward, right and up, as shares of the distance to the pivot.
  void fly(double forward, double right, double up);
  /// "auto", "sensor", "overview", "top", or a file as --camera takes it. Errors: those of chosen_viewpoint.
  Status set_view(const std::string& name, viewer::PixelSize pane);

  /// Which way is up for turning, flying and views; nothing: what suits. Shows the whole from there.
  Status set_up(std::optional<Vec3> up, viewer::PixelSize pane);
  /// The next of six ways.
  Status next_up(viewer::PixelSize pane);

  /// The panes into which a picture of such a size is divided.
  std::vector<viewer::Pane> panes(viewer::PixelSize size) const;
  /// Looks for a point under a place of the picture and keeps what is known of it. False: nothing is there. Its coded bits are measured in
  /// the background where they are not known yet, and come with advance() or finish_work().
  bool pick(viewer::PixelSize size, double x, double y);
  const std::optional<PickedPoint>& picked() const { return picked_; }
  void forget_picked() { picked_.reset(); }

  /// Of the attribute that the heat map shows (errors, coded bits), of the frame that is shown; nothing where there is none.
  const viewer::Histogram* histogram();
  std::string histogram_title() const;

  /// Measures where the bytes of the decoded side (or of the one that is open, where it is a .dew file) go, and colours by it. Takes as
  /// long as decoding does; of files of many frames, as decoding the one that is shown, and others as they are shown. Errors:
  /// invalid_argument where no .dew file is open or something is under way, those of the decoders.
  Status measure_bits();
  /// Of the frame that is shown; null before it is measured.
  const viewer::CodedBits* bits() const;

  /// Draws splats from cameras of its own making in the background, scores each by what its removal would change, and colours by that:
  /// the attribute "significance" of both sides. Errors: invalid_argument where no splats are open or something is under way.
  Status start_significance();

  /// What `dew info` says of each file that is a .dew file.
  const std::vector<viewer::InfoLine>& info(bool of_decoded);

  /// Errors: invalid_argument where nothing is open, it is a bound out of range, or something is under way.
  Status start_encoding(const EncodeWish& wish);
  bool busy() const { return worker_ != nullptr; }
  /// Waits for the background thread and takes what it made.
  void finish_work();
  /// Writes the decoded side's .dew file. Errors: io, invalid_argument where it has none.
  Status save_encoded(const std::string& path) const;

  /// A sentence for people: what went wrong, what was done.
  const std::string& message() const { return message_; }
  bool message_is_failure() const { return message_is_failure_; }
  void say(std::string text) { message_ = std::move(text), message_is_failure_ = false; }
  void complain_of(const Error& error) { message_ = error.message, message_is_failure_ = true; }

  const ViewRequest& request() const { return request_; }

  viewer::Style style;
  viewer::Viewpoint eye;
  Vec3 pivot;
  viewer::FramePlayer player{1, 0.1};
  std::vector<viewer::SavedView> key_views;  ///< of a camera path
  bool panel_shown = true;
  bool help_shown = false;
  EncodeWish wish;

 private:
  struct Worker;
  /// What is done in the background, and then by the session with what came of it.
  using Taken = std::function<Status()>;
  Status start_work(std::string saying, std::function<Taken()> work);
  void take_finished_work();
  void take_live_frame();
  Status show_live_frame(const LiveFrame& frame);
  void take_pair(OpenedPair pair, bool keep_view);
  void take_decoded(EncodedAnew made);
  /// Computes errors and bits of a frame where that was not done before.
  void prepare_frame(size_t frame);
  void frame_changed();
  const OpenedFile* file_with_bits() const;
  Result<viewer::CodedBits> bits_of(const OpenedFile& file, size_t frame);
  void start_measuring_bits();
  void finish_measuring();
  Status measure_frame();
  void take_bits(viewer::CodedBits bits, size_t frame);
  void restyle(viewer::Mode mode);
  void changed();
  const viewer::Picker& picker(bool of_decoded);
  PickedPoint described(viewer::Shows shows, bool decoded, const viewer::Picked& found);

  ViewRequest request_;
  std::unique_ptr<OpenedPair> opened_;
  std::map<size_t, viewer::PairErrors> errors_;                             ///< a frame that was shown
  std::map<std::pair<size_t, std::string>, viewer::Histogram> histograms_;  ///< a frame and attribute
  std::optional<viewer::Picker> pickers_[2];
  std::optional<std::vector<viewer::InfoLine>> info_[2];
  std::map<size_t, viewer::CodedBits> bits_;     ///< a frame that was measured
  std::optional<SequenceDecoder> bits_decoder_;  ///< of a sequence, at the last of them
  std::optional<PickedPoint> picked_;
  bool picked_decoded_ = false;
  bool measuring_ = false;  ///< coded bits, in the background
  std::unique_ptr<Worker> worker_;
  std::unique_ptr<LiveStream> live_;
  std::optional<LiveFrame> live_frame_;  ///< that is shown
  std::string live_address_;
  bool live_paused_ = false;
  std::string colour_;
  std::string message_;
  bool message_is_failure_ = false;
  uint64_t revision_ = 0;
  double blink_s_ = 0;
};

}  // namespace dew::app
