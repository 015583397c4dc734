// SPDX-License-Identifier: Apache-2.0
/// Conversions that a new PCD or PLY header needs: types that the format does not know become wider ones that hold every value.
///
///   const Cloud wide = with_wide_halves(cloud);                  // f16 -> f32
///   DEW_ASSIGN(const Cloud ply, with_doubles_for_int64(wide));   // i64, u64 -> f64 where exact
#pragma once

#include "pointcloud/cloud.h"

namespace dew {

/// A copy in which f16 fields are f32; all other fields as they are. Its source is empty.
Cloud with_wide_halves(const Cloud& cloud);

/// A copy in which i64 and u64 fields are f64. Errors: unsupported_feature where a value is no double.
Result<Cloud> with_doubles_for_int64(const Cloud& cloud);

/// Errors: invalid_argument if a field's name is empty or holds a blank, which no text header can carry.
Status check_names(const Cloud& cloud);

}  // namespace dew
