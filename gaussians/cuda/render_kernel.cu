// SPDX-License-Identifier: Apache-2.0
// A block of threads is a tile, a thread is a pixel. The operations and their order are those of gaussians/render/kernel/tile_plain.cpp, so
// the bits are; compiled with --fmad=false.
#include <cuda_runtime.h>

#include <vector>

#include "gaussians/cuda/render_kernel.h"

namespace dew::gpu {
namespace {

using namespace dew::kernel;

constexpr uint32_t kChunk = 16;  // splats that a tile holds in shared memory at once

/// What the threads of a tile know.
struct Device {
  uint32_t width, height, tiles_across;
  float background[3];
  const TileSplat* splats;
  const uint32_t* starts;
  float* colour;
  float* depth;
  float* alpha;
  TileSums* sums;
  float* checkpoints;  ///< transmittance of each pixel before each chunk; null without sums
};

struct Pixel {
  float transmittance;  ///< below zero, as its negative, where the pixel has ended
  float red, green, blue, depth;
};

/// Place of a thread in its tile.
struct Place {
  uint32_t block;          ///< of 4 x 4 pixels
  float block_x, block_y;  ///< its first pixel
  float x, y;              ///< in the block
};

__device__ Place place_of(uint32_t thread) {
  const uint32_t block = thread / kBlockPixels, lane = thread % kBlockPixels;
  return {block, static_cast<float>(block % 4 * kBlockSide), static_cast<float>(block / 4 * kBlockSide), static_cast<float>(lane % 4),
          static_cast<float>(lane / 4)};
}

/// 2^x for x in (-100, 0].
__device__ float exp2_of(float x) {
  constexpr float c0 = kExp2[0], c1 = kExp2[1], c2 = kExp2[2], c3 = kExp2[3], c4 = kExp2[4], c5 = kExp2[5], rounding = kRounding;
  const float rounded = x + rounding;
  const float f = x - (rounded - rounding);
  const float squared = f * f;
  const float upper = (c5 * f + c4) * squared + (c3 * f + c2);
  const float value = upper * squared + (c1 * f + c0);
  return __uint_as_float(__float_as_uint(value) + (__float_as_uint(rounded) << kMantissaBits));
}

/// The splat's share of the pixel; zeros where it has none. Transmittance goes on.
__device__ void blend(const TileSplat& splat, const Place& place, float& transmittance, float& weight, float& alpha) {
  constexpr float largest = kLargestAlphaF, smallest = kSmallestAlphaF, last = kLastTransmittanceF;
  weight = 0;
  alpha = 0;
  if (!(splat.blocks >> place.block & 1u) || !(transmittance > 0)) return;
  const float block_u = splat.u0 + (splat.ux * place.block_x + splat.uy * place.block_y);
  const float block_v = splat.v0 + splat.vy * place.block_y;
  const float u = block_u + (splat.ux * place.x + splat.uy * place.y);
  const float v = block_v + splat.vy * place.y;
  const float distance = u * u + v * v;
  if (!(distance <= splat.cut)) return;
  float covered = splat.opacity * exp2_of(-distance);
  covered = covered < largest ? covered : largest;
  if (covered < smallest) return;
  const float next = transmittance * (1.0f - covered);
  if (next < last) {
    transmittance = -transmittance;
    return;
  }
  alpha = covered;
  weight = covered * transmittance;
  transmittance = next;
}

__device__ void load_chunk(TileSplat* chunk, const TileSplat* splats, uint32_t count) {
  __syncthreads();
  if (threadIdx.x < count) chunk[threadIdx.x] = splats[threadIdx.x];
  __syncthreads();
}

/// Where the checkpoints of a tile begin: tile and tiles before it have at most as many chunks.
__device__ uint64_t first_checkpoint(uint32_t start, uint32_t tile) { return (uint64_t{start / kChunk} + tile) * kTilePixels; }

/// Front to back. Returns the chunks that were looked at.
__device__ uint32_t draw_tile(const Device& device, uint32_t tile, const Place& place, Pixel& pixel) {
  __shared__ TileSplat chunk[kChunk];
  const uint32_t start = device.starts[tile], end = device.starts[tile + 1];
  float* checkpoint = device.checkpoints == nullptr ? nullptr : device.checkpoints + first_checkpoint(start, tile) + threadIdx.x;
  uint32_t chunks = 0;
  for (uint32_t first = start; first < end; first += kChunk, ++chunks) {
    if (!__syncthreads_or(pixel.transmittance > 0)) break;
    const uint32_t count = min(kChunk, end - first);
    load_chunk(chunk, device.splats + first, count);
    if (checkpoint != nullptr) checkpoint[uint64_t{chunks} * kTilePixels] = pixel.transmittance;
    for (uint32_t i = 0; i < count; ++i) {
      float weight, alpha;
      blend(chunk[i], place, pixel.transmittance, weight, alpha);
      pixel.red += weight * chunk[i].red;
      pixel.green += weight * chunk[i].green;
      pixel.blue += weight * chunk[i].blue;
      pixel.depth += weight * chunk[i].depth;
    }
  }
  return chunks;
}

__device__ void write_pixel(const Device& device, uint32_t column, uint32_t row, const Pixel& pixel) {
  const uint64_t at = uint64_t{row} * device.width + column;
  const float transmittance = fabsf(pixel.transmittance);
  device.colour[3 * at] = pixel.red + transmittance * device.background[0];
  device.colour[3 * at + 1] = pixel.green + transmittance * device.background[1];
  device.colour[3 * at + 2] = pixel.blue + transmittance * device.background[2];
  if (device.alpha == nullptr) return;
  device.alpha[at] = 1 - transmittance;
  device.depth[at] = transmittance < 1 ? pixel.depth / (1 - transmittance) : 0;
}

constexpr uint32_t kSums = 5;  // members of TileSums

/// One splat's sums over the tile, blocks from the last to the first, then lanes as tile_plain.cpp folds them.
__device__ void reduce(const float (&values)[kSums], float (*shared)[kTilePixels], TileSums* out) {
  for (uint32_t k = 0; k < kSums; ++k) shared[k][threadIdx.x] = values[k];
  __syncthreads();
  const uint32_t k = threadIdx.x / kBlockPixels, lane = threadIdx.x % kBlockPixels;
  const bool is_largest = k == 2;
  if (k < kSums) {
    float sum = 0;
    for (uint32_t block = kTileBlocks; block-- > 0;) {
      const float value = shared[k][block * kBlockPixels + lane];
      sum = is_largest ? (value > sum ? value : sum) : sum + value;
    }
    shared[k][lane] = sum;  // the first block's own place, read by this thread alone
  }
  __syncthreads();
  if (threadIdx.x < kSums) {
    const float* lanes = shared[threadIdx.x];
    float four[4];
    for (uint32_t i = 0; i < 4; ++i) four[i] = (lanes[i] + lanes[8 + i]) + (lanes[4 + i] + lanes[12 + i]);
    float folded = (four[0] + four[2]) + (four[1] + four[3]);
    if (threadIdx.x == 2) {
      folded = 0;
      for (uint32_t i = 0; i < kBlockPixels; ++i) folded = lanes[i] > folded ? lanes[i] : folded;
    }
    reinterpret_cast<float*>(out)[threadIdx.x] = folded;
  }
  __syncthreads();
}

/// Back to front, chunk by chunk: the shares of a chunk are drawn again from its checkpoint, then taken from the last to the first.
__device__ void add_up_tile(const Device& device, uint32_t tile, const Place& place, uint32_t chunks, const Pixel& end_pixel) {
  __shared__ TileSplat chunk[kChunk];
  __shared__ float shared[kSums][kTilePixels];
  const uint32_t start = device.starts[tile], end = device.starts[tile + 1];
  const float* checkpoint = device.checkpoints + first_checkpoint(start, tile) + threadIdx.x;
  const float remaining = fabsf(end_pixel.transmittance);
  float red = remaining * device.background[0], green = remaining * device.background[1], blue = remaining * device.background[2];
  for (uint32_t c = chunks; c-- > 0;) {
    const uint32_t first = start + c * kChunk, count = min(kChunk, end - first);
    load_chunk(chunk, device.splats + first, count);
    float transmittance = checkpoint[uint64_t{c} * kTilePixels];
    float weights[kChunk], alphas[kChunk];
    for (uint32_t i = 0; i < count; ++i) blend(chunk[i], place, transmittance, weights[i], alphas[i]);
    for (uint32_t i = count; i-- > 0;) {
      if (!__syncthreads_or(weights[i] > 0)) continue;  // its sums are zero already
      const float weight = weights[i];
      const float uncovered = alphas[i] / (1.0f - alphas[i]);
      const float own_red = weight * chunk[i].red, own_green = weight * chunk[i].green, own_blue = weight * chunk[i].blue;
      const float error_red = own_red - uncovered * red, error_green = own_green - uncovered * green,
                  error_blue = own_blue - uncovered * blue;
      red += own_red;
      green += own_green;
      blue += own_blue;
      const float error = (error_red * error_red + error_green * error_green) + error_blue * error_blue;
      const float values[kSums] = {weight, weight * weight, weight, weight > 0 ? 1.0f : 0.0f, error};
      reduce(values, shared, device.sums + first + i);
    }
  }
}

__global__ void draw_all(Device device) {
  const uint32_t tile = blockIdx.x;
  const Place place = place_of(threadIdx.x);
  const uint32_t column = tile % device.tiles_across * kTileSide + static_cast<uint32_t>(place.block_x + place.x);
  const uint32_t row = tile / device.tiles_across * kTileSide + static_cast<uint32_t>(place.block_y + place.y);
  const bool inside = column < device.width && row < device.height;
  Pixel pixel = {inside ? 1.0f : -1.0f, 0, 0, 0, 0};  // pixels beyond the picture have ended before they begin
  const uint32_t chunks = draw_tile(device, tile, place, pixel);
  if (inside) write_pixel(device, column, row, pixel);
  if (device.sums != nullptr) add_up_tile(device, tile, place, chunks, pixel);
}

/// Device memory of one call, freed with it.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() {
    for (void* block : blocks_) cudaFree(block);
  }
  template <class T>
  T* take(uint64_t count) {
    void* block = nullptr;
    if (status_ == cudaSuccess) status_ = cudaMalloc(&block, (count > 0 ? count : 1) * sizeof(T));
    if (block != nullptr) blocks_.push_back(block);
    return static_cast<T*>(block);
  }
  template <class T>
  T* copy(const T* from, uint64_t count) {
    T* to = take<T>(count);
    if (status_ == cudaSuccess) status_ = cudaMemcpy(to, from, count * sizeof(T), cudaMemcpyHostToDevice);
    return to;
  }
  template <class T>
  T* zeros(uint64_t count) {
    T* to = take<T>(count);
    if (status_ == cudaSuccess) status_ = cudaMemset(to, 0, count * sizeof(T));
    return to;
  }
  template <class T>
  void fetch(T* to, const T* from, uint64_t count) {
    if (status_ == cudaSuccess) status_ = cudaMemcpy(to, from, count * sizeof(T), cudaMemcpyDeviceToHost);
  }
  void ran() {
    if (status_ == cudaSuccess) status_ = cudaGetLastError();
  }
  cudaError_t status() const { return status_; }

