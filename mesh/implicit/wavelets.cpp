// SPDX-License-Identifier: Apache-2.0
#include "mesh/implicit/wavelets.h"

namespace dew {
namespace {

constexpr double kLift[4] = {-1.586134342059924, -0.052980118572961, 0.882911075530934, 0.443506852043971};
constexpr double kScale = 1.230174104914001;

/// x[i] += by * (x[i - 1] + x[i + 1]) at every other place, mirrored at the ends.
void lift(std::vector<double>& x, size_t first, double by) {
  const size_t n = x.size();
  for (size_t i = first; i < n; i += 2) {
    const double left = i > 0 ? x[i - 1] : x[i + 1], right = i + 1 < n ? x[i + 1] : x[i - 1];
    x[i] += by * (left + right);
  }
}

void forward(std::vector<double>& x) {
  lift(x, 1, kLift[0]);
  lift(x, 0, kLift[1]);
  lift(x, 1, kLift[2]);
  lift(x, 0, kLift[3]);
  for (size_t i = 0; i < x.size(); i += 2) {
    x[i] *= 1 / kScale;
    x[i + 1] *= kScale / 2;
  }
}

void backward(std::vector<double>& x) {
  for (size_t i = 0; i < x.size(); i += 2) {
    x[i] *= kScale;
    x[i + 1] *= 2 / kScale;
  }
  lift(x, 0, -kLift[3]);
  lift(x, 1, -kLift[2]);
  lift(x, 0, -kLift[1]);
  lift(x, 1, -kLift[0]);
}

}  // namespace

void transform_level(DistanceField& field, size_t level, Direction direction) {
  const size_t step = size_t{1} << level;
  const size_t stride[3] = {1, field.size[0], field.size[0] * field.size[1]};
  std::vector<double> line;
  for (size_t turn = 0; turn < 3; ++turn) {
    const size_t axis = direction == Direction::forward ? turn : 2 - turn, u = (axis + 1) % 3, v = (axis + 2) % 3;
    for (size_t j = 0; j < field.size[v]; j += step) {
      for (size_t i = 0; i < field.size[u]; i += step) {
        const size_t start = i * stride[u] + j * stride[v];
        line.clear();
        for (size_t k = 0; k < field.size[axis]; k += step) line.push_back(field.value[start + k * stride[axis]]);
        direction == Direction::forward ? forward(line) : backward(line);
        for (size_t k = 0; k < line.size(); ++k) field.value[start + k * step * stride[axis]] = line[k];
      }
    }
  }
}

}  // namespace dew
