// SPDX-License-Identifier: Apache-2.0
// Any datagrams, in any order and at any time, cost a receiver no more than its limits; what it gives out is consistent. Input: records of
// a u16 length, a u8 of milliseconds and so many bytes; a first byte of 1 has the checksums of data and parity put right, so that fuzzers
// get behind them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "entropy/checksum.h"
#include "fuzz_check.h"
#include "pointcloud/io/fields.h"
#include "pointcloud/stream/receiver.h"
#include "pointcloud/stream/sender.h"

namespace {

using namespace dew;

void put_checksum(Bytes& datagram) {
  if (datagram.size() < 4 || is_report(datagram)) return;
  const uint32_t sum = static_cast<uint32_t>(checksum(ByteSpan(datagram).first(datagram.size() - 4)));
  for (size_t i = 0; i < 4; ++i) datagram[datagram.size() - 4 + i] = std::byte{static_cast<uint8_t>(sum >> (8 * i))};
}

void check_frame(const ReceivedFrame& frame) {
  DEW_FUZZ_CHECK(frame.scan.range.size() == size_t{frame.scan.columns} * frame.scan.lasers);
  DEW_FUZZ_CHECK(frame.scan.azimuth.size() == frame.scan.columns && frame.scan.time_us.size() == frame.scan.columns);
  uint32_t next = 0;
  const bool is_points = frame.scan.lasers == 0;
  for (const ReceivedSlice& slice : frame.slices) {
    DEW_FUZZ_CHECK(slice.first_column == next && slice.columns > 0);
    next += slice.columns;
  }
  DEW_FUZZ_CHECK(is_points || next == frame.scan.columns);
  DEW_FUZZ_CHECK(!frame.cloud || (is_points && check_cloud(*frame.cloud).ok()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader reader(std::as_bytes(std::span(data, size)));
  ReceiverOptions options;
  options.conceal = true;
  options.most_frame_cells = 1 << 16;
  options.slice_memory_bytes = 32u << 20;
  options.most_cells_a_second = 1 << 18;
  StreamReceiver receiver(options);
  StreamSender sender({});
  uint64_t now_us = 1'000'000;
  const auto mode = reader.u8();
  if (!mode.ok()) return 0;
  for (;;) {
    const auto length = reader.u16();
    const auto milliseconds = reader.u8();
    if (!length.ok() || !milliseconds.ok()) break;
    const auto bytes = reader.bytes(std::min<uint64_t>(*length, reader.remaining()));
    Bytes datagram(bytes->begin(), bytes->end());
    if (*mode == 1) put_checksum(datagram);
    now_us += uint64_t{*milliseconds} * 1000;
    receiver.add(datagram, now_us);
    (void)receiver.take_slices();
    for (const ReceivedFrame& frame : receiver.frames(now_us)) check_frame(frame);
    if (const auto report = receiver.report(now_us)) DEW_FUZZ_CHECK(read_report(*report).ok());
    sender.receive(datagram, now_us);
  }
  for (const ReceivedFrame& frame : receiver.finish(now_us)) check_frame(frame);
  return 0;
}
