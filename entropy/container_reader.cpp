// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "entropy/checked.h"
#include "entropy/container.h"
#include "entropy/container_layout.h"

namespace dew {

using namespace container_layout;

namespace {

/// A chunk header whose check16 is right, and that ends inside the file or beyond it.
struct ChunkHeader {
  uint64_t tag = 0;
  uint64_t payload_size = 0;
  uint64_t payload_offset = 0;
};

Result<ChunkHeader> read_chunk_header(ByteSpan file, uint64_t file_offset) {
  ByteReader reader(file.subspan(static_cast<size_t>(file_offset)), file_offset);
  ChunkHeader header;
  DEW_ASSIGN(header.tag, reader.varint());
  DEW_ASSIGN(header.payload_size, reader.varint());
  const uint16_t want = check16(file.subspan(static_cast<size_t>(file_offset), reader.position()));
  DEW_ASSIGN(const uint16_t check, reader.u16());
  header.payload_offset = reader.offset();
  const uint64_t type = header.tag >> 1;
  if (check != want || type == 0 || type > kLastChunkType) {
    return Error{Code::corrupt, file_offset, "damaged chunk header; what is left can be read with --salvage"};
  }
  return header;
}

/// Whether read_chunk_header would succeed, without an error's text: salvage asks this at every byte.
bool is_chunk_header(ByteSpan file, uint64_t file_offset) {
  const ByteSpan rest = file.subspan(static_cast<size_t>(file_offset));
  size_t size = 0;
  for (int varints = 0; varints < 2; ++size) {
    if (size + 1 + kCheckBytes > rest.size() || size > kLongestHeaderBytes) return false;
    if ((rest[size] & std::byte{0x80}) == std::byte{0}) ++varints;
  }
  const uint16_t want = check16(rest.first(size));
  return rest[size] == static_cast<std::byte>(want) && rest[size + 1] == static_cast<std::byte>(want >> 8) &&
         read_chunk_header(file, file_offset).ok();
}

/// Payload and checksum lie inside the file. Written so that no sum can overflow.
bool fits(const ChunkHeader& header, ByteSpan file) {
  const uint64_t left = file.size() - header.payload_offset;
  return left >= kChecksumBytes && header.payload_size <= left - kChecksumBytes;
}

Result<Chunk> read_payload(ByteSpan file, uint64_t file_offset, const ChunkHeader& header) {
  if (!fits(header, file)) {
    return Error{Code::truncated, file.size(), "the file ends inside a chunk of " + std::to_string(header.payload_size) + " bytes"};
  }
  const uint64_t checksum_offset = header.payload_offset + header.payload_size;
  ByteReader reader(file.subspan(static_cast<size_t>(checksum_offset)), checksum_offset);
  DEW_ASSIGN(const uint64_t stored, reader.u64());
  if (checksum(file.subspan(static_cast<size_t>(file_offset), static_cast<size_t>(checksum_offset - file_offset))) != stored) {
    return Error{Code::corrupt, file_offset, "wrong checksum of a chunk; what is left can be read with --salvage"};
  }
  Chunk chunk;
  chunk.type = static_cast<uint32_t>(header.tag >> 1);
  chunk.need = static_cast<Need>(header.tag & 1);
  chunk.payload = file.subspan(static_cast<size_t>(header.payload_offset), static_cast<size_t>(header.payload_size));
  chunk.file_offset = file_offset;
  chunk.payload_offset = header.payload_offset;
  chunk.file_size = reader.offset() - file_offset;
  return chunk;
}

Result<Kind> kind_of(uint64_t number, uint64_t offset) {
  if (number >= static_cast<uint64_t>(Kind::cloud) && number <= static_cast<uint64_t>(Kind::mesh)) return static_cast<Kind>(number);
  return Error{Code::unsupported_feature, offset, "unknown kind of file " + std::to_string(number) + "; a newer dew may read it"};
}

Result<Kind> read_file_header(ByteSpan file) {
  ByteReader reader(file);
  const size_t magic_size = std::min(file.size(), kMagic.size());
  if (!std::equal(kMagic.begin(), kMagic.begin() + static_cast<std::ptrdiff_t>(magic_size), file.begin())) {
    return Error{Code::corrupt, 0, "not a .dew file"};
  }
  DEW_TRY(reader.bytes(kMagic.size()));
  DEW_ASSIGN(const uint8_t version, reader.u8());
  DEW_ASSIGN(const uint8_t kind, reader.u8());
  DEW_ASSIGN(const uint16_t check, reader.u16());
  if (check != check16(file.first(kFileHeaderBytes - kCheckBytes))) return Error{Code::corrupt, 0, "damaged file header"};
  if (version != kVersion) {
    return Error{Code::unsupported_version, kMagic.size(), "format version " + std::to_string(version) + "; a newer dew may read it"};
  }
  return kind_of(kind, kMagic.size() + 1);
}

/// What the end chunk says.
struct End {
  Kind kind = Kind::cloud;
  std::optional<Sha256Digest> content_hash;
  std::vector<Chunk> index;  ///< without payloads and payload offsets
};

Result<End> read_end(const Chunk& chunk, Budget& budget) {
  if (chunk.need != kRequired || chunk.payload.size() < 1 + kEndSizeBytes)
    return Error{Code::corrupt, chunk.payload_offset, "the end chunk is not marked required or too short"};
  DEW_TRY(budget.take_memory(chunk.payload.size() / kSmallestIndexEntryBytes * sizeof(Chunk), chunk.payload_offset));
  ByteReader reader(chunk.payload, chunk.payload_offset);
  End end;
  DEW_ASSIGN(const uint8_t flags, reader.u8());
  DEW_ASSIGN(end.kind, kind_of(flags >> 1, chunk.payload_offset));
  if ((flags & 1) != 0) {
    DEW_ASSIGN(const ByteSpan hash, reader.bytes(std::tuple_size_v<Sha256Digest>));
    std::copy(hash.begin(), hash.end(), end.content_hash.emplace().begin());
  }
  uint64_t file_offset = kFileHeaderBytes;
  while (reader.remaining() > kEndSizeBytes) {
    Chunk entry;
    const uint64_t entry_offset = reader.offset();
    DEW_ASSIGN(const uint64_t tag, reader.varint());
    DEW_ASSIGN(entry.file_size, reader.varint());
    if (tag >> 1 == 0 || tag >> 1 > kLastChunkType || entry.file_size < kSmallestChunkBytes) {
      return Error{Code::corrupt, entry_offset, "impossible entry in the index"};
    }
    entry.type = static_cast<uint32_t>(tag >> 1);
    entry.need = static_cast<Need>(tag & 1);
    entry.file_offset = file_offset;
    entry.ordinal = end.index.size();
    DEW_ASSIGN(file_offset, checked_add(file_offset, entry.file_size, entry_offset));
    end.index.push_back(entry);
  }
  DEW_ASSIGN(const uint32_t end_size, reader.u32());
  if (end_size != chunk.file_size)
    return Error{Code::corrupt, reader.offset() - kEndSizeBytes, "the end chunk gives a wrong size of itself"};
  return end;
}

bool same_place(const Chunk& a, const Chunk& b) {
  return a.file_offset == b.file_offset && a.file_size == b.file_size && a.type == b.type && a.need == b.need;
}

}  // namespace

bool is_dew(ByteSpan file) { return file.size() >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), file.begin()); }

