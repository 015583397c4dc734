// SPDX-License-Identifier: Apache-2.0
/// Zip archives in memory: stored and deflated entries, no encryption, no zip64.
///
///   DEW_ASSIGN(const ZipDirectory zip, read_zip_directory(bytes));
///   DEW_ASSIGN(const Bytes meta, read_zip_entry(bytes, *zip.find("meta.json"), budget));
///   const Bytes archive = write_stored_zip({{"meta.json", meta}});
///
/// Source: PKWARE, ".ZIP File Format Specification" (APPNOTE), sections 4.3 and 4.4.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "entropy/named_bytes.h"

namespace dew {

struct ZipEntry {
  std::string name;
  uint16_t method = 0;  ///< 0 stored, 8 deflated
  uint32_t checksum = 0;
  uint32_t packed_bytes = 0;
  uint32_t size_bytes = 0;
  uint32_t header_offset = 0;
};

struct ZipDirectory {
  std::vector<ZipEntry> entries;
  const ZipEntry* find(std::string_view name) const;
};

/// True where the bytes begin as an archive with entries does.
bool is_zip(ByteSpan bytes);

/// Reads the directory at the end; at most 4096 entries. Errors: truncated, corrupt, unsupported_feature.
Result<ZipDirectory> read_zip_directory(ByteSpan bytes);

/// One entry, with its checksum compared. Errors: as above, out_of_memory; unsupported_feature where dew was built without zlib.
Result<Bytes> read_zip_entry(ByteSpan bytes, const ZipEntry& entry, Budget& budget);

/// An archive of stored entries; what is in them is packed already. Errors: invalid_argument beyond 4 GiB.
Result<Bytes> write_stored_zip(const std::vector<NamedBytes>& files);

/// CRC-32 as zip and gzip have it.
uint32_t crc32_of(ByteSpan bytes);

}  // namespace dew
