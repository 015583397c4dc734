// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/zip.h"

#include <algorithm>
#include <array>

#include "gaussians/io/deflate.h"

namespace dew {
namespace {

constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr uint32_t kDirectorySignature = 0x02014b50;
constexpr uint32_t kEndSignature = 0x06054b50;
constexpr size_t kEndBytes = 22;
constexpr size_t kLocalBytes = 30;
constexpr uint16_t kVersion = 20;
constexpr uint16_t kUtf8Names = 1u << 11;
constexpr uint16_t kFirstDay = 0x21;  // 1 January 1980; files carry no time of their own
constexpr size_t kMaxEntries = 4096;

constexpr std::array<uint32_t, 256> crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0u);
    table[i] = crc;
  }
  return table;
}

/// Where the record at the end of the archive begins: the last place with its signature whose comment reaches the end of the file.
Result<size_t> find_end(ByteSpan bytes) {
  if (bytes.size() < kEndBytes) return Error{Code::truncated, bytes.size(), "a zip archive without its directory"};
  const size_t lowest = bytes.size() - std::min<size_t>(bytes.size(), kEndBytes + 0xffff);
  for (size_t at = bytes.size() - kEndBytes + 1; at-- > lowest;) {
    ByteReader reader(bytes.subspan(at), at);
    DEW_ASSIGN(const uint32_t signature, reader.u32());
    if (signature != kEndSignature) continue;
    DEW_TRY(reader.bytes(kEndBytes - 6));
    DEW_ASSIGN(const uint16_t comment, reader.u16());
    if (reader.remaining() == comment) return at;
  }
  return Error{Code::truncated, bytes.size(), "a zip archive without its directory"};
}

Result<ZipEntry> read_entry(ByteReader& reader) {
  ZipEntry entry;
  const uint64_t at = reader.offset();
  DEW_ASSIGN(const uint32_t signature, reader.u32());
  if (signature != kDirectorySignature) return Error{Code::corrupt, at, "the zip directory is damaged"};
  DEW_TRY(reader.u32());  // versions
  DEW_ASSIGN(const uint16_t flags, reader.u16());
  if (flags & 1) return Error{Code::unsupported_feature, at, "an encrypted zip entry"};
  DEW_ASSIGN(entry.method, reader.u16());
  DEW_TRY(reader.u32());  // time
  DEW_ASSIGN(entry.checksum, reader.u32());
  DEW_ASSIGN(entry.packed_bytes, reader.u32());
  DEW_ASSIGN(entry.size_bytes, reader.u32());
  DEW_ASSIGN(const uint16_t name_bytes, reader.u16());
  DEW_ASSIGN(const uint16_t extra_bytes, reader.u16());
  DEW_ASSIGN(const uint16_t comment_bytes, reader.u16());
  DEW_TRY(reader.u64());  // disk and attributes
  DEW_ASSIGN(entry.header_offset, reader.u32());
  DEW_ASSIGN(const ByteSpan name, reader.bytes(name_bytes));
  entry.name = as_text(name);
  DEW_TRY(reader.bytes(extra_bytes + uint32_t{comment_bytes}));
  return entry;
}

void write_common(ByteWriter& writer, const ZipEntry& entry) {
  writer.u16(kVersion);
  writer.u16(kUtf8Names);
  writer.u16(entry.method);
  writer.u16(0);
  writer.u16(kFirstDay);
  writer.u32(entry.checksum);
  writer.u32(entry.packed_bytes);
  writer.u32(entry.size_bytes);
  writer.u16(static_cast<uint16_t>(entry.name.size()));
  writer.u16(0);
}

}  // namespace

uint32_t crc32_of(ByteSpan bytes) {
  static constexpr std::array<uint32_t, 256> kTable = crc_table();
  uint32_t crc = 0xffffffff;
  for (const std::byte byte : bytes) crc = (crc >> 8) ^ kTable[(crc ^ std::to_integer<uint32_t>(byte)) & 0xff];
  return ~crc;
}

const ZipEntry* ZipDirectory::find(std::string_view name) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const ZipEntry& entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

bool is_zip(ByteSpan bytes) {
  const Result<uint32_t> signature = ByteReader(bytes).u32();
  return signature.ok() && *signature == kLocalSignature;
}

