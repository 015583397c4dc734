// SPDX-License-Identifier: Apache-2.0
/// The very permutation in which C++ programs built with libstdc++ leave points that they sort by the time of their packet: equal times are
/// not kept in order, but moved as this algorithm moves them, step by step.
///
///   std::vector<SortedItem> items = {{key, 0}, {key, 1}, ...};
///   packet_sort(items);                       // by key; the order of equal keys is part of the format
///
/// Cost: n log n, whatever the keys. Source: D. Musser, "Introspective sorting and selection algorithms", 1997, with the choices of
/// libstdc++.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace dew {

struct SortedItem {
  int64_t key = 0;
  uint32_t item = 0;
};

namespace detail {

inline constexpr size_t kFewItems = 16;

/// Moves the one in the middle of three in size to the front, by exchange.
inline void median_to_front(SortedItem* front, SortedItem* a, SortedItem* b, SortedItem* c) {
  if (a->key < b->key) {
    std::swap(*front, b->key < c->key ? *b : a->key < c->key ? *c : *a);
  } else {
    std::swap(*front, a->key < c->key ? *a : b->key < c->key ? *c : *b);
  }
}

inline SortedItem* partition(SortedItem* first, SortedItem* last, const SortedItem& pivot) {
  while (true) {
    while (first->key < pivot.key) ++first;
    --last;
    while (pivot.key < last->key) --last;
    if (!(first < last)) return first;
    std::swap(*first, *last);
    ++first;
  }
}

inline void sift(SortedItem* heap, size_t hole, size_t size, SortedItem value) {
  const size_t top = hole;
  size_t child = hole;
  while (child < (size - 1) / 2) {
    child = 2 * (child + 1);
    if (heap[child].key < heap[child - 1].key) --child;
    heap[hole] = heap[child];
    hole = child;
  }
  if (size % 2 == 0 && child == (size - 2) / 2) {
    child = 2 * (child + 1);
    heap[hole] = heap[child - 1];
    hole = child - 1;
  }
  while (hole > top && heap[(hole - 1) / 2].key < value.key) {
    heap[hole] = heap[(hole - 1) / 2];
    hole = (hole - 1) / 2;
  }
  heap[hole] = value;
}

inline void sort_heap(SortedItem* first, size_t size) {
  if (size < 2) return;
  for (size_t parent = (size - 2) / 2 + 1; parent-- > 0;) sift(first, parent, size, first[parent]);
  while (size > 1) {
    --size;
    const SortedItem value = first[size];
    first[size] = first[0];
    sift(first, 0, size, value);
  }
}

inline void sort_loosely(SortedItem* first, SortedItem* last, unsigned depth) {
  while (static_cast<size_t>(last - first) > kFewItems) {
    if (depth == 0) return sort_heap(first, static_cast<size_t>(last - first));
    --depth;
    median_to_front(first, first + 1, first + (last - first) / 2, last - 1);
    SortedItem* cut = partition(first + 1, last, *first);
    sort_loosely(cut, last, depth);
    last = cut;
  }
}

inline void insert_downwards(SortedItem* at) {
  const SortedItem value = *at;
  while (value.key < (at - 1)->key) *at = *(at - 1), --at;
  *at = value;
}

}  // namespace detail

inline void packet_sort(std::vector<SortedItem>& items) {
  if (items.size() < 2) return;
  SortedItem* const first = items.data();
  SortedItem* const last = first + items.size();
  detail::sort_loosely(first, last, 2 * (static_cast<unsigned>(std::bit_width(items.size())) - 1));
  SortedItem* const few = items.size() > detail::kFewItems ? first + detail::kFewItems : last;
  for (SortedItem* at = first + 1; at != few; ++at) {
    if (at->key < first->key)
      std::rotate(first, at, at + 1);
    else
      detail::insert_downwards(at);
  }
  for (SortedItem* at = few; at != last; ++at) detail::insert_downwards(at);
}

}  // namespace dew
