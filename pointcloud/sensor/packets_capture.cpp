// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/packets_capture.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace dew {
namespace {

std::span<std::byte> bytes_of(CaptureFrame& frame, const CaptureRecord& record) {
  return std::span(frame.bytes).subspan(record.offset, record.size);
}
ByteSpan bytes_of(const CaptureFrame& frame, const CaptureRecord& record) {
  return ByteSpan(frame.bytes).subspan(record.offset, record.size);
}

/// What two packets must share to be of one kind: layout, size, place of the payload, addresses and ports.
struct KindKey {
  const KnownLayout* known = nullptr;
  uint32_t record_bytes = 0;
  UdpPlace place;
  std::array<std::byte, 8> addresses{};
  std::array<std::byte, 4> ports{};

  bool same_kind(const KindKey& other) const {
    return known == other.known && record_bytes == other.record_bytes && place.payload_offset == other.place.payload_offset &&
           place.udp_offset == other.place.udp_offset && addresses == other.addresses && ports == other.ports;
  }
};

/// The layout of one kind: the sensor's, moved to the payload, and what IP and UDP add.
PacketLayout record_layout(const KindKey& key) {
  PacketLayout layout = at_record(key.known->layout, key.place.payload_offset, key.record_bytes);
  uint32_t next_series = 0;
  for (const PacketField& field : layout.fields) next_series = std::max(next_series, field.series + 1);
  const uint32_t ip = key.place.ipv4_offset, udp = key.place.udp_offset;
  layout.fields.push_back({ip + 4, 2, true, next_series, kNoOffset});  // identification
  layout.checksums.push_back({ChecksumType::ipv4_header, ip + 10, ip, ip + key.place.ipv4_header_bytes, 0});
  layout.checksums.push_back({ChecksumType::udp_ipv4, udp + 6, udp, key.place.payload_offset + key.place.payload_bytes, ip});
  return layout;
}

/// Finds the kind of every record; kinds are numbered as they first appear.
class KindFinder {
 public:
  KindFinder(const PcapFile& file, Capture& capture) : file_(file), capture_(capture), keys_(1) {
    capture_.kinds.resize(1);
    find_velodyne_model();
  }

  uint32_t kind_of(const PcapRecord& record) {
    const std::optional<KindKey> key = key_of(record);
    if (!key) return kOtherKind;
    for (size_t i = 1; i < keys_.size(); ++i) {
      if (keys_[i].same_kind(*key)) return static_cast<uint32_t>(i);
    }
    if (keys_.size() == kMaxKinds) return kOtherKind;
    PacketKind kind;
    kind.layout = record_layout(*key);
    kind.sensor = key->known->sensor;
    kind.first_plane = planes_;
    planes_ += kind.layout.planes;
    keys_.push_back(*key);
    capture_.kinds.push_back(std::move(kind));
    return static_cast<uint32_t>(keys_.size() - 1);
  }

 private:
  std::optional<KindKey> key_of(const PcapRecord& record) const {
    const std::optional<UdpPlace> place = locate_udp(file_.format, record.captured);
    if (!place) return std::nullopt;
    KindKey key;
    key.known = find_layout(record.captured.subspan(place->payload_offset, place->payload_bytes));
    if (key.known == nullptr) return std::nullopt;
    if (key.known == stated_) key.known = refined_;
    key.place = *place;
    key.record_bytes = static_cast<uint32_t>(record.captured.size());
    std::copy_n(record.captured.begin() + place->ipv4_offset + 12, key.addresses.size(), key.addresses.begin());
    std::copy_n(record.captured.begin() + place->udp_offset, key.ports.size(), key.ports.begin());
    return key;
  }

  /// Looks at the first packets whose model number may be wrong.
  void find_velodyne_model() {
    constexpr size_t kEnough = 32;
    std::vector<ByteSpan> payloads;
    const KnownLayout* first = nullptr;
    for (const PcapRecord& record : file_.records) {
      const std::optional<UdpPlace> place = locate_udp(file_.format, record.captured);
      if (!place || place->payload_bytes != velodyne_layouts()[0].layout.packet_bytes) continue;
      const ByteSpan payload = record.captured.subspan(place->payload_offset, place->payload_bytes);
      const KnownLayout* known = find_layout(payload);
      if (known == nullptr || (first != nullptr && known != first)) continue;
      first = known;
      payloads.push_back(payload);
      if (payloads.size() == kEnough) break;
    }
    stated_ = first;
    refined_ = refine_velodyne_layout(first, payloads);
  }

