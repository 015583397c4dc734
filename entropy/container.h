// SPDX-License-Identifier: Apache-2.0
/// The .dew file: a kind, then chunks that each carry a type and a checksum, then an index. What is in the chunks is the codecs' business.
///
///   ContainerWriter writer(Kind::cloud);
///   DEW_TRY(writer.append(kCloudSlice, kRequired, payload));
///   DEW_TRY(writer.finish(sha256(content)));                     Bytes file = writer.take();
///   DEW_ASSIGN(const ContainerReader container, ContainerReader::open(file, limits));
///   for (const Chunk& chunk : container.chunks()) decode(chunk.payload);
///
/// The bytes are described in entropy/FORMAT.md. Overhead: 24 bytes a file, 32 more with a content hash, and 14 to 18 a chunk
/// (16 at 1,200 bytes), its entry in the index included.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "entropy/result.h"
#include "entropy/sha256.h"

namespace dew {

/// What a file holds. Stored in files; never renumber.
enum class Kind : uint8_t {
  cloud = 1,    ///< one LiDAR frame or point cloud
  capture = 2,  ///< a sequence of scans: packets or frames
  splats = 3,   ///< Gaussian splats
  mesh = 4,     ///< a triangle mesh
};
/// "cloud", "capture", ...
const char* kind_name(Kind kind);

/// What the first bytes of a file say that it holds; nothing is checked. Empty where they are not those of a .dew file.
std::optional<Kind> stated_kind(ByteSpan file);
/// Whether `file` begins as a .dew file does, of any version and kind.
bool is_dew(ByteSpan file);

/// Types that mean the same in every kind of file. Stored in files; never renumber. Types from kFirstKindChunk on belong to the kinds;
/// below 64 a type costs one byte.
inline constexpr uint32_t kEndChunk = 1;       ///< index and content hash; written by ContainerWriter, never listed by ContainerReader
inline constexpr uint32_t kMetadataChunk = 2;  ///< entropy/metadata.h
inline constexpr uint32_t kNetworkChunk = 4;   ///< one whole .inet file, embedded
inline constexpr uint32_t kFirstKindChunk = 16;
inline constexpr uint32_t kLastChunkType = 0x7fffffff;

/// What a reader does with a type that it does not know: skip the chunk, or answer unsupported_feature.
enum Need : bool { kOptional = false, kRequired = true };

/// One chunk of a file. Does not own its payload.
struct Chunk {
  uint32_t type = 0;
  Need need = kOptional;
  ByteSpan payload;
  uint64_t file_offset = 0;     ///< of the chunk's first byte
  uint64_t payload_offset = 0;  ///< of payload's first byte: the base offset for a ByteReader on it
  uint64_t file_size = 0;       ///< header, payload and checksum
  /// Its place among the chunks as they were written, from 0. Unknown in a salvaged file after damage, if the index is lost too.
  std::optional<uint64_t> ordinal;
};

/// A part of a file, [begin, end).
struct ByteRange {
  uint64_t begin = 0;
  uint64_t end = 0;
  bool operator==(const ByteRange&) const = default;
};

/// What open does about damage: the first is an error, or it costs the chunks that it hit and nothing else.
enum class Damage { refuse, salvage };

/// The chunks of a file in memory (or mapped). Views `file`, which must outlive it. const methods may be called from many threads.
class ContainerReader {
 public:
  /// Checks every byte of `file`. Charged to limits: elements and memory a chunk, work a byte hashed.
  /// With Damage::refuse: truncated, corrupt, unsupported_version, unsupported_feature (kind), limit_exceeded, out_of_memory.
  /// With Damage::salvage: whole chunks are listed, and what lies between them as damaged(). Errors: limit_exceeded, out_of_memory, and
  /// unsupported_version, unsupported_feature or corrupt where the kind of file can't be told. A payload that holds whole chunks itself
  /// may show them as chunks of the file once its own header is lost.
  /// Cost: the speed of XXH3, above 10 GB/s; where salvage searches, some 10 ns a byte more.
  static Result<ContainerReader> open(ByteSpan file, const DecodeLimits& limits, Damage damage = Damage::refuse);

  Kind kind() const { return kind_; }
  /// In file order, without the end chunk.
  const std::vector<Chunk>& chunks() const { return chunks_; }
  /// SHA-256 of the decoded content, as the codec of this kind defines it.
  const std::optional<Sha256Digest>& content_hash() const { return content_hash_; }
  /// Ascending, not touching one another; empty unless salvaged. A missing end of the file is an empty range at the file's end.
  const std::vector<ByteRange>& damaged() const { return damaged_; }
  /// The first chunk of a type, or nullptr.
  const Chunk* find(uint32_t type) const;
  /// unsupported_feature if a required chunk has a type that is neither listed here nor below kFirstKindChunk and known to this header.
  Status refuse_unknown(std::initializer_list<uint32_t> known_types) const;

 private:
  friend class ContainerWalk;
  Kind kind_ = Kind::cloud;
  std::vector<Chunk> chunks_;
  std::optional<Sha256Digest> content_hash_;
  std::vector<ByteRange> damaged_;
};

/// For files too large to read whole: where the chunks lie, from the end of the file alone. Touches only the end chunk of `file`.
/// Each answer has type, need, file_offset, file_size and ordinal; payloads are for read_chunk. Errors as ContainerReader::open.
Result<std::vector<Chunk>> read_index(ByteSpan file, const DecodeLimits& limits);

/// Reads and checks the one chunk that begins at `file_offset`; touches no other byte.
/// Errors: truncated, corrupt.
Result<Chunk> read_chunk(ByteSpan file, uint64_t file_offset);

/// Takes the next bytes of a file; an error ends the writing.
using ByteSink = std::function<Status(ByteSpan)>;

/// Writes one file, chunk by chunk. Memory: the bytes not yet taken (with a sink: none), and 16 bytes a chunk. Not thread safe.
class ContainerWriter {
 public:
  explicit ContainerWriter(Kind kind);
  /// Gives each part to `sink` as soon as it is whole.
  ContainerWriter(Kind kind, ByteSink sink);

  /// Errors: invalid_argument for kEndChunk, 0 or a type above kLastChunkType, or after finish; those of the sink.
  Status append(uint32_t type, Need need, ByteSpan payload);
  /// Writes the end chunk. Errors: invalid_argument if called twice; limit_exceeded above 4 GiB of index; those of the sink.
  Status finish(const std::optional<Sha256Digest>& content_hash = std::nullopt);
  /// All bytes since the last take (with a sink: nothing).
  Bytes take() { return written_.take(); }
  uint64_t size_bytes() const { return size_bytes_; }

 private:
  struct Entry {
    uint64_t tag;
    uint64_t file_size;
  };
  Status put(ByteSpan bytes);
  Status put_chunk(uint64_t tag, ByteSpan payload);

  Kind kind_;
  ByteSink sink_;
  ByteWriter written_;
  uint64_t size_bytes_ = 0;
  std::vector<Entry> entries_;
  bool started_ = false;
  bool finished_ = false;
};

}  // namespace dew
