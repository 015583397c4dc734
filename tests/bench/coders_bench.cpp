// SPDX-License-Identifier: Apache-2.0
// coders-bench: coded size against the model's own code length, and symbols a second, of each coder of entropy/, beside zstd's entropy
// stage and a mixture coder that fills a table for each symbol. Prints one table; takes about ten seconds. One thread.
//
// The model's own code length is: for adaptive coders the sum of -log2 of the probabilities that were coded with (CostMeter); for mixtures
// that of the real-valued mixture in double precision; for rANS that of its 12-bit frequencies; for zstd the entropy of the source.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "entropy/kernel/dispatch.h"
#include "entropy/mixer.h"
#include "entropy/mixture.h"
#include "entropy/rans.h"
#include "tests/unit/entropy/coder_testing.h"
#ifdef DEW_HAS_ZSTD
#include <zstd.h>
#endif

namespace dew {
namespace {

constexpr int kRepeats = 7;

/// Shortest of some runs, in ns of processor time: other work on the machine disturbs it less than wall time.
template <class Run>
double best_ns(Run&& run) {
  double best = 1e300;
  for (int i = 0; i < kRepeats; ++i) {
    const std::clock_t begin = std::clock();
    run();
    best = std::min(best, static_cast<double>(std::clock() - begin) * (1e9 / CLOCKS_PER_SEC));
  }
  return best;
}

void print_row(const std::string& name, size_t symbols, double model_bits, size_t coded_bytes, double encode_ns, double decode_ns,
               bool sound) {
  const double n = static_cast<double>(symbols);
  const double coded_bits = 8.0 * static_cast<double>(coded_bytes);
  std::printf("%-44s %8.4f %8.4f %+8.3f%% %9.1f %9.1f %s\n", name.c_str(), model_bits / n, coded_bits / n,
              100 * (coded_bits / model_bits - 1), 1000 * n / encode_ns, 1000 * n / decode_ns, sound ? "" : "WRONG");
}

/// A coder whose whole pass is `pass(coder, symbols)`, with models made inside.
template <class Symbol, class Pass>
void bench_adaptive(const std::string& name, const std::vector<Symbol>& symbols, Pass&& pass) {
  CostMeter meter;
  std::vector<Symbol> work = symbols;
  pass(meter, work);
  Bytes coded;
  const double encode_ns = best_ns([&] {
    RangeEncoder encoder;
    pass(encoder, work);
    coded = encoder.finish();
  });
  std::vector<Symbol> back(symbols.size());
  const double decode_ns = best_ns([&] {
    RangeDecoder decoder(coded);
    pass(decoder, back);
  });
  print_row(name, symbols.size(), meter.bits(), coded.size(), encode_ns, decode_ns, back == symbols);
}

void bench_binary() {
  TestRandom random(1);
  std::vector<uint8_t> bits(1 << 20);
  for (size_t i = 0; i < bits.size(); ++i) bits[i] = random.bit(i % 3 == 0 ? 9000 : 60000);
  bench_adaptive("adaptive bit, 2 contexts (flags)", bits, [](auto& coder, std::vector<uint8_t>& symbols) {
    AdaptiveBit contexts[2];
    for (size_t i = 0; i < symbols.size(); ++i) symbols[i] = contexts[i % 3 == 0].code(coder, symbols[i] != 0);
  });
  bench_adaptive("6 contexts mixed and calibrated (flags)", bits, [](auto& coder, std::vector<uint8_t>& symbols) {
    AdaptiveBit contexts[6][16];
    MixedBit<6> mixed(1);
    for (size_t i = 0; i < symbols.size(); ++i) {
      std::array<AdaptiveBit*, 6> chosen;
      for (size_t c = 0; c < 6; ++c) chosen[c] = &contexts[c][i % (c + 1)];
      symbols[i] = mixed.code(coder, symbols[i] != 0, chosen, 0);
    }
  });
}

void bench_residuals() {
  TestRandom random(2);
  std::vector<int64_t> residuals(300000);
  for (size_t i = 0; i < residuals.size(); ++i) residuals[i] = random.residual(2 + static_cast<uint32_t>(i % 7) * 3);
  bench_adaptive("adaptive residual, 1 of 7 contexts", residuals, [](auto& coder, std::vector<int64_t>& symbols) {
    AdaptiveResidual model(7);
    for (size_t i = 0; i < symbols.size(); ++i) symbols[i] = model.code(coder, symbols[i], i % 7);
  });
  bench_adaptive("mixed residual, 4 contexts", residuals, [](auto& coder, std::vector<int64_t>& symbols) {
    MixedResidual<4> model({7, 2, 5, 14}, 1);
    for (size_t i = 0; i < symbols.size(); ++i) symbols[i] = model.code(coder, symbols[i], {i % 7, i % 2, i % 5, i % 14}, 0);
  });
}

/// Six logistics around a common place, and a symbol drawn from their mixture.
struct MixtureSymbol {
  std::array<LogisticComponent, 6> components;
  int64_t value = 0;
};
constexpr int64_t kLast = 65535;

double logistic(double z) { return 1 / (1 + std::exp(-z)); }

double real_bits(const MixtureSymbol& symbol) {
  double sum = 0, mass = 0;
  for (const LogisticComponent& c : symbol.components) {
    const double weight = std::exp(c.logit_q8 / 256.0), scale = std::exp2(c.log_scale_q5 / 32.0);
    const double away = static_cast<double>(symbol.value) - c.centre_q8 / 256.0;
    sum += weight;
    mass +=
        weight * ((symbol.value == kLast ? 1 : logistic((away + 0.5) / scale)) - (symbol.value == 0 ? 0 : logistic((away - 0.5) / scale)));
  }
  return -std::log2(mass / sum);
}

std::vector<MixtureSymbol> mixture_symbols(size_t count) {
  TestRandom random(3);
  std::vector<MixtureSymbol> symbols(count);
  for (MixtureSymbol& symbol : symbols) {
    const int64_t place = random.between(2000, 60000) * 256;
    for (LogisticComponent& c : symbol.components) {
      c = {static_cast<int32_t>(place + random.between(-20 * 256, 20 * 256)), static_cast<int32_t>(random.between(0, 6 * 32)),
           static_cast<int32_t>(random.between(-600, 600))};
    }
    const LogisticComponent& c = *std::max_element(symbol.components.begin(), symbol.components.end(),
                                                   [](const auto& a, const auto& b) { return a.logit_q8 < b.logit_q8; });
    const double u = (static_cast<double>(random.next() >> 11) + 0.5) * 0x1p-53;
    const double x = c.centre_q8 / 256.0 + std::exp2(c.log_scale_q5 / 32.0) * std::log(u / (1 - u));
    symbol.value = std::clamp<int64_t>(std::llround(x), 0, kLast);
  }
  return symbols;
}

/// The usual way: the CDF of a window of 512 symbols written out for each symbol, in 16 bits, then coded from the table.
class WindowTable {
 public:
  static constexpr unsigned kBits = 16;
  static constexpr int64_t kWindow = 512;

