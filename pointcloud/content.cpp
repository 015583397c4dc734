// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/content.h"

#include <algorithm>
#include <cmath>

#include "pointcloud/io/lrf.h"
#include "pointcloud/metrics.h"

namespace dew {
namespace {

bool is_coordinate(const Field& field) { return field.name == "x" || field.name == "y" || field.name == "z"; }

Result<ContentError> cloud_error(const Cloud& a, const Cloud& b) {
  if (a.points != b.points || a.fields.size() != b.fields.size())
    return Error{Code::invalid_argument, 0, "the clouds differ in points or fields"};
  ContentError error;
  error.other_fields_equal = a.width == b.width && a.height == b.height && a.source == b.source;
  error.identical = error.other_fields_equal;
  bool coordinates_equal = true;
  for (size_t f = 0; f < a.fields.size(); ++f) {
    const bool equal = a.fields[f] == b.fields[f];
    error.identical &= equal;
    if (is_coordinate(a.fields[f])) {
      coordinates_equal &= equal;
    } else {
      error.other_fields_equal &= equal;
    }
  }
  if (coordinates_equal) return error;
  DEW_ASSIGN(const std::vector<Vec3> from, positions_m(a));
  DEW_ASSIGN(const std::vector<Vec3> to, positions_m(b));
  error.max_error_m = point_errors(from, to).max_m;
  return error;
}

Result<ContentError> scan_error(const Scan& a, const Scan& b) {
  if (a.range.size() != b.range.size()) return Error{Code::invalid_argument, 0, "the scans differ in cells"};
  ContentError error;
  error.identical = a == b;
  Scan ranges_of_a = b;
  ranges_of_a.range = a.range;
  error.other_fields_equal = ranges_of_a == a;
  uint64_t most = 0;
  for (size_t i = 0; i < a.range.size(); ++i) {
    if ((a.range[i] == 0) != (b.range[i] == 0)) error.other_fields_equal = false;
    most = std::max<uint64_t>(most, a.range[i] > b.range[i] ? a.range[i] - b.range[i] : b.range[i] - a.range[i]);
  }
  error.max_error_m = static_cast<double>(most) * a.tick_um * 1e-6;
  return error;
}

/// The records but for what planes hold of them.
bool same_records(const Capture& a, const Capture& b) {
  if (a.header != b.header || a.trailer != b.trailer || a.frames.size() != b.frames.size()) return false;
  for (size_t i = 0; i < a.frames.size(); ++i) {
    if (a.frames[i].records != b.frames[i].records || a.frames[i].bytes != b.frames[i].bytes ||
        a.frames[i].planes.size() != b.frames[i].planes.size())
      return false;
  }
  return true;
}

Result<ContentError> capture_error(const Capture& a, const Capture& b) {
  ContentError error;
  error.other_fields_equal = same_records(a, b);
  if (!error.other_fields_equal) return error;
  error.identical = true;
  for (size_t i = 0; i < a.frames.size(); ++i) {
    for (size_t plane = 0; plane < a.frames[i].planes.size(); ++plane) {
      DEW_ASSIGN(const ContentError one, scan_error(a.frames[i].planes[plane], b.frames[i].planes[plane]));
      error.max_error_m = std::max(error.max_error_m, one.max_error_m);
      error.other_fields_equal &= one.other_fields_equal;
      error.identical &= one.identical;
    }
  }
  return error;
}

void hash_cloud(const Cloud& cloud, Sha256& hash) {
  ByteWriter words;
  for (const uint64_t number : {cloud.points, uint64_t{cloud.width}, uint64_t{cloud.height}, uint64_t{cloud.fields.size()}})
    words.u64(number);
  hash.update(words.bytes());
  for (const Field& field : cloud.fields) {
    ByteWriter field_words;
    field_words.sized_bytes(as_bytes(field.name));
    field_words.u8(static_cast<uint8_t>(field.type));
    field_words.u32(field.count);
    hash.update(field_words.bytes());
    hash.update(field.data);
  }
  ByteWriter source;
  source.u8(static_cast<uint8_t>(cloud.source.format));
  source.u32(cloud.source.record_bytes);
  for (const uint32_t offset : cloud.source.field_offsets) source.u32(offset);
  source.sized_bytes(cloud.source.header);
  source.sized_bytes(cloud.source.trailer);
  hash.update(source.bytes());
}

}  // namespace

Sha256Digest content_hash(const Content& content) {
  Sha256 hash;
  if (const Cloud* cloud = std::get_if<Cloud>(&content)) {
    hash_cloud(*cloud, hash);
  } else {
    const Result<Bytes> file =
        std::holds_alternative<Scan>(content) ? write_lrf(std::get<Scan>(content)) : write_capture(std::get<Capture>(content));
    if (file.ok()) hash.update(*file);
  }
  return hash.finish();
}

Result<ContentError> content_error(const Content& original, const Content& decoded) {
  if (original.index() != decoded.index()) return Error{Code::invalid_argument, 0, "a cloud cannot be compared with a scan"};
  if (const Cloud* cloud = std::get_if<Cloud>(&original)) return cloud_error(*cloud, std::get<Cloud>(decoded));
  if (const Capture* capture = std::get_if<Capture>(&original)) return capture_error(*capture, std::get<Capture>(decoded));
  return scan_error(std::get<Scan>(original), std::get<Scan>(decoded));
}

}  // namespace dew
