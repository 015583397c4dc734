// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>

#include "entropy/container.h"
#include "entropy/models.h"
#include "pointcloud/coding/frame_codec.h"
#include "pointcloud/coding/range_networks.h"
#include "pointcloud/coding/sequence_chain.h"
#include "pointcloud/coding/sequence_file.h"
#include "pointcloud/coding/slice_memo.h"
#include "pointcloud/sequence.h"

namespace dew {
namespace {

using Clock = std::chrono::steady_clock;
double ms_since(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

constexpr size_t kMostName = 4096;

/// Bytes of a frame chunk before its networks and head: those describe the frame and not the sensor.
size_t bytes_before_head(const Bytes& written, const FrameChunk& chunk, const Bytes& head) {
  const size_t ids = (chunk.network ? sizeof(ModelId) : 0) + (chunk.inter_network ? sizeof(ModelId) : 0);
  return written.size() - head.size() - ids - 1;
}

void keep_sensor(const KeptSensor& found, KeptSensor& known) {
  if (found.laser_sorted) known.laser_sorted = found.laser_sorted;
  if (found.firing_order) known.firing_order = found.firing_order;
  if (found.organised) known.organised = found.organised;
  if (found.layout) known.layout = found.layout;
  if (found.beams) known.beams = found.beams;
}

/// A frame that is coded, but not yet as chunks: templates are known only then.
struct CodedSequenceFrame {
  SequenceFrameHeader header;
  Bytes first_chunk;
  size_t common_from = 0;
  std::vector<Bytes> slices;
  std::string name;
  Sha256Digest digest{};
};

}  // namespace

struct SequenceEncoder::State {
  SequenceOptions options;
  bool started = false, finished = false;
  const IntNet* network = nullptr;
  const IntNet* inter_network = nullptr;
  KeptSensor known;
  SequenceChunk chunk;
  SequenceChain chain;
  std::optional<EgoMotion> last_motion;
  FramePicture last_native, native;  ///< the frame before and this one at native ticks: motion is found on these
  std::optional<Pose> last_pose;
  uint32_t since_intra = 0;  ///< frames since the last that stands alone
  ReferenceChoice choice;
  FrameMemo memo;  ///< of the frame under way
  std::vector<CodedSequenceFrame> frames;
  Sha256 hash;
  double fit_ms = 0, encode_ms = 0;

