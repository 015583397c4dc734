// SPDX-License-Identifier: Apache-2.0
#include "apps/view/pace.h"

#include <algorithm>
#include <cmath>

namespace dew::app {
namespace {

constexpr double kLeastCount = 1.0 / 16, kLeastSide = 0.5;

}  // namespace

Detail Pace::detail(const viewer::Viewpoint& eye, double now_s, bool held) {
  if (eye_ && !(*eye_ == eye)) moved_s_ = now_s;
  eye_ = eye;
  const bool moves = held || now_s < moved_s_ + kRest_s;
  last_ = {};
  if (!moves || !full_s_ || *full_s_ <= kQuick_s) return last_;
  // Half the pixels of a side first, which is seen least; then fewer of all.
  const double wanted = kQuick_s / *full_s_;
  last_.side = std::clamp(std::sqrt(wanted), kLeastSide, 1.0);
  // By powers of two, as the splats that matter most are chosen anew for each number of them.
  last_.count = std::clamp(std::exp2(std::floor(std::log2(wanted / (last_.side * last_.side)) + 1e-9)), kLeastCount, 1.0);
  return last_;
}

void Pace::took(const Detail& detail, double seconds) {
  if (!(seconds >= 0)) return;
  // What coarse pictures take says little of full ones, which come again soon enough.
  if (detail.is_full()) full_s_ = seconds;
}

}  // namespace dew::app
