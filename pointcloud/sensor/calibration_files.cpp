// SPDX-License-Identifier: Apache-2.0
// The three kinds of calibration files. Each is read by a scanner of what it needs, not by a parser of the whole language.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "pointcloud/sensor/calibration.h"

namespace dew {
namespace {

constexpr double kDegree_rad = 0.017453292519943295;
constexpr size_t kMaxLasers = 4096;

/// Goes through a text once. Nothing it does reads outside.
class TextScanner {
 public:
  explicit TextScanner(std::string_view text, size_t position = 0) : text_(text), at_(std::min(position, text.size())) {}

  size_t position() const { return at_; }
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  void skip_any_of(std::string_view characters) {
    while (!at_end() && characters.find(peek()) != std::string_view::npos) ++at_;
  }
  bool take(char character) {
    if (peek() != character || at_end()) return false;
    ++at_;
    return true;
  }
  std::optional<double> number() {
    double value = 0;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
    at_ += static_cast<size_t>(end - begin);
    return value;
  }
  /// Letters, digits and underscores.
  std::string_view word() {
    const size_t begin = at_;
    const auto in_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
    while (!at_end() && in_word(peek())) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  void skip_line() {
    while (!at_end() && peek() != '\n') ++at_;
    take('\n');
  }

 private:
  std::string_view text_;
  size_t at_;
};

Error not_understood(const TextScanner& scanner, const char* what) {
  return Error{Code::corrupt, scanner.position(), std::string("calibration: ") + what};
}

/// A line of names, then lines of channel (1, 2, ...), elevation, azimuth in degrees; the azimuth turns with the encoder, clockwise.
Result<SensorCalibration> read_hesai_csv(std::string_view text) {
  SensorCalibration calibration;
  TextScanner scanner(text);
  scanner.skip_line();
  while (true) {
    scanner.skip_any_of(" \t\r\n");
    if (scanner.at_end()) break;
    double values[3] = {};
    for (int i = 0; i < 3; ++i) {
      scanner.skip_any_of(" \t");
      const std::optional<double> value = scanner.number();
      if (!value) return not_understood(scanner, "expected channel, elevation and azimuth");
      values[i] = *value;
      scanner.skip_any_of(" \t\r");
      if (i < 2 && !scanner.take(',')) return not_understood(scanner, "expected a comma");
    }
    if (values[0] != static_cast<double>(calibration.lasers.size() + 1))
      return not_understood(scanner, "channels must be 1, 2, 3, ... in order");
    if (calibration.lasers.size() == kMaxLasers) return not_understood(scanner, "more than 4096 channels");
    LaserModel laser;
    laser.elevation_rad = values[1] * kDegree_rad;
    laser.azimuth_offset_rad = -values[2] * kDegree_rad;
    calibration.lasers.push_back(laser);
    scanner.skip_line();
  }
  if (calibration.lasers.empty()) return not_understood(scanner, "no channels");
  return calibration;
}

/// One laser of a Velodyne file as it is read.
struct YamlLaser {
  LaserModel model;
  std::optional<double> id;
  bool any = false;
};

Status add_laser(const TextScanner& scanner, const YamlLaser& laser, std::vector<std::optional<LaserModel>>& lasers) {
  if (!laser.any) return {};
  if (!laser.id || *laser.id < 0 || *laser.id >= static_cast<double>(kMaxLasers))
    return not_understood(scanner, "a laser without laser_id");
  const size_t id = static_cast<size_t>(*laser.id);
  if (lasers.size() <= id) lasers.resize(id + 1);
  if (lasers[id]) return not_understood(scanner, "a laser_id comes twice");
  lasers[id] = laser.model;
  return {};
}

void set_value(std::string_view key, double value, YamlLaser& laser) {
  laser.any = true;
  if (key == "laser_id") laser.id = value;
  if (key == "vert_correction") laser.model.elevation_rad = value;
  if (key == "rot_correction") laser.model.azimuth_offset_rad = value;
  if (key == "vert_offset_correction") laser.model.vertical_offset_m = value;
  if (key == "horiz_offset_correction") laser.model.horizontal_offset_m = value;
  if (key == "dist_correction") laser.model.range_offset_m = value;
}

/// "key: number" pairs; a laser begins with each '-' that begins a list item.
Result<SensorCalibration> read_velodyne_yaml(std::string_view text) {
  std::vector<std::optional<LaserModel>> lasers;
  YamlLaser laser;
  TextScanner scanner(text);
  while (true) {
    scanner.skip_any_of(" \t\r\n{},");
    if (scanner.at_end()) break;
    if (scanner.take('#')) {
      scanner.skip_line();
      continue;
    }
    if (scanner.take('-')) {
      DEW_TRY(add_laser(scanner, laser, lasers));
      laser = {};
      scanner.skip_any_of("-");  // "---" begins a document
      continue;
    }
    const std::string_view key = scanner.word();
    scanner.skip_any_of(" \t");
    if (key.empty() || !scanner.take(':')) return not_understood(scanner, "expected a name and a colon");
    scanner.skip_any_of(" \t");
    const std::optional<double> value = scanner.number();
    const bool of_the_sensor = key == "lasers" || key == "num_lasers" || key == "distance_resolution";
    if (!value && key != "lasers") return not_understood(scanner, "expected a number");
    if (value && !of_the_sensor) set_value(key, *value, laser);
  }
  DEW_TRY(add_laser(scanner, laser, lasers));
  SensorCalibration calibration;
  for (const std::optional<LaserModel>& one : lasers) {
    if (!one) return not_understood(scanner, "a laser_id is missing");
    calibration.lasers.push_back(*one);
  }
  if (calibration.lasers.empty()) return not_understood(scanner, "no lasers");
  return calibration;
}

/// The position after `"key" :`, wherever it stands.
std::optional<size_t> after_key(std::string_view text, std::string_view key) {
  const std::string quoted = '"' + std::string(key) + '"';
  const size_t at = text.find(quoted);
  if (at == std::string_view::npos) return std::nullopt;
  TextScanner scanner(text, at + quoted.size());
  scanner.skip_any_of(" \t\r\n");
  if (!scanner.take(':')) return std::nullopt;
  scanner.skip_any_of(" \t\r\n");
  return scanner.position();
}

Result<std::vector<double>> numbers_of(std::string_view text, std::string_view key) {
  const std::optional<size_t> at = after_key(text, key);
  TextScanner scanner(text, at.value_or(text.size()));
  if (!at || !scanner.take('[')) return not_understood(scanner, "beam_altitude_angles and beam_azimuth_angles must be lists");
  std::vector<double> numbers;
  while (true) {
    scanner.skip_any_of(" \t\r\n");
    if (scanner.take(']')) return numbers;
    const std::optional<double> value = scanner.number();
    if (!value || numbers.size() == kMaxLasers) return not_understood(scanner, "expected at most 4096 numbers");
    numbers.push_back(*value);
    scanner.skip_any_of(" \t\r\n");
    scanner.take(',');
  }
}

/// Beam angles in degrees; the azimuth turns with the encoder, clockwise.
Result<SensorCalibration> read_ouster_json(std::string_view text) {
  DEW_ASSIGN(const std::vector<double> altitudes, numbers_of(text, "beam_altitude_angles"));
  DEW_ASSIGN(const std::vector<double> azimuths, numbers_of(text, "beam_azimuth_angles"));
  if (altitudes.empty() || altitudes.size() != azimuths.size()) {
    return Error{Code::corrupt, 0, "calibration: beam_altitude_angles and beam_azimuth_angles differ in length"};
  }
  SensorCalibration calibration;
  for (size_t i = 0; i < altitudes.size(); ++i) {
    LaserModel laser;
    laser.elevation_rad = altitudes[i] * kDegree_rad;
    laser.azimuth_offset_rad = -azimuths[i] * kDegree_rad;
    calibration.lasers.push_back(laser);
  }
  if (const std::optional<size_t> at = after_key(text, "lidar_origin_to_beam_origin_mm")) {
    TextScanner scanner(text, *at);
    const std::optional<double> origin_mm = scanner.number();
    if (!origin_mm) return not_understood(scanner, "lidar_origin_to_beam_origin_mm must be a number");
    calibration.beam_origin_m = *origin_mm / 1000;
  }
  return calibration;
}

}  // namespace

Result<SensorCalibration> read_calibration(ByteSpan bytes, const DecodeLimits& limits) {
  constexpr uint64_t kLongestFile = 16 << 20;
  if (bytes.size() > std::min(limits.input_bytes, kLongestFile))
    return Error{Code::limit_exceeded, 0, "a calibration file is at most 16 MiB long"};
  const std::string_view text = as_text(bytes);
  TextScanner scanner(text);
  scanner.skip_any_of(" \t\r\n");
  if (scanner.peek() == '{' || scanner.peek() == '[') return read_ouster_json(text);
  const std::string_view first_line = text.substr(0, text.find('\n'));
  if (text.find("laser_id") != std::string_view::npos) return read_velodyne_yaml(text);
  if (first_line.find(',') != std::string_view::npos) return read_hesai_csv(text);
  return Error{Code::corrupt, 0, "calibration: neither csv (channel, elevation, azimuth) nor yaml (lasers) nor json (beam angles)"};
}

}  // namespace dew
