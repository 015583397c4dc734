// SPDX-License-Identifier: Apache-2.0
/// One door for writing point files: the format is asked for, or taken from the name of the output.
///
///   DEW_ASSIGN(const Bytes same, write_cloud(cloud, cloud.source.format));       // binary sources: the very file again
///   DEW_ASSIGN(const CloudFormat format, format_for_path("frame.pcd", cloud.source.format));
///   DEW_ASSIGN(const Bytes pcd, write_cloud(cloud, format));
#pragma once

#include <string_view>

#include "entropy/bytes.h"
#include "pointcloud/cloud.h"

namespace dew {

/// The format for an output of that name: .bin records, .pcd, .ply, .las; a name that tells nothing gives `fallback`
/// (records if that is none). Errors: invalid_argument for .lrf and .pcap, which hold no points.
Result<CloudFormat> format_for_path(std::string_view path, CloudFormat fallback);

/// Writes every field of the cloud. If the cloud came from that format and its fields and number of points did not change, the
/// source's header, encoding and trailer are used: an untouched binary source comes back byte for byte, an ascii one with equal values.
/// Otherwise a new binary file is written. Errors: those of the writer of the format.
Result<Bytes> write_cloud(const Cloud& cloud, CloudFormat format);

}  // namespace dew
