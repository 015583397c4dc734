// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/webp_picture.h"

#ifdef DEW_HAS_WEBP
#include <webp/decode.h>
#include <webp/encode.h>
#endif

namespace dew {

#ifdef DEW_HAS_WEBP

bool has_webp() { return true; }

Result<RgbaPicture> webp_size(ByteSpan bytes) {
  int width = 0, height = 0;
  if (!WebPGetInfo(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), &width, &height) || width <= 0 || height <= 0) {
    return Error{Code::corrupt, 0, "a picture that is no WebP"};
  }
  return RgbaPicture{static_cast<uint32_t>(width), static_cast<uint32_t>(height), {}};
}

Result<RgbaPicture> read_webp(ByteSpan bytes, Budget& budget) {
  DEW_ASSIGN(RgbaPicture picture, webp_size(bytes));
  DEW_TRY(budget.take_memory(8 * picture.texels(), 0));  // the decoder holds as much again
  DEW_TRY(budget.take_work(picture.texels(), 0));
  picture.rgba.resize(static_cast<size_t>(4 * picture.texels()));
  const int stride = static_cast<int>(4 * picture.width);
  if (WebPDecodeRGBAInto(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), picture.rgba.data(), picture.rgba.size(), stride) ==
      nullptr) {
    return Error{Code::corrupt, 0, "a WebP picture is damaged"};
  }
  return picture;
}

Result<Bytes> write_webp(const RgbaPicture& picture) {
  if (picture.width == 0 || picture.height == 0 || picture.width > kMaxWebpSide || picture.height > kMaxWebpSide) {
    return Error{Code::invalid_argument, 0, "WebP holds pictures of 1 to 16383 pixels a side"};
  }
  WebPConfig config;
  WebPPicture source;
  if (!WebPConfigInit(&config) || !WebPPictureInit(&source)) return Error{Code::internal, 0, "libwebp of another version"};
  constexpr int kEffort = 4;  // of 0 to 9
  WebPConfigLosslessPreset(&config, kEffort);
  config.exact = 1;
  source.use_argb = 1;
  source.width = static_cast<int>(picture.width);
  source.height = static_cast<int>(picture.height);
  WebPMemoryWriter writer;
  WebPMemoryWriterInit(&writer);
  source.writer = WebPMemoryWrite;
  source.custom_ptr = &writer;
  const bool written = WebPPictureImportRGBA(&source, picture.rgba.data(), 4 * source.width) && WebPEncode(&config, &source);
  WebPPictureFree(&source);
  const auto* data = reinterpret_cast<const std::byte*>(writer.mem);
  Bytes file(data, data + (written ? writer.size : 0));
  WebPMemoryWriterClear(&writer);
  if (!written) return Error{Code::internal, 0, "libwebp could not write a picture"};
  return file;
}

#else

namespace {
Error without_webp() { return {Code::unsupported_feature, 0, "this dew was built without libwebp"}; }
}  // namespace

bool has_webp() { return false; }
Result<RgbaPicture> webp_size(ByteSpan) { return without_webp(); }
Result<RgbaPicture> read_webp(ByteSpan, Budget&) { return without_webp(); }
Result<Bytes> write_webp(const RgbaPicture&) { return without_webp(); }

#endif

}  // namespace dew
