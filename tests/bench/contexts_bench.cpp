// SPDX-License-Identifier: Apache-2.0
// contexts-bench: bits a return of ranges alone, on scans (.lrf): fast effort's quick contexts, mixed contexts (mixed_range_model.h), and
// networks, as they are and learning as at effort max. Code lengths, not files: the same cells in the same slices, everything but the model
// alike; milliseconds of a pass that counts bits. Networks are named by the caller, so that a figure comes from weights that have not seen
// the capture (apps/train/README.md).
//
//   contexts-bench --normal range_a --max range_max_a FILES.lrf...
#include <cstdio>
#include <ctime>
#include <span>
#include <string>
#include <vector>

#include "apps/files.h"
#include "apps/train/range_samples.h"
#include "pointcloud/coding/adaptive_range_model.h"
#include "pointcloud/coding/grid_codec.h"
#include "pointcloud/coding/learning_range_model.h"
#include "pointcloud/coding/network_range_model.h"
#include "pointcloud/coding/range_networks.h"
#include "pointcloud/io/lrf.h"
#include "tests/bench/mixed_range_model.h"

namespace dew {
namespace {

/// As the codec cuts frames without being asked.
constexpr uint64_t kPointsPerSlice = 32768, kMostSlices = 8;

struct Measured {
  double bits = 0, ms = 0;
};

/// Rows of one slice: `start(row)`, `code(column_of_grid, range)` for each return, `end()`.
template <class Start, class Code, class End>
void code_slice(const RangeGrid& grid, ColumnSpan span, Start&& start, Code&& code, End&& end) {
  for (uint32_t row = 0; row < grid.rows; ++row) {
    start(row);
    for (uint32_t column = span.first; column < span.end; ++column) {
      if (const uint32_t range = grid.range_row(row)[column]; range != 0) code(column, range);
    }
    end();
  }
}

/// `pass(meter, span)` codes one slice.
template <class Pass>
Measured measure(const RangeGrid& grid, Pass&& pass) {
  const auto slices = static_cast<uint32_t>(std::clamp<uint64_t>(grid.range.size() / kPointsPerSlice, 1, kMostSlices));
  const std::clock_t begin = std::clock();
  Measured result;
  for (uint32_t i = 0; i < slices; ++i) {
    CostMeter meter;
    pass(meter, slice_columns(grid.columns, slices, i));
    result.bits += meter.bits();
  }
  result.ms = static_cast<double>(std::clock() - begin) * 1e3 / CLOCKS_PER_SEC;
  return result;
}

struct Row {
  double returns = 0;
  std::array<Measured, 7> models;  ///< quick, mixed, mixed with guesses, normal's network, max's network, that learning, two learning
  double scans = 0;
};

Status add_scan(const std::string& path, const IntNet& normal, const IntNet& max, Row& row) {
  DEW_ASSIGN(const Bytes bytes, app::read_file(path));
  DEW_ASSIGN(const Scan scan, read_lrf(bytes, {}));
  const RangeGrid grid = train::grid_of(scan, 1);
  const uint32_t max_range = std::max(1u, *std::max_element(grid.range.begin(), grid.range.end()));
  const auto with_model = [&](auto&& make) {
    return measure(grid, [&](CostMeter& meter, ColumnSpan span) {
      auto model = make(span);
      code_slice(
          grid, span, [&](uint32_t r) { model.start_row(r); }, [&](uint32_t column, uint32_t range) { model.code(meter, column, range); },
          [] {});
    });
  };
  const auto with_network = [&](const IntNet& net) {
    return measure(grid, [&](CostMeter& meter, ColumnSpan span) {
      NetworkRangeModel model(net, RangeFeatures(grid.geometry, span.first, span.end), span.first, max_range);
      code_slice(
          grid, span, [&](uint32_t r) { model.start_row<CostMeter>(r, std::span(grid.range_row(r) + span.first, span.end - span.first)); },
          [&](uint32_t column, uint32_t range) { model.code(meter, column, range); }, [] {});
    });
  };
  const auto learning = [&](const IntNet* second) {
    return measure(grid, [&](CostMeter& meter, ColumnSpan span) {
      LearningRangeModel model(max, second, RangeFeatures(grid.geometry, span.first, span.end), max_range);
      code_slice(
          grid, span, [&](uint32_t r) { model.start_row<CostMeter>(r, std::span(grid.range_row(r) + span.first, span.end - span.first)); },
          [&](uint32_t column, uint32_t range) { model.code(meter, column, range); }, [] {});
    });
  };
  const IntNet* second = second_network_beside(max);
  const std::array<Measured, 7> measured = {
      measure(grid,
              [&](CostMeter& meter, ColumnSpan span) {
                AdaptiveRangeModel model(span.end - span.first, max_range);
                code_slice(
                    grid, span, [](uint32_t) {}, [&](uint32_t column, uint32_t range) { model.code(meter, column - span.first, range); },
                    [&] { model.end_row(); });
              }),
      with_model([&](ColumnSpan span) { return MixedRangeModel<false>(grid.geometry, span.first, span.end, max_range); }),
      with_model([&](ColumnSpan span) { return MixedRangeModel<true>(grid.geometry, span.first, span.end, max_range); }),
      with_network(normal),
      with_network(max),
      learning(nullptr),
      second != nullptr ? learning(second) : Measured{}};
  row.returns += static_cast<double>(grid.range.size()) - static_cast<double>(std::count(grid.range.begin(), grid.range.end(), 0u));
  row.scans += 1;
  for (size_t i = 0; i < row.models.size(); ++i) {
    row.models[i].bits += measured[i].bits;
    row.models[i].ms += measured[i].ms;
  }
  return {};
}

Status run(const std::vector<std::string>& files, const std::string& normal_name, const std::string& max_name) {
  DEW_ASSIGN(const IntNet* normal, choose_range_network(Effort::normal, normal_name));
  DEW_ASSIGN(const IntNet* max, choose_range_network(Effort::max, max_name));
  if (normal == nullptr || max == nullptr) return Error{Code::unsupported_feature, 0, "no networks are compiled in"};
  Row row;
  for (const std::string& file : files) DEW_TRY(add_scan(file, *normal, *max, row));
  const double mixed = row.models[1].bits;
  std::printf("%.0f scans, %.0f returns\n%-28s %10s %12s %10s\n", row.scans, row.returns, "ranges under", "bits", "to mixed", "ms a scan");
  const std::array<std::string, 7> names = {"quick contexts (fast)",  "mixed contexts",      "mixed contexts and guesses",
                                            "network " + normal_name, "network " + max_name, "that, learning",
                                            "beside another"};
  for (size_t i = 0; i < names.size(); ++i) {
    if (row.models[i].bits == 0) continue;
    std::printf("%-28s %10.3f %+11.1f%% %10.0f\n", names[i].c_str(), row.models[i].bits / row.returns,
                100 * (row.models[i].bits / mixed - 1), row.models[i].ms / row.scans);
  }
  return {};
}

}  // namespace
}  // namespace dew

int main(int argc, char** argv) {
  std::vector<std::string> files;
  std::string normal = "range_all", max = "range_max_all";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--normal" && i + 1 < argc) {
      normal = argv[++i];
    } else if (word == "--max" && i + 1 < argc) {
      max = argv[++i];
    } else {
      files.push_back(word);
    }
  }
  if (files.empty()) {
    std::fprintf(stderr, "contexts-bench [--normal NETWORK] [--max NETWORK] FILES.lrf...\n");
    return 2;
  }
  const dew::Status status = dew::run(files, normal, max);
  if (!status.ok()) std::fprintf(stderr, "contexts-bench: %s\n", status.error().message.c_str());
  return status.ok() ? 0 : 1;
}
