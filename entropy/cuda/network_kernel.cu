// SPDX-License-Identifier: Apache-2.0
#include <cuda_runtime.h>

#include "entropy/cuda/network_kernel.h"

namespace dew::gpu {
namespace {

constexpr uint32_t kMaxWidth = 1024;

struct DeviceLayer {
  uint32_t inputs, outputs;
  int32_t shift, half, low, high;
  const int8_t* weights;
  const int32_t* bias;
};

/// One block a symbol, one thread an output.
__global__ void run_layer(DeviceLayer layer, const int32_t* from, int32_t* to) {
  __shared__ int32_t values[kMaxWidth];
  const uint64_t symbol = blockIdx.x;
  for (uint32_t i = threadIdx.x; i < layer.inputs; i += blockDim.x) values[i] = from[symbol * layer.inputs + i];
  __syncthreads();
  const uint32_t output = threadIdx.x;
  if (output >= layer.outputs) return;
  int32_t sum = layer.bias[output];
  for (uint32_t i = 0; i < layer.inputs; ++i) sum += layer.weights[i * layer.outputs + output] * values[i];
  const int32_t value = (sum + layer.half) >> layer.shift;
  to[symbol * layer.outputs + output] = value < layer.low ? layer.low : value > layer.high ? layer.high : value;
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
  T* take(size_t count) {
    void* block = nullptr;
    if (status_ == cudaSuccess) status_ = cudaMalloc(&block, (count > 0 ? count : 1) * sizeof(T));
    if (block != nullptr) blocks_.push_back(block);
    return static_cast<T*>(block);
  }
  template <class T>
  T* copy(const T* from, size_t count) {
    T* to = take<T>(count);
    if (status_ == cudaSuccess) status_ = cudaMemcpy(to, from, count * sizeof(T), cudaMemcpyHostToDevice);
    return to;
  }
  cudaError_t status() const { return status_; }

 private:
  std::vector<void*> blocks_;
  cudaError_t status_ = cudaSuccess;
};

}  // namespace

bool device_present() {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess && count > 0;
}

const char* run_layers(const std::vector<HostLayer>& layers, const int16_t* inputs, uint32_t symbols, int32_t* outputs) {
  if (symbols == 0) return nullptr;
  Arena arena;
  const std::vector<int32_t> wide(inputs, inputs + size_t{symbols} * layers.front().inputs);
  int32_t* from = arena.copy(wide.data(), wide.size());
  for (const HostLayer& layer : layers) {
    const DeviceLayer device = {layer.inputs,
                                layer.outputs,
                                layer.shift,
                                layer.half,
                                layer.low,
                                layer.high,
                                arena.copy(layer.weights.data(), layer.weights.size()),
                                arena.copy(layer.bias.data(), layer.bias.size())};
    int32_t* to = arena.take<int32_t>(size_t{symbols} * layer.outputs);
    if (arena.status() != cudaSuccess) return cudaGetErrorString(arena.status());
    run_layer<<<symbols, layer.outputs>>>(device, from, to);
    if (const cudaError_t status = cudaGetLastError(); status != cudaSuccess) return cudaGetErrorString(status);
    from = to;
  }
  const cudaError_t status = cudaMemcpy(outputs, from, size_t{symbols} * layers.back().outputs * sizeof(int32_t), cudaMemcpyDeviceToHost);
  return status == cudaSuccess ? nullptr : cudaGetErrorString(status);
}

}  // namespace dew::gpu
