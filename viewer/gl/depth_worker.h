// SPDX-License-Identifier: Apache-2.0
/// Sorts splats by depth in a thread of its own, so that drawing never waits: while a new order is made, the last one is drawn.
///
///   DepthWorker worker(positions);
///   worker.ask(eye, size);                                  // the newest wish counts
///   const DepthWorker::Sorted& sorted = worker.latest();    // may be that of an earlier wish
///   if (!worker.is_current()) draw_again_soon();
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "viewer/splats/depth_order.h"

namespace dew::viewer {

/// All functions are for one thread, that which draws.
class DepthWorker {
 public:
  struct Sorted {
    std::vector<uint32_t> order;  ///< front to back
    Viewpoint eye;
    PixelSize size;
  };

  /// `xyz`: three floats a splat, which nobody changes. `near`, `margin`: as DepthOrder::sort takes them.
  DepthWorker(std::shared_ptr<const std::vector<float>> xyz, double near, double margin);
  ~DepthWorker();
  DepthWorker(const DepthWorker&) = delete;
  DepthWorker& operator=(const DepthWorker&) = delete;

  void ask(const Viewpoint& eye, PixelSize size);
  /// The newest order that is ready; null before the first.
  const Sorted* latest();
  /// Whether latest() is what was asked for last.
  bool is_current() const;
  /// Waits until it is.
  void wait();

 private:
  struct Wish {
    Viewpoint eye;
    PixelSize size;
    bool operator==(const Wish&) const = default;
  };
  void run(const std::stop_token& stop);

  std::shared_ptr<const std::vector<float>> xyz_;
  double near_, margin_;
  std::optional<Wish> asked_;       ///< the last wish
  std::optional<Sorted> shown_;     ///< what the drawing thread looks at
  std::mutex mutex_;                ///< guards wish_ and finished_
  std::optional<Wish> wish_;        ///< not yet begun
  std::optional<Sorted> finished_;  ///< not yet taken
  std::condition_variable_any changed_;
  std::jthread thread_;  ///< the last member: it ends before the others
};

}  // namespace dew::viewer
