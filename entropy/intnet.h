// SPDX-License-Identifier: Apache-2.0
/// Small integer networks that give the same bits everywhere: int8 weights, int16 activations, int32 sums, shifts.
///
///   DEW_ASSIGN(const IntNet net, IntNet::read(file_bytes));             // .inet file, trusted or not
///   std::array<int16_t, 64> features = ...;
///   std::array<uint32_t, 1> rows = {laser};                             // one row of each embedding table
///   std::array<int32_t, 24> outputs;
///   net.run(features, rows, outputs);
///
/// Layer: sum[o] = bias[o] + weights[o][i] * input[i] over all i (first layer: + the chosen embedding rows), then
/// (sum + half) >> shift, then the activation. Networks over a grid: gather the neighbours into the inputs, or store one net's outputs per
/// cell and feed them to another.
/// Whoever makes an IntNet proves from its weights that no sum can leave 32 bits for any input: run() needs no checks.
/// Threads: run() is const and may be called from many threads. Cost: 64-48-48-24 takes about 0.2 us with AVX2.
/// Bytes: entropy/FORMAT.md, "Networks". Speed does not change results: the plain loops are the definition, SIMD twins are tested against
/// them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/result.h"

namespace dew {

/// What is done to a layer's shifted sums. Stored in files; never renumber.
enum class Activation : uint8_t {
  linear = 0,        ///< nothing; the last layer only
  clipped_relu = 1,  ///< to 0 .. clip
  clipped = 2,       ///< to -clip .. clip
};

/// Part of the format: a network larger than this is no .inet file.
inline constexpr uint32_t kMaxNetWidth = 1024;
inline constexpr uint32_t kMaxNetLayers = 8;
inline constexpr uint32_t kMaxNetEmbeddings = 8;
inline constexpr uint32_t kMaxNetShift = 24;

/// What a caller allows a network from a file to cost.
struct IntNetLimits {
  uint64_t parameters = uint64_t{1} << 20;  ///< numbers in the file
  uint64_t operations = uint64_t{1} << 18;  ///< multiplications for one symbol
};

/// One dense layer in plain order.
struct IntNetLayer {
  uint32_t outputs = 0;
  Activation activation = Activation::linear;
  uint8_t shift = 0;            ///< 0 .. kMaxNetShift
  uint16_t clip = 0;            ///< 1 .. 32767; 0 where linear
  std::vector<int32_t> bias;    ///< one an output
  std::vector<int8_t> weights;  ///< [output][input]
};

/// A table whose chosen row is added to the sums of the first layer, each number shifted left.
struct IntNetEmbedding {
  uint32_t rows = 0;            ///< 1 .. 65536
  uint8_t shift = 0;            ///< 0 .. 15
  std::vector<int16_t> values;  ///< [row][output of the first layer]
};

/// Everything that an .inet file says.
struct IntNetSpec {
  uint32_t input_count = 0;
  uint16_t input_limit = 32767;  ///< inputs are clamped to +-this before the first layer; at most 32767
  std::vector<IntNetEmbedding> embeddings;
  std::vector<IntNetLayer> layers;
  std::string metadata;  ///< how it was trained: recipe, data, seed; no effect on results
};

/// First 16 bytes of the SHA-256 of an .inet file without its last 16 bytes, which are this.
using ModelId = std::array<std::byte, 16>;

/// The bytes of an .inet file. Errors: invalid_argument, where create() would refuse the network too.
Result<Bytes> write_intnet(const IntNetSpec& spec);

/// Reads an .inet file without building it. Trust: `bytes` may be hostile. Errors: truncated, corrupt, limit_exceeded, unsupported_version.
Result<IntNetSpec> read_intnet(ByteSpan bytes, const IntNetLimits& limits = {});

namespace kernel {
struct NetBuffers;
struct PackedNet;
}  // namespace kernel

class IntNet {
 public:
  /// Checks the shape, proves that no sum overflows and orders the weights for the machine.
  /// Errors: invalid_argument (shape), corrupt (a sum could overflow). Memory: about three bytes a weight.
  static Result<IntNet> create(IntNetSpec spec);
  /// read_intnet and create.
  static Result<IntNet> read(ByteSpan bytes, const IntNetLimits& limits = {});

  IntNet(IntNet&&) noexcept;
  IntNet& operator=(IntNet&&) noexcept;
  ~IntNet();

  /// Runs the network on one symbol. REQUIRES: inputs.size() == input_count(), rows.size() == the number of embeddings,
  /// outputs.size() == output_count(). A row beyond its table is taken as the last row.
  void run(std::span<const int16_t> inputs, std::span<const uint32_t> rows, std::span<int32_t> outputs) const;
  /// run() for many symbols: inputs [symbol][input_count()], outputs [symbol][output_count()]. REQUIRES: no embeddings. Two thirds of the
  /// time.
  void run_many(std::span<const int16_t> inputs, std::span<int32_t> outputs) const;
  /// The definition of run(), in plain loops over the weights as they stand in the file.
  void run_plain(std::span<const int16_t> inputs, std::span<const uint32_t> rows, std::span<int32_t> outputs) const;

  uint32_t input_count() const { return spec_.input_count; }
  uint32_t output_count() const { return spec_.layers.back().outputs; }
  /// Multiplications for one symbol: what a decoder charges to its budget of work.
  uint64_t operations() const;
  /// Weights, biases and embedding values.
  uint64_t parameters() const;
  const IntNetSpec& spec() const { return spec_; }

 private:
  explicit IntNet(IntNetSpec spec);
  void load(std::span<const int16_t> inputs, std::span<const uint32_t> rows, kernel::NetBuffers& buffers) const;

  IntNetSpec spec_;
  std::unique_ptr<kernel::PackedNet> packed_;
};

}  // namespace dew
