// SPDX-License-Identifier: Apache-2.0
#include "apps/content.h"

#include <algorithm>
#include <cstdio>
#include <thread>

#include "apps/files.h"
#include "entropy/container.h"
#include "pointcloud/io/lrf.h"
#include "pointcloud/io/read_cloud.h"
#include "pointcloud/io/write_cloud.h"

namespace dew::app {
namespace {

Error cannot_hold(const std::string& extension, const char* what) {
  const std::string name = extension.empty() ? "a file without extension" : extension;
  return {Code::invalid_argument, 0, name + " cannot hold " + what};
}

Result<Bytes> write_points(const Cloud& cloud, const std::string& extension) {
  if (extension == ".bin") return write_cloud(cloud, CloudFormat::records);
  if (extension == ".pcd") return write_cloud(cloud, CloudFormat::pcd);
  if (extension == ".ply") return write_cloud(cloud, CloudFormat::ply);
  if (extension == ".las") return write_cloud(cloud, CloudFormat::las);
  return cannot_hold(extension, "points; write a .bin, .pcd, .ply or .las");
}

}  // namespace

void print_note(const std::string& path, const Source& source) {
  if (!source.note.empty()) std::fprintf(stderr, "dew: %s: %s\n", display_name(path).c_str(), source.note.c_str());
}

Result<Source> parse_source(Bytes bytes, const std::string& fields) {
  DEW_ASSIGN(Input input, read_cloud(bytes, {fields}, {}));
  return Source{std::move(bytes), std::move(input.content), std::move(input.note)};
}

Result<Source> read_source(const std::string& path, const std::string& fields) {
  DEW_ASSIGN(Bytes bytes, read_file(path));
  return parse_source(std::move(bytes), fields);
}

Result<Source> parse_source_or_dew(Bytes bytes, const std::string& fields, uint32_t threads) {
  if (!is_dew(bytes)) return parse_source(std::move(bytes), fields);
  DecodeOptions options;
  options.threads = threads;
  Result<Decoded> decoded = decode(bytes, options, {});
  if (!decoded.ok()) return decoded.error();
  return Source{std::move(bytes), std::move(decoded->content), {}};
}

std::string source_extension(const Content& content) {
  if (std::holds_alternative<Scan>(content)) return ".lrf";
  if (std::holds_alternative<Capture>(content)) return ".pcap";
  switch (std::get<Cloud>(content).source.format) {
    case CloudFormat::records: return ".bin";
    case CloudFormat::pcd: return ".pcd";
    case CloudFormat::las: return ".las";
    case CloudFormat::ply:
    case CloudFormat::none: return ".ply";
  }
  return ".ply";
}

Result<SensorCalibration> load_calibration(const std::string& file_or_sensor) {
  if (const SensorCalibration* known = find_calibration(file_or_sensor)) return *known;
  DEW_ASSIGN(const Bytes text, read_file(file_or_sensor));
  return read_calibration(text, {});
}

Result<Bytes> write_as(const Content& content, const std::string& extension, const SensorCalibration* calibration) {
  if (const Cloud* cloud = std::get_if<Cloud>(&content)) return write_points(*cloud, extension);
  if (const Capture* capture = std::get_if<Capture>(&content)) {
    return extension == ".pcap" ? write_capture(*capture)
                                : cannot_hold(extension, "a capture of packets; write a .pcap, or its frames into a folder");
  }
  const Scan& scan = std::get<Scan>(content);
  if (extension == ".lrf") return write_lrf(scan);
  if (calibration == nullptr) return cannot_hold(extension, "ranges; write an .lrf, or turn them into points with --calibration");
  DEW_ASSIGN(const Cloud points, cloud_of_scan(scan, *calibration, {}, {}));
  return write_points(points, extension);
}

uint64_t point_count(const Content& content) {
  if (const Scan* scan = std::get_if<Scan>(&content)) return uint64_t{scan->columns} * scan->lasers;
  if (const Capture* capture = std::get_if<Capture>(&content)) {
    uint64_t cells = 0;
    for (const CaptureFrame& frame : capture->frames) {
      for (const Scan& plane : frame.planes) cells += plane.range.size();
    }
    return cells;
  }
  return std::get<Cloud>(content).points;
}

Result<uint32_t> thread_count(const Arguments& arguments) {
  return arguments.number("--threads", std::max(1u, std::thread::hardware_concurrency()), 1, 1024);
}

}  // namespace dew::app
