// SPDX-License-Identifier: Apache-2.0
/// One door for all point files: decides by content what a file is, and reads it.
///
///   DEW_ASSIGN(const Input input, read_cloud(bytes, {}, limits));
///   if (!input.note.empty()) std::cerr << input.note;            // which record layout was recognised, and why
///   if (const Cloud* cloud = std::get_if<Cloud>(&input.content)) use(*cloud);
///   else if (const Scan* scan = std::get_if<Scan>(&input.content)) use(*scan);             // .lrf; a .pcap is a Capture
#pragma once

#include <string>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/content.h"

namespace dew {

/// What a file is, by its first bytes. `records` is everything without a magic.
enum class FileKind : uint8_t { records, pcd, ply, lrf, pcap, las };

FileKind detect_file_kind(ByteSpan bytes);

/// `fields`: the record layout as `--fields` takes it ("x:f32,y:f32,z:f32,intensity:f32"); the file is then read as records,
/// whatever its bytes. Empty: by content.
struct ReadOptions {
  std::string fields;
};

/// A file as it was read: a Cloud (records, PCD, PLY), a Scan (.lrf) or a Capture of many frames (.pcap).
struct Input {
  Content content;
  std::string note;  ///< what was guessed, for people; empty if nothing was
};

/// Reads a frame or a capture.
/// Trust: `bytes` may be hostile. Errors: those of the reader of the format; invalid_argument with a hint at `--fields`
/// where a record layout stays open; unsupported_feature for LAS and pcapng.
Result<Input> read_cloud(ByteSpan bytes, const ReadOptions& options, const DecodeLimits& limits);

}  // namespace dew
