// SPDX-License-Identifier: Apache-2.0
/// How far a cloud or scan is from another, in metres.
///
///   const CloudComparison c = compare_clouds(original, decoded, {});
///   if (c.order_kept) use(*c.max_error_m, *c.rms_error_m);      // point by point
///   else if (c.surface) use(c.surface->point_to_plane.psnr_db);   // nearest points
///   for (const FieldDifference& field : c.fields) use(field.name, field.equal);
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pointcloud/cloud.h"
#include "pointcloud/scan.h"

namespace dew {

/// One field of either cloud. `max_abs`: the largest difference of two values at the same place, two NaNs being no difference and
/// one NaN an infinite one; empty where the field is in one cloud only, or the numbers of values differ.
struct FieldDifference {
  std::string name;
  bool equal = false;  ///< every bit; where the types differ, every value
  std::optional<double> max_abs;
};

/// Euclidean, over points at the same place in both sequences.
struct PointErrors {
  double max_m = 0;
  double rms_m = 0;
};

/// Requires a.size() == b.size(). A coordinate that is NaN in both, or equal, differs by 0; NaN in one: infinite.
PointErrors point_errors(std::span<const Vec3> a, std::span<const Vec3> b);

/// Mean squared distance to the nearest point of the other cloud, larger of both directions, and its
/// PSNR = 10 log10(3 peak^2 / mse): infinite for equal clouds.
struct NearestError {
  double mse_m2 = 0;
  double psnr_db = 0;
};

/// Errors between clouds as sets. Points with a coordinate that is not finite are left out.
struct SurfaceErrors {
  NearestError point_to_point;  ///< "D1"
  NearestError point_to_plane;  ///< "D2": only the part along the normal of the nearest point
  double peak_m = 0;            ///< that the PSNRs stand on
  double chamfer_m = 0;         ///< mean distance to the nearest point, a to b plus b to a
  double hausdorff_m = 0;       ///< largest distance to the nearest point, larger of both directions
};

struct SurfaceOptions {
  std::optional<double> peak_m;     ///< default: the longest side of the bounding box of `a`
  uint32_t normal_neighbours = 12;  ///< points that a normal is fitted to, 3 to 100; more: smoother and slower
};

/// `a` is the original: its normals are fitted to its nearest points, those of `b` are means of the normals of the points of `a`
/// that are nearest to each, as MPEG's tool pc_error does it. Empty where either has no finite point. Cost: about 10 us a point.
/// Source: ISO/IEC JTC1/SC29/WG7, "Common test conditions for G-PCC", geometry distortion; Tian et al., ICIP 2017.
std::optional<SurfaceErrors> surface_errors(std::span<const Vec3> a, std::span<const Vec3> b, const SurfaceOptions& options);

/// A unit normal for every point, fitted to so many neighbours (3 to 100); it looks to the origin. All points must be finite.
std::vector<Vec3> surface_normals(std::span<const Vec3> points, uint32_t neighbours);

struct CloudComparison {
  uint64_t points_a = 0;
  uint64_t points_b = 0;
  /// As many points, and point i of one is point i of the other: the errors in order are 0; or all fields but the coordinates agree and
  /// one of them is not constant; or the errors in order are at most 4 times those between nearest points, as rms and at 9 of 10 points.
  bool order_kept = false;
  /// In order where it is kept, else between nearest points (Hausdorff; root of the D1 mse). Empty without coordinates or points.
  std::optional<double> max_error_m;
  std::optional<double> rms_error_m;
  std::vector<FieldDifference> fields;   ///< those of a, then those only in b
  std::optional<SurfaceErrors> surface;  ///< where the order is not kept, or was asked for
};

struct CompareOptions {
  bool always_surface = false;  ///< measure nearest points even where the order is kept
  SurfaceOptions surface;
};

/// Compares decoded `b` with original `a`. Both must hold points * count values in every field, as every reader gives them.
CloudComparison compare_clouds(const Cloud& a, const Cloud& b, const CompareOptions& options);

/// Points are cells, returns are non-zero ranges. The fields are range, intensity, azimuth and time_us.
struct ScanComparison {
  uint64_t points_a = 0, points_b = 0;
  uint64_t returns_a = 0, returns_b = 0;
  bool order_kept = false;            ///< as many columns and lasers
  std::optional<double> max_error_m;  ///< largest difference of ranges, no return counting as 0; empty unless order_kept
  std::optional<double> rms_error_m;  ///< over cells with a return in either
  std::vector<FieldDifference> fields;
};

ScanComparison compare_scans(const Scan& a, const Scan& b);

}  // namespace dew
