// SPDX-License-Identifier: Apache-2.0
#include "gaussians/metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

namespace dew {
namespace {

constexpr size_t kWindow = 11;  // pixels
constexpr double kSigma_px = 1.5;
constexpr double kC1 = 0.01 * 0.01;  // (K1 peak)^2
constexpr double kC2 = 0.03 * 0.03;

Status check_images(const Image& a, const Image& b) {
  const auto whole = [](const Image& image) { return image.pixels.size() == 3 * size_t{image.width} * image.height; };
  if (!whole(a) || !whole(b) || a.width != b.width || a.height != b.height || a.pixels.empty()) {
    return Error{Code::invalid_argument, 0,
                 "pictures of " + std::to_string(a.width) + " x " + std::to_string(a.height) + " and " + std::to_string(b.width) + " x " +
                     std::to_string(b.height) + " pixels can't be compared"};
  }
  return {};
}

double clamped(float value) { return value > 0 ? std::min(static_cast<double>(value), 1.0) : 0.0; }

std::array<double, kWindow> window() {
  std::array<double, kWindow> weights;
  double sum = 0;
  for (size_t i = 0; i < kWindow; ++i) {
    const double x = (static_cast<double>(i) - 5) / kSigma_px;
    sum += weights[i] = std::exp(-0.5 * x * x);
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

/// The five means that the index is made of.
struct Moments {
  double a = 0, b = 0, aa = 0, bb = 0, ab = 0;
  void add(double weight, const Moments& other) {
    a += weight * other.a;
    b += weight * other.b;
    aa += weight * other.aa;
    bb += weight * other.bb;
    ab += weight * other.ab;
  }
};

double similarity(const Moments& m) {
  const double variance_a = m.aa - m.a * m.a, variance_b = m.bb - m.b * m.b, covariance = m.ab - m.a * m.b;
  return (2 * m.a * m.b + kC1) * (2 * covariance + kC2) / ((m.a * m.a + m.b * m.b + kC1) * (variance_a + variance_b + kC2));
}

/// Sum over the places where the window lies inside the picture.
double similarity_of_channel(const Image& a, const Image& b, size_t channel) {
  const std::array<double, kWindow> weights = window();
  const size_t width = a.width, columns = width - kWindow + 1;
  std::vector<Moments> across(columns * a.height);
  std::vector<Moments> row(width);
  for (size_t y = 0; y < a.height; ++y) {
    for (size_t x = 0; x < width; ++x) {
      const double va = clamped(a.pixels[3 * (y * width + x) + channel]), vb = clamped(b.pixels[3 * (y * width + x) + channel]);
      row[x] = {va, vb, va * va, vb * vb, va * vb};
    }
    for (size_t x = 0; x < columns; ++x) {
      for (size_t i = 0; i < kWindow; ++i) across[y * columns + x].add(weights[i], row[x + i]);
    }
  }
  double sum = 0;
  for (size_t y = 0; y + kWindow <= a.height; ++y) {
    for (size_t x = 0; x < columns; ++x) {
      Moments moments;
      for (size_t i = 0; i < kWindow; ++i) moments.add(weights[i], across[(y + i) * columns + x]);
      sum += similarity(moments);
    }
  }
  return sum;
}

}  // namespace

Result<double> image_psnr_db(const Image& a, const Image& b) {
  DEW_TRY(check_images(a, b));
  double sum = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    const double difference = clamped(a.pixels[i]) - clamped(b.pixels[i]);
    sum += difference * difference;
  }
  if (sum == 0) return std::numeric_limits<double>::infinity();
  return -10 * std::log10(sum / static_cast<double>(a.pixels.size()));
}

Result<double> image_ssim(const Image& a, const Image& b) {
  DEW_TRY(check_images(a, b));
  if (a.width < kWindow || a.height < kWindow) return Error{Code::invalid_argument, 0, "SSIM needs pictures of 11 pixels a side"};
  double sum = 0;
  for (size_t channel = 0; channel < 3; ++channel) sum += similarity_of_channel(a, b, channel);
  return sum / (3.0 * static_cast<double>(a.width - kWindow + 1) * static_cast<double>(a.height - kWindow + 1));
}

}  // namespace dew