std::optional<Kind> stated_kind(ByteSpan file) {
  // Magic, version, kind.
  constexpr size_t kKindAt = kMagic.size() + 1;
  if (!is_dew(file) || file.size() <= kKindAt) return {};
  return static_cast<Kind>(file[kKindAt]);
}

const char* kind_name(Kind kind) {
  switch (kind) {
    case Kind::cloud: return "cloud";
    case Kind::capture: return "capture";
    case Kind::splats: return "splats";
    case Kind::mesh: return "mesh";
  }
  return "unknown";
}

Result<Chunk> read_chunk(ByteSpan file, uint64_t file_offset) {
  if (file_offset > file.size()) return Error{Code::truncated, file_offset, "the file ends before this chunk"};
  DEW_ASSIGN(const ChunkHeader header, read_chunk_header(file, file_offset));
  return read_payload(file, file_offset, header);
}

/// One pass over a file, strict or salvaging.
class ContainerWalk {
 public:
  ContainerWalk(ByteSpan file, const DecodeLimits& limits) : file_(file), budget_(limits) {}

  Result<ContainerReader> strict() {
    DEW_ASSIGN(container_.kind_, read_file_header(file_));
    DEW_TRY(budget_.take_work(file_.size(), 0));
    uint64_t at = kFileHeaderBytes;
    while (true) {
      if (at == file_.size()) return Error{Code::truncated, at, "the file ends without its end chunk"};
      DEW_ASSIGN(Chunk chunk, read_chunk(file_, at));
      at += chunk.file_size;
      if (chunk.type == kEndChunk) return finish_strict(chunk, at);
      chunk.ordinal = container_.chunks_.size();
      DEW_TRY(add(chunk));
    }
  }

