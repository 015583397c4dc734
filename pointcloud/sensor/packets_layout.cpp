// SPDX-License-Identifier: Apache-2.0
// A layout as bytes. Lists are written as differences from one item to the next, so that regular packets give runs of equal bytes.
#include <array>

#include "pointcloud/sensor/packets.h"

namespace dew {
namespace {

/// A writer and a reader with the same face, so that one description serves both ways: number(x) writes x, or reads into it.
class LayoutWriter {
 public:
  explicit LayoutWriter(ByteWriter& writer) : writer_(writer) {}
  template <class T>
  void number(T& value) {
    writer_.varint(static_cast<uint64_t>(value));
  }
  void step(uint32_t& value, uint32_t expected) { writer_.signed_varint(static_cast<int32_t>(value - expected)); }
  template <class T>
  void size(std::vector<T>& list) {
    writer_.varint(list.size());
  }
  bool good() const { return true; }

 private:
  ByteWriter& writer_;
};

class LayoutReader {
 public:
  explicit LayoutReader(ByteReader& reader) : reader_(reader) {}
  template <class T>
  void number(T& value) {
    value = static_cast<T>(take());
  }
  void step(uint32_t& value, uint32_t expected) { value = expected + static_cast<uint32_t>(unzigzag(take())); }
  /// Every item takes at least one byte, so a list is never longer than what is left.
  template <class T>
  void size(std::vector<T>& list) {
    const uint64_t count = take();
    if (count > reader_.remaining()) {
      fail(Error{Code::corrupt, reader_.offset(), "packet layout: list longer than the bytes left"});
    } else {
      list.resize(count);
    }
  }
  bool good() const { return status_.ok(); }
  const Status& status() const { return status_; }

 private:
  uint64_t take() {
    if (!good()) return 0;
    Result<uint64_t> value = reader_.varint();
    if (value.ok()) return *value;
    fail(value.error());
    return 0;
  }
  void fail(const Error& error) {
    if (good()) status_ = error;
  }

  ByteReader& reader_;
  Status status_;
};

/// Walks a list with the offset of each item predicted by the step between the two before it.
template <class Io, class T, class Item>
void list(Io& io, std::vector<T>& items, Item item) {
  io.size(items);
  T before{}, before_that{};
  for (size_t i = 0; i < items.size() && io.good(); ++i) {
    item(items[i], before, before_that);
    before_that = before;
    before = items[i];
  }
}

template <class Io>
void describe(Io& io, PacketLayout& layout) {
  io.number(layout.packet_bytes);
  io.number(layout.columns);
  io.number(layout.lasers);
  io.number(layout.planes);
  io.number(layout.tick_um);
  io.number(layout.azimuth_units_per_turn);
  io.number(layout.time_bytes);
  io.number(layout.time_unit_ns);
  io.number(layout.time_wrap);
  for (uint32_t* value : {&layout.cell.bytes, &layout.cell.range_offset, &layout.cell.range_bits, &layout.cell.intensity_offset})
    io.number(*value);
  list(io, layout.runs, [&](CellRun& run, const CellRun& a, const CellRun& b) {
    io.step(run.offset, 2 * a.offset - b.offset);
    io.step(run.column, a.column);
    io.step(run.plane, a.plane);
    io.step(run.first_laser, a.first_laser);
    io.step(run.lasers, a.lasers);
  });
  list(io, layout.column_sources, [&](ColumnSource& source, const ColumnSource& a, const ColumnSource& b) {
    io.step(source.azimuth_offset, 2 * a.azimuth_offset - b.azimuth_offset);
    uint8_t halfway = source.halfway ? 1 : 0;
    io.number(halfway);
    source.halfway = halfway != 0;
    io.step(source.time_offset, 2 * a.time_offset - b.time_offset);
    io.step(source.time_added_ns, 2 * a.time_added_ns - b.time_added_ns);
  });
  list(io, layout.fields, [&](PacketField& field, const PacketField& a, const PacketField& b) {
    io.step(field.offset, 2 * a.offset - b.offset);
    io.step(field.bytes, a.bytes);
    uint8_t big_endian = field.big_endian ? 1 : 0;
    io.number(big_endian);
    field.big_endian = big_endian != 0;
    io.step(field.series, a.series);
    io.step(field.tag_offset, a.tag_offset);
  });
  list(io, layout.checksums, [&](PacketChecksum& checksum, const PacketChecksum&, const PacketChecksum&) {
    io.number(checksum.type);
    io.number(checksum.offset);
    io.number(checksum.first);
    io.number(checksum.end);
    io.number(checksum.ipv4_offset);
  });
}

}  // namespace

void write_layout(const PacketLayout& layout, ByteWriter& writer) {
  LayoutWriter io(writer);
  PacketLayout copy = layout;  // describe() takes it by reference for the reader's sake
  describe(io, copy);
}

Result<PacketLayout> read_layout(ByteReader& reader) {
  const uint64_t offset = reader.offset();
  PacketLayout layout;
  LayoutReader io(reader);
  describe(io, layout);
  if (!io.good()) return io.status().error();
  DEW_TRY(check_layout(layout, offset));
  return layout;
}

}  // namespace dew
