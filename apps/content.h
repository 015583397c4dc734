// SPDX-License-Identifier: Apache-2.0
/// From paths to contents and back: which reader, which writer, which name.
///
///   Result<Source> source = read_source("scan.bin", "");            // "": the layout is recognised
///   Result<Bytes> bytes = write_as(source->content, ".pcd");
#pragma once

#include <string>

#include "apps/command_line.h"
#include "pointcloud/codec.h"
#include "pointcloud/sensor/calibration.h"

namespace dew::app {

/// A file in any format that dew reads.
struct Source {
  Bytes bytes;  ///< the file itself
  Content content;
  std::string note;  ///< what the reader guessed, for people; empty if nothing
};

/// Says the note of a source on standard error.
void print_note(const std::string& path, const Source& source);

/// Reads and parses `path` ("-": standard input). `fields` as --fields takes them; empty: recognised from the content, which the note says.
/// Errors: io, and those of the readers.
Result<Source> read_source(const std::string& path, const std::string& fields);

/// The same for bytes that were read already.
Result<Source> parse_source(Bytes bytes, const std::string& fields);

/// As parse_source; a .dew file is decoded.
Result<Source> parse_source_or_dew(Bytes bytes, const std::string& fields, uint32_t threads);

/// The extension of the file that `content` came from: ".bin", ".pcd", ".ply", ".las", ".lrf".
std::string source_extension(const Content& content);

/// `content` as a file of the format that `extension` names. Where that is the format it came from, header, order and unknown bytes are
/// kept. Errors: invalid_argument for an extension that dew does not write or that cannot hold the content. `calibration` turns the ranges
/// of a scan into points for the formats that hold those; null: scans can only become .lrf files.
Result<Bytes> write_as(const Content& content, const std::string& extension, const SensorCalibration* calibration = nullptr);

/// A calibration file, or the table of a sensor by its name ("HDL-32E"). Errors: io, and those of read_calibration.
Result<SensorCalibration> load_calibration(const std::string& file_or_sensor);

/// Records of a cloud, cells of a scan.
uint64_t point_count(const Content& content);

/// --threads, or all cores. Errors: invalid_argument.
Result<uint32_t> thread_count(const Arguments& arguments);

}  // namespace dew::app
