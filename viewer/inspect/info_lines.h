// SPDX-License-Identifier: Apache-2.0
/// What `dew info` says, line by line: for its text, for panels and pages.
///
///   DEW_ASSIGN(const FileInfo info, inspect(bytes, {}));
///   for (const InfoLine& line : info_lines(info)) show(line.name, line.value);     // "max error", "0.5 mm"
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gaussians/codec.h"
#include "pointcloud/codec.h"

namespace dew::viewer {

/// Names that begin with spaces belong to the line before them.
struct InfoLine {
  std::string name;
  std::string value;
};

std::vector<InfoLine> info_lines(const FileInfo& info);
std::vector<InfoLine> info_lines(const SplatFileInfo& info);

/// The words of options and files.
const char* mode_text(dew::Mode mode);
const char* mode_text(SplatMode mode);
const char* effort_text(Effort effort);
const char* format_text(SplatFormat format);
std::string quality_text(const SplatQuality& quality);

/// Bits for each of `count`; 0 where there is none.
double bits_per(uint64_t bytes, uint64_t count);
/// "1.25" with the digits asked for.
std::string fixed(double value, int digits);

}  // namespace dew::viewer
