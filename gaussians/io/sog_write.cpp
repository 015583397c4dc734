// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <limits>
#include <numeric>

#include "gaussians/io/codebook.h"
#include "gaussians/io/morton.h"
#include "gaussians/io/sog.h"
#include "gaussians/io/sog_codes.h"
#include "gaussians/io/webp_picture.h"
#include "gaussians/io/zip.h"

namespace dew {
namespace {

constexpr float kVanishingScale = -20;  // stands for the logarithm of 0

/// Pictures of one texel a splat, nearly square, sides a multiple of 4 as other writers have them.
class TexelPictures {
 public:
  explicit TexelPictures(size_t count) {
    width_ = (static_cast<uint32_t>(std::ceil(std::sqrt(static_cast<double>(count)))) + 3) / 4 * 4;
    height_ = static_cast<uint32_t>((count + width_ - 1) / width_ + 3) / 4 * 4;
  }
  /// Opaque, so that the texels beyond the last splat cost nothing.
  RgbaPicture blank() const { return blank(width_, height_); }
  static RgbaPicture blank(uint32_t width, uint32_t height) {
    RgbaPicture picture{width, height, std::vector<uint8_t>(size_t{4} * width * height)};
    for (size_t i = 3; i < picture.rgba.size(); i += 4) picture.rgba[i] = 255;
    return picture;
  }
  Status add(const std::string& name, const RgbaPicture& picture) {
    DEW_ASSIGN(Bytes file, write_webp(picture));
    files_.push_back({name, std::move(file)});
    return {};
  }
  std::vector<NamedBytes> take() { return std::move(files_); }

 private:
  uint32_t width_, height_;
  std::vector<NamedBytes> files_;
};

uint32_t nearest_position_code(float value, const LatticeEnds& range) {
  if (!(range.high > range.low)) return 0;
  const double unit = (sog::log_of_position(value) - range.low) / (range.high - range.low);
  return code_of(unit * sog::kLastPosition, sog::kLastPosition);
}

std::optional<uint32_t> exact_position_code(float value, const LatticeEnds& range) {
  return exact_code(nearest_position_code(value, range), sog::kLastPosition, value,
                    [&](uint32_t code) { return sog::position_of(code, range); });
}

uint32_t position_code(float value, const LatticeEnds& range) {
  return exact_position_code(value, range).value_or(nearest_position_code(value, range));
}

bool gives_back(const Splats& splats, const std::vector<LatticeEnds>& ranges) {
  for (size_t i = 0; i < splats.position.size(); ++i) {
    if (!exact_position_code(splats.position[i], ranges[i % 3])) return false;
  }
  return true;
}

/// Of x, y and z: ranges of the source where they give every coordinate back, otherwise the tightest.
std::vector<LatticeEnds> choose_ranges(const Splats& splats) {
  const std::vector<LatticeEnds>& source = splats.source.lattices.position.ends;
  if (splats.source.format == SplatFormat::sog && source.size() == 3 && gives_back(splats, source)) return source;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<LatticeEnds> ranges(3, {kInfinity, -kInfinity});
  for (size_t i = 0; i < splats.position.size(); ++i) {
    const double value = sog::log_of_position(splats.position[i]);
    LatticeEnds& range = ranges[i % 3];
    range = {std::min(range.low, value), std::max(range.high, value)};
  }
  return ranges;
}

Json numbers(std::span<const float> values) {
  Json array = Json::array();
  for (const float value : values) array.push_back(double{value});
  return array;
}

/// Of the file that the scene came from.
Json source_members(const Splats& splats) {
  if (splats.source.format != SplatFormat::sog) return Json::object();
  Budget budget(DecodeLimits{});
  Result<Json> meta = parse_json(splats.source.header, budget, 0);
  return meta.ok() ? sog::other_members(*std::move(meta), splats.source.header) : Json::object();
}

/// Writes the parts of one file; `order[i]` is the splat of texel i.
class SogWriter {
 public:
  SogWriter(const Splats& splats, const std::vector<uint32_t>& order)
      : splats_(splats),
        order_(order),
        pictures_(splats.count()),
        from_sog_(splats.source.format == SplatFormat::sog),
        meta_(source_members(splats)) {}

