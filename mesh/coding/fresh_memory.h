// SPDX-License-Identifier: Apache-2.0
/// Memory that begins as zeros and costs nothing where it is never looked at.
///
///   FreshMemory<CountedBit> bits(count);      // all of them new
///   bits[i].update(ones);
///
/// A small mesh sees few of its models' contexts: to write all of them at first would take longer than to use those. Threads: as a vector.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <type_traits>

namespace dew {

/// REQUIRES: a T whose bytes are all zero is a new T.
template <class T>
class FreshMemory {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  FreshMemory() = default;
  explicit FreshMemory(size_t count) : first_(static_cast<T*>(std::calloc(count, sizeof(T)))) {
    // As a vector without exceptions: there is no going on.
    if (first_ == nullptr && count > 0) std::abort();
  }
  T& operator[](size_t i) const { return first_.get()[i]; }

 private:
  struct Free {
    void operator()(T* first) const { std::free(first); }
  };
  std::unique_ptr<T, Free> first_;
};

}  // namespace dew
