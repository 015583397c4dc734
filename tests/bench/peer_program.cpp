// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/peer_program.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

namespace dew::bench {
namespace {

constexpr int kRuns = 3;

using Points = std::vector<std::array<double, 3>>;

Points read_points(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
  Points points(bytes.size() / sizeof(Points::value_type));
  std::memcpy(points.data(), bytes.data(), points.size() * sizeof(Points::value_type));
  return points;
}

GridPoints to_grid(const Points& points, double step_m) {
  GridPoints grid(points.size());
  for (size_t i = 0; i < points.size(); ++i) {
    for (size_t axis = 0; axis < 3; ++axis) grid[i][axis] = static_cast<int32_t>(std::lround(points[i][axis] / step_m));
  }
  return grid;
}

double max_error_m(const Points& points, const GridPoints& grid, double step_m) {
  double largest = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    const auto off = [&](size_t axis) { return points[i][axis] - grid[i][axis] * step_m; };
    largest = std::max(largest, std::hypot(off(0), off(1), off(2)));
  }
  return largest;
}

template <class Work>
double median_ms(Work work) {
  std::array<double, kRuns> times{};
  for (double& time : times) {
    const auto start = std::chrono::steady_clock::now();
    work();
    time = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }
  std::sort(times.begin(), times.end());
  return times[kRuns / 2];
}

int fail(const std::string& message) {
  std::fprintf(stderr, "peer: %s\n", message.c_str());
  return 1;
}

int run(const Peer& peer, const std::string& path, double step_m) {
  const Points points = read_points(path);
  const GridPoints grid = to_grid(points, step_m);
  Result<Bytes> encoded = Bytes{};
  const double encode_ms = median_ms([&] { encoded = peer.encode(grid); });
  if (!encoded.ok()) return fail(encoded.error().message);
  Result<GridPoints> decoded = GridPoints{};
  const double decode_ms = median_ms([&] { decoded = peer.decode(*encoded, grid.size()); });
  if (!decoded.ok()) return fail(decoded.error().message);

  const bool order_kept = *decoded == grid;
  GridPoints wanted = grid;
  if (!order_kept) {
    std::sort(wanted.begin(), wanted.end());
    std::sort(decoded->begin(), decoded->end());
    if (*decoded != wanted) return fail("the points that came back are not those that went in");
  }
  std::printf("{\"points\": %zu, \"bytes\": %zu, \"max_error_m\": %.9g, \"order_kept\": %s, \"encode_ms\": %.3f, \"decode_ms\": %.3f}\n",
              grid.size(), encoded->size(), max_error_m(points, grid, step_m), order_kept ? "true" : "false", encode_ms, decode_ms);
  return 0;
}

}  // namespace

int run_peer_program(const std::vector<Peer>& peers, const char* absent, const std::vector<std::string>& words) {
  if (words.size() == 1 && words[0] == "--list") {
    for (const Peer& peer : peers) std::puts(peer.name);
    std::fputs(absent, stdout);
    return 0;
  }
  const double step_m = words.size() == 3 ? std::atof(words[2].c_str()) : 0;
  if (!(step_m > 0)) return fail("usage: --list | CODEC POINTS STEP_M"), 2;
  for (const Peer& peer : peers) {
    if (words[0] == peer.name) return run(peer, words[1], step_m);
  }
  return fail("unknown codec " + words[0]), 2;
}

}  // namespace dew::bench
