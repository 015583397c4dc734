// SPDX-License-Identifier: Apache-2.0
// The reader of .inet files, on the input as it is and with its hash put right (else nothing would get past it); what loads must run the
// same in plain loops and with SIMD, and be written back to the same bytes.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "entropy/intnet.h"
#include "entropy/sha256.h"
#include "fuzz_check.h"

namespace {

using namespace dew;

void run_both_ways(const IntNet& net, ByteSpan noise) {
  std::vector<int16_t> inputs(net.input_count());
  std::vector<uint32_t> rows(net.spec().embeddings.size());
  std::vector<int32_t> plain(net.output_count()), fast(net.output_count());
  size_t at = 0;
  const auto next = [&] { return static_cast<uint8_t>(noise[at++ % noise.size()]); };
  for (int symbol = 0; symbol < 4; ++symbol) {
    for (int16_t& input : inputs) input = static_cast<int16_t>(symbol == 0 ? -32768 : symbol == 1 ? 32767 : next() << 8 | next());
    for (uint32_t& row : rows) row = next() * 300u;
    net.run_plain(inputs, rows, plain);
    net.run(inputs, rows, fast);
    DEW_FUZZ_CHECK(plain == fast);
  }
}

void read_and_run(const Bytes& file) {
  const Result<IntNet> net = IntNet::read(file, {1u << 18, 1u << 16});
  if (!net.ok()) {
    DEW_FUZZ_CHECK(net.error().offset <= file.size() && !net.error().message.empty());
    return;
  }
  run_both_ways(*net, file);
  const Result<Bytes> again = write_intnet(net->spec());
  DEW_FUZZ_CHECK(again.ok() && *again == file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteSpan input = std::as_bytes(std::span(data, size));
  Bytes file(input.begin(), input.end());
  read_and_run(file);
  const Sha256Digest digest = sha256(file);
  file.insert(file.end(), digest.begin(), digest.begin() + sizeof(ModelId));
  read_and_run(file);
  return 0;
}
