// SPDX-License-Identifier: Apache-2.0
// dew-splat-planes: what a general compressor needs to do its best on a splat scene, for `dew bench --peers`.
//   dew-splat-planes encode IN.ply OUT     splats in Morton order; each property's first bytes, then its second ones, ...; normals left out
//   dew-splat-planes decode IN OUT.ply
// Every bit of the 3DGS properties comes back; the order of the splats does not.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <numeric>
#include <string>

#include "entropy/bytes.h"
#include "gaussians/io/read_splats.h"
#include "gaussians/io/write_splats.h"

namespace dew::bench {
namespace {

Result<Bytes> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.good() && !file.eof()) return Error{Code::io, 0, "cannot read " + path};
  return Bytes(as_bytes(text).begin(), as_bytes(text).end());
}

Status write_file(const std::string& path, ByteSpan bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return Error{Code::io, 0, "cannot write " + path};
  return {};
}

/// 21 bits of each coordinate within the box of all, interleaved.
std::vector<uint64_t> morton_codes(const Splats& splats) {
  std::vector<uint64_t> codes(splats.count());
  for (size_t axis = 0; axis < 3; ++axis) {
    float low = splats.position[axis], high = low;
    for (size_t i = 0; i < splats.count(); ++i) {
      low = std::min(low, splats.position[3 * i + axis]);
      high = std::max(high, splats.position[3 * i + axis]);
    }
    const double scale = high > low ? 2097151 / (static_cast<double>(high) - static_cast<double>(low)) : 0;
    for (size_t i = 0; i < splats.count(); ++i) {
      const double offset = static_cast<double>(splats.position[3 * i + axis]) - static_cast<double>(low);
      const auto cell = static_cast<uint64_t>(std::clamp(offset * scale, 0.0, 2097151.0));
      for (unsigned bit = 0; bit < 21; ++bit) codes[i] |= (cell >> bit & 1) << (3 * bit + axis);
    }
  }
  return codes;
}

/// The arrays of a scene with their values a splat, in the order of the file.
struct Part {
  std::vector<float>* values;
  size_t stride;
};
std::vector<Part> parts(Splats& splats) {
  return {{&splats.position, 3},      {&splats.dc, 3},        {&splats.sh, splats.sh_stride()},
          {&splats.opacity_logit, 1}, {&splats.log_scale, 3}, {&splats.rotation, 4}};
}

Status encode(const std::string& from, const std::string& to) {
  DEW_ASSIGN(const Bytes file, read_file(from));
  DEW_ASSIGN(const SplatInput input, read_splats(file, {}, ".ply"));
  if (input.splats.count() == 0) return Error{Code::invalid_argument, 0, "no splats"};
  const std::vector<uint64_t> codes = morton_codes(input.splats);
  std::vector<uint32_t> order(codes.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return codes[a] != codes[b] ? codes[a] < codes[b] : a < b; });
  Splats sorted = select(input.splats, order);
  ByteWriter writer;
  writer.u64(sorted.count());
  writer.u32(sorted.sh_degree);
  for (const Part& part : parts(sorted)) {
    const ByteSpan bytes = std::as_bytes(std::span(*part.values));
    for (size_t column = 0; column < part.stride; ++column)
      for (size_t plane = 0; plane < 4; ++plane)
        for (size_t i = 0; i < sorted.count(); ++i) writer.u8(static_cast<uint8_t>(bytes[4 * (i * part.stride + column) + plane]));
  }
  return write_file(to, writer.bytes());
}

Status decode(const std::string& from, const std::string& to) {
  DEW_ASSIGN(const Bytes file, read_file(from));
  ByteReader reader(file);
  DEW_ASSIGN(const uint64_t count, reader.u64());
  Splats splats;
  DEW_ASSIGN(splats.sh_degree, reader.u32());
  if (splats.sh_degree > kMaxShDegree || count > file.size()) return Error{Code::corrupt, 0, "no planes of a scene"};
  splats.resize(static_cast<size_t>(count));
  for (const Part& part : parts(splats)) {
    const auto bytes = std::as_writable_bytes(std::span(*part.values));
    for (size_t column = 0; column < part.stride; ++column) {
      for (size_t plane = 0; plane < 4; ++plane) {
        DEW_ASSIGN(const ByteSpan bits, reader.bytes(count));
        for (size_t i = 0; i < splats.count(); ++i) bytes[4 * (i * part.stride + column) + plane] = bits[i];
      }
    }
  }
  DEW_TRY(reader.expect_end());
  DEW_ASSIGN(const SplatOutput output, write_splats(splats, SplatFormat::ply));
  return write_file(to, output.file);
}

}  // namespace
}  // namespace dew::bench

int main(int argc, char** argv) {
  const std::string task = argc == 4 ? argv[1] : "";
  if (task != "encode" && task != "decode") {
    std::fputs("usage: dew-splat-planes encode IN.ply OUT | decode IN OUT.ply\n", stderr);
    return 2;
  }
  const dew::Status done = task == "encode" ? dew::bench::encode(argv[2], argv[3]) : dew::bench::decode(argv[2], argv[3]);
  if (!done.ok()) std::fprintf(stderr, "dew-splat-planes: %s\n", done.error().message.c_str());
  return done.ok() ? 0 : 1;
}
