// SPDX-License-Identifier: Apache-2.0
// Any cloud or scan goes into a file and comes back: a byte of options, a byte of shape, then fields (a byte each) and their values.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "fuzz_check.h"
#include "pointcloud/codec.h"

namespace {

using namespace dew;

constexpr uint64_t kMaxPoints = 3000;

class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(std::as_bytes(std::span(data, size))) {}
  uint8_t byte() {
    if (rest_.empty()) return 0;
    const uint8_t value = std::to_integer<uint8_t>(rest_[0]);
    rest_ = rest_.subspan(1);
    return value;
  }
  uint32_t number(unsigned bytes) {
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; ++i) value = value << 8 | byte();
    return value;
  }
  ByteSpan rest() const { return rest_; }

 private:
  ByteSpan rest_;
};

/// Fields by name and type; the values are records of what is left, so that points change together.
Cloud cloud_of(Input& input) {
  constexpr const char* kNames[] = {"x", "y", "z", "intensity", "ring", "timestamp", "label", "x"};
  Cloud cloud;
  const uint8_t shape = input.byte();
  size_t record = 0;
  for (unsigned i = 0; i < shape % 8u; ++i) {
    const uint8_t what = input.byte();
    Field field{kNames[what >> 5], i < 3 && (shape & 0x80) ? FieldType::f32 : static_cast<FieldType>(what % 11), what & 16 ? 2u : 1u, {}};
    if (i < 3 && (shape & 0x80)) field.name = kNames[i], field.count = 1;
    record += field.bytes_per_point();
    cloud.fields.push_back(std::move(field));
  }
  cloud.points = record == 0 ? shape >> 3 : std::min<uint64_t>(input.rest().size() / record, kMaxPoints);
  cloud.width = static_cast<uint32_t>(cloud.points);
  size_t at = 0;
  for (uint64_t i = 0; i < cloud.points; ++i) {
    for (Field& field : cloud.fields) {
      const ByteSpan value = input.rest().subspan(at, field.bytes_per_point());
      field.data.insert(field.data.end(), value.begin(), value.end());
      at += value.size();
    }
  }
  return cloud;
}

Scan scan_of(Input& input) {
  Scan scan;
  scan.lasers = 1 + input.byte() % 64u;
  scan.range_bytes = input.byte() & 1 ? 4 : 2;
  scan.tick_um = input.number(2);
  scan.azimuth_units_per_turn = input.number(2);
  const size_t column_bytes = 4 + size_t{scan.lasers} * (scan.range_bytes + 1);
  scan.columns = static_cast<uint32_t>(std::clamp<size_t>(input.rest().size() / column_bytes, 1, 1024));
  for (uint32_t c = 0; c < scan.columns; ++c) {
    scan.azimuth.push_back(static_cast<uint16_t>(input.number(2)));
    scan.time_us.push_back(input.number(2));
    for (uint32_t l = 0; l < scan.lasers; ++l) {
      scan.range.push_back(input.number(scan.range_bytes));
      scan.intensity.push_back(input.byte());
    }
  }
  return scan;
}

bool equal(const Cloud& a, const Cloud& b) {
  return a.points == b.points && a.width == b.width && a.height == b.height && a.fields == b.fields && a.source == b.source;
}

bool is_coordinate(const std::string& name) { return name == "x" || name == "y" || name == "z"; }

/// Other fields to the bit, finite coordinates within the bound.
bool within(const Cloud& a, const Cloud& b, double bound) {
  if (a.points != b.points || a.fields.size() != b.fields.size()) return false;
  std::vector<double> sums(static_cast<size_t>(a.points), 0.0);
  for (size_t f = 0; f < a.fields.size(); ++f) {
    const Field &from = a.fields[f], &to = b.fields[f];
    if (from.name != to.name || from.type != to.type || from.count != to.count || from.data.size() != to.data.size()) return false;
    if (!is_coordinate(from.name) || from.type != FieldType::f32 || from.count != 1) {
      if (from.data != to.data) return false;
      continue;
    }
    for (size_t i = 0; i < sums.size(); ++i) {
      const double was = static_cast<double>(from.values<float>()[i]), is = static_cast<double>(to.values<float>()[i]);
      if (std::isnan(was) ? std::isnan(is) : was == is) continue;
      sums[i] += (was - is) * (was - is);
    }
  }
  return std::all_of(sums.begin(), sums.end(), [&](double sum) { return sum <= bound * bound * (1 + 1e-12); });
}

bool within(const Scan& a, const Scan& b, double bound) {
  Scan same_ranges = b;
  same_ranges.range = a.range;
  if (!(same_ranges == a) || b.range.size() != a.range.size()) return false;
  for (size_t i = 0; i < a.range.size(); ++i) {
    const double ticks = std::abs(static_cast<double>(a.range[i]) - static_cast<double>(b.range[i]));
    if ((a.range[i] == 0) != (b.range[i] == 0) || ticks * a.tick_um * 1e-6 > bound * (1 + 1e-9)) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  const uint8_t choice = input.byte();
  EncodeOptions options;
  options.mode = static_cast<Mode>(choice % 3);
  options.effort = choice & 0x10 ? Effort::normal : Effort::fast;
  options.slice_count = 1 + (choice >> 5);
  options.verify = false;
  constexpr double kBounds[] = {0.00001, 0.001, 0.02, 0.5};
  if (options.mode == Mode::max_error) options.max_error_m = kBounds[(choice >> 2) & 3];
  const Content content = choice & 8 ? Content(scan_of(input)) : Content(cloud_of(input));
  const Result<Encoded> encoded = encode(content, options);
  if (!encoded.ok()) {
    // Only ranges longer than the models' arithmetic.
    DEW_FUZZ_CHECK(encoded.error().code == Code::limit_exceeded && std::holds_alternative<Scan>(content));
    return 0;
  }
  const Result<Decoded> decoded = decode(encoded->bytes, {}, {});
  DEW_FUZZ_CHECK(decoded.ok() && decoded->content.index() == content.index());
  if (const Scan* scan = std::get_if<Scan>(&content)) {
    const Scan& back = std::get<Scan>(decoded->content);
    DEW_FUZZ_CHECK(options.mode == Mode::max_error ? within(*scan, back, options.max_error_m) : *scan == back);
  } else {
    const Cloud& cloud = std::get<Cloud>(content);
    const Cloud& back = std::get<Cloud>(decoded->content);
    DEW_FUZZ_CHECK(options.mode == Mode::lossless ? equal(cloud, back) : within(cloud, back, options.max_error_m));
  }
  return 0;
}
