// SPDX-License-Identifier: Apache-2.0
#include "viewer/inspect/info_lines.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "viewer/colour/legend.h"

namespace dew::viewer {

const char* mode_text(dew::Mode mode) {
  switch (mode) {
    case dew::Mode::lattice: return "lattice";
    case dew::Mode::max_error: return "max-error";
    case dew::Mode::lossless: return "lossless";
  }
  return "unknown";
}

const char* mode_text(SplatMode mode) {
  return mode == SplatMode::lossless ? "lossless" : mode == SplatMode::budget ? "budget" : "quality";
}

const char* effort_text(Effort effort) {
  switch (effort) {
    case Effort::fast: return "fast";
    case Effort::normal: return "normal";
    case Effort::max: return "max";
  }
  return "unknown";
}

const char* format_text(SplatFormat format) {
  constexpr std::array<const char*, 8> kNames = {"none", "ply", "compressed.ply", "splat", "spz", "sog", "gltf", "ksplat"};
  return kNames[static_cast<size_t>(format)];
}

std::string quality_text(const SplatQuality& quality) {
  return fixed(quality.psnr_db, 2) + " dB against the original's renders (worst view " + fixed(quality.psnr_min_db, 2) + " dB) on " +
         std::to_string(quality.views) + (quality.made_views ? " made views" : " of the given views");
}

double bits_per(uint64_t bytes, uint64_t count) { return count == 0 ? 0 : 8.0 * static_cast<double>(bytes) / static_cast<double>(count); }

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

namespace {

std::string frame_text(const FrameFacts& frame) {
  std::string out = std::to_string(frame.bytes) + " bytes, ";
  // A capture tells returns and slices of the whole alone.
  if (frame.returns > 0) out += fixed(bits_per(frame.bytes, frame.returns), 3) + " bits a return, ";
  if (frame.bytes == 0) {
    out += "lost";
  } else if (frame.intra) {
    out += "intra";
  } else {
    out += frame.slices == 0 ? std::string("refers")
                             : "refers in " + std::to_string(frame.slices_that_refer) + " of " + std::to_string(frame.slices) + " slices";
  }
  if (frame.time_ns) out += ", " + fixed(static_cast<double>(*frame.time_ns) * 1e-9, 3) + " s";
  if (!frame.name.empty()) out += ", " + frame.name;
  return out;
}

/// A line a frame, of long sequences the first ones.
void add_frames(const std::vector<FrameFacts>& frames, std::vector<InfoLine>& lines) {
  constexpr size_t kMostLines = 20;
  const size_t shown = std::min(frames.size(), kMostLines);
  for (size_t i = 0; i < shown; ++i) lines.push_back({"frame " + std::to_string(i), frame_text(frames[i])});
  if (shown < frames.size()) lines.push_back({"...", std::to_string(frames.size() - shown) + " frames more (--json lists all)"});
}

}  // namespace

std::vector<InfoLine> info_lines(const FileInfo& info) {
  std::vector<InfoLine> lines = {
      {"kind", info.kind + (info.frames == 1 ? "" : ", " + std::to_string(info.frames) + " frames")},
      {"points", std::to_string(info.points) + ", of them " + std::to_string(info.returns) + " returns"},
      {"bytes", std::to_string(info.bytes) + " in " + std::to_string(info.slices) + " slices"},
      {"mode", std::string(mode_text(info.mode)) + ", effort " + effort_text(info.effort)},
      {"max error", length_text(info.max_error_m)},
      {"bits a point", fixed(bits_per(info.bytes, info.points), 3)},
  };
  for (const PartBytes& part : info.parts) {
    std::string bits = fixed(bits_per(part.bytes, info.points), 3);
    if (part.name == "geometry") bits.append(" (").append(fixed(bits_per(part.bytes, info.returns), 3)).append(" a return)");
    lines.push_back({"  " + part.name, bits});
  }
  for (const auto& [name, value] : info.sensor) lines.push_back({"sensor", name + " = " + value});
  for (const std::string& model : info.models) lines.push_back({"model", model});
  for (const auto& [name, value] : info.metadata) lines.push_back({"metadata", name + " = " + value});
  add_frames(info.frame_facts, lines);
  return lines;
}

std::vector<InfoLine> info_lines(const SplatFileInfo& info) {
  const auto bits = [&](double bytes) {
    return fixed(info.splats_original == 0 ? 0 : 8 * bytes / static_cast<double>(info.splats_original), 3);
  };
  const SplatPartBytes& parts = info.parts;
  std::vector<InfoLine> lines = {
      {"kind", "splats, from " + std::string(format_text(info.source_format))},
      {"splats",
       std::to_string(info.splats) + " of " + std::to_string(info.splats_original) + ", SH degree " + std::to_string(info.sh_degree)},
      {"bytes", std::to_string(info.bytes) + " in " + std::to_string(info.groups) + " groups"},
      {"mode", mode_text(info.mode)},
      {"quality", info.quality ? quality_text(*info.quality) : "every bit kept"},
      {"bits a splat", bits(static_cast<double>(info.bytes))},
      {"  position", bits(parts.position)},
      {"  colour", bits(parts.colour)},
      {"  sh", bits(parts.sh)},
      {"  opacity", bits(parts.opacity)},
      {"  scale", bits(parts.scale)},
      {"  rotation", bits(parts.rotation)},
      {"  side", bits(parts.side)},
  };
  for (const std::string& name : info.extra_properties) lines.push_back({"extra", name});
  return lines;
}

}  // namespace dew::viewer
