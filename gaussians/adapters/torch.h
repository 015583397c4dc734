// SPDX-License-Identifier: Apache-2.0
/// Splat scenes to and from torch tensors as gsplat's trainers name and lay them out. Header only, for programs that link libtorch; dew's
/// libraries never do.
///
///   DEW_ASSIGN(const dew::SplatTensors tensors, dew::to_torch(scene));
///   optimise(tensors.means, tensors.quats);                        // means [N, 3], quats [N, 4] (w x y z)
///   DEW_ASSIGN(const dew::Splats back, dew::from_torch(tensors));
#pragma once

#include <torch/torch.h>

#include <cstring>
#include <string>
#include <vector>

#include "entropy/result.h"
#include "gaussians/splats.h"

namespace dew {

/// Nothing is activated: scales are logarithms, opacities logits, quaternions as they are.
struct SplatTensors {
  torch::Tensor means;      ///< [N, 3], scene units, axes of the scene
  torch::Tensor quats;      ///< [N, 4], w x y z
  torch::Tensor scales;     ///< [N, 3], natural logarithms
  torch::Tensor opacities;  ///< [N], logits
  torch::Tensor sh0;        ///< [N, 1, 3], constant colour coefficients
  torch::Tensor shN;        ///< [N, K, 3], K of 0, 3, 8, 15: the others, red green blue last
};

namespace torch_adapter {

inline torch::Tensor tensor_of(const std::vector<float>& values, at::IntArrayRef shape) {
  torch::Tensor out = torch::empty(shape, torch::kFloat32);
  if (!values.empty()) std::memcpy(out.data_ptr<float>(), values.data(), values.size() * sizeof(float));
  return out;
}

/// As float32 on the CPU, of that shape. Errors: invalid_argument.
inline Result<std::vector<float>> values_of(const torch::Tensor& tensor, const char* name, const std::vector<int64_t>& shape) {
  if (!tensor.defined() || tensor.sizes() != at::IntArrayRef(shape)) {
    return Error{Code::invalid_argument, 0, std::string("tensor ") + name + " does not have the shape that the others ask for"};
  }
  const torch::Tensor plain = tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  const float* data = plain.data_ptr<float>();
  return std::vector<float>(data, data + plain.numel());
}

/// [K, 3] for each splat to 3 rows of K, or back where `to_rows` is false.
inline std::vector<float> transposed_sh(const std::vector<float>& sh, size_t splats, size_t coefficients, bool to_rows) {
  std::vector<float> out(sh.size());
  for (size_t i = 0; i < splats; ++i) {
    for (size_t k = 0; k < coefficients; ++k) {
      for (size_t channel = 0; channel < 3; ++channel) {
        const size_t row = 3 * coefficients * i + coefficients * channel + k, column = 3 * (coefficients * i + k) + channel;
        out[to_rows ? row : column] = sh[to_rows ? column : row];
      }
    }
  }
  return out;
}

}  // namespace torch_adapter

/// Copies; float32 on the CPU. Extra properties and the source stay behind. Errors: invalid_argument if check_shape fails.
inline Result<SplatTensors> to_torch(const Splats& splats) {
  using torch_adapter::tensor_of;
  DEW_TRY(check_shape(splats));
  const auto count = static_cast<int64_t>(splats.count());
  const size_t coefficients = sh_coefficients(splats.sh_degree);
  SplatTensors out;
  out.means = tensor_of(splats.position, {count, 3});
  out.quats = tensor_of(splats.rotation, {count, 4});
  out.scales = tensor_of(splats.log_scale, {count, 3});
  out.opacities = tensor_of(splats.opacity_logit, {count});
  out.sh0 = tensor_of(splats.dc, {count, 1, 3});
  out.shN = tensor_of(torch_adapter::transposed_sh(splats.sh, splats.count(), coefficients, false),
                      {count, static_cast<int64_t>(coefficients), 3});
  return out;
}

/// Copies from any device and floating type. Errors: invalid_argument for shapes that do not fit together, or a K that no degree has.
inline Result<Splats> from_torch(const SplatTensors& tensors) {
  using torch_adapter::values_of;
  if (!tensors.means.defined() || tensors.means.dim() != 2 || !tensors.shN.defined() || tensors.shN.dim() != 3) {
    return Error{Code::invalid_argument, 0, "means are [N, 3] and shN [N, K, 3]"};
  }
  const int64_t count = tensors.means.size(0), coefficients = tensors.shN.size(1);
  Splats out;
  while (out.sh_degree < kMaxShDegree && int64_t{sh_coefficients(out.sh_degree)} < coefficients) ++out.sh_degree;
  if (int64_t{sh_coefficients(out.sh_degree)} != coefficients) {
    return Error{Code::invalid_argument, 0, std::to_string(coefficients) + " SH coefficients; degrees 0 to 3 have 0, 3, 8, 15"};
  }
  DEW_ASSIGN(out.position, values_of(tensors.means, "means", {count, 3}));
  DEW_ASSIGN(out.rotation, values_of(tensors.quats, "quats", {count, 4}));
  DEW_ASSIGN(out.log_scale, values_of(tensors.scales, "scales", {count, 3}));
  DEW_ASSIGN(out.opacity_logit, values_of(tensors.opacities, "opacities", {count}));
  DEW_ASSIGN(out.dc, values_of(tensors.sh0, "sh0", {count, 1, 3}));
  DEW_ASSIGN(const std::vector<float> sh, values_of(tensors.shN, "shN", {count, coefficients, 3}));
  out.sh = torch_adapter::transposed_sh(sh, static_cast<size_t>(count), static_cast<size_t>(coefficients), true);
  return out;
}

}  // namespace dew
