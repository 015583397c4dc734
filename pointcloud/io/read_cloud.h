// SPDX-License-Identifier: Apache-2.0
/// One door for all point files: decides by content what a file is, and reads it.
///
///   DEW_ASSIGN(const Input input, read_cloud(bytes, {}, limits));
///   if (!input.note.empty()) std::cerr << input.note;            // which record layout was recognised, and why
///   if (const Cloud* cloud = std::get_if<Cloud>(&input.content)) use(*cloud);
///   else use(std::get<Scan>(input.content));
#pragma once

#include <string>
#include <variant>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/cloud.h"
#include "pointcloud/scan.h"

namespace dew {

/// What a file is, by its first bytes. `records` is everything without a magic.
enum class FileKind : uint8_t { records, pcd, ply, lrf, pcap, las };

FileKind detect_file_kind(ByteSpan bytes);

/// `fields`: the record layout as `--fields` takes it ("x:f32,y:f32,z:f32,intensity:f32"); the file is then read as records,
/// whatever its bytes. Empty: by content.
struct ReadOptions {
  std::string fields;
};

/// A frame as it was read: a Cloud (records, PCD, PLY) or a Scan (.lrf).
struct Input {
  std::variant<Cloud, Scan> content;
  std::string note;  ///< what was guessed, for people; empty if nothing was
};

/// Reads a frame. Packet captures (FileKind::pcap) hold many frames and have a reader of their own.
/// Trust: `bytes` may be hostile. Errors: those of the reader of the format; invalid_argument with a hint at `--fields`
/// where a record layout stays open; unsupported_feature for pcap and LAS.
Result<Input> read_cloud(ByteSpan bytes, const ReadOptions& options, const DecodeLimits& limits);

}  // namespace dew
