// SPDX-License-Identifier: Apache-2.0
#include "apps/pictures.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>

#if DEW_HAS_PNG
#include <png.h>
#endif
#if DEW_HAS_JPEG
#include <csetjmp>
// jpeglib.h needs size_t and FILE before it.
#include <jpeglib.h>
#endif

namespace dew::app {
namespace {

constexpr uint64_t kMostPixels = uint64_t{1} << 28;

Status check_size(uint64_t width, uint64_t height) {
  if (width == 0 || height == 0) return Error{Code::corrupt, 0, "a picture without pixels"};
  if (width > kMostPixels / height) return Error{Code::limit_exceeded, 0, "a picture of more than 2^28 pixels"};
  return {};
}

std::vector<uint8_t> to_eight_bits(const Image& image) {
  std::vector<uint8_t> out(image.pixels.size());
  for (size_t i = 0; i < out.size(); ++i) {
    const float value = image.pixels[i];
    out[i] = static_cast<uint8_t>(std::lround(255 * (value > 0 ? std::min(value, 1.0f) : 0.0f)));  // NaN is black
  }
  return out;
}

Image from_eight_bits(uint32_t width, uint32_t height, const uint8_t* values) {
  Image image{width, height, std::vector<float>(3 * size_t{width} * height)};
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<float>(values[i]) / 255;
  return image;
}

#if DEW_HAS_PNG

Result<Bytes> encode_png(const Image& image) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = image.width;
  png.height = image.height;
  png.format = PNG_FORMAT_RGB;
  const std::vector<uint8_t> pixels = to_eight_bits(image);
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  Bytes file(size);
  if (png_image_write_to_memory(&png, file.data(), &size, 0, pixels.data(), 0, nullptr) == 0) {
    return Error{Code::io, 0, std::string("libpng: ") + png.message};
  }
  file.resize(size);
  return file;
}

Result<Image> decode_png(ByteSpan bytes, const std::array<double, 3>& background) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  const auto corrupt = [&] { return Error{Code::corrupt, 0, std::string("no good PNG: ") + png.message}; };
  if (png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()) == 0) return corrupt();
  if (const Status size = check_size(png.width, png.height); !size.ok()) {
    png_image_free(&png);
    return size.error();
  }
  png.format = PNG_FORMAT_RGBA;
  std::vector<uint8_t> pixels(PNG_IMAGE_SIZE(png));
  if (png_image_finish_read(&png, nullptr, pixels.data(), 0, nullptr) == 0) return corrupt();
  Image image{png.width, png.height, std::vector<float>(3 * size_t{png.width} * png.height)};
  for (size_t i = 0; i < pixels.size() / 4; ++i) {
    const float alpha = static_cast<float>(pixels[4 * i + 3]) / 255;
    for (size_t c = 0; c < 3; ++c) {
      image.pixels[3 * i + c] = alpha * (static_cast<float>(pixels[4 * i + c]) / 255) + (1 - alpha) * static_cast<float>(background[c]);
    }
  }
  return image;
}

#endif

#if DEW_HAS_JPEG

/// libjpeg's way to fail is a function that must not return.
struct JpegFailure {
  jpeg_error_mgr manager;
  std::jmp_buf back;
  char message[JMSG_LENGTH_MAX];
};

void jump_back(j_common_ptr info) {
  JpegFailure* failure = reinterpret_cast<JpegFailure*>(info->err);
  info->err->format_message(info, failure->message);
  std::longjmp(failure->back, 1);
}

void say_nothing(j_common_ptr) {}

