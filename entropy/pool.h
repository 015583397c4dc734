// SPDX-License-Identifier: Apache-2.0
/// Work on independent parts in several threads.
///
///   std::vector<Bytes> coded(slices.size());
///   parallel_for(slices.size(), threads, [&](size_t i) { coded[i] = encode_slice(slices[i]); });
///   // or, where a part can fail; the answer is the error of the lowest i, whatever the threads did:
///   DEW_TRY(parallel_for(slices.size(), threads, [&](size_t i) -> Status { return decode_slice(i, out); }));
///
/// The result must not depend on `threads`: cut work by content, let part i write to places of its own.
/// Built with DEW_THREADS=OFF (WebAssembly), everything runs in the caller's thread.
#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>
#include <vector>

#include "entropy/result.h"

namespace dew {

/// Threads that this machine runs at once, at least 1; 1 where built without threads.
unsigned hardware_threads();

namespace pool_detail {
/// Calls body(context, i) once for each i below count, from at most `threads` threads, this one among them.
void run(size_t count, unsigned threads, void (*body)(void* context, size_t index), void* context);
}  // namespace pool_detail

/// Calls body(i) once for each i in [0, count), in `threads` threads at most (0 and 1: only in this one), and returns when all are done.
/// `body` returns nothing, or a Status; with a Status every part still runs and the error of the lowest i is returned.
/// Must not throw. May be nested. Cost: some 20 us for each thread beyond the first.
template <class Body>
auto parallel_for(size_t count, unsigned threads, Body&& body) -> std::invoke_result_t<Body&, size_t> {
  using Answer = std::invoke_result_t<Body&, size_t>;
  if constexpr (std::is_void_v<Answer>) {
    pool_detail::run(
        count, threads, [](void* context, size_t i) { (*static_cast<std::remove_reference_t<Body>*>(context))(i); }, &body);
  } else {
    static_assert(std::is_same_v<Answer, Status>, "body returns nothing or a Status");
    std::vector<std::optional<Error>> errors(count);
    parallel_for(count, threads, [&](size_t i) {
      if (Status status = body(i); !status.ok()) errors[i] = status.error();
    });
    for (const std::optional<Error>& error : errors) {
      if (error) return *error;
    }
    return {};
  }
}

}  // namespace dew
