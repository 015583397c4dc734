// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/beam_points.h"

#include "entropy/range_coder.h"

namespace dew {
namespace {

constexpr uint64_t kMostHeads = 4, kMostPieces = 16;

/// Labels in firing order: of each label that comes next, whether it has a point.
class LabelModel {
 public:
  explicit LabelModel(const Beams& beams) : beams_(beams), place_(beams.labels()), history_(beams.labels()), mixed_(16) {
    for (size_t i = 0; i < beams.firing_order.size(); ++i) place_[beams.firing_order[i]] = i;
    bits_[0].resize(kMostBeamLabels * 16);
    bits_[1].resize(4096);
    bits_[2].resize(4096);
  }

  template <class Coder>
  size_t code(Coder& coder, size_t label) {
    const size_t count = beams_.labels();
    size_t at = any_ ? (place_[last_] + (beams_.stays ? 0 : 1)) % count : 0;
    size_t skipped = 0;
    for (; skipped + 1 < count; ++skipped, at = (at + 1) % count) {
      const size_t candidate = beams_.firing_order[at];
      const uint8_t own = history_[candidate], next = history_[beams_.firing_order[(at + 1) % count]];
      const size_t some = std::min<size_t>(skipped, 3);
      const std::array<AdaptiveBit*, 3> contexts = {
          &bits_[0][candidate * 16 + (own & 15)], &bits_[1][(own & 63u) * 64 + (next & 3u) * 16 + some * 4 + std::min<size_t>(skipped_, 3)],
          &bits_[2][(own & 3u) * 1024 + recent_ % 1024]};
      const bool hit = mixed_.code(coder, candidate == label, contexts, (own & 3) * 4 + some);
      history_[candidate] = static_cast<uint8_t>(own << 1 | (hit ? 1 : 0));
      recent_ = recent_ << 1 | (hit ? 1 : 0);
      if (hit) break;
    }
    skipped_ = skipped;
    last_ = beams_.firing_order[at];
    any_ = true;
    return last_;
  }