  const PcapFile& file_;
  Capture& capture_;
  std::vector<KindKey> keys_;
  uint32_t planes_ = 0;
  const KnownLayout* stated_ = nullptr;
  const KnownLayout* refined_ = nullptr;
};

/// Measurement ids go up to 511, 1023 or 2047: the packets do not say which.
void find_turn_of_measurement_ids(const PcapFile& file, const std::vector<uint32_t>& kinds_of_records, std::vector<PacketKind>& kinds) {
  constexpr uint32_t kLargestTurn = 4096;
  std::vector<uint32_t> largest(kinds.size(), 0);
  for (size_t i = 0; i < file.records.size(); ++i) {
    const PacketLayout& layout = kinds[kinds_of_records[i]].layout;
    if (layout.azimuth_units_per_turn > kLargestTurn) continue;
    for (uint32_t column = 0; column < layout.columns; ++column) {
      const uint32_t id = column_azimuth(layout, file.records[i].captured, column);
      if (id < kLargestTurn) largest[kinds_of_records[i]] = std::max(largest[kinds_of_records[i]], id);
    }
  }
  for (size_t k = 0; k < kinds.size(); ++k) {
    if (kinds[k].layout.columns == 0 || kinds[k].layout.azimuth_units_per_turn > kLargestTurn) continue;
    uint32_t turn = 512;
    while (turn <= largest[k]) turn *= 2;
    kinds[k].layout.azimuth_units_per_turn = turn;
  }
}

/// Says where frames begin: at the packet in which the azimuth of the leading kind passes through zero.
class FrameCutter {
 public:
  FrameCutter(const std::vector<PacketKind>& kinds, const std::vector<uint32_t>& kinds_of_records, const CaptureOptions& options)
      : kinds_(kinds), frame_bytes_(std::clamp<uint64_t>(options.frame_bytes, 1 << 16, 1 << 30)) {
    std::vector<uint64_t> packets(kinds.size(), 0);
    for (const uint32_t kind : kinds_of_records) packets[kind] += kinds[kind].layout.columns > 0 ? 1 : 0;
    leading_kind_ = static_cast<uint32_t>(std::max_element(packets.begin(), packets.end()) - packets.begin());
  }

  bool begins_frame(const PcapRecord& record, uint32_t kind) {
    bytes_ += record.captured.size();
    bool begins = bytes_ > frame_bytes_;
    if (kind == leading_kind_ && kind != kOtherKind) begins = passes_zero(record) || begins;
    if (begins) bytes_ = record.captured.size();
    return begins;
  }

 private:
  bool passes_zero(const PcapRecord& record) {
    const PacketLayout& layout = kinds_[leading_kind_].layout;
    bool passes = false;
    for (uint32_t column = 0; column < layout.columns; ++column) {
      const int32_t azimuth = column_azimuth(layout, record.captured, column);
      const int32_t jump = std::abs(azimuth - previous_azimuth_);
      passes |= seen_ && jump > static_cast<int32_t>(layout.azimuth_units_per_turn / 2);
      previous_azimuth_ = azimuth;
      seen_ = true;
    }
    return passes;
  }

