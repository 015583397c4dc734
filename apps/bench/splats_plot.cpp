// SPDX-License-Identifier: Apache-2.0
// Rate and distortion as an SVG: one panel a scene, bits a splat to the right (logarithmic), PSNR upwards.
#include <algorithm>
#include <cmath>

#include "apps/bench/splats.h"

namespace dew::app {
namespace {

constexpr double kWidth = 760, kHeight = 420, kLeft = 60, kRight = 170, kTop = 40, kBottom = 45;
constexpr double kLow_db = 28, kHigh_db = 62;

struct Panel {
  std::string scene;
  double top;                  ///< of the panel in the picture
  double low_bits, high_bits;  ///< a splat

  double x(double bits) const { return kLeft + (kWidth - kLeft - kRight) * std::log(bits / low_bits) / std::log(high_bits / low_bits); }
  double y(double psnr_db) const {
    const double share = (std::clamp(psnr_db, kLow_db, kHigh_db) - kLow_db) / (kHigh_db - kLow_db);
    return top + kHeight - kBottom - share * (kHeight - kTop - kBottom);
  }
};

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  return out;
}

std::string text_at(double x, double y, const std::string& anchor, const std::string& text) {
  return "<text x=\"" + fixed(x, 1) + "\" y=\"" + fixed(y, 1) + "\" text-anchor=\"" + anchor + "\">" + escaped(text) + "</text>\n";
}

std::string line_between(double x1, double y1, double x2, double y2, const std::string& colour) {
  return "<line x1=\"" + fixed(x1, 1) + "\" y1=\"" + fixed(y1, 1) + "\" x2=\"" + fixed(x2, 1) + "\" y2=\"" + fixed(y2, 1) + "\" stroke=\"" +
         colour + "\"/>\n";
}

std::string axes(const Panel& panel) {
  std::string out = text_at(kLeft, panel.top + 24, "start", panel.scene);
  for (double psnr_db = 30; psnr_db <= 60; psnr_db += 5) {
    out += line_between(kLeft, panel.y(psnr_db), kWidth - kRight, panel.y(psnr_db), "#ddd");
    out += text_at(kLeft - 8, panel.y(psnr_db) + 4, "end", fixed(psnr_db, 0));
  }
  for (const double bits : {10, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000}) {
    if (bits < panel.low_bits || bits > panel.high_bits) continue;
    out += line_between(panel.x(bits), panel.top + kTop, panel.x(bits), panel.top + kHeight - kBottom, "#eee");
    out += text_at(panel.x(bits), panel.top + kHeight - kBottom + 18, "middle", fixed(bits, 0));
  }
  out += text_at((kLeft + kWidth - kRight) / 2, panel.top + kHeight - 8, "middle", "bits a splat of the original");
  return out + text_at(12, panel.top + kTop - 6, "start", "dB");
}

/// A row that has a place in the picture.
bool is_drawn(const Json& row, const std::string& scene) {
  return row.value("scene", "") == scene && row.contains("psnr_db") && row["psnr_db"].is_number() && row.value("bits_per_splat", 0.0) > 0;
}

std::string points(const Panel& panel, const std::vector<Json>& rows) {
  std::string out;
  std::vector<std::pair<double, double>> ours;
  for (const Json& row : rows) {
    if (!is_drawn(row, panel.scene)) continue;
    const double bits = row["bits_per_splat"].get<double>(), psnr_db = row["psnr_db"].get<double>();
    const std::string codec = row.value("codec", "");
    const bool dew = codec.starts_with("dew");
    if (dew) ours.emplace_back(bits, psnr_db);
    out += "<circle cx=\"" + fixed(panel.x(bits), 1) + "\" cy=\"" + fixed(panel.y(psnr_db), 1) + "\" r=\"4\" fill=\"" +
           (dew ? "#0060c0" : "#c04000") + "\"/>\n";
    if (!dew) out += text_at(panel.x(bits) + 7, panel.y(psnr_db) + 4, "start", codec);
  }
  std::sort(ours.begin(), ours.end());
  if (ours.size() < 2) return out;
  out += "<polyline fill=\"none\" stroke=\"#0060c0\" stroke-width=\"2\" points=\"";
  for (const auto& [bits, psnr_db] : ours) out += fixed(panel.x(bits), 1) + "," + fixed(panel.y(psnr_db), 1) + " ";
  return out + "\"/>\n" + text_at(panel.x(ours.back().first) + 7, panel.y(ours.back().second) - 8, "start", "dew");
}

}  // namespace

std::string rate_distortion_svg(const std::vector<Json>& rows) {
  std::vector<Panel> panels;
  for (const Json& row : rows) {
    const std::string scene = row.value("scene", "");
    if (!is_drawn(row, scene)) continue;
    auto panel = std::find_if(panels.begin(), panels.end(), [&](const Panel& p) { return p.scene == scene; });
    const double bits = row["bits_per_splat"].get<double>();
    if (panel == panels.end()) panel = panels.insert(panels.end(), {scene, kHeight * static_cast<double>(panels.size()), bits, bits});
    panel->low_bits = std::min(panel->low_bits, 0.8 * bits);
    panel->high_bits = std::max(panel->high_bits, 1.25 * bits);
  }
  const std::string height = fixed(kHeight * static_cast<double>(std::max<size_t>(1, panels.size())), 0);
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + fixed(kWidth, 0) + "\" height=\"" + height +
                    "\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n";
  for (const Panel& panel : panels) out += axes(panel) + points(panel, rows);
  return out + "</svg>\n";
}

}  // namespace dew::app
