// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "gaussians/io/sog.h"
#include "gaussians/io/sog_codes.h"
#include "gaussians/io/webp_picture.h"
#include "gaussians/io/zip.h"

namespace dew {
namespace sog {

Json other_members(Json&& meta, ByteSpan text) {
  // Json copies and prints by recursion: what is nested deeper than any program nests it would take the stack.
  constexpr int kDeepest = 32;
  int depth = 0;
  for (const char c : as_text(text)) {
    depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    if (depth > kDeepest) return Json::object();
  }
  if (!meta.is_object()) return Json::object();
  for (const char* name : {"version", "count", "means", "quats", "scales", "sh0", "shN"}) meta.erase(name);
  return std::move(meta);
}

}  // namespace sog

namespace {

Result<LatticeEnds> read_range(const Json& means, size_t axis) {
  DEW_ASSIGN(const std::vector<double> low, json_numbers(means, "mins"));
  DEW_ASSIGN(const std::vector<double> high, json_numbers(means, "maxs"));
  if (low.size() != 3 || high.size() != 3) return Error{Code::corrupt, 0, "the ranges of the means are not three"};
  return LatticeEnds{low[axis], high[axis]};
}

using Book = std::array<float, 256>;

Result<Book> read_book(const Json& part) {
  DEW_ASSIGN(const std::vector<double> values, json_numbers(part, "codebook"));
  if (values.empty() || values.size() > 256) return Error{Code::corrupt, 0, "a codebook without values, or with more than 256"};
  Book book{};
  for (size_t i = 0; i < values.size(); ++i) book[i] = static_cast<float>(values[i]);
  return book;
}

/// The packed pictures of a file, by their place in meta.json.
struct Pictures {
  Bytes means_low, means_high, scales, quats, sh0, sh_centroids, sh_labels;
  uint64_t total() const {
    return means_low.size() + means_high.size() + scales.size() + quats.size() + sh0.size() + sh_centroids.size() + sh_labels.size();
  }
};

Result<Bytes> read_named(const Json& part, size_t index, const ReadSibling& read) {
  const Json& name = json_element(json_member(part, "files"), index);
  if (!name.is_string()) return Error{Code::corrupt, 0, "meta.json names too few pictures"};
  const auto& text = name.get_ref<const std::string&>();
  if (!is_plain_name(text)) return Error{Code::corrupt, 0, "meta.json names a picture outside its folder"};
  return read(text);
}

Result<Pictures> read_pictures(const Json& meta, bool has_sh, const ReadSibling& read) {
  Pictures out;
  DEW_ASSIGN(out.means_low, read_named(json_member(meta, "means"), 0, read));
  DEW_ASSIGN(out.means_high, read_named(json_member(meta, "means"), 1, read));
  DEW_ASSIGN(out.scales, read_named(json_member(meta, "scales"), 0, read));
  DEW_ASSIGN(out.quats, read_named(json_member(meta, "quats"), 0, read));
  DEW_ASSIGN(out.sh0, read_named(json_member(meta, "sh0"), 0, read));
  if (has_sh) {
    DEW_ASSIGN(out.sh_centroids, read_named(json_member(meta, "shN"), 0, read));
    DEW_ASSIGN(out.sh_labels, read_named(json_member(meta, "shN"), 1, read));
  }
  return out;
}

/// A picture with a texel for each of `count` splats.
Result<RgbaPicture> read_texels(const Bytes& packed, uint64_t count, Budget& budget) {
  DEW_ASSIGN(const RgbaPicture size, webp_size(packed));
  if (size.texels() < count) return Error{Code::corrupt, 0, "a picture has fewer texels than there are splats"};
  // Writers fill up to whole rows of a nearly square picture; far more room than that is an attack on memory.
  if (size.texels() > 4 * count + 65536) return Error{Code::corrupt, 0, "a picture is far larger than the scene"};
  return read_webp(packed, budget);
}

Status read_positions(const Json& meta, const Pictures& pictures, Budget& budget, Splats& splats) {
  std::vector<LatticeEnds> ranges(3);
  for (size_t c = 0; c < 3; ++c) {
    DEW_ASSIGN(ranges[c], read_range(json_member(meta, "means"), c));
  }
  DEW_ASSIGN(const RgbaPicture low, read_texels(pictures.means_low, splats.count(), budget));
  DEW_ASSIGN(const RgbaPicture high, read_texels(pictures.means_high, splats.count(), budget));
  for (size_t i = 0; i < splats.count(); ++i) {
    for (size_t c = 0; c < 3; ++c) {
      const uint32_t code = low.rgba[4 * i + c] | uint32_t{high.rgba[4 * i + c]} << 8;
      splats.position[3 * i + c] = sog::position_of(code, ranges[c]);
    }
  }
  constexpr uint32_t kLastCode = sog::kLastPosition;
  ValueLattice& lattice = splats.source.lattices.position;
  lattice = {LatticeCurve::exponential, UINT32_MAX, {kLastCode, kLastCode, kLastCode}, {}};
  if (splats.count() > 0) lattice.ends = ranges;
  return {};
}

Status read_rotations(const Pictures& pictures, Budget& budget, Splats& splats) {
  DEW_ASSIGN(const RgbaPicture quats, read_texels(pictures.quats, splats.count(), budget));
  for (size_t i = 0; i < splats.count(); ++i) {
    const uint8_t* texel = &quats.rgba[4 * i];
    if (texel[3] < sog::kFirstTag) continue;  // the identity
    const SmallestThree packed{texel[3] - uint32_t{sog::kFirstTag}, {texel[0], texel[1], texel[2]}};
    const Quaternion rotation = unpack_smallest_three(packed, sog::component_of);
    std::copy(rotation.begin(), rotation.end(), &splats.rotation[4 * i]);
  }
  splats.source.lattices.rotation = {sog::kLastComponent, std::sqrt(0.5), {}};
  return {};
}

Status read_scales_and_colours(const Json& meta, const Pictures& pictures, Budget& budget, Splats& splats) {
  DEW_ASSIGN(const Book scale_book, read_book(json_member(meta, "scales")));
  DEW_ASSIGN(const Book colour_book, read_book(json_member(meta, "sh0")));
  DEW_ASSIGN(const RgbaPicture scales, read_texels(pictures.scales, splats.count(), budget));
  DEW_ASSIGN(const RgbaPicture colours, read_texels(pictures.sh0, splats.count(), budget));
  for (size_t i = 0; i < splats.count(); ++i) {
    for (size_t c = 0; c < 3; ++c) {
      splats.log_scale[3 * i + c] = scale_book[scales.rgba[4 * i + c]];
      splats.dc[3 * i + c] = colour_book[colours.rgba[4 * i + c]];
    }
    splats.opacity_logit[i] = logit_of_alpha(colours.rgba[4 * i + 3] / 255.0);
  }
  return {};
}

Status read_sh(const Json& meta, const Pictures& pictures, Budget& budget, Splats& splats) {
  const Json& part = json_member(meta, "shN");
  DEW_ASSIGN(const Book book, read_book(part));
  const size_t coefficients = sh_coefficients(splats.sh_degree);
  DEW_ASSIGN(const RgbaPicture labels, read_texels(pictures.sh_labels, splats.count(), budget));
  DEW_ASSIGN(const RgbaPicture size, webp_size(pictures.sh_centroids));
  if (size.width != sog::kPaletteColumns * coefficients || size.height > sog::kMaxPalette / sog::kPaletteColumns) {
    return Error{Code::corrupt, 0, "the picture of the SH palette has a wrong size"};
  }
  DEW_ASSIGN(const RgbaPicture centroids, read_webp(pictures.sh_centroids, budget));
  const size_t entries = size_t{size.height} * sog::kPaletteColumns;
  for (size_t i = 0; i < splats.count(); ++i) {
    const size_t label = labels.rgba[4 * i] | size_t{labels.rgba[4 * i + 1]} << 8;
    if (label >= entries) return Error{Code::corrupt, 0, "a splat names an entry beyond the SH palette"};
    for (size_t k = 0; k < coefficients; ++k) {
      const uint8_t* texel = &centroids.rgba[4 * (label * coefficients + k)];
      for (size_t channel = 0; channel < 3; ++channel) {
        splats.sh[3 * coefficients * i + coefficients * channel + k] = book[texel[channel]];
      }
    }
  }
  return {};
}

Result<uint32_t> degree_of(const Json& meta) {
  if (json_member(meta, "shN").is_null()) return 0u;
  DEW_ASSIGN(const uint64_t bands, json_count(json_member(meta, "shN"), "bands"));
  if (bands > kMaxShDegree) return Error{Code::unsupported_feature, 0, "SH of degree " + std::to_string(bands)};
  return static_cast<uint32_t>(bands);
}

Result<SplatInput> read_sog(ByteSpan meta_text, const ReadSibling& read, Budget& budget) {
  DEW_ASSIGN(Json meta, parse_json(meta_text, budget, 0));
  DEW_ASSIGN(const uint64_t version, json_count_or(meta, "version", 1));
  if (version != 2) return Error{Code::unsupported_version, 0, "SOG version " + std::to_string(version) + "; dew reads version 2"};
  DEW_ASSIGN(const uint64_t count, json_count(meta, "count"));
  DEW_ASSIGN(const uint32_t degree, degree_of(meta));
  DEW_ASSIGN(const Pictures pictures, read_pictures(meta, degree > 0, read));
  DEW_TRY(budget.take_memory(pictures.total() + meta_text.size(), 0));
  DEW_TRY(check_plausible(count, pictures.total(), 0));
  SplatInput input;
  Splats& splats = input.splats;
  DEW_TRY(allocate_splats(splats, count, degree, budget, 0));
  DEW_TRY(read_positions(meta, pictures, budget, splats));
  DEW_TRY(read_rotations(pictures, budget, splats));
  DEW_TRY(read_scales_and_colours(meta, pictures, budget, splats));
  if (degree > 0) DEW_TRY(read_sh(meta, pictures, budget, splats));
  const std::string model = json_text(meta, "model");
  if (!model.empty() && model != "default") input.note = "the file says that its splats are of model '" + model.substr(0, 40) + "'";
  splats.source.format = SplatFormat::sog;
  const Json other = sog::other_members(std::move(meta), meta_text);
  const std::string kept = other.empty() ? "" : other.dump(-1, ' ', true, Json::error_handler_t::replace);
  splats.source.header.assign(as_bytes(kept).begin(), as_bytes(kept).end());
  return input;
}

}  // namespace

bool is_sog_bundle(ByteSpan bytes) {
  if (!is_zip(bytes)) return false;
  const Result<ZipDirectory> directory = read_zip_directory(bytes);
  return directory.ok() && directory->find("meta.json") != nullptr;
}

bool is_sog_meta(ByteSpan bytes) {
  const std::string_view text = as_text(bytes.first(std::min<size_t>(bytes.size(), 1 << 20)));
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || text[begin] != '{') return false;
  for (const char* member : {"\"means\"", "\"scales\"", "\"quats\"", "\"sh0\""}) {
    if (text.find(member) == std::string_view::npos) return false;
  }
  return true;
}

Result<SplatInput> read_sog_bundle(ByteSpan bytes, const DecodeLimits& limits) {
  Budget budget(limits);
  DEW_ASSIGN(const ZipDirectory directory, read_zip_directory(bytes));
  const auto read = [&](const std::string& name) -> Result<Bytes> {
    const ZipEntry* entry = directory.find(name);
    if (entry == nullptr) return Error{Code::corrupt, 0, "the archive has no entry " + name};
    return read_zip_entry(bytes, *entry, budget);
  };
  DEW_ASSIGN(const Bytes meta, read("meta.json"));
  return read_sog(meta, read, budget);
}

Result<SplatInput> read_sog_folder(ByteSpan meta, const ReadSibling& read_sibling, const DecodeLimits& limits) {
  if (!read_sibling) return Error{Code::invalid_argument, 0, "the pictures beside meta.json are needed too"};
  Budget budget(limits);
  return read_sog(meta, read_sibling, budget);
}

}  // namespace dew
