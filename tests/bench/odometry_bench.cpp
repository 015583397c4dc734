// SPDX-License-Identifier: Apache-2.0
// odometry-bench: what a bound and lost slices do to odometry. Consecutive frames as one sequence at each bound, decoded; sixteenths of a
// turn are lost at random; then each frame is laid on the one before by PCL's normal distributions transform, and the path that comes out
// is compared with that of the undamaged frames. Drift: how far the ends of the two paths are apart, in parts of the path and in degrees.
//
//   odometry-bench FRAMES...                 point files of one drive, in order
#include <pcl/filters/approximate_voxel_grid.h>
#include <pcl/point_types.h>
#include <pcl/registration/ndt.h>

#include <cmath>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "apps/content.h"
#include "pointcloud/cloud.h"
#include "pointcloud/sequence.h"

namespace dew::bench {
namespace {

using Points = pcl::PointCloud<pcl::PointXYZ>;
constexpr int kSectors = 16;
constexpr double kFramesASecond = 10;

Points::Ptr points_of(const std::vector<Vec3>& positions) {
  Points::Ptr points(new Points);
  for (const Vec3& p : positions) {
    if (std::isfinite(p.x) && p.x * p.x + p.y * p.y > 9) points->emplace_back(float(p.x), float(p.y), float(p.z));  // not the car itself
  }
  return points;
}

/// Less some sixteenths of the turn.
std::vector<Vec3> with_loss(const std::vector<Vec3>& positions, double loss, std::mt19937& random) {
  std::array<bool, kSectors> lost{};
  for (bool& sector : lost) sector = std::uniform_real_distribution<>(0, 1)(random) < loss;
  std::vector<Vec3> left;
  for (const Vec3& p : positions) {
    const double turn = std::atan2(p.y, p.x) / 6.283185307179586 + 0.5;
    if (!lost[static_cast<size_t>(std::clamp(turn, 0.0, 0.9999) * kSectors)]) left.push_back(p);
  }
  return left;
}

/// Poses of the frames in the first one's frame.
std::vector<Eigen::Matrix4f> odometry(const std::vector<Points::Ptr>& frames) {
  std::vector<Eigen::Matrix4f> poses{Eigen::Matrix4f::Identity()};
  Eigen::Matrix4f motion = Eigen::Matrix4f::Identity();
  for (size_t i = 1; i < frames.size(); ++i) {
    pcl::ApproximateVoxelGrid<pcl::PointXYZ> grid;
    grid.setLeafSize(0.4f, 0.4f, 0.4f);
    grid.setInputCloud(frames[i]);
    Points::Ptr thinned(new Points);
    grid.filter(*thinned);
    pcl::NormalDistributionsTransform<pcl::PointXYZ, pcl::PointXYZ> transform;
    transform.setTransformationEpsilon(1e-4);
    transform.setStepSize(0.1);
    transform.setResolution(1.0f);
    transform.setMaximumIterations(50);
    transform.setInputSource(thinned);
    transform.setInputTarget(frames[i - 1]);
    Points aligned;
    transform.align(aligned, motion);
    motion = transform.getFinalTransformation();
    poses.push_back(poses.back() * motion);
  }
  return poses;
}

struct Drift {
  double metres, share, degrees;
};
Drift drift(const std::vector<Eigen::Matrix4f>& poses, const std::vector<Eigen::Matrix4f>& truth) {
  double path = 0;
  for (size_t i = 1; i < truth.size(); ++i) path += (truth[i].block<3, 1>(0, 3) - truth[i - 1].block<3, 1>(0, 3)).norm();
  const Eigen::Matrix4f apart = truth.back().inverse() * poses.back();
  const double metres = apart.block<3, 1>(0, 3).norm();
  const double cosine = std::clamp((apart.block<3, 3>(0, 0).trace() - 1) / 2.0, -1.0, 1.0);
  return {metres, metres / std::max(path, 1e-9), std::acos(cosine) * 57.29577951308232};
}

Result<std::vector<Vec3>> positions_of(const Content& content) {
  const Cloud* cloud = std::get_if<Cloud>(&content);
  if (cloud == nullptr) return Error{Code::invalid_argument, 0, "frames are point files"};
  return positions_m(*cloud);
}

struct Coded {
  std::vector<std::vector<Vec3>> frames;
  double mbit_s = 0, bits_a_point = 0;
};

Result<Coded> coded(const std::vector<Content>& contents, double bound_m) {
  SequenceOptions options;
  options.frame.mode = bound_m > 0 ? Mode::max_error : Mode::lossless;
  options.frame.max_error_m = bound_m;
  SequenceEncoder encoder(options);
  double points = 0;
  for (const Content& content : contents) {
    DEW_ASSIGN(const PushedFrame pushed, encoder.push({content, "", {}, {}}));
    points += static_cast<double>(pushed.points);
  }
  DEW_ASSIGN(const Encoded encoded, encoder.finish());
  DEW_ASSIGN(SequenceDecoder decoder, SequenceDecoder::open(encoded.bytes, {}, {}));
  Coded result;
  for (uint64_t i = 0; i < decoder.frames(); ++i) {
    DEW_ASSIGN(const SequenceFrame frame, decoder.decode(i));
    DEW_ASSIGN(std::vector<Vec3> positions, positions_of(frame.content));
    result.frames.push_back(std::move(positions));
  }
  const double bits = 8.0 * static_cast<double>(encoded.bytes.size());
  result.mbit_s = bits * kFramesASecond / static_cast<double>(contents.size()) * 1e-6;
  result.bits_a_point = bits / points;
  return result;
}

Status run(const std::vector<std::string>& files) {
  std::vector<Content> contents;
  std::vector<Points::Ptr> undamaged;
  for (const std::string& file : files) {
    DEW_ASSIGN(app::Source source, app::read_source(file, ""));
    DEW_ASSIGN(const std::vector<Vec3> positions, positions_of(source.content));
    undamaged.push_back(points_of(positions));
    contents.push_back(std::move(source.content));
  }
  const std::vector<Eigen::Matrix4f> truth = odometry(undamaged);
  std::printf(
      "| bound | lost slices | bits a point | Mbit/s at 10 Hz | drift, mm | of the path | degrees |\n|--:|--:|--:|--:|--:|--:|--:|\n");
  for (const double bound_m : {0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5}) {
    DEW_ASSIGN(const Coded frames, coded(contents, bound_m));
    for (const double loss : {0.0, 0.05, 0.2}) {
      if (loss > 0 && bound_m != 0 && bound_m != 0.05 && bound_m != 0.2) continue;
      std::mt19937 random(5);
      std::vector<Points::Ptr> left;
      for (const auto& positions : frames.frames) left.push_back(points_of(with_loss(positions, loss, random)));
      const Drift found = drift(odometry(left), truth);
      std::printf("| %.0f cm | %.0f %% | %.2f | %.2f | %.1f | %.2f %% | %.3f |\n", 100 * bound_m, 100 * loss, frames.bits_a_point,
                  frames.mbit_s, 1000 * found.metres, 100 * found.share, found.degrees);
      std::fflush(stdout);
    }
  }
  return {};
}

}  // namespace
}  // namespace dew::bench

int main(int argc, char** argv) {
  const std::vector<std::string> files(argv + 1, argv + argc);
  if (files.size() < 2) {
    std::fprintf(stderr, "odometry-bench FRAMES...\n");
    return 2;
  }
  const dew::Status status = dew::bench::run(files);
  if (!status.ok()) std::fprintf(stderr, "odometry-bench: %s\n", status.error().message.c_str());
  return status.ok() ? 0 : 1;
}