  Result<ContainerReader> salvage() {
    const Result<Kind> kind = read_file_header(file_);
    if (!kind.ok() && (kind.error().code == Code::unsupported_version || kind.error().code == Code::unsupported_feature))
      return kind.error();
    DEW_TRY(budget_.take_work(file_.size(), 0));
    uint64_t at = kind.ok() ? kFileHeaderBytes : 0;
    while (at < file_.size()) {
      DEW_ASSIGN(const std::optional<Chunk> chunk, next_chunk(at));
      const uint64_t next = chunk ? chunk->file_offset : file_.size();
      if (next > at) container_.damaged_.push_back({at, next});
      at = next;
      if (!chunk) break;
      at += chunk->file_size;
      DEW_TRY(take_salvaged(*chunk));
    }
    if (!end_ && (container_.damaged_.empty() || container_.damaged_.back().end != file_.size())) {
      container_.damaged_.push_back({file_.size(), file_.size()});
    }
    if (!kind.ok() && !end_) return kind.error();
    container_.kind_ = kind.ok() ? *kind : end_->kind;
    number_chunks();
    return std::move(container_);
  }

 private:
  Status add(const Chunk& chunk) {
    DEW_TRY(budget_.take_elements(1, chunk.file_offset));
    DEW_TRY(budget_.take_memory(sizeof(Chunk), chunk.file_offset));
    container_.chunks_.push_back(chunk);
    return {};
  }

  Result<ContainerReader> finish_strict(const Chunk& chunk, uint64_t end_offset) {
    DEW_ASSIGN(const End end, read_end(chunk, budget_));
    if (end.kind != container_.kind_) return Error{Code::corrupt, chunk.payload_offset, "file header and end chunk name different kinds"};
    if (!std::equal(end.index.begin(), end.index.end(), container_.chunks_.begin(), container_.chunks_.end(), same_place)) {
      return Error{Code::corrupt, chunk.payload_offset, "the index does not match the chunks"};
    }
    if (end_offset != file_.size()) return Error{Code::corrupt, end_offset, "bytes after the end chunk"};
    container_.content_hash_ = end.content_hash;
    return std::move(container_);
  }

  Status take_salvaged(const Chunk& chunk) {
    if (chunk.type != kEndChunk) return add(chunk);
    Result<End> end = read_end(chunk, budget_);
    if (end.ok() && !end_) {
      container_.content_hash_ = end->content_hash;
      end_ = *std::move(end);
      return {};
    }
    if (!end.ok() && (end.error().code == Code::out_of_memory || end.error().code == Code::limit_exceeded)) return end.error();
    container_.damaged_.push_back({chunk.file_offset, chunk.file_offset + chunk.file_size});
    return {};
  }

  /// The chunk at `at`, if there is a whole one. Each checksum is charged as work, because a hostile file may hold a header that fits at
  /// every second byte. `*end` becomes where a chunk with a good header ends, whole or not.
  Result<std::optional<Chunk>> try_chunk(uint64_t at, uint64_t* end) {
    if (!is_chunk_header(file_, at)) return std::optional<Chunk>();
    DEW_ASSIGN(const ChunkHeader header, read_chunk_header(file_, at));
    if (!fits(header, file_)) return std::optional<Chunk>();
    DEW_TRY(budget_.take_work(header.payload_size, at));
    *end = header.payload_offset + header.payload_size + kChecksumBytes;
    const Result<Chunk> chunk = read_payload(file_, at, header);
    return chunk.ok() ? std::optional<Chunk>(*chunk) : std::nullopt;
  }

