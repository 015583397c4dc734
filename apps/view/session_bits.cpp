// SPDX-License-Identifier: Apache-2.0
// Where the bytes of what a session shows go.
#include "apps/view/session.h"
#include "pointcloud/coding/cell_bits.h"

namespace dew::app {

const viewer::CodedBits* Session::bits() const {
  const auto found = bits_.find(frame());
  return found == bits_.end() ? nullptr : &found->second;
}

const OpenedFile* Session::file_with_bits() const {
  if (!opened_) return nullptr;
  if (has_decoded() && opened_->decoded->is_dew) return &*opened_->decoded;
  return opened_->original.is_dew ? &opened_->original : nullptr;
}

Result<viewer::CodedBits> Session::bits_of(const OpenedFile& file, size_t frame) {
  if (const Splats* splats = std::get_if<Splats>(&file.content)) return viewer::coded_bits(file.bytes, *splats, {});
  if (const Mesh* mesh = std::get_if<Mesh>(&file.content)) return viewer::coded_bits(file.bytes, *mesh, {});
  const Content& content = file.frame_content(frame);
  if (!is_sequence(file.bytes)) return viewer::coded_bits(file.bytes, content, {}, file.frame_in_content(frame));
  // Kept, as the next frame then costs its own decoding alone.
  if (!bits_decoder_) {
    DEW_ASSIGN(bits_decoder_, SequenceDecoder::open(file.bytes, {request_.threads, false}, {}));
  }
  FrameBits measured;
  DEW_ASSIGN(const SequenceFrame decoded, bits_decoder_->decode(frame, &measured));
  return viewer::coded_bits(file.bytes, decoded.content, measured, frame, {});
}

void Session::take_bits(viewer::CodedBits bits, size_t frame) {
  viewer::Side& side = has_decoded() && opened_->decoded->is_dew ? *opened_->pair.decoded : opened_->pair.original;
  viewer::set_attributes(side.frames[frame], bits.of_points);
  bits_[frame] = std::move(bits);
  ++revision_;
  if (picked_ && frame == this->frame()) picked_ = described(picked_->shows, picked_decoded_, picked_->place);
}

Status Session::measure_frame() {
  DEW_ASSIGN(viewer::CodedBits bits, bits_of(*file_with_bits(), frame()));
  take_bits(std::move(bits), frame());
  return {};
}

Status Session::measure_bits() {
  if (!opened_) return Error{Code::invalid_argument, 0, "nothing is open"};
  if (file_with_bits() == nullptr)
    return Error{Code::invalid_argument, 0, "only .dew files say where their bytes go: encode anew, or open one"};
  finish_measuring();
  if (busy()) return Error{Code::invalid_argument, 0, "something is under way"};
  if (bits() == nullptr) DEW_TRY(measure_frame());
  set_colour(viewer::kBits);
  const bool of_decoded = file_with_bits() != &opened_->original;
  if (of_decoded && (style.mode == viewer::Mode::original || style.mode == viewer::Mode::split || style.mode == viewer::Mode::difference))
    style.mode = viewer::Mode::decoded;
  return {};
}

void Session::start_measuring_bits() {
  const Status started = start_work("measuring coded bits ...", [this, file = file_with_bits(), number = frame()]() -> Taken {
    // The decoder is this thread's alone while it runs: the others wait for it.
    auto measured = std::make_shared<Result<viewer::CodedBits>>(bits_of(*file, number));
    return [this, measured, number]() -> Status {
      DEW_ASSIGN(viewer::CodedBits bits, std::move(*measured));
      take_bits(std::move(bits), number);
      say("");
      return {};
    };
  });
  measuring_ = started.ok();
  if (!started.ok()) complain_of(started.error());
}

/// It takes no longer than decoding, and nobody asked for it: nothing is refused for its sake.
void Session::finish_measuring() {
  if (measuring_) finish_work();
}

}  // namespace dew::app
