// SPDX-License-Identifier: Apache-2.0
// points-bench: the way of clouds without a scan model, measured on clouds that may well have one. The model is not searched for:
// encode_points is called directly. Prints bits a point of geometry (head and slices; the container adds some 200 bytes) and milliseconds.
//
//   points-bench [--grid-mm STEP] [--fields LIST] FILES...    // without --grid-mm: every bit comes back
//
// --grid-mm bounds the error at the diagonal of half a cell, which is what coordinates rounded to that grid may have.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "apps/files.h"
#include "pointcloud/coding/points_frame.h"
#include "pointcloud/io/read_cloud.h"

namespace dew {
namespace {

using Clock = std::chrono::steady_clock;
double ms_since(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

Result<Cloud> read_points(const std::string& path, const std::string& fields) {
  DEW_ASSIGN(const Bytes bytes, app::read_file(path));
  DEW_ASSIGN(Input input, read_cloud(bytes, {fields}, {}));
  Cloud* cloud = std::get_if<Cloud>(&input.content);
  if (cloud == nullptr) return Error{Code::unsupported_feature, 0, "no cloud"};
  return std::move(*cloud);
}

Status measure(const std::string& path, const std::string& fields, double grid_mm) {
  DEW_ASSIGN(const Cloud cloud, read_points(path, fields));
  FrameOptions options;
  options.mode = grid_mm > 0 ? Mode::max_error : Mode::lossless;
  options.max_error_m = grid_mm / 1000 * std::sqrt(3.0) / 2;
  options.slices = 1;
  const Clock::time_point encode_start = Clock::now();
  DEW_ASSIGN(const CodedFrame frame, encode_points(cloud, options));
  const double encode_ms = ms_since(encode_start);
  FrameInput input;
  for (const Bytes& slice : frame.slices) input.slices.push_back(SliceView{slice, 0});
  const Clock::time_point decode_start = Clock::now();
  ByteReader head(frame.head, 0);
  DEW_ASSIGN(const Cloud decoded, decode_points(head, input));
  const double decode_ms = ms_since(decode_start);
  const double geometry = static_cast<double>(frame.part_bytes[static_cast<size_t>(Part::geometry)]);
  std::printf("%-44s %8zu %8.2f %8.1f %8.1f\n", path.substr(path.size() > 44 ? path.size() - 44 : 0).c_str(),
              static_cast<size_t>(decoded.points), 8 * geometry / static_cast<double>(std::max<uint64_t>(1, cloud.points)), encode_ms,
              decode_ms);
  return {};
}

}  // namespace
}  // namespace dew

int main(int argc, char** argv) {
  double grid_mm = 0;
  std::string fields;
  int failed = 0;
  std::printf("%-44s %8s %8s %8s %8s\n", "file", "points", "bits", "encode", "decode");
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--grid-mm" && i + 1 < argc) {
      grid_mm = std::stod(argv[++i]);
    } else if (word == "--fields" && i + 1 < argc) {
      fields = argv[++i];
    } else if (const dew::Status status = dew::measure(word, fields, grid_mm); !status.ok()) {
      std::fprintf(stderr, "points-bench: %s: %s\n", word.c_str(), status.error().message.c_str());
      failed = 1;
    }
  }
  return failed;
}
