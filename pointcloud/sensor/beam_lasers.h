// SPDX-License-Identifier: Apache-2.0
/// Elevations of points about a head, the lasers around which they gather, and the order in which these fire. For encoders.
///
///   const std::vector<double> elevations = elevations_of(points, 0, points.size(), head);      // degrees
///   const std::vector<double> lasers = find_elevations(elevations, 0.75, 4, 11);
///   const std::vector<uint8_t> labels = nearest_lasers(elevations, lasers);
#pragma once

#include <span>
#include <vector>

#include "pointcloud/cloud.h"
#include "pointcloud/sensor/beams.h"

namespace dew {

/// Where a point lies, seen from a head at its place in the frame.
Vec3 from_head(const BeamHead& head, const Vec3& point, double place);
/// The place of point i in its frame: 0 for the first, 1 for the last.
double place_of(std::span<const Vec3> points, size_t i);
/// The first points of the pieces and the end of the last.
std::vector<size_t> ends_of(const Beams& beams, size_t points);

/// Degrees above a head's plane; what is too near to have one is below all others.
double elevation_from(const BeamHead& head, const Vec3& point, double place);
/// Of the points from `first` to before `end`.
std::vector<double> elevations_of(std::span<const Vec3> points, size_t first, size_t end, const BeamHead& head);
/// How well elevations gather: the mean share of all that lies within the same twentieth of a degree.
double sharpness(std::span<const double> elevations);

/// Elevations around which those of the points gather, from below; empty where less than a share of them does. `reach` and
/// `apart`, in bins of 0.005 degrees: how wide one is, and how near the next may be.
std::vector<double> find_elevations(std::span<const double> of_points, double share, int reach, int apart);
/// The number of the laser with the nearest elevation. REQUIRES: 1 to 256 lasers, from below.
std::vector<uint8_t> nearest_lasers(std::span<const double> elevations, const std::vector<double>& lasers);

/// Sets the order of the labels to that in which they follow each other most often, and whether the same one mostly goes on.
void find_order(const std::vector<uint8_t>& labels, Beams& beams);
/// Share of points whose laser is the one that usually fires after the one before.
double share_following(const std::vector<uint8_t>& labels, size_t lasers);

}  // namespace dew