/// Reads the header (`pixels` null) or all rows. No object with a destructor lives here, as longjmp would pass it by.
bool run_jpeg(ByteSpan bytes, JpegFailure& failure, uint32_t& width, uint32_t& height, uint8_t* pixels) {
  jpeg_decompress_struct info;
  std::memset(&info, 0, sizeof info);
  info.err = jpeg_std_error(&failure.manager);
  failure.manager.error_exit = jump_back;
  failure.manager.output_message = say_nothing;
  if (setjmp(failure.back) != 0) {
    jpeg_destroy_decompress(&info);
    return false;
  }
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<unsigned long>(bytes.size()));
  jpeg_read_header(&info, TRUE);
  width = info.image_width;
  height = info.image_height;
  if (pixels != nullptr) {
    info.out_color_space = JCS_RGB;
    jpeg_start_decompress(&info);
    while (info.output_scanline < info.output_height) {
      JSAMPROW row = pixels + 3 * size_t{width} * info.output_scanline;
      jpeg_read_scanlines(&info, &row, 1);
    }
  }
  jpeg_destroy_decompress(&info);
  return true;
}

Result<Image> decode_jpeg(ByteSpan bytes) {
  JpegFailure failure{};
  uint32_t width = 0, height = 0;
  const auto corrupt = [&] { return Error{Code::corrupt, 0, std::string("no good JPEG: ") + failure.message}; };
  if (!run_jpeg(bytes, failure, width, height, nullptr)) return corrupt();
  DEW_TRY(check_size(width, height));
  std::vector<uint8_t> pixels(3 * size_t{width} * height);
  if (!run_jpeg(bytes, failure, width, height, pixels.data())) return corrupt();
  return from_eight_bits(width, height, pixels.data());
}

#endif

[[maybe_unused]] Bytes encode_ppm(const Image& image) {
  const std::string header = "P6\n" + std::to_string(image.width) + " " + std::to_string(image.height) + "\n255\n";
  const std::vector<uint8_t> pixels = to_eight_bits(image);
  Bytes file(header.size() + pixels.size());
  std::memcpy(file.data(), header.data(), header.size());
  std::memcpy(file.data() + header.size(), pixels.data(), pixels.size());
  return file;
}

/// The header's three numbers stand between blanks; comments are not read.
Result<Image> decode_ppm(ByteSpan bytes) {
  const std::string_view text = as_text(bytes);
  uint32_t numbers[3] = {};
  size_t at = 2;
  for (uint32_t& number : numbers) {
    while (at < text.size() && std::strchr(" \t\r\n", text[at]) != nullptr) ++at;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), number);
    if (error != std::errc{}) return Error{Code::corrupt, at, "no number in the header of a PPM"};
    at = static_cast<size_t>(end - text.data());
  }
  ++at;
  DEW_TRY(check_size(numbers[0], numbers[1]));
  if (numbers[2] != 255) return Error{Code::unsupported_feature, 0, "a PPM that does not have eight bits a channel"};
  if (at > text.size() || text.size() - at < 3 * uint64_t{numbers[0]} * numbers[1]) {
    return Error{Code::truncated, bytes.size(), "the pixels of the PPM end early"};
  }
  return from_eight_bits(numbers[0], numbers[1], reinterpret_cast<const uint8_t*>(bytes.data()) + at);
}

}  // namespace

const char* picture_extension() { return DEW_HAS_PNG ? ".png" : ".ppm"; }

Result<Bytes> encode_picture(const Image& image) {
#if DEW_HAS_PNG
  return encode_png(image);
#else
  return encode_ppm(image);
#endif
}

Result<Image> decode_picture(ByteSpan bytes, [[maybe_unused]] const std::array<double, 3>& background) {
  const std::string_view text = as_text(bytes);
  if (text.starts_with("\x89PNG")) {
#if DEW_HAS_PNG
    return decode_png(bytes, background);
#else
    return Error{Code::unsupported_feature, 0, "this build has no libpng"};
#endif
  }
  if (text.starts_with("\xff\xd8\xff")) {
#if DEW_HAS_JPEG
    return decode_jpeg(bytes);
#else
    return Error{Code::unsupported_feature, 0, "this build has no libjpeg"};
#endif
  }
  if (text.starts_with("P6")) return decode_ppm(bytes);
  return Error{Code::unsupported_feature, 0, "neither PNG nor JPEG nor binary PPM"};
}

}  // namespace dew::app
