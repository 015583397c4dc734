// SPDX-License-Identifier: Apache-2.0
// Any pcap file with sensor packets goes into a file and comes back as the very file. Input: a byte of layout, a byte of options, a byte of
// shape, then edits of a capture that test writers make: place in the file (3 bytes) and the byte to stand there.
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz_check.h"
#include "pointcloud/codec.h"
#include "pointcloud/io/read_cloud.h"
#include "tests/unit/pointcloud/packets_test_captures.h"

namespace {

using namespace dew;

/// Layouts of small packets: large ones are the same to the coders and cost a hundred times as long.
std::vector<const KnownLayout*> small_layouts() {
  std::vector<const KnownLayout*> layouts = test::all_layouts();
  std::erase_if(layouts, [](const KnownLayout* known) { return known->layout.packet_bytes > 1500; });
  return layouts;
}

Bytes edited_pcap(const uint8_t* data, size_t size) {
  const std::vector<const KnownLayout*> layouts = small_layouts();
  test::CaptureRecipe recipe;
  recipe.packets = 1 + data[2] % 4;
  recipe.vlan = data[2] & 0x10;
  recipe.big_endian = data[2] & 0x20;
  recipe.nanoseconds = data[2] & 0x40;
  recipe.other_traffic = data[2] & 0x80;
  Bytes pcap = test::make_pcap(*layouts[data[0] % layouts.size()], recipe);
  for (size_t i = 3; i + 4 <= size; i += 4) {
    const size_t place = data[i] | size_t{data[i + 1]} << 8 | size_t{data[i + 2]} << 16;
    pcap[place % pcap.size()] = static_cast<std::byte>(data[i + 3]);
  }
  return pcap;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const Bytes pcap = edited_pcap(data, size);
  const Result<Input> input = read_cloud(pcap, {}, {});
  if (!input.ok() || !std::holds_alternative<Capture>(input->content)) return 0;
  EncodeOptions options;
  options.mode = data[1] & 1 ? Mode::max_error : Mode::lossless;
  options.max_error_m = 0.03;
  options.effort = data[1] & 2 ? Effort::normal : Effort::fast;
  options.verify = false;
  const Result<Encoded> encoded = encode(input->content, options);
  DEW_FUZZ_CHECK(encoded.ok() || encoded.error().code == Code::limit_exceeded);
  if (!encoded.ok()) return 0;
  const Result<Decoded> decoded = decode(encoded->bytes, {}, {});
  DEW_FUZZ_CHECK(decoded.ok());
  const Result<ContentError> error = content_error(input->content, decoded->content);
  DEW_FUZZ_CHECK(error.ok() && error->other_fields_equal);
  if (options.mode == Mode::lossless) {
    DEW_FUZZ_CHECK(*write_capture(std::get<Capture>(decoded->content)) == pcap);
  } else {
    DEW_FUZZ_CHECK(error->max_error_m <= options.max_error_m * (1 + 1e-9));
  }
  return 0;
}
