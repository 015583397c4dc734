// SPDX-License-Identifier: Apache-2.0
// inter-bench: what the frame before is worth to the coders of a grid, on consecutive scans (.lrf) of one sensor. Coded bytes of flags and
// ranges, and of intensities, of all frames but the first, each decoded again and compared; angles of columns are side information of
// geometry. With --moved the reference is moved as the sensor moved, without a background; what finding the motion takes is not counted.
// Then each part by itself, in code lengths. Networks are named by the caller, so that a figure comes from weights that have not seen the
// capture (apps/train/README.md); a name may be a file.
//
//   inter-bench --intra range_a --inter range_inter_a [--bound-mm 50] [--moved] FILES.lrf...
#include <cstdio>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "apps/files.h"
#include "apps/train/inter_samples.h"
#include "pointcloud/coding/column_numbers.h"
#include "pointcloud/coding/flag_model.h"
#include "pointcloud/coding/grid_codec.h"
#include "pointcloud/coding/inter_flag_model.h"
#include "pointcloud/coding/inter_intensity_model.h"
#include "pointcloud/coding/network_range_model.h"
#include "pointcloud/coding/range_networks.h"
#include "pointcloud/io/lrf.h"

namespace dew {
namespace {

/// As the codec cuts frames without being asked.
constexpr uint64_t kPointsPerSlice = 32768, kMostSlices = 8;

double now_ms() { return static_cast<double>(std::clock()) * 1e3 / CLOCKS_PER_SEC; }

struct Sum {
  double geometry_bits = 0, intensity_bits = 0, encode_ms = 0, decode_ms = 0;
};

struct Setting {
  RangeGrid grid;
  GridCoding coding;
  double side_bits = 0;
};

/// Codes and decodes a frame; `reference_ms`: what making the reference took, which both sides pay. Errors: internal where the decoder's
/// grid is another.
Status code_frame(const Setting& setting, double reference_ms, Sum& sum) {
  std::vector<GridSlice> slices;
  const double begin = now_ms();
  for (uint32_t i = 0; i < setting.coding.slices; ++i) slices.push_back(encode_grid_slice(setting.grid, setting.coding, i));
  const double encoded = now_ms();
  RangeGrid decoded = setting.grid;
  decoded.range.assign(decoded.range.size(), 0);
  decoded.intensity.assign(decoded.intensity.size(), 0);
  Budget budget{DecodeLimits{}};
  for (uint32_t i = 0; i < setting.coding.slices; ++i) {
    DEW_TRY(decode_grid_ranges(slices[i].ranges, setting.coding, i, decoded, budget, 0));
    DEW_TRY(decode_grid_intensity(slices[i].intensity, setting.coding, i, decoded, budget, 0));
  }
  sum.encode_ms += encoded - begin + reference_ms;
  sum.decode_ms += now_ms() - encoded + reference_ms;
  if (decoded.range != setting.grid.range || decoded.intensity != setting.grid.intensity)
    return Error{Code::internal, 0, "the decoder has another grid"};
  sum.geometry_bits += setting.side_bits;
  for (const GridSlice& slice : slices) {
    sum.geometry_bits += 8.0 * static_cast<double>(slice.ranges.size());
    sum.intensity_bits += 8.0 * static_cast<double>(slice.intensity.size());
  }
  return {};
}

template <class Make>
double flag_bits(const Setting& setting, Make&& make) {
  double bits = 0;
  for (uint32_t i = 0; i < setting.coding.slices; ++i) {
    const ColumnSpan span = slice_columns(setting.grid.columns, setting.coding.slices, i);
    CostMeter meter;
    auto model = make(span);
    std::vector<uint32_t> row(span.end - span.first);
    for (uint32_t r = 0; r < setting.grid.rows; ++r) {
      std::copy_n(setting.grid.range_row(r) + span.first, row.size(), row.begin());
      model.code_row(meter, row);
      model.end_row(row);
    }
    bits += meter.bits();
  }
  return bits;
}

template <class Make>
double range_bits(const Setting& setting, Make&& make) {
  double bits = 0;
  for (uint32_t i = 0; i < setting.coding.slices; ++i) {
    const ColumnSpan span = slice_columns(setting.grid.columns, setting.coding.slices, i);
    CostMeter meter;
    auto model = make(span);
    for (uint32_t r = 0; r < setting.grid.rows; ++r) {
      const std::span<const uint32_t> row(setting.grid.range_row(r) + span.first, span.end - span.first);
      model.template start_row<CostMeter>(r, row);
      for (uint32_t c = 0; c < row.size(); ++c) {
        if (row[c] != 0) model.code(meter, span.first + c, row[c]);
      }
    }
    bits += meter.bits();
  }
  return bits;
}

template <class Make>
double intensity_bits(const Setting& setting, Make&& make) {
  double bits = 0;
  std::vector<uint8_t> values = setting.grid.intensity;
  for (uint32_t i = 0; i < setting.coding.slices; ++i) {
    CostMeter meter;
    make(slice_columns(setting.grid.columns, setting.coding.slices, i)).code_all(meter, values, setting.coding.intensity_of_all_cells);
    bits += meter.bits();
  }
  return bits;
}

/// One part of the coders, by itself.
struct PartCost {
  const char* name;
  double bits = 0, ms = 0;
};
using Parts = std::array<PartCost, 8>;

Parts no_parts() {
  return {{{"flags alone"},
           {"flags beside, no background"},
           {"flags beside"},
           {"ranges alone"},
           {"ranges beside, no background"},
           {"ranges beside"},
           {"intensity alone"},
           {"intensity beside"}}};
}

void add_parts(const Setting& s, const ReferencePicture& all, const ReferencePicture& no_background, Parts& parts) {
  const IntNet &intra = *s.coding.range_network, &inter = *s.coding.inter_network;
  const auto add = [&](size_t part, auto&& measure) {
    const double begin = now_ms();
    parts[part].bits += measure();
    parts[part].ms += now_ms() - begin;
  };
  const auto flags_under = [&](const ReferencePicture& reference) {
    return flag_bits(s, [&](ColumnSpan span) { return InterFlagModel(reference, span.first, span.end); });
  };
  const auto ranges_under = [&](const ReferencePicture& reference) {
    return range_bits(s, [&](ColumnSpan span) {
      return InterRangeModel(inter, InterRangeFeatures(s.grid.geometry, reference, span.first, span.end), span.first, s.coding.max_range);
    });
  };
  const unsigned bits = s.coding.intensity_bits;
  add(0, [&] { return flag_bits(s, [&](ColumnSpan span) { return FlagModel(span.end - span.first); }); });
  add(1, [&] { return flags_under(no_background); });
  add(2, [&] { return flags_under(all); });
  add(3, [&] {
    return range_bits(s, [&](ColumnSpan span) {
      return NetworkRangeModel(intra, RangeFeatures(s.grid.geometry, span.first, span.end), span.first, s.coding.max_range);
    });
  });
  add(4, [&] { return ranges_under(no_background); });
  add(5, [&] { return ranges_under(all); });
  add(6, [&] { return intensity_bits(s, [&](ColumnSpan span) { return IntensityModel(s.grid, span.first, span.end, bits); }); });
  add(7, [&] { return intensity_bits(s, [&](ColumnSpan span) { return InterIntensityModel(s.grid, all, span.first, span.end, bits); }); });
}

Result<const IntNet*> network_called(const std::string& name, RangeNetworkKind kind, std::optional<IntNet>& read) {
  if (!name.ends_with(".inet"))
    return kind == RangeNetworkKind::inter ? choose_inter_network(name) : choose_range_network(Effort::normal, name);
  DEW_ASSIGN(const Bytes bytes, app::read_file(name));
  DEW_ASSIGN(IntNet net, IntNet::read(bytes));
  read = std::move(net);
  return &*read;
}

Status run(const std::vector<std::string>& files, const std::string& intra_name, const std::string& inter_name, uint32_t bound_mm,
           bool moved) {
  std::optional<IntNet> intra_file, inter_file;
  DEW_ASSIGN(const IntNet* intra, network_called(intra_name, RangeNetworkKind::intra, intra_file));
  DEW_ASSIGN(const IntNet* inter, network_called(inter_name, RangeNetworkKind::inter, inter_file));
  if (!NetworkRangeModel::takes(*intra) || !InterRangeModel::takes(*inter))
    return Error{Code::invalid_argument, 0, "a network is of the wrong kind"};
  std::vector<Scan> scans;
  for (const std::string& file : files) {
    DEW_ASSIGN(const Bytes bytes, app::read_file(file));
    DEW_ASSIGN(Scan scan, read_lrf(bytes, {}));
    scans.push_back(std::move(scan));
  }
  const std::vector<train::SequenceFrame> frames = train::sequence_of(scans);
  if (frames.size() < 2) return Error{Code::invalid_argument, 0, "there is no second frame"};
  const uint32_t step = std::max(1u, 2 * (bound_mm * 1000 / scans[0].tick_um));
  const GridAzimuths& first = frames[0].azimuths;
  Background background(frames[0].grid.rows, 2 * first.columns(), first.units_per_turn);
  std::array<Sum, 4> sums;  // intra, inter, fast intra, fast inter
  Parts parts = no_parts();
  double returns = 0, reference_ms = 0;
  for (size_t k = 1; k < frames.size(); ++k) {
    Setting setting{train::coarse(frames[k], step), {}};
    setting.coding.slices = static_cast<uint32_t>(std::clamp<uint64_t>(setting.grid.range.size() / kPointsPerSlice, 1, kMostSlices));
    setting.coding.max_range = std::max(1u, *std::max_element(setting.grid.range.begin(), setting.grid.range.end()));
    setting.coding.intensity_bits = 8;
    const auto& azimuth = frames[k].azimuths.column_azimuth;
    setting.side_bits = 8.0 * static_cast<double>(encode_column_numbers(std::vector<int64_t>(azimuth.begin(), azimuth.end())).size() + 24);
    for (size_t cell = 0; cell < setting.grid.range.size(); ++cell) {
      returns += setting.grid.range[cell] != 0;
      setting.coding.intensity_of_all_cells |= setting.grid.range[cell] == 0 && setting.grid.intensity[cell] != 0;
    }
    const DecodedPicture before = moved ? train::moved(frames[k - 1], frames[k], step) : train::decoded(frames[k - 1], step);
    const double begin = now_ms();
    background.add(before);
    const ReferencePicture reference = resample(before, moved ? nullptr : &background, frames[k].azimuths, before.rows, {step, 1});
    const double ms = now_ms() - begin;
    reference_ms += ms;
    DEW_TRY(code_frame(setting, 0, sums[2]));
    setting.coding.reference = &reference;
    DEW_TRY(code_frame(setting, ms, sums[3]));
    setting.coding.range_network = intra;
    setting.coding.inter_network = inter;
    DEW_TRY(code_frame(setting, ms, sums[1]));
    setting.coding.reference = nullptr;
    DEW_TRY(code_frame(setting, 0, sums[0]));
    add_parts(setting, reference, resample(before, nullptr, frames[k].azimuths, before.rows, {step, 1}), parts);
  }
  const double count = static_cast<double>(frames.size() - 1);
  std::printf("%.0f frames beside the one before, %.0f returns, range step %u; reference %.1f ms a frame\n", count, returns, step,
              reference_ms / count);
  std::printf("%-12s %10s %10s %10s %10s\n", "", "geometry", "intensity", "encode ms", "decode ms");
  constexpr const char* kNames[] = {"intra", "inter", "fast intra", "fast inter"};
  for (size_t i = 0; i < 4; ++i) {
    std::printf("%-12s %10.3f %10.3f %10.1f %10.1f\n", kNames[i], sums[i].geometry_bits / returns, sums[i].intensity_bits / returns,
                sums[i].encode_ms / count, sums[i].decode_ms / count);
  }
  std::printf("inter / intra %10.3f %10.3f %10.2f %10.2f\n", sums[1].geometry_bits / sums[0].geometry_bits,
              sums[1].intensity_bits / sums[0].intensity_bits, sums[1].encode_ms / sums[0].encode_ms,
              sums[1].decode_ms / sums[0].decode_ms);
  for (const PartCost& part : parts) {
    std::printf("%-30s %8.3f bits a return %8.1f ms\n", part.name, part.bits / returns, part.ms / count);
  }
  return {};
}

}  // namespace
}  // namespace dew

int main(int argc, char** argv) {
  std::vector<std::string> files;
  std::string intra = "range_all", inter = "range_inter_all";
  uint32_t bound_mm = 0;
  bool moved = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--intra" && i + 1 < argc) {
      intra = argv[++i];
    } else if (word == "--inter" && i + 1 < argc) {
      inter = argv[++i];
    } else if (word == "--bound-mm" && i + 1 < argc) {
      bound_mm = static_cast<uint32_t>(std::stoul(argv[++i]));
    } else if (word == "--moved") {
      moved = true;
    } else {
      files.push_back(word);
    }
  }
  if (files.empty()) {
    std::fprintf(stderr, "inter-bench [--intra NETWORK] [--inter NETWORK] [--bound-mm N] [--moved] FILES.lrf...\n");
    return 2;
  }
  const dew::Status status = dew::run(files, intra, inter, bound_mm, moved);
  if (!status.ok()) std::fprintf(stderr, "inter-bench: %s\n", status.error().message.c_str());
  return status.ok() ? 0 : 1;
}