  Status write_means() {
    const std::vector<LatticeEnds> ranges = choose_ranges(splats_);
    RgbaPicture low = pictures_.blank(), high = pictures_.blank();
    for (size_t i = 0; i < order_.size(); ++i) {
      for (size_t c = 0; c < 3; ++c) {
        const uint32_t code = position_code(splats_.position[3 * size_t{order_[i]} + c], ranges[c]);
        low.rgba[4 * i + c] = static_cast<uint8_t>(code);
        high.rgba[4 * i + c] = static_cast<uint8_t>(code >> 8);
      }
    }
    meta_["means"] = {{"mins", {ranges[0].low, ranges[1].low, ranges[2].low}},
                      {"maxs", {ranges[0].high, ranges[1].high, ranges[2].high}},
                      {"files", {"means_l.webp", "means_u.webp"}}};
    DEW_TRY(pictures_.add("means_l.webp", low));
    return pictures_.add("means_u.webp", high);
  }

  Status write_rotations() {
    RgbaPicture picture = pictures_.blank();
    for (size_t i = 0; i < order_.size(); ++i) {
      const float* q = &splats_.rotation[4 * size_t{order_[i]}];
      if (from_sog_ && q[0] == 1 && q[1] == 0 && q[2] == 0 && q[3] == 0) {
        picture.rgba[4 * i + 3] = 0;  // no tag: how readers find the very identity, which the codes lack
        continue;
      }
      bool usable = true;
      const SmallestThree packed = pack_smallest_three({q[0], q[1], q[2], q[3]}, 0, sog::code_of_component, sog::component_of, &usable);
      lost_rotations_ += !usable;
      for (size_t c = 0; c < 3; ++c) picture.rgba[4 * i + c] = static_cast<uint8_t>(packed.code[c]);
      picture.rgba[4 * i + 3] = static_cast<uint8_t>(sog::kFirstTag + packed.largest);
    }
    meta_["quats"] = {{"files", {"quats.webp"}}};
    return pictures_.add("quats.webp", picture);
  }

  Status write_scales() { return write_book("scales", "scales.webp", splats_.log_scale, false); }
  Status write_colours() { return write_book("sh0", "sh0.webp", splats_.dc, true); }

  Status write_sh() {
    if (splats_.sh_degree == 0) return {};
    const size_t count = splats_.count(), coefficients = sh_coefficients(splats_.sh_degree), width = 3 * coefficients;
    // As the reference writer: a palette near the count costs about as much as the coefficients themselves.
    const size_t size = count < 1024 ? std::bit_floor(count) : std::min<size_t>(sog::kMaxPalette, std::bit_floor(count / 1024) * 1024);
    const size_t exact = splats_.source.format == SplatFormat::sog ? sog::kMaxPalette : size;
    const Palette palette = fit_palette(splats_.sh, width, size, exact);
    const Codebook book = fit_codebook(palette.entries);
    const size_t entries = palette.entries.size() / width;
    const size_t rows = (entries + sog::kPaletteColumns - 1) / sog::kPaletteColumns;
    RgbaPicture centroids = TexelPictures::blank(static_cast<uint32_t>(sog::kPaletteColumns * coefficients), static_cast<uint32_t>(rows));
    for (size_t entry = 0; entry < entries; ++entry) {
      for (size_t k = 0; k < coefficients; ++k) {
        for (size_t channel = 0; channel < 3; ++channel) {
          centroids.rgba[4 * (entry * coefficients + k) + channel] =
              book.nearest(palette.entries[entry * width + channel * coefficients + k]);
        }
      }
    }
    RgbaPicture labels = pictures_.blank();
    for (size_t i = 0; i < order_.size(); ++i) {
      labels.rgba[4 * i] = static_cast<uint8_t>(palette.label[order_[i]]);
      labels.rgba[4 * i + 1] = static_cast<uint8_t>(palette.label[order_[i]] >> 8);
    }
    meta_["shN"] = {{"count", entries},
                    {"bands", splats_.sh_degree},
                    {"codebook", numbers(book.values)},
                    {"files", {"shN_centroids.webp", "shN_labels.webp"}}};
    DEW_TRY(pictures_.add("shN_centroids.webp", centroids));
    return pictures_.add("shN_labels.webp", labels);
  }

