// SPDX-License-Identifier: Apache-2.0
// Bytes as a scene. First byte, bit 0: targets of the group codec (quantised, coded and decoded alike), else a scene for the lossless codec
// (every bit comes back, and the order). Values are taken from the bytes as they are, so that they reach every bit pattern; what the bytes
// leave open is random.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "fuzz_check.h"
#include "gaussians/codec.h"
#include "tests/support/any_targets.h"

namespace {

using namespace dew;

/// Reads numbers from the bytes in turn, zeros past the end.
class Source {
 public:
  explicit Source(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  uint8_t u8() {
    if (bytes_.empty()) return 0;
    const uint8_t value = bytes_[0];
    bytes_ = bytes_.subspan(1);
    return value;
  }
  void fill(void* to, size_t size) {
    if (size == 0) return;
    const size_t given = std::min(size, bytes_.size());
    std::memset(to, 0, size);
    if (given > 0) std::memcpy(to, bytes_.data(), given);
    bytes_ = bytes_.subspan(given);
  }

 private:
  std::span<const uint8_t> bytes_;
};

void check_lossless(Source& source) {
  Splats scene;
  scene.sh_degree = source.u8() % (kMaxShDegree + 1);
  const uint8_t extras = source.u8() % 4;
  const size_t count = source.u8();
  scene.resize(count);
  for (uint8_t e = 0; e < extras; ++e) {
    const auto type = static_cast<PropertyType>(source.u8() % 8);
    scene.extra.push_back({std::string(1, static_cast<char>('a' + source.u8() % 2)), type, Bytes(count * property_type_size(type))});
    source.fill(scene.extra.back().data.data(), scene.extra.back().data.size());
  }
  for (auto* values : {&scene.position, &scene.log_scale, &scene.rotation, &scene.opacity_logit, &scene.dc, &scene.sh}) {
    source.fill(values->data(), 4 * values->size());
  }
  SplatEncodeOptions options;
  options.mode = SplatMode::lossless;
  const Result<SplatEncoded> encoded = encode_splats(scene, options);
  DEW_FUZZ_CHECK(encoded.ok());
  const Result<SplatDecoded> decoded = decode_splats(encoded->bytes, {}, {});
  DEW_FUZZ_CHECK(decoded.ok() && test::same_bits(decoded->splats, scene));
  DEW_FUZZ_CHECK(inspect_splats(encoded->bytes, {}).ok());
}

/// A number from the bytes, if it lies within the bounds that an encoder keeps to.
double number(Source& source, double low, double high) {
  double value = 0;
  source.fill(&value, 8);
  return std::isfinite(value) ? std::clamp(value, low, high) : low;
}

void check_group(Source& source) {
  uint64_t seed = 0;
  source.fill(&seed, 8);
  test::Random random(seed);
  const GroupScene scene = test::any_group_scene(random);
  GroupTargets targets = test::any_targets(random, source.u8(), scene);
  for (SplatTarget& target : targets.splats) {
    if (source.u8() == 0) continue;
    target.alpha_class = source.u8() % kClasses;
    target.colour_class = source.u8() % kClasses;
    target.log_opacity = number(source, kLeastLogOpacity, kLargestLogOpacity);
    for (double& spread : target.spread) spread = number(source, kLeastSpread, kLargestSpread);
    for (double& x : target.position) x = static_cast<double>(static_cast<float>(number(source, -1e30, 1e30)));
    for (double& colour : target.colour) colour = number(source, -1e6, 1e6);
  }
  const GroupBox box = box_around(targets.splats);
  const CodedGroup coded = encode_group(targets, box, scene);
  std::vector<uint32_t> order;
  const DecodedGroup quantised = quantise_group(targets, box, scene, order);
  Budget budget{DecodeLimits{}};
  Result<DecodedGroup> decoded = decode_group(coded.base, 0, scene, budget);
  DEW_FUZZ_CHECK(decoded.ok());
  if (scene.basis.components() > 0) DEW_FUZZ_CHECK(decode_group_sh(coded.sh, 0, scene, budget, *decoded).ok());
  DEW_FUZZ_CHECK(order == coded.order && test::same_group(quantised, *decoded));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  Source source(std::span(data + 1, size - 1));
  data[0] & 1 ? check_group(source) : check_lossless(source);
  return 0;
}
