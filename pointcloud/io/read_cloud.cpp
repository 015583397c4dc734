// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/io/read_cloud.h"

#include "pointcloud/io/las.h"
#include "pointcloud/io/lrf.h"
#include "pointcloud/io/pcd.h"
#include "pointcloud/io/ply.h"
#include "pointcloud/io/records.h"

namespace dew {
namespace {

bool begins_with(ByteSpan bytes, std::string_view magic) { return as_text(bytes).starts_with(magic); }

bool is_some_pcap(ByteSpan bytes) {
  using namespace std::string_view_literals;
  return begins_with(bytes, "\xd4\xc3\xb2\xa1"sv) || begins_with(bytes, "\xa1\xb2\xc3\xd4"sv) || begins_with(bytes, "\x4d\x3c\xb2\xa1"sv) ||
         begins_with(bytes, "\xa1\xb2\x3c\x4d"sv) || begins_with(bytes, "\x0a\x0d\x0d\x0a"sv);
}

Result<Input> read_any_records(ByteSpan bytes, const ReadOptions& options, const DecodeLimits& limits) {
  Input input;
  RecordLayout layout;
  if (options.fields.empty()) {
    DEW_TRY(check_input_size(bytes, limits));
    DEW_ASSIGN(layout, recognise_records(bytes));
    input.note = layout.reason;
  } else {
    DEW_ASSIGN(layout.fields, parse_fields(options.fields));
  }
  DEW_ASSIGN(input.content, read_records(bytes, layout.fields, limits));
  return input;
}

template <class T>
Result<Input> wrap(Result<T> content) {
  if (!content.ok()) return content.error();
  return Input{*std::move(content), {}};
}

}  // namespace

FileKind detect_file_kind(ByteSpan bytes) {
  if (is_pcd(bytes)) return FileKind::pcd;
  if (is_ply(bytes)) return FileKind::ply;
  if (is_lrf(bytes)) return FileKind::lrf;
  if (is_some_pcap(bytes)) return FileKind::pcap;
  if (is_las(bytes)) return FileKind::las;
  return FileKind::records;
}

Result<Input> read_cloud(ByteSpan bytes, const ReadOptions& options, const DecodeLimits& limits) {
  if (!options.fields.empty()) return read_any_records(bytes, options, limits);
  switch (detect_file_kind(bytes)) {
    case FileKind::pcd: return wrap(read_pcd(bytes, limits));
    case FileKind::ply: return wrap(read_ply(bytes, limits));
    case FileKind::lrf: return wrap(read_lrf(bytes, limits));
    case FileKind::pcap:
      if (begins_with(bytes, "\x0a\x0d\x0d\x0a"))
        return Error{Code::unsupported_feature, 0, "pcapng is not read; convert to pcap (editcap -F pcap)"};
      return wrap(read_capture(bytes, {}, limits));
    case FileKind::las: return wrap(read_las(bytes, limits));
    case FileKind::records: break;
  }
  return read_any_records(bytes, options, limits);
}

}  // namespace dew
