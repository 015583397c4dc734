// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/deflate.h"

#include <algorithm>
#include <span>
#include <string>

#ifdef DEW_HAS_ZLIB
#include <zlib.h>
#endif
#ifdef DEW_HAS_ZSTD
#include <zstd.h>
#endif

namespace dew {
namespace {

[[maybe_unused]] Error not_built_with(const char* library) {
  return {Code::unsupported_feature, 0, std::string("this dew was built without ") + library};
}

}  // namespace

bool has_deflate() {
#ifdef DEW_HAS_ZLIB
  return true;
#else
  return false;
#endif
}

bool has_zstd() {
#ifdef DEW_HAS_ZSTD
  return true;
#else
  return false;
#endif
}

#ifdef DEW_HAS_ZLIB
namespace {

int window_bits(Wrapper wrapper) { return wrapper == Wrapper::gzip ? 16 + MAX_WBITS : -MAX_WBITS; }

/// zlib counts in 32 bits: input and output are handed over in parts.
constexpr size_t kPart = size_t{1} << 30;

/// An inflate or deflate stream between two spans.
class Stream {
 public:
  Stream(ByteSpan in, std::span<std::byte> out) : in_(in), out_(out) {}
  z_stream state{};

  /// Calls `step` until it is done, fails, or neither input nor output is left. Returns its last answer.
  template <class Step>
  int run(Step step) {
    int answer = Z_OK;
    while (answer == Z_OK) {
      const size_t in_part = std::min(in_.size(), kPart), out_part = std::min(out_.size(), kPart);
      state.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in_.data()));
      state.avail_in = static_cast<uInt>(in_part);
      state.next_out = reinterpret_cast<Bytef*>(out_.data());
      state.avail_out = static_cast<uInt>(out_part);
      answer = step(&state, in_part == in_.size());
      in_ = in_.subspan(in_part - state.avail_in);
      out_ = out_.subspan(out_part - state.avail_out);
      if (answer == Z_OK && out_.empty()) break;
    }
    return answer;
  }
  size_t in_left() const { return in_.size(); }
  size_t out_left() const { return out_.size(); }

 private:
  ByteSpan in_;
  std::span<std::byte> out_;
};

struct Inflated {
  int answer = Z_OK;
  size_t in_left = 0, out_left = 0;
};

Inflated inflate_into(ByteSpan packed, Wrapper wrapper, std::span<std::byte> out) {
  Stream stream(packed, out);
  if (inflateInit2(&stream.state, window_bits(wrapper)) != Z_OK) return {Z_MEM_ERROR, packed.size(), out.size()};
  const int answer = stream.run([](z_stream* state, bool) { return inflate(state, Z_NO_FLUSH); });
  inflateEnd(&stream.state);
  return {answer, stream.in_left(), stream.out_left()};
}

Error inflate_error(const Inflated& inflated, ByteSpan packed, uint64_t offset) {
  if (inflated.answer == Z_MEM_ERROR) return {Code::out_of_memory, offset, "zlib has no memory"};
  if (inflated.answer == Z_BUF_ERROR) return {Code::truncated, offset + packed.size(), "the deflate stream has no end"};
  if (inflated.answer == Z_OK || inflated.answer == Z_STREAM_END) {
    return {Code::corrupt, offset, "the deflate stream does not have the size that its header says"};
  }
  return {Code::corrupt, offset + packed.size() - inflated.in_left, "the deflate stream is damaged"};
}

}  // namespace

Result<Bytes> inflate_begin(ByteSpan packed, Wrapper wrapper, size_t size, uint64_t offset) {
  Bytes out(size);
  const Inflated inflated = inflate_into(packed, wrapper, out);
  if (inflated.out_left > 0) return inflate_error(inflated, packed, offset);
  return out;
}

Result<Bytes> inflate_exactly(ByteSpan packed, Wrapper wrapper, size_t size, uint64_t offset) {
  Bytes out(size + 1);  // a stream that fills the last byte is too long
  const Inflated inflated = inflate_into(packed, wrapper, out);
  if (inflated.answer != Z_STREAM_END || inflated.out_left != 1) return inflate_error(inflated, packed, offset);
  out.resize(size);
  return out;
}

Result<Bytes> deflate_all(ByteSpan bytes, Wrapper wrapper) {
  z_stream state{};
  const auto start = [&](z_stream* stream) {
    return deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits(wrapper), 9, Z_DEFAULT_STRATEGY);
  };
  if (start(&state) != Z_OK) return Error{Code::out_of_memory, 0, "zlib has no memory"};
  const size_t bound = deflateBound(&state, static_cast<uLong>(bytes.size()));
  deflateEnd(&state);
  Bytes out(bound);
  Stream stream(bytes, out);
  if (start(&stream.state) != Z_OK) return Error{Code::out_of_memory, 0, "zlib has no memory"};
  const int answer = stream.run([](z_stream* s, bool last) { return deflate(s, last ? Z_FINISH : Z_NO_FLUSH); });
  deflateEnd(&stream.state);
  if (answer != Z_STREAM_END) return Error{Code::internal, 0, "zlib did not finish"};
  out.resize(out.size() - stream.out_left());
  return out;
}
#else
Result<Bytes> inflate_begin(ByteSpan, Wrapper, size_t, uint64_t) { return not_built_with("zlib"); }
Result<Bytes> inflate_exactly(ByteSpan, Wrapper, size_t, uint64_t) { return not_built_with("zlib"); }
Result<Bytes> deflate_all(ByteSpan, Wrapper) { return not_built_with("zlib"); }
#endif

#ifdef DEW_HAS_ZSTD
Result<Bytes> zstd_decompress_exactly(ByteSpan packed, size_t size, uint64_t offset) {
  Bytes out(size);
  const size_t written = ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size());
  if (ZSTD_isError(written)) return Error{Code::corrupt, offset, std::string("a zstd stream is damaged: ") + ZSTD_getErrorName(written)};
  if (written != size) return Error{Code::corrupt, offset, "a zstd stream is shorter than its header says"};
  return out;
}

Result<Bytes> zstd_compress_all(ByteSpan bytes) {
  constexpr int kLevel = 12;
  Bytes out(ZSTD_compressBound(bytes.size()));
  const size_t written = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), kLevel);
  if (ZSTD_isError(written)) return Error{Code::internal, 0, std::string("zstd: ") + ZSTD_getErrorName(written)};
  out.resize(written);
  return out;
}
#else
Result<Bytes> zstd_decompress_exactly(ByteSpan, size_t, uint64_t) { return not_built_with("zstd"); }
Result<Bytes> zstd_compress_all(ByteSpan) { return not_built_with("zstd"); }
#endif

}  // namespace dew