  size_t lost_rotations() const { return lost_rotations_; }
  std::vector<NamedBytes> take_pictures() { return pictures_.take(); }
  Bytes meta() {
    meta_["version"] = 2;
    meta_["count"] = splats_.count();
    const std::string text = meta_.dump(-1, ' ', true, Json::error_handler_t::replace);
    const ByteSpan bytes = as_bytes(text);
    return {bytes.begin(), bytes.end()};
  }

 private:
  Status write_book(const char* part, const char* name, const std::vector<float>& values, bool with_opacity) {
    const Codebook book = fit_codebook(values);
    RgbaPicture picture = pictures_.blank();
    for (size_t i = 0; i < order_.size(); ++i) {
      for (size_t c = 0; c < 3; ++c) picture.rgba[4 * i + c] = book.nearest(values[3 * size_t{order_[i]} + c]);
      if (with_opacity) picture.rgba[4 * i + 3] = alpha_byte_of_logit(splats_.opacity_logit[order_[i]]);
    }
    meta_[part] = {{"codebook", numbers(book.values)}, {"files", {name}}};
    return pictures_.add(name, picture);
  }

  const Splats& splats_;
  const std::vector<uint32_t>& order_;
  TexelPictures pictures_;
  bool from_sog_;
  Json meta_;
  size_t lost_rotations_ = 0;
};

/// Replaces what is not finite: infinities by the ends of what is (`lowest` at most), NaN by 0.
void make_finite(std::vector<float>& values, float lowest) {
  float low = std::numeric_limits<float>::infinity(), high = -low;
  for (const float value : values) {
    if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  }
  if (low > high) low = high = 0;
  for (float& value : values) value = finite_or(value, std::min(low, lowest), high);
}

/// The scene with finite values where the format has no others.
Splats with_finite_values(const Splats& splats) {
  Splats out = splats;
  constexpr float kNone = std::numeric_limits<float>::infinity();
  make_finite(out.position, kNone);
  const bool has_zero_scale = std::find(out.log_scale.begin(), out.log_scale.end(), -kNone) != out.log_scale.end();
  make_finite(out.log_scale, has_zero_scale ? kVanishingScale : kNone);
  make_finite(out.dc, kNone);
  make_finite(out.sh, kNone);
  return out;
}

}  // namespace

Result<SplatOutput> write_sog(const Splats& splats, const SplatWriteOptions& options) {
  constexpr size_t kSide = 16380;  // WebP's largest side as a multiple of 4
  if (splats.count() == 0) return Error{Code::invalid_argument, 0, "sog holds no empty scene"};
  if (splats.count() > kSide * kSide) return Error{Code::invalid_argument, 0, "sog holds at most 16,380^2 splats"};
  const Splats finite = with_finite_values(splats);
  std::vector<uint32_t> order(splats.count());
  std::iota(order.begin(), order.end(), 0u);
  if (splats.source.format != SplatFormat::sog) order = morton_order(splats);
  SogWriter writer(finite, order);
  DEW_TRY(writer.write_means());
  DEW_TRY(writer.write_rotations());
  DEW_TRY(writer.write_scales());
  DEW_TRY(writer.write_colours());
  DEW_TRY(writer.write_sh());
  SplatOutput output;
  Losses losses("sog");
  losses.extra_properties(splats);
  losses.not_finite(splats);
  losses.add(writer.lost_rotations(), "rotations have no direction and become the identity");
  if (!std::is_sorted(order.begin(), order.end())) losses.say("the splats are put in another order");
  output.losses = losses.take();
  std::vector<NamedBytes> files = writer.take_pictures();
  if (options.unpacked) {
    output.file = writer.meta();
    output.siblings = std::move(files);
    return output;
  }
  files.push_back({"meta.json", writer.meta()});
  DEW_ASSIGN(output.file, write_stored_zip(files));
  return output;
}

}  // namespace dew