  /// The first whole chunk at or after `from`. A damaged payload under a good header is stepped over as one if a chunk or the file's end
  /// follows, lest something inside it be taken for a chunk.
  Result<std::optional<Chunk>> next_chunk(uint64_t from) {
    uint64_t end = 0, end_after = 0;
    DEW_ASSIGN(std::optional<Chunk> chunk, try_chunk(from, &end));
    if (!chunk && end == file_.size()) return chunk;
    if (!chunk && end > 0) {
      DEW_ASSIGN(chunk, try_chunk(end, &end_after));
    }
    for (uint64_t at = from + 1; !chunk && at < file_.size(); ++at) {
      DEW_ASSIGN(chunk, try_chunk(at, &end));
    }
    return chunk;
  }

  /// Ordinals: by the index where it survived, else by counting up to the first damage. Where the index disagrees and nothing else is
  /// wrong (someone cut a chunk out), that is told as an empty range.
  void number_chunks() {
    uint64_t matched = 0;
    const uint64_t whole_to = container_.damaged_.empty() ? file_.size() : container_.damaged_.front().begin;
    for (Chunk& chunk : container_.chunks_) {
      if (!end_) {
        if (chunk.file_offset < whole_to) chunk.ordinal = matched++;
        continue;
      }
      const auto before = [](const Chunk& entry, uint64_t offset) { return entry.file_offset < offset; };
      const auto entry = std::lower_bound(end_->index.begin(), end_->index.end(), chunk.file_offset, before);
      if (entry == end_->index.end() || !same_place(*entry, chunk)) continue;
      chunk.ordinal = entry->ordinal;
      ++matched;
    }
    const bool agrees = !end_ || (matched == end_->index.size() && matched == container_.chunks_.size() && end_->kind == container_.kind_);
    if (!agrees && container_.damaged_.empty()) container_.damaged_.push_back({file_.size(), file_.size()});
  }

  ByteSpan file_;
  Budget budget_;
  ContainerReader container_;
  std::optional<End> end_;
};

Result<ContainerReader> ContainerReader::open(ByteSpan file, const DecodeLimits& limits, Damage damage) {
  if (file.size() > limits.input_bytes) {
    return Error{Code::limit_exceeded, 0,
                 "the file has " + std::to_string(file.size()) + " bytes, more than the limit of " + std::to_string(limits.input_bytes)};
  }
  ContainerWalk walk(file, limits);
  return damage == Damage::refuse ? walk.strict() : walk.salvage();
}

const Chunk* ContainerReader::find(uint32_t type) const {
  const auto found = std::find_if(chunks_.begin(), chunks_.end(), [&](const Chunk& chunk) { return chunk.type == type; });
  return found == chunks_.end() ? nullptr : &*found;
}

Status ContainerReader::refuse_unknown(std::initializer_list<uint32_t> known_types) const {
  for (const Chunk& chunk : chunks_) {
    const bool common = chunk.type == kMetadataChunk || chunk.type == kNetworkChunk;
    if (chunk.need == kOptional || common || std::find(known_types.begin(), known_types.end(), chunk.type) != known_types.end()) continue;
    return Error{Code::unsupported_feature, chunk.file_offset,
                 "the file needs chunk type " + std::to_string(chunk.type) + ", which this version does not know; a newer dew may read it"};
  }
  return {};
}

Result<std::vector<Chunk>> read_index(ByteSpan file, const DecodeLimits& limits) {
  DEW_TRY(read_file_header(file));
  constexpr size_t kTailBytes = kEndSizeBytes + kChecksumBytes;
  if (file.size() < kFileHeaderBytes + kTailBytes) return Error{Code::truncated, file.size(), "the file ends without its end chunk"};
  ByteReader tail(file.last(kTailBytes), file.size() - kTailBytes);
  DEW_ASSIGN(const uint32_t end_size, tail.u32());
  if (end_size > file.size() - kFileHeaderBytes) {
    return Error{Code::corrupt, file.size() - kTailBytes, "no index at the end of the file; it can be read from its start"};
  }
  DEW_ASSIGN(const Chunk chunk, read_chunk(file, file.size() - end_size));
  if (chunk.type != kEndChunk)
    return Error{Code::corrupt, chunk.file_offset, "no index at the end of the file; it can be read from its start"};
  Budget budget(limits);
  DEW_ASSIGN(End end, read_end(chunk, budget));
  const uint64_t indexed_to = end.index.empty() ? kFileHeaderBytes : end.index.back().file_offset + end.index.back().file_size;
  if (indexed_to != chunk.file_offset) return Error{Code::corrupt, chunk.payload_offset, "the index does not match the file's size"};
  return std::move(end.index);
}

}  // namespace dew
