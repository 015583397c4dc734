// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "entropy/container.h"
#include "pointcloud/coding/frame_codec.h"
#include "pointcloud/coding/frame_reference.h"
#include "pointcloud/coding/range_networks.h"
#include "pointcloud/coding/sequence_chain.h"
#include "pointcloud/coding/sequence_file.h"
#include "pointcloud/sequence.h"

namespace dew {

struct SequenceDecoder::State {
  SequenceDecodeOptions options;
  DecodeLimits limits;
  std::optional<ContainerReader> container;
  SequenceFile file;
  std::vector<FrameFacts> facts;
  std::vector<std::string> warnings;
  std::map<ModelId, IntNet> embedded, embedded_inter;

  SequenceChain chain;
  std::optional<uint64_t> last;  ///< the frame that the chain ends with
  std::vector<std::optional<Sha256Digest>> digests;

  Result<const IntNet*> network(const std::optional<ModelId>& id, bool refers);
  Result<uint64_t> first_needed(uint64_t number) const;
  Result<SequenceFrame> decode_next(uint64_t number, FrameBits* bits);
  Result<SequenceFrame> decode(uint64_t number, FrameBits* bits);
};

Result<const IntNet*> SequenceDecoder::State::network(const std::optional<ModelId>& id, bool refers) {
  if (!id) return nullptr;
  auto& networks = refers ? embedded_inter : embedded;
  if (const auto found = networks.find(*id); found != networks.end()) return &found->second;
  std::optional<IntNet> read;
  DEW_ASSIGN(const IntNet* network, network_for(id, *container, read, refers ? RangeNetworkKind::inter : RangeNetworkKind::intra));
  if (!read) return network;
  return &networks.emplace(*id, *std::move(read)).first->second;
}

/// Where decoding must begin so that frame `number` finds what it refers to.
Result<uint64_t> SequenceDecoder::State::first_needed(uint64_t number) const {
  uint64_t first = number;
  while (first > 0 && !(last && *last + 1 == first)) {
    const SequenceFrameChunks& frame = file.frames[first];
    if (frame.first != nullptr && !frame.header.refers) break;
    --first;
  }
  return first;
}

/// One frame; the chain must end with the one before, or the frame stands alone.
Result<SequenceFrame> SequenceDecoder::State::decode_next(uint64_t number, FrameBits* bits) {
  const SequenceFrameChunks& chunks = file.frames[number];
  if (chunks.first == nullptr) return Error{Code::truncated, 0, "frame " + std::to_string(number) + " is lost"};
  DEW_ASSIGN(const SequenceFramePayload payload,
             read_sequence_frame(chunks.first->payload, chunks.first->payload_offset, file.chunk.templates, limits));
  DEW_ASSIGN(const FrameChunk first, read_frame_chunk(payload.first_chunk, chunks.first->payload_offset, limits));
  if (first.numbers.slices != chunks.slices.size())
    return Error{Code::corrupt, chunks.first->file_offset, "a frame has another number of slices than it says"};
  if (payload.shared_bytes > 0 && payload.own_bytes < first.own_bytes)
    return Error{Code::corrupt, chunks.first->file_offset, "a frame's numbers are no part of a template"};
  FrameInput input;
  for (const Chunk* slice : chunks.slices) {
    input.slices.push_back(slice == nullptr ? std::nullopt : std::optional(SliceView{slice->payload, slice->payload_offset}));
  }
  input.threads = options.threads;
  input.limits = limits;
  input.bits = bits;
  input.salvage = options.salvage;
  input.shared_bytes = payload.shared_bytes;
  DEW_ASSIGN(input.range_network, network(first.network, false));
  DEW_ASSIGN(input.inter_network, network(first.inter_network, true));
  DEW_ASSIGN(input.reference, chain.refer(payload.header, limits));
  FramePicture picture;
  input.picture = &picture;
  DEW_ASSIGN(Content content, decode_frame(first, input, options.salvage));
  const bool whole = is_whole(input) && (!payload.header.refers || input.reference != nullptr);
  if (whole) {
    digests[number] = content_hash(content);
    if (payload.header.content_check && first_bytes(*digests[number]) != *payload.header.content_check)
      return Error{Code::corrupt, chunks.first->file_offset, "frame " + std::to_string(number) + " does not decode to what was encoded"};
  } else {
    picture = {};
    const auto kept = static_cast<uint64_t>(std::count_if(chunks.slices.begin(), chunks.slices.end(), [](auto* slice) { return slice; }));
    warnings.push_back("frame " + std::to_string(number) + " is not whole: " + std::to_string(kept) + " of " +
                       std::to_string(chunks.slices.size()) + " slices are there" +
                       (payload.header.refers && input.reference == nullptr ? "; those that refer to the frame before are left out" : ""));
  }
  DEW_TRY(chain.advance(payload.header, std::move(picture), limits));
  return SequenceFrame{std::move(content), facts[number].name, payload.header.time_ns, payload.header.pose};
}

Result<SequenceFrame> SequenceDecoder::State::decode(uint64_t number, FrameBits* bits) {
  if (number >= file.frames.size())
    return Error{Code::invalid_argument, 0, "the sequence has " + std::to_string(file.frames.size()) + " frames, counted from 0"};
  DEW_ASSIGN(const uint64_t first, first_needed(number));
  if (!last || *last + 1 != first) chain.break_off();
  for (uint64_t i = first;; ++i) {
    Result<SequenceFrame> frame = decode_next(i, i == number ? bits : nullptr);
    last = i;
    if (!frame.ok()) chain.break_off();
    if (i == number) return frame;
    if (!frame.ok() && !options.salvage) {
      last.reset();
      return frame;
    }
  }
}

SequenceDecoder::SequenceDecoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
SequenceDecoder::~SequenceDecoder() = default;
SequenceDecoder::SequenceDecoder(SequenceDecoder&&) noexcept = default;
SequenceDecoder& SequenceDecoder::operator=(SequenceDecoder&&) noexcept = default;

Result<SequenceDecoder> SequenceDecoder::open(ByteSpan bytes, const SequenceDecodeOptions& options, const DecodeLimits& limits) {
  auto state = std::make_unique<State>();
  state->options = options;
  state->limits = limits;
  DEW_ASSIGN(state->container, ContainerReader::open(bytes, limits, options.salvage ? Damage::salvage : Damage::refuse));
  DEW_ASSIGN(state->file, read_sequence_file(*state->container, options.salvage, limits));
  for (const ByteRange& range : state->container->damaged()) {
    state->warnings.push_back("bytes " + std::to_string(range.begin) + " to " + std::to_string(range.end) + " are damaged");
  }
  state->facts = facts_of(state->file);
  const auto lost = std::count_if(state->facts.begin(), state->facts.end(), [](const FrameFacts& frame) { return frame.bytes == 0; });
  if (lost > 0) state->warnings.push_back(std::to_string(lost) + " of " + std::to_string(state->facts.size()) + " frames are lost");
  state->digests.resize(state->file.frames.size());
  return SequenceDecoder(std::move(state));
}

uint64_t SequenceDecoder::frames() const { return state_->file.frames.size(); }
const std::vector<FrameFacts>& SequenceDecoder::facts() const { return state_->facts; }
const std::vector<std::string>& SequenceDecoder::warnings() const { return state_->warnings; }
Result<SequenceFrame> SequenceDecoder::decode(uint64_t number, FrameBits* bits) { return state_->decode(number, bits); }

Status SequenceDecoder::check_content() const {
  const std::optional<Sha256Digest>& wanted = state_->container->content_hash();
  if (!wanted || state_->options.salvage) return {};
  Sha256 hash;
  for (const auto& digest : state_->digests) {
    if (!digest) return Error{Code::invalid_argument, 0, "not all frames of the sequence were decoded"};
    hash.update(*digest);
  }
  if (hash.finish() == *wanted) return {};
  return Error{Code::corrupt, 0, "the decoded frames are not what was encoded: their SHA-256 differs from the file's"};
}

bool is_sequence(ByteSpan bytes) {
  // Chunk types mean other things in files of other kinds.
  if (const std::optional<Kind> kind = stated_kind(bytes); kind && *kind != Kind::capture) return false;
  const Result<std::vector<Chunk>> chunks = read_index(bytes, {});
  if (chunks.ok()) {
    return std::any_of(chunks->begin(), chunks->end(),
                       [](const Chunk& chunk) { return chunk.type == kSequenceFrameChunk || chunk.type == kSequenceChunk; });
  }
  const Result<ContainerReader> container = ContainerReader::open(bytes, {}, Damage::salvage);
  return container.ok() && holds_sequence(*container);
}

}  // namespace dew
