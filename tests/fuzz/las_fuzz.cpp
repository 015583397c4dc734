// SPDX-License-Identifier: Apache-2.0
// A LAS file that is read is written again, with the very bytes; as a new file it keeps its points.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz_check.h"
#include "pointcloud/io/las.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace dew;
  const ByteSpan bytes = std::as_bytes(std::span(data, size));
  auto cloud = read_las(bytes, fuzz_limits());
  if (!cloud.ok()) return 0;
  DEW_FUZZ_CHECK(check_cloud(*cloud).ok());
  const auto file = write_las(*cloud);
  DEW_FUZZ_CHECK(file.ok());
  DEW_FUZZ_CHECK(std::equal(file->begin(), file->end(), bytes.begin(), bytes.end()));
  cloud->source = {};
  const auto fresh = write_las(*cloud);
  if (!fresh.ok()) return 0;  // names that LAS cannot describe, coordinates too far apart
  const auto again = read_las(*fresh, {});
  DEW_FUZZ_CHECK(again.ok() && again->points == cloud->points);
  return 0;
}