  const std::vector<PacketKind>& kinds_;
  uint64_t frame_bytes_;
  uint32_t leading_kind_ = kOtherKind;
  uint64_t bytes_ = 0;
  int32_t previous_azimuth_ = 0;
  bool seen_ = false;
};

CaptureRecord keep_record(const PcapRecord& source, uint32_t kind, const PacketLayout& layout, CaptureFrame& frame) {
  CaptureRecord record;
  record.seconds = source.seconds;
  record.fraction = source.fraction;
  record.original_bytes = source.original_bytes;
  record.kind = kind;
  record.size = static_cast<uint32_t>(source.captured.size());
  record.offset = frame.bytes.size();
  frame.bytes.insert(frame.bytes.end(), source.captured.begin(), source.captured.end());
  for (size_t i = 0; i < layout.checksums.size(); ++i) {
    if (checksum_matches(layout.checksums[i], source.captured)) record.computed |= 1u << i;
  }
  return record;
}

/// Moves the cells of all records of a frame into its planes, and takes out the checksums that can be computed.
void take_frame(const std::vector<PacketKind>& kinds, CaptureFrame& frame) {
  std::vector<uint64_t> next_column(kinds.size(), 0);
  for (const CaptureRecord& record : frame.records) {
    const PacketKind& kind = kinds[record.kind];
    const std::span<std::byte> packet = bytes_of(frame, record);
    for (size_t i = 0; i < kind.layout.checksums.size(); ++i) {
      if (record.computed >> i & 1) clear_checksum(kind.layout.checksums[i], packet);
    }
    take_cells(kind.layout, packet, next_column[record.kind], std::span(frame.planes).subspan(kind.first_plane, kind.layout.planes));
    next_column[record.kind] += kind.layout.columns;
  }
}

/// Angles of columns that lie halfway to the next: known once all are there.
void fill_halfway_azimuths(const PacketLayout& layout, Scan& plane) {
  const uint32_t turn = layout.azimuth_units_per_turn;
  uint32_t step = 0;
  for (uint32_t c = 0; c < plane.columns; ++c) {
    if (!layout.column_sources[c % layout.columns].halfway) continue;
    if (c + 1 < plane.columns) step = (plane.azimuth[c + 1] + turn - plane.azimuth[c] % turn) % turn / 2;
    plane.azimuth[c] = static_cast<uint16_t>((plane.azimuth[c] + step) % turn);
  }
}

Status shape_kind(const PacketKind& kind, uint32_t kind_number, CaptureFrame& frame, Budget& budget) {
  const PacketLayout& layout = kind.layout;
  uint64_t packets = 0;
  for (const CaptureRecord& record : frame.records) packets += record.kind == kind_number ? 1 : 0;
  const uint64_t columns = packets * layout.columns;
  if (columns > UINT32_MAX) return Error{Code::limit_exceeded, 0, "too many columns in one frame"};
  Scan shape;
  shape.columns = static_cast<uint32_t>(columns);
  shape.lasers = layout.lasers;
  shape.tick_um = layout.tick_um;
  shape.azimuth_units_per_turn = layout.azimuth_units_per_turn;
  shape.range_bytes = layout.cell.range_bits > 16 ? 4 : 2;
  const uint64_t cells = columns * layout.lasers;
  DEW_TRY(budget.take_elements(cells * layout.planes, 0));
  DEW_TRY(budget.take_memory((cells * 5 + columns * 6) * layout.planes, 0));
  const uint64_t wrap = wrap_ns(layout);
  uint64_t before_ns = 0, since_first_ns = 0;
  for (const CaptureRecord& record : frame.records) {
    if (record.kind != kind_number) continue;
    const ByteSpan packet = bytes_of(static_cast<const CaptureFrame&>(frame), record);
    for (uint32_t column = 0; column < layout.columns; ++column) {
      const uint64_t now_ns = column_time_ns(layout, packet, column);
      const bool first = shape.azimuth.empty();
      // A time that goes back by less than half the wrap is a time that goes back: kept at what was reached.
      uint64_t step_ns = now_ns - before_ns;
      if (now_ns < before_ns) step_ns = wrap != 0 && before_ns - now_ns > wrap / 2 && before_ns - now_ns <= wrap ? step_ns + wrap : 0;
      if (!first) since_first_ns += step_ns;
      before_ns = now_ns;
      shape.azimuth.push_back(column_azimuth(layout, packet, column));
      shape.time_us.push_back(static_cast<uint32_t>(since_first_ns / 1000));
    }
  }
  fill_halfway_azimuths(layout, shape);
  shape.range.resize(cells);
  shape.intensity.resize(cells);
  for (uint32_t plane = 0; plane < layout.planes; ++plane) frame.planes[kind.first_plane + plane] = shape;
  return {};
}

}  // namespace

Status shape_planes(const std::vector<PacketKind>& kinds, CaptureFrame& frame, Budget& budget) {
  frame.planes.clear();
  frame.planes.resize(kinds.empty() ? 0 : kinds.back().first_plane + kinds.back().layout.planes);
  for (uint32_t kind = 1; kind < kinds.size(); ++kind) {
    if (kinds[kind].layout.columns > 0) DEW_TRY(shape_kind(kinds[kind], kind, frame, budget));
  }
  return {};
}

