// SPDX-License-Identifier: Apache-2.0
#include "apps/content.h"

#include <algorithm>
#include <cstdio>
#include <thread>

#include "apps/files.h"
#include "entropy/container_layout.h"
#include "pointcloud/io/lrf.h"
#include "pointcloud/io/read_cloud.h"
#include "pointcloud/io/write_cloud.h"

namespace dew::app {
namespace {

Result<Source> parse_source(Bytes bytes, const std::string& fields) {
  DEW_ASSIGN(Input input, read_cloud(bytes, {fields}, {}));
  return Source{std::move(bytes), std::move(input.content), std::move(input.note)};
}

Error cannot_hold(const std::string& extension, const char* what) {
  const std::string name = extension.empty() ? "a file without extension" : extension;
  return {Code::invalid_argument, 0, name + " cannot hold " + what};
}

}  // namespace

void print_note(const std::string& path, const Source& source) {
  if (!source.note.empty()) std::fprintf(stderr, "dew: %s: %s\n", display_name(path).c_str(), source.note.c_str());
}

bool is_dew(ByteSpan bytes) {
  const auto& magic = container_layout::kMagic;
  return bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin());
}

Result<Source> read_source(const std::string& path, const std::string& fields) {
  DEW_ASSIGN(Bytes bytes, read_file(path));
  return parse_source(std::move(bytes), fields);
}

Result<Source> read_source_or_dew(const std::string& path, const std::string& fields, uint32_t threads) {
  DEW_ASSIGN(Bytes bytes, read_file(path));
  if (!is_dew(bytes)) return parse_source(std::move(bytes), fields);
  DecodeOptions options;
  options.threads = threads;
  DEW_ASSIGN(Decoded decoded, decode(bytes, options, {}));
  return Source{std::move(bytes), std::move(decoded.content), {}};
}

std::string source_extension(const Content& content) {
  if (std::holds_alternative<Scan>(content)) return ".lrf";
  switch (std::get<Cloud>(content).source.format) {
    case CloudFormat::records: return ".bin";
    case CloudFormat::pcd: return ".pcd";
    case CloudFormat::ply:
    case CloudFormat::none: return ".ply";
  }
  return ".ply";
}

Result<Bytes> write_as(const Content& content, const std::string& extension) {
  if (const Scan* scan = std::get_if<Scan>(&content)) {
    if (extension != ".lrf") return cannot_hold(extension, "the ranges of a scan; write an .lrf");
    return write_lrf(*scan);
  }
  const Cloud& cloud = std::get<Cloud>(content);
  if (extension == ".bin") return write_cloud(cloud, CloudFormat::records);
  if (extension == ".pcd") return write_cloud(cloud, CloudFormat::pcd);
  if (extension == ".ply") return write_cloud(cloud, CloudFormat::ply);
  return cannot_hold(extension, "a cloud; write a .bin, .pcd or .ply");
}

uint64_t point_count(const Content& content) {
  if (const Scan* scan = std::get_if<Scan>(&content)) return uint64_t{scan->columns} * scan->lasers;
  return std::get<Cloud>(content).points;
}

Result<uint32_t> thread_count(const Arguments& arguments) {
  return arguments.number("--threads", std::max(1u, std::thread::hardware_concurrency()), 1, 1024);
}

}  // namespace dew::app
