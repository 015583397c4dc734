// SPDX-License-Identifier: Apache-2.0
/// How far one content is from another, whatever their kinds: what compare, verify and bench stand on.
///
///   Result<Difference> d = difference(source.content, decoded.content, {});
///   if (d->order_kept) use(d->max_error_m);
#pragma once

#include "apps/report.h"
#include "pointcloud/codec.h"
#include "pointcloud/metrics.h"

namespace dew::app {

/// Points of scans are cells; their error is that of the ranges.
struct Difference {
  uint64_t points_a = 0;
  uint64_t points_b = 0;
  bool order_kept = false;
  std::optional<double> max_error_m;
  std::optional<double> rms_error_m;
  std::vector<FieldDifference> fields;
  std::optional<SurfaceErrors> surface;

  /// True unless a field other than those that carry geometry (x, y, z; range) differs in a bit.
  bool other_fields_equal() const;
  bool all_fields_equal() const;
};

/// Errors: invalid_argument where one is a cloud and the other a scan.
Result<Difference> difference(const Content& a, const Content& b, const CompareOptions& options);

/// As `dew compare --json` prints it.
Json difference_json(const Difference& d);

}  // namespace dew::app