  explicit WindowTable(const MixtureSymbol& symbol) {
    int64_t sum = 0;
    for (const LogisticComponent& c : symbol.components) sum += c.centre_q8 / 256;
    first = std::clamp<int64_t>(sum / 6 - kWindow / 2, 0, kLast - kWindow);
    const MixtureCdf cdf(symbol.components, 0, kLast);
    for (int64_t i = 1; i < kWindow; ++i) {
      const uint64_t share = (uint64_t{cdf(first + i)} * (65536 - kWindow)) >> MixtureCdf::kBits;
      starts_[static_cast<size_t>(i)] = static_cast<uint32_t>(share + static_cast<uint64_t>(i));
    }
    starts_[0] = 0;
  }
  uint32_t operator()(int64_t x) const { return starts_[static_cast<size_t>(x)]; }
  int64_t first;

 private:
  std::array<uint32_t, kWindow> starts_;
};

void bench_mixtures() {
  const std::vector<MixtureSymbol> symbols = mixture_symbols(100000);
  double model_bits = 0;
  for (const MixtureSymbol& symbol : symbols) model_bits += real_bits(symbol);
  const auto bench = [&](const std::string& name, size_t count, double bits, auto&& code) {
    Bytes coded;
    const double encode_ns = best_ns([&] {
      RangeEncoder encoder;
      for (size_t i = 0; i < count; ++i) code(encoder, symbols[i], symbols[i].value);
      coded = encoder.finish();
    });
    bool sound = true;
    const double decode_ns = best_ns([&] {
      RangeDecoder decoder(coded);
      for (size_t i = 0; i < count; ++i) sound &= code(decoder, symbols[i], 0) == symbols[i].value;
    });
    print_row(name, count, bits, coded.size(), encode_ns, decode_ns, sound);
  };
  bench("mixture of 6 logistics by search", symbols.size(), model_bits,
        [](auto& coder, const MixtureSymbol& symbol, int64_t value) { return code_by_mixture(coder, symbol.components, value, 0, kLast); });
  const size_t few = 5000;
  double few_bits = 0;
  for (size_t i = 0; i < few; ++i) few_bits += real_bits(symbols[i]);
  bench("the same by a table of 512 symbols, 16 bits", few, few_bits, [](auto& coder, const MixtureSymbol& symbol, int64_t value) {
    const WindowTable table(symbol);
    // What lies outside the window goes raw: one flag, 16 bits.
    const bool inside = coder.code_bit(value >= table.first && value < table.first + WindowTable::kWindow, 65000);
    if (!inside) return static_cast<int64_t>(coder.code_raw(static_cast<uint64_t>(value), 16));
    return table.first + code_by_cdf(coder, table, value - table.first, 0, WindowTable::kWindow - 1);
  });
}

void bench_bytes() {
  TestRandom random(4);
  Bytes symbols(1 << 21);
  std::array<uint64_t, 256> counts{};
  for (std::byte& symbol : symbols) {
    const uint32_t value = random.below(1 + random.below(1 + random.below(200)));
    symbol = static_cast<std::byte>(value);
    ++counts[value];
  }
  double entropy = 0;
  for (const uint64_t c : counts) {
    if (c > 0) entropy -= static_cast<double>(c) * std::log2(static_cast<double>(c) / static_cast<double>(symbols.size()));
  }
  bench_adaptive("adaptive tree of 8 bits", std::vector<std::byte>(symbols.begin(), symbols.begin() + (1 << 20)),
                 [](auto& coder, std::vector<std::byte>& work) {
                   AdaptiveTree<8> tree;
                   for (std::byte& symbol : work) symbol = static_cast<std::byte>(tree.code(coder, static_cast<uint32_t>(symbol)));
                 });

  const Result<Distribution> distribution = Distribution::of_bytes(symbols);
  if (!distribution.ok()) return;
  const double model_bits = static_cast<double>(distribution->cost(counts)) / static_cast<double>(kCostOfOneBit);
  std::vector<uint8_t> slots(Distribution::kTotal);
  for (uint32_t s = 0; s < 256; ++s) {
    const uint8_t symbol = static_cast<uint8_t>(s);
    std::fill_n(slots.begin() + distribution->start(symbol), distribution->size(symbol), symbol);
  }
  bench_adaptive("range coder, static, 12 bits", std::vector<std::byte>(symbols.begin(), symbols.begin() + (1 << 20)),
                 [&](auto& coder, std::vector<std::byte>& work) {
                   for (std::byte& byte : work) {
                     uint8_t symbol = static_cast<uint8_t>(byte);
                     if constexpr (std::decay_t<decltype(coder)>::kDecodes) {
                       symbol = slots[coder.decode_target(Distribution::kBits)];
                       coder.consume(distribution->start(symbol), distribution->size(symbol));
                     } else {
                       coder.encode_interval(distribution->start(symbol), distribution->size(symbol), Distribution::kBits);
                     }
                     byte = static_cast<std::byte>(symbol);
                   }
                 });
  Bytes coded, back(symbols.size());
  const double encode_ns = best_ns([&] { coded = encode_rans(symbols, *distribution, 32); });
  std::vector<std::string> targets = kernel::simd_targets();
  if (targets.empty()) targets.push_back("");
  for (const std::string& target : targets) {
    kernel::use_simd_target(target);
    bool sound = true;
    const double decode_ns = best_ns([&] { sound = decode_rans(coded, *distribution, back).ok() && sound; });
    print_row("rANS, 32 lanes, static, " + (target.empty() ? "plain" : target), symbols.size(), model_bits, coded.size(), encode_ns,
              decode_ns, sound && back == symbols);
  }
  kernel::use_simd_target("");

#ifdef DEW_HAS_ZSTD
  // Independent symbols and matches of 7 bytes or more only: there is nothing to match, so that only literals and their Huffman stage work.
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1);
  ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, 7);
  Bytes packed(ZSTD_compressBound(symbols.size()));
  size_t size = 0;
  const double zstd_encode_ns =
      best_ns([&] { size = ZSTD_compress2(context, packed.data(), packed.size(), symbols.data(), symbols.size()); });
  std::fill(back.begin(), back.end(), std::byte{0});
  const double zstd_decode_ns = best_ns([&] { (void)ZSTD_decompress(back.data(), back.size(), packed.data(), size); });
  print_row(std::string("zstd ") + ZSTD_versionString() + " -1, literals only (Huffman)", symbols.size(), entropy, size, zstd_encode_ns,
            zstd_decode_ns, back == symbols);
  ZSTD_freeCCtx(context);
#else
  std::printf("zstd: not installed (libzstd-dev)\n");
#endif
}

}  // namespace
}  // namespace dew

int main() {
  std::printf("%-44s %8s %8s %9s %9s %9s\n", "coder", "model", "coded", "excess", "encode", "decode");
  std::printf("%-44s %8s %8s %9s %9s %9s\n", "", "bits/sym", "bits/sym", "", "Msym/s", "Msym/s");
  dew::bench_binary();
  dew::bench_residuals();
  dew::bench_mixtures();
  dew::bench_bytes();
  return 0;
}