Result<ZipDirectory> read_zip_directory(ByteSpan bytes) {
  DEW_ASSIGN(const size_t end, find_end(bytes));
  ByteReader reader(bytes.subspan(end), end);
  DEW_TRY(reader.u64());  // signature, disks
  DEW_TRY(reader.u16());
  DEW_ASSIGN(const uint16_t count, reader.u16());
  DEW_ASSIGN(const uint32_t size, reader.u32());
  DEW_ASSIGN(const uint32_t start, reader.u32());
  if (count == 0xffff || start == 0xffffffff) return Error{Code::unsupported_feature, end, "a zip64 archive"};
  if (count > kMaxEntries) return Error{Code::unsupported_feature, end, "a zip archive with more than 4096 entries"};
  if (start > end || size > end - start) return Error{Code::corrupt, end, "the zip directory lies outside the file"};
  ZipDirectory directory;
  ByteReader entries(bytes.subspan(start, size), start);
  for (uint16_t i = 0; i < count; ++i) {
    DEW_ASSIGN(ZipEntry entry, read_entry(entries));
    directory.entries.push_back(std::move(entry));
  }
  return directory;
}

Result<Bytes> read_zip_entry(ByteSpan bytes, const ZipEntry& entry, Budget& budget) {
  const uint64_t at = entry.header_offset;
  if (at > bytes.size()) return Error{Code::corrupt, at, "zip entry " + entry.name + " lies outside the file"};
  ByteReader reader(bytes.subspan(static_cast<size_t>(at)), at);
  DEW_ASSIGN(const uint32_t signature, reader.u32());
  if (signature != kLocalSignature) return Error{Code::corrupt, at, "zip entry " + entry.name + " has no header"};
  DEW_TRY(reader.bytes(kLocalBytes - 8));
  ByteReader lengths(bytes.subspan(static_cast<size_t>(at) + kLocalBytes - 4), at + kLocalBytes - 4);
  DEW_ASSIGN(const uint16_t name_bytes, lengths.u16());
  DEW_ASSIGN(const uint16_t extra_bytes, lengths.u16());
  DEW_TRY(lengths.bytes(name_bytes + uint32_t{extra_bytes}));
  const uint64_t offset = lengths.offset();
  DEW_ASSIGN(const ByteSpan packed, lengths.bytes(entry.packed_bytes));
  // Deflate reaches 1032 to 1 at most.
  if (entry.size_bytes / 1040 > entry.packed_bytes) return Error{Code::corrupt, at, "zip entry " + entry.name + " claims too many bytes"};
  DEW_TRY(budget.take_memory(entry.size_bytes, at));
  Bytes out;
  if (entry.method == 0) {
    if (entry.size_bytes != entry.packed_bytes) return Error{Code::corrupt, at, "a stored zip entry with two sizes"};
    out.assign(packed.begin(), packed.end());
  } else if (entry.method == 8) {
    DEW_ASSIGN(out, inflate_exactly(packed, Wrapper::none, entry.size_bytes, offset));
  } else {
    return Error{Code::unsupported_feature, at, "zip entry " + entry.name + " is packed by method " + std::to_string(entry.method)};
  }
  if (crc32_of(out) != entry.checksum) return Error{Code::corrupt, offset, "zip entry " + entry.name + " has a wrong checksum"};
  return out;
}

Result<Bytes> write_stored_zip(const std::vector<NamedBytes>& files) {
  ByteWriter body, directory;
  for (const NamedBytes& file : files) {
    if (file.bytes.size() >= 0xffffffff - body.size()) return Error{Code::invalid_argument, 0, "a zip archive of 4 GiB and more"};
    ZipEntry entry{file.name, 0, crc32_of(file.bytes), 0, 0, static_cast<uint32_t>(body.size())};
    entry.packed_bytes = entry.size_bytes = static_cast<uint32_t>(file.bytes.size());
    body.u32(kLocalSignature);
    write_common(body, entry);
    body.bytes(as_bytes(entry.name));
    body.bytes(file.bytes);
    directory.u32(kDirectorySignature);
    directory.u16(kVersion);
    write_common(directory, entry);
    directory.u16(0);  // comment
    directory.u16(0);  // disk
    directory.u16(0);
    directory.u32(0);  // attributes
    directory.u32(entry.header_offset);
    directory.bytes(as_bytes(entry.name));
  }
  if (body.size() + directory.size() >= 0xffffffff - kEndBytes) return Error{Code::invalid_argument, 0, "a zip archive of 4 GiB and more"};
  const auto start = static_cast<uint32_t>(body.size());
  body.bytes(directory.bytes());
  body.u32(kEndSignature);
  body.u32(0);
  body.u16(static_cast<uint16_t>(files.size()));
  body.u16(static_cast<uint16_t>(files.size()));
  body.u32(static_cast<uint32_t>(directory.size()));
  body.u32(start);
  body.u16(0);
  return body.take();
}

}  // namespace dew
