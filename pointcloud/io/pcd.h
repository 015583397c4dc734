// SPDX-License-Identifier: Apache-2.0
/// PCD files, the point cloud files of PCL: ascii, binary and binary_compressed; any fields, types and counts; organised clouds.
///
///   DEW_ASSIGN(const Cloud cloud, read_pcd(bytes, limits));
///   DEW_ASSIGN(const Bytes same, write_pcd(cloud));                               // binary: the very bytes again
///   DEW_ASSIGN(const Bytes text, write_pcd(cloud, PcdEncoding::ascii));
#pragma once

#include <optional>

#include "pointcloud/io/fields.h"

namespace dew {

enum class PcdEncoding : uint8_t { ascii, binary, binary_compressed };

/// True if `bytes` begin as a PCD file does.
bool is_pcd(ByteSpan bytes);

/// Reads POINTS points in file order, every bit kept (ascii: to the nearest value of the type). Header text and all bytes after
/// the last point are kept in `source`. TYPE F of SIZE 2 is taken as f16.
/// Trust: `bytes` may be hostile; memory grows with bytes.size() (8 times for ascii, 88 times for binary_compressed), charged to `limits`.
/// Errors: truncated, corrupt, unsupported_feature, limit_exceeded, out_of_memory.   Source: pointclouds.org, "The PCD file format", v0.7.
Result<Cloud> read_pcd(ByteSpan bytes, const DecodeLimits& limits);

/// Without an encoding: the source's own header, body encoding and trailer where the cloud came from a PCD file and still has its
/// fields and number of points; otherwise a new header and a binary body. f16 fields become f32 under a new header.
/// Errors: invalid_argument (field sizes, a name with a blank), unsupported_feature (no field; more than 2^32 - 1 points).
Result<Bytes> write_pcd(const Cloud& cloud, std::optional<PcdEncoding> encoding = {});

}  // namespace dew
