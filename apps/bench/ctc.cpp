// SPDX-License-Identifier: Apache-2.0
#include "apps/bench/ctc.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <map>

#include "apps/content.h"
#include "apps/files.h"
#include "pointcloud/codec.h"
#include "pointcloud/metrics.h"
#include "pointcloud/sensor/small_matrix.h"

namespace dew::app {
namespace {

using Curve = std::array<double, 4>;

/// Cubic of log10(bits) over PSNR by least squares, PSNR counted from `middle`; nothing where the points do not determine one.
std::optional<Curve> fit_curve(std::span<const RatePoint> points, double middle) {
  NormalEquations<4> equations;
  for (const RatePoint& point : points) {
    const double x = point.psnr_db - middle;
    equations.add({1, x, x * x, x * x * x}, std::log10(point.bits));
  }
  Curve curve{};
  if (!equations.solve(curve)) return {};
  return curve;
}

double integral(const Curve& curve, double low, double high) {
  double sum = 0;
  for (size_t i = 0; i < 4; ++i) {
    const double power = static_cast<double>(i + 1);
    sum += curve[i] * (std::pow(high, power) - std::pow(low, power)) / power;
  }
  return sum;
}

Result<std::vector<Vec3>> whole_positions(const Cloud& cloud) {
  DEW_ASSIGN(std::vector<Vec3> points, positions_m(cloud));
  for (const Vec3& p : points) {
    if (p.x != std::round(p.x) || p.y != std::round(p.y) || p.z != std::round(p.z) ||
        !(std::abs(p.x) + std::abs(p.y) + std::abs(p.z) < 1e9))
      return Error{Code::invalid_argument, 0, "--ctc is for clouds whose coordinates are whole numbers"};
  }
  if (points.empty()) return Error{Code::invalid_argument, 0, "no points"};
  return points;
}

/// The largest number of as many bits as the coordinates need, as MPEG's peaks are.
double peak_of(std::span<const Vec3> points) {
  double largest = 1;
  for (const Vec3& p : points) largest = std::max({largest, std::abs(p.x), std::abs(p.y), std::abs(p.z)});
  return static_cast<double>((uint64_t{1} << std::bit_width(static_cast<uint64_t>(largest))) - 1);
}

Result<Json> measure_step(const Cloud& cloud, std::span<const Vec3> points, uint32_t step, const EncodeOptions& common) {
  EncodeOptions options = common;
  options.mode = step == 1 ? Mode::lossless : Mode::max_error;
  if (step > 1) options.max_error_m = step * std::sqrt(3.0) / 2;
  options.may_reorder = true;
  DEW_ASSIGN(const Encoded encoded, encode(cloud, options));
  DEW_ASSIGN(const Decoded decoded, decode(encoded.bytes, {}, {}));
  DEW_ASSIGN(const std::vector<Vec3> back, positions_m(std::get<Cloud>(decoded.content)));
  SurfaceOptions surface;
  surface.peak_m = peak_of(points);
  const std::optional<SurfaceErrors> errors = surface_errors(points, back, surface);
  Json row = {{"step", step},
              {"points", points.size()},
              {"bytes", encoded.bytes.size()},
              {"bits_per_point", 8.0 * static_cast<double>(encoded.bytes.size()) / static_cast<double>(points.size())},
              {"peak", *surface.peak_m}};
  if (errors) {
    row["d1_db"] = errors->point_to_point.psnr_db;
    row["d2_db"] = errors->point_to_plane.psnr_db;
  }
  return row;
}

using Curves = std::map<std::string, std::array<std::vector<RatePoint>, 2>>;

/// Lines of name,bits,D1,D2; others are left out.
Curves read_anchor(ByteSpan bytes) {
  Curves curves;
  for (const std::string& line : split(as_text(bytes), '\n')) {
    const std::vector<std::string> words = split(line, ',');
    if (words.size() < 4) continue;
    const double bits = std::strtod(words[1].c_str(), nullptr);
    for (size_t d = 0; d < 2 && bits > 0; ++d) curves[base_name(words[0])][d].push_back({bits, std::strtod(words[2 + d].c_str(), nullptr)});
  }
  return curves;
}

void add_to(Curves& curves, const Json& row) {
  for (size_t d = 0; d < 2; ++d) {
    const char* key = d == 0 ? "d1_db" : "d2_db";
    if (row.contains(key)) curves[base_name(row["file"])][d].push_back({row["bits_per_point"], row[key]});
  }
}

}  // namespace

std::optional<double> bd_rate_percent(std::vector<RatePoint> anchor, std::vector<RatePoint> test) {
  double low = -1e300, high = 1e300;
  for (std::vector<RatePoint>* curve : {&anchor, &test}) {
    std::erase_if(*curve, [](const RatePoint& p) { return !std::isfinite(p.psnr_db) || !(p.bits > 0); });
    if (curve->size() < 4) return {};
    const auto [least, most] =
        std::minmax_element(curve->begin(), curve->end(), [](const RatePoint& a, const RatePoint& b) { return a.psnr_db < b.psnr_db; });
    low = std::max(low, least->psnr_db);
    high = std::min(high, most->psnr_db);
  }
  if (!(high > low)) return {};
  const double middle = (low + high) / 2, half = (high - low) / 2;
  const std::optional<Curve> of_test = fit_curve(test, middle), of_anchor = fit_curve(anchor, middle);
  if (!of_test || !of_anchor) return {};
  const double mean = (integral(*of_test, -half, half) - integral(*of_anchor, -half, half)) / (2 * half);
  return 100 * (std::pow(10, mean) - 1);
}

Result<std::vector<Json>> measure_ctc(const std::string& file, std::span<const uint32_t> steps, Effort effort, uint32_t threads) {
  DEW_ASSIGN(Bytes bytes, read_file(file));
  DEW_ASSIGN(const Source source, parse_source(std::move(bytes), ""));
  const Cloud* cloud = std::get_if<Cloud>(&source.content);
  if (cloud == nullptr) return Error{Code::invalid_argument, 0, "--ctc is for clouds"};
  DEW_ASSIGN(const std::vector<Vec3> points, whole_positions(*cloud));
  // Geometry alone, as MPEG's tables have it.
  Cloud geometry;
  geometry.points = cloud->points;
  geometry.width = cloud->width;
  geometry.height = cloud->height;
  for (const Field& field : cloud->fields) {
    if (field.name == "x" || field.name == "y" || field.name == "z") geometry.fields.push_back(field);
  }
  EncodeOptions options;
  options.effort = effort;
  options.threads = threads;
  std::vector<Json> rows;
  for (const uint32_t step : steps) {
    DEW_ASSIGN(const Json measured, measure_step(geometry, points, step, options));
    Json row = {{"file", file}, {"effort", effort_text(effort)}};
    row.update(measured);
    rows.push_back(row);
  }
  return rows;
}

int run_bench_ctc(const std::vector<std::string>& files, const std::vector<Effort>& efforts, uint32_t threads, const Arguments& arguments) {
  const std::vector<uint32_t> steps = {1, 2, 4, 8, 16, 32};
  Curves anchor;
  if (arguments.has("--anchor")) {
    const Result<Bytes> bytes = read_file(arguments.text("--anchor"));
    if (!bytes.ok()) return fail(arguments.text("--anchor"), bytes.error(), arguments.has("--json"));
    anchor = read_anchor(*bytes);
  }
  std::map<std::string, Curves> of_effort;
  std::vector<Json> rows;
  int exit_code = kDone;
  for (const std::string& file : files) {
    for (const Effort effort : efforts) {
      const auto measured = measure_ctc(file, steps, effort, threads);
      if (!measured.ok()) {
        exit_code = std::max(exit_code, fail(file, measured.error(), arguments.has("--json")));
        continue;
      }
      for (const Json& row : *measured) add_to(of_effort[effort_text(effort)], row), rows.push_back(row);
    }
  }
  if (!arguments.has("--anchor")) anchor = of_effort["normal"];
  std::vector<Json> rates;
  for (const auto& [effort, curves] : of_effort) {
    for (const auto& [name, of_file] : curves) {
      if (!anchor.contains(name) || (!arguments.has("--anchor") && effort == "normal")) continue;
      Json rate = {{"file", name}, {"effort", effort}};
      for (size_t d = 0; d < 2; ++d) {
        if (const auto percent = bd_rate_percent(anchor.at(name)[d], of_file[d])) rate[d == 0 ? "bd_rate_d1" : "bd_rate_d2"] = *percent;
      }
      rates.push_back(rate);
    }
  }
  if (arguments.has("--json")) {
    print_json({{"rows", rows}, {"bd_rates", rates}});
    return exit_code;
  }
  Table table({"file", "effort", "step", "points", "bits/point", "D1 dB", "D2 dB"}, 2);
  const auto cell = [](const Json& row, const char* key, int digits) {
    return row.contains(key) ? fixed(row[key], digits) : std::string();
  };
  for (const Json& row : rows) {
    table.add({base_name(row["file"]), row["effort"], cell(row, "step", 0), cell(row, "points", 0), cell(row, "bits_per_point", 3),
               cell(row, "d1_db", 2), cell(row, "d2_db", 2)});
  }
  arguments.has("--csv") ? table.print_csv() : table.print();
  for (const Json& rate : rates)
    print_line("BD-rate of " + rate["file"].get<std::string>() + ", effort " + rate["effort"].get<std::string>() + ": D1 " +
               cell(rate, "bd_rate_d1", 2) + " %, D2 " + cell(rate, "bd_rate_d2", 2) + " %");
  return exit_code;
}

}  // namespace dew::app
