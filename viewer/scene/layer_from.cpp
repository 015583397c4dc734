// SPDX-License-Identifier: Apache-2.0
#include "viewer/scene/layer_from.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <type_traits>

#include "pointcloud/half.h"

namespace dew::viewer {
namespace {

/// Calls `take` with each value of a field of one value a point, as double.
template <class Take>
void for_values(const Field& field, Take&& take) {
  const auto all = [&]<class T>(std::type_identity<T>) {
    for (const T value : field.values<T>()) take(static_cast<double>(value));
  };
  switch (field.type) {
    case FieldType::u8: return all(std::type_identity<uint8_t>{});
    case FieldType::u16: return all(std::type_identity<uint16_t>{});
    case FieldType::u32: return all(std::type_identity<uint32_t>{});
    case FieldType::u64: return all(std::type_identity<uint64_t>{});
    case FieldType::i8: return all(std::type_identity<int8_t>{});
    case FieldType::i16: return all(std::type_identity<int16_t>{});
    case FieldType::i32: return all(std::type_identity<int32_t>{});
    case FieldType::i64: return all(std::type_identity<int64_t>{});
    case FieldType::f32: return all(std::type_identity<float>{});
    case FieldType::f64: return all(std::type_identity<double>{});
    case FieldType::f16:
      for (const uint16_t bits : field.values<uint16_t>()) take(half_to_double(bits));
      return;
  }
}

struct KnownName {
  const char* field;
  const char* attribute;
};
constexpr KnownName kKnownNames[] = {{"i", kIntensity},  {"reflectivity", kIntensity}, {"laser", kRing}, {"channel", kRing},
                                     {"t", kTime},       {"timestamp", kTime},         {"time", kTime},  {"time_us", kTime},
                                     {"time_ns", kTime}, {"offset_time", kTime}};

std::string attribute_name(const std::string& field) {
  for (const KnownName& known : kKnownNames) {
    if (field == known.field) return known.attribute;
  }
  return field;
}

/// Seconds of one unit of a time field: names say it, else whole numbers are nanoseconds and others seconds.
double time_unit_s(const Field& field) {
  if (field.name == "time_us") return 1e-6;
  const bool whole = field.type != FieldType::f16 && field.type != FieldType::f32 && field.type != FieldType::f64;
  return whole || field.name == "time_ns" ? 1e-9 : 1;
}

Attribute attribute_of(const Field& field, const std::vector<uint32_t>& kept, uint64_t points) {
  Attribute attribute{attribute_name(field.name), {}, {}};
  std::vector<double> all;
  all.reserve(points);
  for_values(field, [&](double value) { all.push_back(value); });
  double first = 0, unit = 1;
  if (attribute.name == kTime && !all.empty()) {
    // Times since the first one, as floats hold no time of the day to the microsecond.
    first = *std::min_element(all.begin(), all.end());
    if (!std::isfinite(first)) first = 0;
    unit = time_unit_s(field);
    attribute.unit = "s";
  }
  attribute.values.reserve(kept.size());
  for (const uint32_t i : kept) attribute.values.push_back(static_cast<float>((all[i] - first) * unit));
  return attribute;
}

bool is_coordinate(const std::string& name) { return name == "x" || name == "y" || name == "z"; }

/// What `xyz` is relative to: the sensor (zero) where points are near it, else a round place in their midst.
Vec3 origin_for(const std::vector<Vec3>& positions) {
  Bounds box;
  for (const Vec3& position : positions) box.add(position);
  const Vec3 centre = box.centre();
  if (length(centre) < 10'000) return {};
  return {std::round(centre.x), std::round(centre.y), std::round(centre.z)};
}

void add_places(PointLayer& layer) {
  Attribute height{kHeight, "m", {}}, range{kRange, "m", {}};
  for (size_t i = 0; i < layer.count(); ++i) {
    const Vec3 position = layer.position(i);
    height.values.push_back(static_cast<float>(position.z));
    range.values.push_back(static_cast<float>(length(position)));
  }
  layer.set(std::move(height));
  if (layer.find(kRange) == nullptr) layer.set(std::move(range));
}

struct Guess {
  uint32_t lasers;
  uint32_t tick_um;
  const char* sensor;
};
/// Sensors that a scan of so many lasers and such ticks may come from.
constexpr Guess kGuesses[] = {
    {16, 2000, "VLP-16"}, {32, 2000, "HDL-32E"}, {32, 4000, "PandarXT-32"}, {128, 4000, "PandarQT-128"}, {128, 2000, "PandarQT-128"}};

SensorCalibration evenly_spread(uint32_t lasers) {
  constexpr double kHighest_rad = 22.5 * std::numbers::pi / 180;
  SensorCalibration calibration;
  calibration.lasers.resize(lasers);
  for (uint32_t i = 0; i < lasers && lasers > 1; ++i) {
    calibration.lasers[i].elevation_rad = kHighest_rad * (1 - 2.0 * i / (lasers - 1));
  }
  return calibration;
}

/// A calibration for a scan that came without one, and what to say about it.
SensorCalibration guessed_calibration(const Scan& scan, std::string& note) {
  for (const Guess& guess : kGuesses) {
    const bool turns_in_degrees = scan.azimuth_units_per_turn == 36000;
    if (!turns_in_degrees || scan.lasers != guess.lasers || scan.tick_um != guess.tick_um) continue;
    const SensorCalibration* known = find_calibration(guess.sensor);
    if (known == nullptr || known->lasers.size() != scan.lasers) continue;
    note = std::string("drawn with the angles of a ") + guess.sensor + "; another sensor needs --calibration";
    return *known;
  }
  note = "drawn with evenly spread lasers; the true angles need --calibration";
  return evenly_spread(scan.lasers);
}

/// Adds the points of a scan; `first_cell` is the number of its first cell in the frame.
Status add_scan(const Scan& scan, const SensorCalibration& calibration, uint32_t first_cell, PointLayer& layer) {
  DEW_ASSIGN(const Cloud cloud, cloud_of_scan(scan, calibration, {}, {}));
  DEW_ASSIGN(const PointLayer added, layer_from(cloud, layer.name));
  layer.xyz.insert(layer.xyz.end(), added.xyz.begin(), added.xyz.end());
  if (layer.attributes.empty()) {
    layer.attributes = added.attributes;
  } else {
    for (const Attribute& attribute : added.attributes) {
      for (Attribute& own : layer.attributes) {
        if (own.name == attribute.name) own.values.insert(own.values.end(), attribute.values.begin(), attribute.values.end());
      }
    }
  }
  uint32_t cell = first_cell;
  for (const uint32_t range : scan.range) {
    if (range != 0) layer.source_index.push_back(cell);
    ++cell;
  }
  return {};
}

Result<Layers> layers_of_scan(const Scan& scan, const LayerOptions& options) {
  Layers layers;
  PointLayer layer;
  layer.name = options.name;
  const SensorCalibration calibration = options.calibration != nullptr ? *options.calibration : guessed_calibration(scan, layers.note);
  DEW_TRY(add_scan(scan, calibration, 0, layer));
  layers.frames.emplace_back(std::move(layer));
  return layers;
}

/// The calibration of each plane of a frame, by its kind.
Result<Layers> layers_of_capture(const Capture& capture, const LayerOptions& options) {
  Layers layers;
  for (const CaptureFrame& frame : capture.frames) {
    PointLayer layer;
    layer.name = options.name;
    uint32_t first_cell = 0;
    for (size_t plane = 0; plane < frame.planes.size(); ++plane) {
      const Scan& scan = frame.planes[plane];
      const SensorCalibration* calibration = options.calibration;
      for (const PacketKind& kind : capture.kinds) {
        const bool owns = plane >= kind.first_plane && plane - kind.first_plane < kind.layout.planes;
        if (calibration == nullptr && owns) calibration = find_calibration(kind.sensor);
      }
      std::optional<SensorCalibration> guess;
      if (calibration == nullptr || calibration->lasers.size() != scan.lasers)
        calibration = &guess.emplace(guessed_calibration(scan, layers.note));
      if (scan.columns > 0) DEW_TRY(add_scan(scan, *calibration, first_cell, layer));
      first_cell += static_cast<uint32_t>(scan.range.size());
    }
    layers.frames.emplace_back(std::move(layer));
  }
  if (layers.frames.empty()) layers.frames.emplace_back(PointLayer{options.name, {}, {}, {}, {}});
  return layers;
}

}  // namespace

Result<PointLayer> layer_from(const Cloud& cloud, std::string name) {
  DEW_ASSIGN(const std::vector<Vec3> positions, positions_m(cloud));
  PointLayer layer;
  layer.name = std::move(name);
  layer.origin = origin_for(positions);
  for (size_t i = 0; i < positions.size(); ++i) {
    const Vec3 offset = positions[i] - layer.origin;
    const std::array<float, 3> place = {static_cast<float>(offset.x), static_cast<float>(offset.y), static_cast<float>(offset.z)};
    if (!std::isfinite(place[0]) || !std::isfinite(place[1]) || !std::isfinite(place[2])) continue;
    layer.xyz.insert(layer.xyz.end(), place.begin(), place.end());
    layer.source_index.push_back(static_cast<uint32_t>(i));
  }
  for (const Field& field : cloud.fields) {
    if (field.count != 1 || is_coordinate(field.name) || field.values<uint8_t>().size() != cloud.points * field.bytes_per_point()) continue;
    layer.set(attribute_of(field, layer.source_index, cloud.points));
  }
  add_places(layer);
  return layer;
}

Result<Layers> layers_from(const Content& content, const LayerOptions& options) {
  if (const Scan* scan = std::get_if<Scan>(&content)) return layers_of_scan(*scan, options);
  if (const Capture* capture = std::get_if<Capture>(&content)) return layers_of_capture(*capture, options);
  Layers layers;
  DEW_ASSIGN(PointLayer layer, layer_from(*std::get_if<Cloud>(&content), options.name));
  layers.frames.emplace_back(std::move(layer));
  return layers;
}

SplatLayer layer_from(Splats splats, std::string name) {
  SplatLayer layer;
  layer.name = std::move(name);
  Attribute opacity{"opacity", {}, {}}, scale{"scale", {}, {}};
  for (size_t i = 0; i < splats.count(); ++i) {
    opacity.values.push_back(1 / (1 + std::exp(-splats.opacity_logit[i])));
    scale.values.push_back(std::exp((splats.log_scale[3 * i] + splats.log_scale[3 * i + 1] + splats.log_scale[3 * i + 2]) / 3));
  }
  layer.splats = std::move(splats);
  layer.attributes = {std::move(opacity), std::move(scale)};
  return layer;
}

}  // namespace dew::viewer
