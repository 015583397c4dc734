// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/splat_integers.h"

#include <chrono>
#include <cmath>
#include <map>

#include "entropy/range_coder.h"
#include "gaussians/coding/group_streams.h"
#ifdef DEW_HAS_ZSTD
#include <zstd.h>
#endif

namespace dew {
namespace {

using Clock = std::chrono::steady_clock;

struct Integer {
  int64_t value;
  std::array<size_t, 5> contexts;
};

/// Keeps the integers, each number's (and each component's) apart; everything else is coded as ever.
class Recorder {
 public:
  static constexpr bool kDecodes = false;

  template <size_t kContexts>
  void take_integer(const void* model, int64_t value, const std::array<size_t, kContexts>& contexts) {
    Integer integer{value, {}};
    std::copy(contexts.begin(), contexts.end(), integer.contexts.begin());
    const size_t number = numbers_.emplace(std::pair(in_sh, model), numbers_.size()).first->second;
    const size_t component = in_sh && kContexts == 5 ? contexts[0] / 32 : 0;
    streams[{number, component}].push_back(integer);
  }
  bool code_bit(bool bit, uint32_t p1) { return coder_.code_bit(bit, p1); }
  void encode_interval(uint32_t start, uint32_t size, unsigned total_bits) { coder_.encode_interval(start, size, total_bits); }
  uint64_t code_raw(uint64_t value, unsigned bits) { return coder_.code_raw(value, bits); }
  double bits_of_the_rest() { return 8.0 * static_cast<double>(coder_.finish().size()); }

  bool in_sh = false;
  std::map<std::pair<size_t, size_t>, std::vector<Integer>> streams;

 private:
  RangeEncoder coder_;
  std::map<std::pair<bool, const void*>, size_t> numbers_;
};

/// Under the best of its contexts.
double bits_of_one_context(const std::vector<Integer>& integers) {
  double best = HUGE_VAL;
  for (size_t context = 0; context < 5; ++context) {
    size_t size = 1;
    for (const Integer& integer : integers) size = std::max(size, integer.contexts[context] + 1);
    MixedInteger<1> model({size});
    RangeEncoder coder;
    for (const Integer& integer : integers) model.code(coder, integer.value, {integer.contexts[context]});
    best = std::min(best, 8.0 * static_cast<double>(coder.finish().size()));
  }
  return best;
}

/// By an ideal coder that is told how often each value occurs, in 16 bits a value.
double bits_of_no_context(const std::vector<Integer>& integers) {
  std::map<int64_t, double> counts;
  for (const Integer& integer : integers) ++counts[integer.value];
  double bits = 16.0 * static_cast<double>(counts.size());
  for (const auto& [value, count] : counts) bits -= count * std::log2(count / static_cast<double>(integers.size()));
  return bits;
}

#ifdef DEW_HAS_ZSTD
/// As bytes, 128 the zero; what does not fit as 255 and four bytes.
double bits_of_zstd(const std::vector<Integer>& integers) {
  std::vector<uint8_t> bytes;
  for (const Integer& integer : integers) {
    const int64_t shifted = integer.value + 128;
    const bool fits = shifted >= 0 && shifted < 255;
    bytes.push_back(static_cast<uint8_t>(fits ? shifted : 255));
    for (unsigned k = 0; !fits && k < 4; ++k) bytes.push_back(static_cast<uint8_t>((integer.value >> (8 * k)) & 255));
  }
  std::vector<uint8_t> coded(ZSTD_compressBound(bytes.size()));
  return 8.0 * static_cast<double>(ZSTD_compress(coded.data(), coded.size(), bytes.data(), bytes.size(), 19));
}
#endif

Recorder recorded(const TargetGroup& group, const GroupScene& scene) {
  Recorder recorder;
  DecodedGroup coded;
  const SortedTargets by_place = sorted(group.targets, group.box);
  code_base(recorder, group.targets, by_place.order, by_place.keys, group.targets.splats.size(), group.box, scene, coded.splats);
  const size_t components = scene.basis.components();
  for (const uint32_t i : by_place.order) {
    const auto first = group.targets.sh_steps.begin() + static_cast<std::ptrdiff_t>(i * components);
    coded.sh_steps.insert(coded.sh_steps.end(), first, first + static_cast<std::ptrdiff_t>(components));
  }
  recorder.in_sh = true;
  if (components > 0) code_sh(recorder, scene, coded);
  return recorder;
}

}  // namespace

std::vector<IntegerCost> costs_of_integers(const SceneTargets& targets) {
  IntegerCost own{"five contexts, mixed"}, one{"the best context alone"}, none{"static tables, no context"}, zstd{"zstd -19"};
  std::map<std::pair<size_t, size_t>, std::vector<Integer>> all;
  const auto timed = [](IntegerCost& cost, auto&& bits) {
    const Clock::time_point start = Clock::now();
    cost.bits += bits();
    cost.encode_ms += std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  };
  double rest = 0;
  for (const TargetGroup& group : targets.groups) {
    timed(own, [&] {
      const CodedGroup coded = encode_group(group.targets, group.box, targets.scene);
      return 8.0 * static_cast<double>(coded.base.size() + coded.sh.size());
    });
    Recorder recorder = recorded(group, targets.scene);
    rest += recorder.bits_of_the_rest();
    for (const auto& [number, integers] : recorder.streams) {
      timed(one, [&] { return bits_of_one_context(integers); });
      all[number].insert(all[number].end(), integers.begin(), integers.end());
    }
  }
  for (const auto& [number, integers] : all) {
    timed(none, [&] { return bits_of_no_context(integers); });
#ifdef DEW_HAS_ZSTD
    timed(zstd, [&] { return bits_of_zstd(integers); });
#endif
  }
  for (IntegerCost* cost : {&one, &none, &zstd}) cost->bits += rest;
  one.encode_ms /= 5;  // tried with each of the five
#ifdef DEW_HAS_ZSTD
  return {own, one, none, zstd};
#else
  return {own, one, none};
#endif
}

}  // namespace dew
