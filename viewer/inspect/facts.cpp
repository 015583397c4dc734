// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <cstdio>

#include "viewer/inspect/field_values.h"
#include "viewer/inspect/pick.h"

namespace dew::viewer {
namespace {

/// Nine digits tell floats apart.
std::string number_text(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

std::string integer_text(const Field& field, size_t i) {
  if (field.type == FieldType::u64) return std::to_string(field.values<uint64_t>()[i]);
  if (field.type == FieldType::i64) return std::to_string(field.values<int64_t>()[i]);
  return number_text(value_at(field, i));
}

const char* unit_of(const std::string& field) { return is_coordinate(field) ? "m" : ""; }

std::vector<Fact> facts_of_cloud(const Cloud& cloud, size_t index) {
  constexpr uint32_t kShownValues = 8;
  std::vector<Fact> facts = {{"point", std::to_string(index), ""}};
  for (const Field& field : cloud.fields) {
    std::string text;
    for (uint32_t k = 0; k < std::min(field.count, kShownValues); ++k)
      text += (k > 0 ? " " : "") + integer_text(field, index * field.count + k);
    if (field.count > kShownValues) text += " ...";
    facts.push_back({field.name, text, unit_of(field.name)});
  }
  return facts;
}

std::vector<Fact> facts_of_scan(const Scan& scan, size_t index) {
  const size_t column = index / scan.lasers, laser = index % scan.lasers;
  std::vector<Fact> facts = {{"column", std::to_string(column), ""}, {"laser", std::to_string(laser), ""}};
  facts.push_back({"range", number_text(double{1} * scan.range[index] * scan.tick_um * 1e-6), "m"});
  if (index < scan.intensity.size()) facts.push_back({"intensity", std::to_string(scan.intensity[index]), ""});
  if (column < scan.azimuth.size() && scan.azimuth_units_per_turn > 0)
    facts.push_back({"azimuth", number_text(360.0 * scan.azimuth[column] / scan.azimuth_units_per_turn), "deg"});
  if (column < scan.time_us.size()) facts.push_back({"time", std::to_string(scan.time_us[column]), "us"});
  return facts;
}

std::string three_text(const std::vector<float>& values, size_t i, double (*transform)(double)) {
  std::string text;
  for (size_t k = 0; k < 3; ++k) {
    char one[40];
    std::snprintf(one, sizeof one, "%s%.6g", k > 0 ? " " : "", transform(static_cast<double>(values[3 * i + k])));
    text += one;
  }
  return text;
}

std::string extra_text(const ExtraProperty& extra, size_t i) {
  // Types of both enumerations have the same names, in another order.
  constexpr std::array<FieldType, 8> kTypes = {FieldType::i8,  FieldType::u8,  FieldType::i16, FieldType::u16,
                                               FieldType::i32, FieldType::u32, FieldType::f32, FieldType::f64};
  const FieldType type = kTypes[static_cast<size_t>(extra.type)];
  const size_t size = field_type_size(type);
  if ((i + 1) * size > extra.data.size()) return "";
  const auto begin = extra.data.begin() + static_cast<std::ptrdiff_t>(i * size);
  const Field one{extra.name, type, 1, Bytes(begin, begin + static_cast<std::ptrdiff_t>(size))};
  return number_text(value_at(one, 0));
}

}  // namespace

std::vector<Fact> facts_of(const Content& content, uint32_t index, size_t frame) {
  if (const Cloud* cloud = std::get_if<Cloud>(&content)) return index < cloud->points ? facts_of_cloud(*cloud, index) : std::vector<Fact>{};
  const CellPlace place = cell_of(scans_of(content, frame), index);
  return place.scan != nullptr && place.scan->lasers > 0 ? facts_of_scan(*place.scan, place.cell) : std::vector<Fact>{};
}

std::vector<Fact> facts_of(const Splats& splats, uint32_t index) {
  if (index >= splats.count()) return {};
  const float* q = &splats.rotation[4 * size_t{index}];
  char rotation[96];
  std::snprintf(rotation, sizeof rotation, "%.5g %.5g %.5g %.5g", static_cast<double>(q[0]), static_cast<double>(q[1]),
                static_cast<double>(q[2]), static_cast<double>(q[3]));
  std::vector<Fact> facts = {
      {"splat", std::to_string(index), ""},
      {"position", three_text(splats.position, index, [](double v) { return v; }), ""},
      {"colour", three_text(splats.dc, index, [](double v) { return 0.5 + 0.28209479177387814 * v; }), ""},
      {"opacity", number_text(1 / (1 + std::exp(-static_cast<double>(splats.opacity_logit[index])))), ""},
      {"scale", three_text(splats.log_scale, index, [](double v) { return std::exp(v); }), ""},
      {"rotation", rotation, "w x y z"},
  };
  for (const ExtraProperty& extra : splats.extra) facts.push_back({extra.name, extra_text(extra, index), ""});
  return facts;
}

std::vector<Fact> facts_of(const Layer& layer, uint32_t index, std::span<const std::string_view> names) {
  std::vector<Fact> facts;
  for (const std::string_view name : names) {
    const Attribute* attribute = find_attribute(layer, name);
    if (attribute == nullptr || index >= attribute->values.size() || std::isnan(attribute->values[index])) continue;
    const double value = static_cast<double>(attribute->values[index]);
    const bool millimetres = attribute->unit == "m";
    char text[40];
    std::snprintf(text, sizeof text, "%.4g", millimetres ? value * 1e3 : value);
    facts.push_back({std::string(name), text, millimetres ? "mm" : attribute->unit});
  }
  return facts;
}

}  // namespace dew::viewer