 private:
  const Beams& beams_;
  std::vector<size_t> place_;
  std::vector<uint8_t> history_;
  std::array<std::vector<AdaptiveBit>, 3> bits_;
  MixedBit<3> mixed_;
  size_t last_ = 0, skipped_ = 0;
  uint32_t recent_ = 0;
  bool any_ = false;
};

Bytes padded(Bytes coded, uint64_t points) {
  coded.resize(std::max<size_t>(coded.size(), points / kCellsPerByte));
  return coded;
}

}  // namespace

void write_beams(const BeamsHead& head, ByteWriter& writer) {
  const Beams& beams = head.beams;
  writer.varint(beams.pieces.size());
  for (size_t i = 1; i < beams.pieces.size(); ++i) writer.varint(beams.pieces[i] - beams.pieces[i - 1]);
  writer.varint(beams.heads_of_piece());
  for (const BeamHead& one : beams.heads) {
    for (const double v : one.origin) writer.f64(v);
    for (const double v : one.motion) writer.f64(v);
    for (const double v : one.tilt) writer.f64(v);
  }
  writer.varint(beams.labels());
  for (const uint8_t of : beams.head_of_label) writer.u8(of);
  writer.f64(beams.column_step);
  writer.u8(head.label_field ? 2 : beams.stays ? 1 : 0);
  if (head.label_field) return writer.varint(*head.label_field);
  for (const uint8_t label : beams.firing_order) writer.u8(label);
}

Result<BeamsHead> read_beams(ByteReader& reader) {
  const auto corrupt = [&](const char* message) { return Error{Code::corrupt, reader.offset(), message}; };
  BeamsHead head;
  DEW_ASSIGN(const uint64_t pieces, reader.varint());
  if (pieces < 1 || pieces > kMostPieces) return corrupt("a frame of beams has 1 to 16 pieces");
  for (uint64_t i = 1; i < pieces; ++i) {
    DEW_ASSIGN(const uint64_t step, reader.varint());
    if (step > uint64_t{1} << 40) return corrupt("a piece of a frame of beams is out of range");
    head.beams.pieces.push_back(head.beams.pieces.back() + step);
  }
  DEW_ASSIGN(const uint64_t heads, reader.varint());
  if (heads < 1 || heads > kMostHeads) return corrupt("a frame of beams has 1 to 4 heads");
  for (uint64_t i = 0; i < heads * pieces; ++i) {
    BeamHead one;
    for (auto* numbers : {one.origin.data(), one.motion.data(), one.tilt.data()}) {
      for (size_t k = 0; k < (numbers == one.tilt.data() ? 2 : 3); ++k) {
        DEW_ASSIGN(numbers[k], reader.f64());
        if (!(std::abs(numbers[k]) < 1e6)) return corrupt("a head of beams is out of range");
      }
    }
    head.beams.heads.push_back(one);
  }
  DEW_ASSIGN(const uint64_t labels, reader.varint());
  if (labels < 1 || labels > kMostBeamLabels) return corrupt("a frame of beams has 1 to 256 lasers");
  for (uint64_t i = 0; i < labels; ++i) {
    DEW_ASSIGN(const uint8_t of, reader.u8());
    if (of >= heads) return corrupt("a laser of a head that is not there");
    head.beams.head_of_label.push_back(of);
  }
  DEW_ASSIGN(head.beams.column_step, reader.f64());
  const double size = std::abs(head.beams.column_step);
  if (!(size == 0 || (size > 1e-6 && size < 1))) return corrupt("the step of a head is out of range");
  DEW_ASSIGN(const uint8_t kind, reader.u8());
  if (kind > 2) return corrupt("unknown kind of laser numbers");
  if (kind == 2) {
    DEW_ASSIGN(head.label_field, reader.varint());
    return head;
  }
  head.beams.stays = kind == 1;
  std::vector<bool> seen(labels);
  for (uint64_t i = 0; i < labels; ++i) {
    DEW_ASSIGN(const uint8_t label, reader.u8());
    if (label >= labels || seen[label]) return corrupt("a firing order names each laser once");
    seen[label] = true;
    head.beams.firing_order.push_back(label);
  }
  return head;
}

Bytes encode_labels(const Beams& beams, std::span<const uint8_t> labels) {
  RangeEncoder encoder;
  LabelModel model(beams);
  for (const uint8_t label : labels) model.code(encoder, label);
  return padded(encoder.finish(), labels.size());
}

Result<std::vector<uint8_t>> decode_labels(const Beams& beams, ByteSpan coded, uint64_t points, Budget& budget, uint64_t offset,
                                           std::span<float> bits) {
  DEW_TRY(budget.take_work(points * beams.labels() * 8, offset));
  DEW_TRY(budget.take_memory(points, offset));
  ProbedDecoder decoder(coded, bits);
  LabelModel model(beams);
  std::vector<uint8_t> labels;
  for (uint64_t i = 0; i < points; ++i) {
    if (i % 65536 == 0 && decoder.overrun()) return Error{Code::corrupt, offset, "laser numbers end too early"};
    probe_cell(decoder, i);
    labels.push_back(static_cast<uint8_t>(model.code(decoder, 0)));
  }
  if (decoder.overrun()) return Error{Code::corrupt, offset, "laser numbers end too early"};
  return labels;
}

Bytes encode_beam_points(const Beams& beams, const std::array<CoordinateScale, 3>& scales, std::span<const uint8_t> labels, BeamSpan span,
                         std::span<const int64_t> integers) {
  RangeEncoder encoder;
  BeamModel model(beams, scales);
  size_t piece = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    BeamModel::Point point = {integers[3 * i], integers[3 * i + 1], integers[3 * i + 2]};
    piece = beams.piece_of(span.first + i, piece);
    model.code(encoder, labels[i], piece, span.place(i), point);
  }
  return padded(encoder.finish(), labels.size());
}

Result<std::vector<int64_t>> decode_beam_points(const Beams& beams, const std::array<CoordinateScale, 3>& scales,
                                                std::span<const uint8_t> labels, BeamSpan span, ByteSpan coded, Budget& budget,
                                                uint64_t offset, std::span<float> bits) {
  DEW_TRY(budget.take_work(labels.size() * (256 + beams.labels()), offset));
  DEW_TRY(budget.take_memory(BeamModel::memory_bytes() + labels.size() * (3 * sizeof(int64_t) + 32), offset));
  ProbedDecoder decoder(coded, bits);
  BeamModel model(beams, scales);
  std::vector<int64_t> integers;
  size_t piece = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (i % 65536 == 0 && decoder.overrun()) return Error{Code::corrupt, offset, "coordinates end too early"};
    probe_cell(decoder, i);
    BeamModel::Point point{};
    piece = beams.piece_of(span.first + i, piece);
    model.code(decoder, labels[i], piece, span.place(i), point);
    integers.insert(integers.end(), point.begin(), point.end());
  }
  if (decoder.overrun()) return Error{Code::corrupt, offset, "coordinates end too early"};
  return integers;
}

}  // namespace dew