Result<Capture> read_capture(ByteSpan pcap, const CaptureOptions& options, const DecodeLimits& limits) {
  DEW_ASSIGN(const PcapFile file, read_pcap(pcap, limits));
  Budget budget(limits);
  DEW_TRY(budget.take_memory(pcap.size() + file.records.size() * (sizeof(PcapRecord) + sizeof(CaptureRecord)), 0));
  Capture capture;
  capture.format = file.format;
  capture.header.assign(file.header.begin(), file.header.end());
  capture.trailer.assign(file.trailer.begin(), file.trailer.end());

  KindFinder finder(file, capture);
  std::vector<uint32_t> kinds_of_records;
  for (const PcapRecord& record : file.records) kinds_of_records.push_back(finder.kind_of(record));
  find_turn_of_measurement_ids(file, kinds_of_records, capture.kinds);

  FrameCutter cutter(capture.kinds, kinds_of_records, options);
  for (size_t i = 0; i < file.records.size(); ++i) {
    if (cutter.begins_frame(file.records[i], kinds_of_records[i]) || capture.frames.empty()) capture.frames.emplace_back();
    CaptureFrame& frame = capture.frames.back();
    frame.records.push_back(keep_record(file.records[i], kinds_of_records[i], capture.kinds[kinds_of_records[i]].layout, frame));
  }
  for (CaptureFrame& frame : capture.frames) {
    DEW_TRY(shape_planes(capture.kinds, frame, budget));
    take_frame(capture.kinds, frame);
  }
  return capture;
}

namespace {

Status check_frame(const Capture& capture, const CaptureFrame& frame) {
  const auto invalid = [](const char* what) { return Error{Code::invalid_argument, 0, std::string("capture: ") + what}; };
  std::vector<uint64_t> columns(capture.kinds.size(), 0);
  for (const CaptureRecord& record : frame.records) {
    if (record.kind >= capture.kinds.size()) return invalid("a record of a kind that is not there");
    if (record.offset > frame.bytes.size() || record.size > frame.bytes.size() - record.offset) return invalid("a record without bytes");
    const PacketLayout& layout = capture.kinds[record.kind].layout;
    if (record.kind != kOtherKind && record.size != layout.packet_bytes) return invalid("a record whose size is not that of its kind");
    columns[record.kind] += layout.columns;
  }
  for (size_t kind = 1; kind < capture.kinds.size(); ++kind) {
    const PacketLayout& layout = capture.kinds[kind].layout;
    for (uint32_t i = 0; i < layout.planes && layout.columns > 0; ++i) {
      const size_t plane = capture.kinds[kind].first_plane + i;
      const uint64_t cells = columns[kind] * layout.lasers;
      if (plane >= frame.planes.size()) return invalid("a plane is missing");
      if (frame.planes[plane].range.size() != cells || frame.planes[plane].intensity.size() != cells)
        return invalid("a plane has the wrong size");
    }
  }
  return {};
}

}  // namespace

Result<Bytes> write_capture(const Capture& capture) {
  ByteWriter writer;
  writer.bytes(capture.header);
  Bytes packet;
  for (const CaptureFrame& frame : capture.frames) {
    DEW_TRY(check_frame(capture, frame));
    std::vector<uint64_t> next_column(capture.kinds.size(), 0);
    for (const CaptureRecord& record : frame.records) {
      const PacketKind& kind = capture.kinds[record.kind];
      const ByteSpan kept = bytes_of(frame, record);
      packet.assign(kept.begin(), kept.end());
      put_cells(kind.layout, std::span(frame.planes).subspan(kind.layout.columns > 0 ? kind.first_plane : 0), next_column[record.kind],
                packet);
      next_column[record.kind] += kind.layout.columns;
      for (size_t i = 0; i < kind.layout.checksums.size(); ++i) {
        if (record.computed >> i & 1) store_checksum(kind.layout.checksums[i], packet);
      }
      write_pcap_record(capture.format, {record.seconds, record.fraction, record.original_bytes, 0, packet}, writer);
    }
  }
  writer.bytes(capture.trailer);
  return writer.take();
}

}  // namespace dew
