// SPDX-License-Identifier: Apache-2.0
/// The gates that nothing is known of yet, youngest first.
///
///   OpenGates open;
///   open.push(grown, gate);                      // each gate once it is born
///   const uint32_t gate = open.youngest(grown);  // kNoCorner where there is none
///
/// Places of gates that left the border are taken again, so a gate is told by its place and when it was born. Memory: within twice the
/// border.
#pragma once

#include <algorithm>
#include <vector>

#include "mesh/coding/growing_mesh.h"

namespace dew {

class OpenGates {
 public:
  void push(const GrowingMesh& grown, uint32_t gate) {
    const uint32_t born = grown.gates[gate].born;
    // Mostly the youngest ones leave the border first.
    if (!stack_.empty() && !is_open(grown, stack_.back())) {
      stack_.back().gate = gate;
      stack_.back().born = born;
      return;
    }
    if (stack_.size() >= most_) [[unlikely]] {
      std::erase_if(stack_, [&](const Stacked& stacked) { return !is_open(grown, stacked); });
      most_ = std::max<size_t>(1024, 2 * stack_.size());
    }
    stack_.push_back({gate, born});
  }
  uint32_t youngest(const GrowingMesh& grown) {
    while (!stack_.empty() && !is_open(grown, stack_.back())) stack_.pop_back();
    return stack_.empty() ? kNoCorner : stack_.back().gate;
  }

 private:
  struct Stacked {
    uint32_t gate, born;
  };
  static bool is_open(const GrowingMesh& grown, const Stacked& stacked) {
    const Gate& gate = grown.gates[stacked.gate];
    return gate.born == stacked.born && gate.alive && gate.open;
  }

  std::vector<Stacked> stack_;
  size_t most_ = 1024;
};

}  // namespace dew
