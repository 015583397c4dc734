// SPDX-License-Identifier: Apache-2.0
#include "entropy/limits.h"

namespace dew {
namespace {

Status take(uint64_t& left, uint64_t amount, uint64_t offset, Code code, const char* what) {
  if (amount > left) {
    return Error{code, offset,
                 std::to_string(amount) + " " + what + " asked for, " + std::to_string(left) +
                     " left of the limit; raise DecodeLimits if the input is trusted"};
  }
  left -= amount;
  return {};
}

}  // namespace

Status Budget::take_elements(uint64_t amount, uint64_t offset) {
  return take(elements_left_, amount, offset, Code::limit_exceeded, "elements");
}
Status Budget::take_memory(uint64_t amount, uint64_t offset) {
  return take(memory_left_, amount, offset, Code::out_of_memory, "bytes of memory");
}
Status Budget::take_work(uint64_t amount, uint64_t offset) { return take(work_left_, amount, offset, Code::limit_exceeded, "work units"); }

}  // namespace dew
