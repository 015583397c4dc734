// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/sensor_facts.h"

#include <cstdio>

#include "pointcloud/coding/layout_numbers.h"
#include "pointcloud/sensor/firing_order.h"
#include "pointcloud/sensor/laser_sorted_model.h"

namespace dew {
namespace {

struct Numbers {
  uint64_t lasers = 0, columns = 0, range_tick_um = 0, azimuth_ticks = 0;
  bool motion = false;
  uint64_t model_bytes = 0;  ///< of everything that describes the sensor, motion included
};

Result<Numbers> of_laser_sorted(ByteReader& head) {
  constexpr uint8_t kMotion = 1;
  DEW_TRY(head.varint());
  DEW_ASSIGN(const uint8_t flags, head.u8());
  const size_t begin = head.position();
  DEW_ASSIGN(const LaserSortedModel model, read_model(head));
  const bool motion = (flags & kMotion) != 0;
  if (motion) DEW_TRY(head.bytes(6 * sizeof(double)));
  const size_t end = head.position();
  DEW_TRY(head.varint());  // rows, which are the model's lasers
  DEW_ASSIGN(const uint64_t columns, head.varint());
  return Numbers{model.lasers.size(), columns, model.range_tick_um, model.azimuth_ticks_per_turn, motion, end - begin};
}

Result<Numbers> of_firing_order(ByteReader& head) {
  DEW_TRY(head.u8());
  const size_t begin = head.position();
  DEW_ASSIGN(const FiringOrderModel model, read_firing_order(head));
  return Numbers{model.sensor.lasers(),        model.columns,          model.sensor.range_tick_um, model.sensor.azimuth_ticks_per_turn,
                 !model.motion.pieces.empty(), head.position() - begin};
}

Result<Numbers> of_scan(ByteReader& head) {
  DEW_ASSIGN(const uint64_t columns, head.varint());
  DEW_ASSIGN(const uint64_t lasers, head.varint());
  DEW_ASSIGN(const uint32_t tick_um, head.u32());
  DEW_ASSIGN(const uint32_t turn, head.u32());
  DEW_TRY(head.u8());
  if (lasers == 0 || lasers > 4096 || columns == 0 || columns > (1u << 24))
    return Error{Code::corrupt, head.offset(), "a scan's size is out of range"};
  const size_t begin = head.position();
  Budget budget{DecodeLimits{}};
  DEW_TRY(read_layout(head, static_cast<uint32_t>(lasers), budget));
  return Numbers{lasers, columns, tick_um, turn, false, head.position() - begin};
}

std::string metres(uint64_t micrometres) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", static_cast<double>(micrometres) * 1e-6);
  return text;
}

}  // namespace

SensorFacts sensor_facts(FrameKind kind, ByteReader head) {
  SensorFacts facts = {{"layout", frame_kind_name(kind)}};
  const Result<Numbers> numbers = kind == FrameKind::laser_sorted   ? of_laser_sorted(head)
                                  : kind == FrameKind::firing_order ? of_firing_order(head)
                                  : kind == FrameKind::scan         ? of_scan(head)
                                                                    : Result<Numbers>(Error{Code::unsupported_feature, 0, "no sensor"});
  if (!numbers.ok()) return facts;
  facts.emplace_back("lasers", std::to_string(numbers->lasers));
  facts.emplace_back("columns", std::to_string(numbers->columns));
  facts.emplace_back("range_tick_m", metres(numbers->range_tick_um));
  facts.emplace_back("azimuth_ticks", std::to_string(numbers->azimuth_ticks));
  if (kind != FrameKind::scan) facts.emplace_back("motion", numbers->motion ? "yes" : "no");
  facts.emplace_back("model_bytes", std::to_string(numbers->model_bytes));
  return facts;
}

SensorFacts sensor_facts(const std::vector<PacketKind>& kinds) {
  SensorFacts facts = {{"layout", "packets"}};
  for (const PacketKind& kind : kinds) {
    const PacketLayout& layout = kind.layout;
    if (layout.columns == 0) continue;
    facts.emplace_back("lasers", std::to_string(layout.lasers));
    facts.emplace_back("columns_a_packet", std::to_string(layout.columns));
    facts.emplace_back("returns_a_cell", std::to_string(layout.planes));
    facts.emplace_back("range_tick_m", metres(layout.tick_um));
    facts.emplace_back("azimuth_ticks", std::to_string(layout.azimuth_units_per_turn));
    break;
  }
  return facts;
}

}  // namespace dew
