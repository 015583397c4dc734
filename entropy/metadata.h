// SPDX-License-Identifier: Apache-2.0
/// What a file says about its content in words: the payload of a kMetadataChunk.
///
///   Metadata metadata = {{metadata_key::kUnits, "metre"}, {metadata_key::kSensor, "HDL-64E"}, {"weather", "rain"}};
///   DEW_TRY(writer.append(kMetadataChunk, kOptional, write_metadata(metadata)));
///   DEW_ASSIGN(const Metadata back, read_metadata(chunk.payload, chunk.payload_offset, limits));
///
/// Metadata never changes how a codec decodes.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "entropy/result.h"

namespace dew {

/// Key and value, both UTF-8 by convention. Any key may be used; those below mean the same in every file.
using Metadata = std::map<std::string, std::string, std::less<>>;

namespace metadata_key {
inline constexpr const char* kUnits = "units";        ///< unit of lengths: "metre" if absent
inline constexpr const char* kFrame = "frame";        ///< coordinate frame: its name, or an EPSG code as "EPSG:25832"
inline constexpr const char* kSensor = "sensor";      ///< maker and model
inline constexpr const char* kTime = "time";          ///< start of the content, ISO 8601 in UTC
inline constexpr const char* kProducer = "producer";  ///< program and version that wrote the file
}  // namespace metadata_key

/// Pairs in ascending byte order of keys: {varint size, key, varint size, value}.
Bytes write_metadata(const Metadata& metadata);
/// `offset` of the payload in the file, for errors. Charges elements and memory. Errors: truncated, corrupt (order, bytes left over),
/// limit_exceeded, out_of_memory.
Result<Metadata> read_metadata(ByteSpan payload, uint64_t offset, const DecodeLimits& limits);

}  // namespace dew
