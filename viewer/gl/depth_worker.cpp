// SPDX-License-Identifier: Apache-2.0
#include "viewer/gl/depth_worker.h"

#include <utility>

namespace dew::viewer {

DepthWorker::DepthWorker(std::shared_ptr<const std::vector<float>> xyz, double near, double margin)
    : xyz_(std::move(xyz)), near_(near), margin_(margin), thread_([this](const std::stop_token& stop) { run(stop); }) {}

DepthWorker::~DepthWorker() = default;

void DepthWorker::run(const std::stop_token& stop) {
  DepthOrder sorter;
  std::vector<uint32_t> spare;
  while (true) {
    Wish wish;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return wish_.has_value(); })) return;
      wish = *std::exchange(wish_, std::nullopt);
    }
    const auto order = sorter.sort(*xyz_, wish.eye, wish.size, near_, margin_);
    spare.assign(order.begin(), order.end());
    {
      const std::lock_guard lock(mutex_);
      // The memory of an order that was never looked at is used again.
      std::vector<uint32_t> old = finished_ ? std::move(finished_->order) : std::vector<uint32_t>();
      finished_ = Sorted{std::move(spare), wish.eye, wish.size};
      spare = std::move(old);
    }
    changed_.notify_all();
  }
}

void DepthWorker::ask(const Viewpoint& eye, PixelSize size) {
  const Wish wish{eye, size};
  if (asked_ == wish) return;
  asked_ = wish;
  {
    const std::lock_guard lock(mutex_);
    wish_ = wish;
  }
  changed_.notify_all();
}

const DepthWorker::Sorted* DepthWorker::latest() {
  const std::lock_guard lock(mutex_);
  if (finished_) shown_ = std::exchange(finished_, std::nullopt);
  return shown_ ? &*shown_ : nullptr;
}

bool DepthWorker::is_current() const { return asked_ && shown_ && shown_->eye == asked_->eye && shown_->size == asked_->size; }

void DepthWorker::wait() {
  if (!asked_ || is_current()) return;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return finished_ && finished_->eye == asked_->eye && finished_->size == asked_->size; });
  shown_ = std::exchange(finished_, std::nullopt);
}

}  // namespace dew::viewer
