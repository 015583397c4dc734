// SPDX-License-Identifier: Apache-2.0
/// Contents as a whole: what there is, equal or not, how far apart, and their hash.
///
///   Content content = scan;
///   if (const Cloud* cloud = std::get_if<Cloud>(&content)) use(*cloud);
///   const ContentError error = *content_error(content, decoded);      // error.max_error_m, error.identical
#pragma once

#include <variant>

#include "entropy/sha256.h"
#include "pointcloud/cloud.h"
#include "pointcloud/scan.h"
#include "pointcloud/sensor/packets_capture.h"

namespace dew {

/// What was in a file, as far as it has been read: a frame of points, a frame of native ranges, or a capture of packets.
using Content = std::variant<Cloud, Scan, Capture>;

/// SHA-256 of everything that the content says: sizes, names, types, values, and what of the source file is no value. Part of the format.
Sha256Digest content_hash(const Content& content);

struct ContentError {
  double max_error_m = 0;           ///< Euclidean over points; over ranges for scans. Infinite where a NaN meets a number.
  bool other_fields_equal = false;  ///< all but coordinates (ranges), to the bit
  bool identical = false;           ///< everything, to the bit
};

/// Compares in order. Errors: invalid_argument where the two are not of one kind and size.
Result<ContentError> content_error(const Content& original, const Content& decoded);

}  // namespace dew
