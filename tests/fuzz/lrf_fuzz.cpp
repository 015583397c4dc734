// SPDX-License-Identifier: Apache-2.0
// An .lrf file that is read is written again, byte for byte.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz_check.h"
#include "pointcloud/io/lrf.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace dew;
  const ByteSpan bytes = std::as_bytes(std::span(data, size));
  const auto scan = read_lrf(bytes, fuzz_limits());
  if (!scan.ok()) return 0;
  const auto file = write_lrf(*scan);
  DEW_FUZZ_CHECK(file.ok() && std::equal(file->begin(), file->end(), bytes.begin(), bytes.end()));
  return 0;
}
