// SPDX-License-Identifier: Apache-2.0
// A field list, a line feed, and records; without a line feed, records to be recognised. What is read is written again, byte for byte.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz_check.h"
#include "pointcloud/io/read_cloud.h"
#include "pointcloud/io/records.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace dew;
  const ByteSpan bytes = std::as_bytes(std::span(data, size));
  const std::string_view text = as_text(bytes);
  const size_t line_end = text.find('\n');
  ReadOptions options;
  if (line_end != std::string_view::npos) options.fields = text.substr(0, line_end);
  const ByteSpan body = line_end == std::string_view::npos ? bytes : bytes.subspan(line_end + 1);
  const auto input = read_cloud(body, options, fuzz_limits());
  if (!input.ok() || !std::holds_alternative<Cloud>(input->content)) return 0;
  const Cloud& cloud = std::get<Cloud>(input->content);
  DEW_FUZZ_CHECK(check_cloud(cloud).ok());
  if (cloud.source.format != CloudFormat::records) return 0;
  const auto file = write_records(cloud);
  DEW_FUZZ_CHECK(file.ok() && std::equal(file->begin(), file->end(), body.begin(), body.end()));
  const auto specs = parse_fields(fields_text(field_specs(cloud)));
  DEW_FUZZ_CHECK(specs.ok() && *specs == field_specs(cloud));
  return 0;
}