  Status start();
  FrameOptions frame_options(const Content& content);
  SequenceFrameHeader header_of(const SequenceFrame& frame) const;
  void stand_alone(SequenceFrameHeader& header) const;
  Status look_at(const SequenceFrame& frame, const Recognised& found);
  Result<CodedFrame> code(const SequenceFrame& frame, const Recognised& found, SequenceFrameHeader& header, PushedFrame& pushed);
  Result<Content> decode_again(const FrameChunk& chunk, const CodedFrame& coded, const SequenceFrameHeader& header, FramePicture& picture);
  void add_template(const CodedSequenceFrame& frame);
  Result<PushedFrame> push(const SequenceFrame& frame);
};

Status SequenceEncoder::State::start() {
  started = true;
  DEW_TRY(check_options(options.frame));
  if (options.intra_every == 0) return Error{Code::invalid_argument, 0, "every 0th frame cannot stand alone"};
  if (!options.frame.sensor.empty()) {
    DEW_ASSIGN(known, read_sensor(options.frame.sensor));
  }
  if (options.frame.effort != Effort::fast) {
    DEW_ASSIGN(network, choose_range_network(options.frame.effort, options.frame.model));
  }
  if (network != nullptr) inter_network = inter_network_beside(*network);
  chunk.numbers.mode = static_cast<uint64_t>(options.frame.mode);
  chunk.numbers.effort = static_cast<uint64_t>(options.frame.effort);
  return {};
}

FrameOptions SequenceEncoder::State::frame_options(const Content& content) {
  FrameOptions frame;
  frame.known_beams = known.beams ? &*known.beams : nullptr;
  frame.mode = options.frame.mode;
  frame.max_error_m = options.frame.mode == Mode::lossless ? 0 : options.frame.max_error_m;
  frame.effort = options.frame.effort;
  frame.slices = slice_count(content, options.frame);
  frame.threads = options.frame.threads;
  frame.range_network = network;
  frame.inter_network = inter_network;
  if (options.frame.verify && worth_a_memo(content)) frame.memo = &memo;
  return frame;
}

SequenceFrameHeader SequenceEncoder::State::header_of(const SequenceFrame& frame) const {
  SequenceFrameHeader header;
  header.number = frames.size();
  header.time_ns = frame.time_ns;
  header.pose = frame.pose;
  header.refers = chain.can_refer() && since_intra + 1 < options.intra_every;
  header.background = options.use_background && options.intra_every > 1;
  return header;
}

void SequenceEncoder::State::stand_alone(SequenceFrameHeader& header) const {
  header.refers = false;
  header.motion.reset();
  header.background = options.use_background && options.intra_every > 1;
}

Status SequenceEncoder::State::look_at(const SequenceFrame& frame, const Recognised& found) {
  FrameOptions glance = frame_options(frame.content);
  glance.mode = Mode::lossless;
  glance.picture_only = true;
  DEW_ASSIGN(CodedFrame seen, code_frame(frame.content, found, glance));
  native = std::move(seen.picture);
  return {};
}

/// The frame with each slice referring or not, whichever is smaller; says in the header what it refers to.
Result<CodedFrame> SequenceEncoder::State::code(const SequenceFrame& frame, const Recognised& found, SequenceFrameHeader& header,
                                                PushedFrame& pushed) {
  FrameOptions alone = frame_options(frame.content);
  if (!header.refers) {
    DEW_ASSIGN(CodedFrame coded, code_frame(frame.content, found, alone));
    choice.saw_alone(coded);
    return coded;
  }
  if (options.use_motion) {
    EgoMotion guess = last_motion.value_or(EgoMotion{});
    if (last_pose && frame.pose) guess = motion_between(*last_pose, *frame.pose).value_or(guess);
    header.motion = estimate_ego_motion(last_native, native, guess);
    if (header.motion) header.background = false;
  }
  FrameOptions referring = alone;
  DEW_ASSIGN(referring.reference, chain.refer(header, {}));
  DEW_ASSIGN(CodedFrame coded, choice.smaller(
                                   referring, [&](const FrameOptions& options_of) { return code_frame(frame.content, found, options_of); },
                                   pushed.slices_that_refer));
  if (pushed.slices_that_refer == 0) stand_alone(header);
  return coded;
}

Result<Content> SequenceEncoder::State::decode_again(const FrameChunk& first, const CodedFrame& coded, const SequenceFrameHeader& header,
                                                     FramePicture& picture) {
  FrameChunk described = first;
  described.head = coded.head;
  FrameInput input;
  for (const Bytes& slice : coded.slices) input.slices.push_back(SliceView{slice, 0});
  input.range_network = network;
  input.inter_network = inter_network;
  input.threads = options.frame.threads;
  input.picture = &picture;
  input.memo = &memo;
  DEW_ASSIGN(input.reference, chain.refer(header, {}));
  return decode_frame(described, input, false);
}

/// A head that is unlike all before becomes one that others may be like.
void SequenceEncoder::State::add_template(const CodedSequenceFrame& frame) {
  const ByteSpan head = ByteSpan(frame.first_chunk).subspan(frame.common_from);
  if (chunk.templates.size() >= kMostTemplates || head.size() < 32 || head.size() > kMostTemplateBytes) return;
  const Bytes written = write_sequence_frame(frame.header, frame.first_chunk, frame.common_from, chunk.templates);
  if (chunk.templates.empty() || written.size() * 2 > frame.first_chunk.size() + frame.common_from)
    chunk.templates.emplace_back(head.begin(), head.end());
}

Result<PushedFrame> SequenceEncoder::State::push(const SequenceFrame& frame) {
  if (!started) DEW_TRY(start());
  if (finished) return Error{Code::invalid_argument, 0, "the sequence is finished"};
  if (std::holds_alternative<Capture>(frame.content))
    return Error{Code::invalid_argument, 0, "a capture of packets is a file of many frames by itself"};
  if (frame.name.size() > kMostName) return Error{Code::invalid_argument, 0, "the name of a frame is longer than 4,096 bytes"};
  DEW_TRY(check_content(frame.content));
  PushedFrame pushed;
  const Clock::time_point start_time = Clock::now();
  const Recognised found = recognise(frame.content, known);
  pushed.fit_ms = ms_since(start_time);

  if (options.use_motion && options.intra_every > 1) DEW_TRY(look_at(frame, found));

  CodedSequenceFrame made;
  made.header = header_of(frame);
  made.name = frame.name;
  DEW_ASSIGN(CodedFrame coded, code(frame, found, made.header, pushed));
  FrameChunk first = frame_chunk(frame.content, coded, options.frame, network);
  if (coded.slices_refer && made.header.refers && first.network && inter_network != nullptr)
    first.inter_network = network_id(*inter_network);
  first.numbers.max_error_m = options.frame.mode == Mode::lossless ? 0 : options.frame.max_error_m;
  FramePicture picture;
  if (options.frame.verify) {
    DEW_ASSIGN(const Content decoded, decode_again(first, coded, made.header, picture));
    DEW_ASSIGN(first.numbers.max_error_m, verified_error(frame.content, decoded, options.frame));
    const Sha256Digest digest = content_hash(decoded);
    made.header.content_check = first_bytes(digest);
    made.digest = digest;
  } else {
    picture = std::move(coded.picture);
  }
  DEW_TRY(chain.advance(made.header, std::move(picture), {}));
  DEW_ASSIGN(made.first_chunk, write_frame_chunk(first, coded.head));
  made.common_from = bytes_before_head(made.first_chunk, first, coded.head);
  const KeptSensor found_sensor = sensor_of(found, coded);
  made.slices = std::move(coded.slices);
  if (coded.kind != FrameKind::points)
    add_template(made);
  else
    made.common_from = made.first_chunk.size();

  since_intra = made.header.refers ? since_intra + 1 : 0;
  if (!made.header.refers) choice.forget();
  last_motion = made.header.motion;
  last_native = std::move(native);
  last_pose = frame.pose;
  keep_sensor(found_sensor, known);
  SequenceNumbers& numbers = chunk.numbers;
  numbers.max_error_m = std::max(numbers.max_error_m, first.numbers.max_error_m);
  numbers.points += first.numbers.points;
  numbers.returns += first.numbers.returns;
  numbers.intensity_bytes += first.numbers.intensity_bytes;
  numbers.ring_bytes += first.numbers.ring_bytes;
  numbers.time_bytes += first.numbers.time_bytes;
  numbers.other_bytes += first.numbers.other_bytes;
  pushed.points = first.numbers.points;
  pushed.returns = first.numbers.returns;
  pushed.slices = static_cast<uint32_t>(made.slices.size());
  pushed.bytes = write_sequence_frame(made.header, made.first_chunk, made.common_from, chunk.templates).size();
  for (const Bytes& slice : made.slices) pushed.bytes += slice.size();
  hash.update(made.digest);
  frames.push_back(std::move(made));
  pushed.encode_ms = ms_since(start_time) - pushed.fit_ms;
  fit_ms += pushed.fit_ms;
  encode_ms += pushed.encode_ms;
  return pushed;
}

SequenceEncoder::SequenceEncoder(const SequenceOptions& options) : state_(std::make_unique<State>()) { state_->options = options; }
SequenceEncoder::~SequenceEncoder() = default;
SequenceEncoder::SequenceEncoder(SequenceEncoder&&) noexcept = default;
SequenceEncoder& SequenceEncoder::operator=(SequenceEncoder&&) noexcept = default;

Result<PushedFrame> SequenceEncoder::push(const SequenceFrame& frame) { return state_->push(frame); }

Result<Encoded> SequenceEncoder::finish() {
  State& state = *state_;
  if (!state.started) DEW_TRY(state.start());
  if (state.finished) return Error{Code::invalid_argument, 0, "the sequence is finished"};
  state.finished = true;
  ContainerWriter writer(Kind::capture);
  if (state.options.frame.embed_models && state.network != nullptr)
    DEW_TRY(writer.append(kNetworkChunk, kRequired, network_file(network_id(*state.network))));
  if (state.options.frame.embed_models && state.inter_network != nullptr)
    DEW_TRY(writer.append(kNetworkChunk, kRequired, network_file(network_id(*state.inter_network))));
  state.chunk.numbers.frames = state.frames.size();
  DEW_ASSIGN(const Bytes head, write_sequence_chunk(state.chunk));
  DEW_TRY(writer.append(kSequenceChunk, kRequired, head));
  std::vector<std::string> names;
  bool named = false;
  for (const CodedSequenceFrame& frame : state.frames) {
    names.push_back(frame.name);
    named |= !frame.name.empty();
  }
  if (named) DEW_TRY(writer.append(kSequenceNamesChunk, kOptional, write_sequence_names(names)));
  for (const CodedSequenceFrame& frame : state.frames) {
    DEW_TRY(writer.append(kSequenceFrameChunk, kRequired,
                          write_sequence_frame(frame.header, frame.first_chunk, frame.common_from, state.chunk.templates)));
    for (const Bytes& slice : frame.slices) DEW_TRY(writer.append(kSequenceSliceChunk, kRequired, slice));
  }
  std::optional<Sha256Digest> digest;
  if (state.options.frame.verify) digest = state.hash.finish();
  DEW_TRY(writer.finish(digest));
  Encoded encoded;
  encoded.bytes = writer.take();
  encoded.fit_ms = state.options.frame.sensor.empty() ? state.fit_ms : 0;
  encoded.encode_ms = state.encode_ms + state.fit_ms - encoded.fit_ms;
  encoded.sensor = write_sensor(state.known);
  return encoded;
}

}  // namespace dew
