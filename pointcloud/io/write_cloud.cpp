// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/io/write_cloud.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "pointcloud/io/las.h"
#include "pointcloud/io/pcd.h"
#include "pointcloud/io/ply.h"
#include "pointcloud/io/records.h"

namespace dew {

Result<CloudFormat> format_for_path(std::string_view path, CloudFormat fallback) {
  const size_t name = path.find_last_of("/\\");
  const size_t dot = path.find_last_of('.');
  std::string extension;
  if (dot != std::string_view::npos && (name == std::string_view::npos || dot > name)) extension = path.substr(dot);
  std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (extension == ".bin") return CloudFormat::records;
  if (extension == ".pcd") return CloudFormat::pcd;
  if (extension == ".ply") return CloudFormat::ply;
  if (extension == ".las") return CloudFormat::las;
  if (extension == ".laz") return Error{Code::invalid_argument, 0, "LAZ is not written; name a .las and pack that"};
  if (extension == ".lrf" || extension == ".pcap") {
    return Error{Code::invalid_argument, 0, "points cannot be written as " + extension + "; name a .bin, .pcd, .ply or .las"};
  }
  return fallback == CloudFormat::none ? CloudFormat::records : fallback;
}

Result<Bytes> write_cloud(const Cloud& cloud, CloudFormat format) {
  switch (format) {
    case CloudFormat::pcd: return write_pcd(cloud);
    case CloudFormat::ply: return write_ply(cloud);
    case CloudFormat::las: return write_las(cloud);
    case CloudFormat::none:
    case CloudFormat::records: break;
  }
  return write_records(cloud);
}

}  // namespace dew
