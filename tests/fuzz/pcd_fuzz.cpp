// SPDX-License-Identifier: Apache-2.0
// A PCD file that is read is written again; the copy has the same points, and a binary one the same bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz_check.h"
#include "pointcloud/io/pcd.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace dew;
  const ByteSpan bytes = std::as_bytes(std::span(data, size));
  const auto cloud = read_pcd(bytes, fuzz_limits());
  if (!cloud.ok()) return 0;
  DEW_FUZZ_CHECK(check_cloud(*cloud).ok());
  const auto file = write_pcd(*cloud);
  DEW_FUZZ_CHECK(file.ok());
  if (cloud->source.record_bytes != 0) {
    DEW_FUZZ_CHECK(std::equal(file->begin(), file->end(), bytes.begin(), bytes.end()));
    return 0;
  }
  const auto again = read_pcd(*file, {});
  DEW_FUZZ_CHECK(again.ok() && again->points == cloud->points);
  // Payloads of NaNs are lost in text once, and never after.
  const auto twice = write_pcd(*again);
  DEW_FUZZ_CHECK(twice.ok() && *twice == *file);
  return 0;
}
