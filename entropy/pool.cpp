// SPDX-License-Identifier: Apache-2.0
#include "entropy/pool.h"

#if DEW_THREADS
#include <algorithm>
#include <atomic>
#include <thread>
#endif

namespace dew {

#if DEW_THREADS

namespace {

constexpr size_t kMostThreads = 1024;  // a wrong --threads must not exhaust the system

/// Starts one more thread, or says that the system has none to give.
template <class Body>
bool start_thread(std::vector<std::thread>& threads, const Body& body) {
#if defined(__cpp_exceptions)
  try {
    threads.emplace_back(body);
  } catch (...) {
    return false;  // fewer threads do the same work
  }
#else
  threads.emplace_back(body);
#endif
  return true;
}

}  // namespace

unsigned hardware_threads() { return std::max(1u, std::thread::hardware_concurrency()); }

void pool_detail::run(size_t count, unsigned threads, void (*body)(void* context, size_t index), void* context) {
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next++; i < count; i = next++) body(context, i);
  };
  std::vector<std::thread> others;
  const size_t wanted = std::min({static_cast<size_t>(threads), count, kMostThreads});
  while (others.size() + 1 < wanted && start_thread(others, work)) {
  }
  work();
  for (std::thread& other : others) other.join();
}

#else

unsigned hardware_threads() { return 1; }

void pool_detail::run(size_t count, unsigned, void (*body)(void* context, size_t index), void* context) {
  for (size_t i = 0; i < count; ++i) body(context, i);
}

#endif

}  // namespace dew