 private:
  std::vector<void*> blocks_;
  cudaError_t status_ = cudaSuccess;
};

}  // namespace

bool render_device_present() {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess && count > 0;
}

const char* draw_tiles(const TileJob& job, const TileOutput& output) {
  static_assert(sizeof(TileSums) == kSums * sizeof(float), "reduce writes the members as an array");
  const uint32_t across = (job.width + kTileSide - 1) / kTileSide, tiles = across * ((job.height + kTileSide - 1) / kTileSide);
  const uint64_t pixels = uint64_t{job.width} * job.height, entries = job.starts[tiles];
  Arena arena;
  Device device = {};
  device.width = job.width;
  device.height = job.height;
  device.tiles_across = across;
  for (int c = 0; c < 3; ++c) device.background[c] = job.background[c];
  device.splats = arena.copy(job.splats, entries);
  device.starts = arena.copy(job.starts, uint64_t{tiles} + 1);
  device.colour = arena.take<float>(3 * pixels);
  if (output.alpha != nullptr) {
    device.depth = arena.take<float>(pixels);
    device.alpha = arena.take<float>(pixels);
  }
  if (output.sums != nullptr) {
    device.sums = arena.zeros<TileSums>(entries);
    device.checkpoints = arena.take<float>((entries / kChunk + tiles) * kTilePixels);
  }
  if (arena.status() == cudaSuccess) draw_all<<<tiles, kTilePixels>>>(device);
  arena.ran();
  arena.fetch(output.colour, device.colour, 3 * pixels);
  if (output.alpha != nullptr) {
    arena.fetch(output.depth, device.depth, pixels);
    arena.fetch(output.alpha, device.alpha, pixels);
  }
  if (output.sums != nullptr) arena.fetch(output.sums, device.sums, entries);
  return arena.status() == cudaSuccess ? nullptr : cudaGetErrorString(arena.status());
}

}  // namespace dew::gpu
