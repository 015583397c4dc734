// SPDX-License-Identifier: Apache-2.0
/// A capture of sensor packets, split into frames, and each frame into planes (ranges and intensities on the sensor's grid) and records
/// (every other byte). Nothing is lost: write_capture gives back the very file.
///
///   DEW_ASSIGN(const Capture capture, read_capture(pcap_bytes, {}, {}));
///   for (const CaptureFrame& frame : capture.frames) use(frame.planes[0]);     // first return: a Scan
///   Bytes same = *write_capture(capture);                                      // equal to pcap_bytes
///
/// A frame ends where the azimuth passes through zero, at a packet border. Records that are no packets of the sensor (position packets,
/// other traffic, fragments) stay in the frame in which they came.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/io/pcap.h"
#include "pointcloud/scan.h"
#include "pointcloud/sensor/packets.h"

namespace dew {

/// Packets of one sender, size and layout. Offsets of the layout count from the start of the captured record.
struct PacketKind {
  PacketLayout layout;
  std::string sensor;        ///< name of the known layout, for people and for choosing a calibration; empty in a decoder
  uint32_t first_plane = 0;  ///< its planes are frame.planes[first_plane, first_plane + layout.planes)
};

/// Kind of records without a layout. Their size varies and all their bytes are in CaptureFrame::bytes.
inline constexpr uint32_t kOtherKind = 0;
/// Kinds in one capture, kOtherKind included. Part of the format.
inline constexpr uint32_t kMaxKinds = 64;

/// One pcap record of a frame.
struct CaptureRecord {
  uint32_t seconds = 0;
  uint32_t fraction = 0;
  uint32_t original_bytes = 0;
  uint32_t kind = kOtherKind;
  uint32_t computed = 0;  ///< bit i: checksum i of the layout is not kept (zeros stand there) but computed by write_capture
  uint32_t size = 0;      ///< captured bytes
  uint64_t offset = 0;    ///< of the captured bytes in CaptureFrame::bytes
  bool operator==(const CaptureRecord&) const = default;
};

struct CaptureFrame {
  std::vector<CaptureRecord> records;
  Bytes bytes;               ///< captured bytes of all records; zeros where a range, an intensity or a computed checksum stood
  std::vector<Scan> planes;  ///< of all kinds; columns as they came, lasers in channel order. Planes of absent kinds have 0 columns
};

struct Capture {
  PcapFormat format;
  Bytes header;                   ///< the 24 bytes of the file header
  std::vector<PacketKind> kinds;  ///< [kOtherKind] has an empty layout
  std::vector<CaptureFrame> frames;
  Bytes trailer;  ///< bytes after the last whole record
};

struct CaptureOptions {
  uint64_t frame_bytes = uint64_t{8} << 20;  ///< a frame is also cut here where no angle tells; 64 KiB to 1 GiB
};

/// Splits a pcap file. Trust: `pcap` may be hostile. Memory: about 1.5 times the file, from `limits`. Any file with a pcap header is kept,
/// with sensor packets or not: `kinds.size() == 1` says that nothing was recognised.
/// Errors: those of read_pcap, out_of_memory.   Cost: some 2 ns a byte.
Result<Capture> read_capture(ByteSpan pcap, const CaptureOptions& options, const DecodeLimits& limits);

/// The file again. Errors: invalid_argument where planes or records do not fit the kinds.
Result<Bytes> write_capture(const Capture& capture);

/// Gives `frame` planes of the right size, azimuths and times as its records say, ranges and intensities zero: what a decoder has before it
/// decodes them. `kinds` must be checked layouts, the records consistent with them.
/// Errors: out_of_memory, limit_exceeded.
Status shape_planes(const std::vector<PacketKind>& kinds, CaptureFrame& frame, Budget& budget);

}  // namespace dew
