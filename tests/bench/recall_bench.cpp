// SPDX-License-Identifier: Apache-2.0
// recall-bench: what rate and loss do to objects whose place the simulator knows. A standing HDL-32E in streets of the simulator, moving
// objects (vehicles and people) that get at least ten returns in the exact turn; an object is recalled where at least half of those, and
// five, still lie in its box (15 cm larger on each side, 15 cm above its lowest point) in the frame that the receiver gives out.
//
//   recall-bench [TURNS]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "data/generate/simulate.h"
#include "tests/support/stream_world.h"

namespace dew::test {
namespace {

constexpr double kMargin_m = 0.15;
constexpr size_t kLeastExact = 10, kLeastLeft = 5;

struct Turn {
  sim::Frame frame;
  std::vector<size_t> exact;  ///< returns in each object's box
};

class Street {
 public:
  Street(uint64_t seed, uint32_t turns) : options_{.sensor = "HDL-32E", .seed = seed}, world_(sim::make_world(options_.scene, seed)) {
    auto simulator = sim::Simulator::create(options_);
    if (!simulator.ok()) must(simulator.error());
    ego_ = simulator->ego();
    ego_.world = &world_;
    unit_ = simulator->unit();
    for (const sim::MovingObject& thing : world_.moving) boxes_.push_back(box_of(thing));
    for (uint32_t i = 0; i < turns; ++i) {
      turns_.push_back({simulator->frame(i), {}});
      turns_.back().exact = returns_in_boxes(turns_.back().frame.sweep, turns_.back().frame.scan);
    }
  }
  const std::vector<Turn>& turns() const { return turns_; }

  std::vector<size_t> returns_in_boxes(const sim::Sweep& sweep, const Scan& scan) const {
    std::vector<size_t> counts(boxes_.size(), 0);
    for (uint32_t column = 0; column < std::min<size_t>(scan.columns, sweep.time_s.size()); ++column) {
      const double time_s = sweep.time_s[column];
      const sim::Pose ego = ego_.at(time_s);
      std::vector<sim::Pose> poses;
      for (const sim::MovingObject& thing : world_.moving) poses.push_back(thing.pose_at(time_s, ego.position.x));
      for (uint32_t laser = 0; laser < scan.lasers; ++laser) {
        const uint32_t range = scan.range[size_t{column} * scan.lasers + laser];
        if (range == 0) continue;
        const Vec3 p = ego.apply(point(sweep, column, laser, range * scan.tick_um * 1e-6));
        for (size_t i = 0; i < boxes_.size(); ++i) counts[i] += boxes_[i].holds(poses[i].inverse_apply(p));
      }
    }
    return counts;
  }

 private:
  struct Box {
    Vec3 least{1e9, 1e9, 1e9}, most{-1e9, -1e9, -1e9};
    bool holds(Vec3 p) const {
      return p.x > least.x - kMargin_m && p.x < most.x + kMargin_m && p.y > least.y - kMargin_m && p.y < most.y + kMargin_m &&
             p.z > least.z + kMargin_m && p.z < most.z + kMargin_m;
    }
  };
  static Box box_of(const sim::MovingObject& thing) {
    Box box;
    for (const auto& [x, y, z] : thing.shape.vertices) {
      box.least = {std::min<double>(box.least.x, x), std::min<double>(box.least.y, y), std::min<double>(box.least.z, z)};
      box.most = {std::max<double>(box.most.x, x), std::max<double>(box.most.y, y), std::max<double>(box.most.z, z)};
    }
    return box;
  }
  Vec3 point(const sim::Sweep& sweep, uint32_t column, uint32_t laser, double range_m) const {
    const double azimuth = sim::shot_azimuth_rad(unit_, sweep, column, laser),
                 elevation = unit_.spec.elevation_deg[laser] * 3.14159265358979323846 / 180;
    const double flat_m = range_m * std::cos(elevation);
    return {flat_m * std::cos(azimuth), flat_m * std::sin(azimuth), range_m * std::sin(elevation)};
  }

  sim::SimulatorOptions options_;
  sim::World world_;
  sim::Trajectory ego_;
  sim::SensorUnit unit_;
  std::vector<Box> boxes_;
  std::vector<Turn> turns_;
};

struct Row {
  uint64_t rate_bits;
  double most_error_m;
  double loss, parity;
  bool back, conceal;
};

void print_row(const std::vector<Street>& streets, const Row& row) {
  size_t known = 0, recalled = 0;
  double bound_mm = 0, slices = 0, bytes = 0, seconds = 0;
  for (const Street& street : streets) {
    std::vector<Scan> scans;
    for (const Turn& turn : street.turns()) scans.push_back(turn.frame.scan);
    SenderOptions sending;
    sending.rate_bits = row.rate_bits;
    sending.max_error_m = row.most_error_m;
    sending.overhead = row.parity;
    const LinkOptions link{.seed = 17, .loss = row.loss, .delay_us = 10'000, .remember = false};
    ReceiverOptions receiving;
    receiving.conceal = row.conceal;
    StreamWorld world(scans, sending, receiving, link, row.back ? std::optional<LinkOptions>(link) : std::nullopt, Effort::normal);
    std::vector<bool> given(street.turns().size(), false);
    world.on_frame = [&](const ReceivedFrame& frame) {
      if (frame.frame >= given.size()) return;
      given[frame.frame] = true;
      const Turn& turn = street.turns()[frame.frame];
      const std::vector<size_t> left = street.returns_in_boxes(turn.frame.sweep, frame.scan);
      for (size_t i = 0; i < left.size(); ++i) {
        if (turn.exact[i] < kLeastExact) continue;
        recalled += left[i] >= std::max(kLeastLeft, turn.exact[i] / 2);
      }
      for (const ReceivedSlice& slice : frame.slices) {
        if (slice.state != SliceState::fresh) continue;
        bound_mm += slice.bound_um / 1000.0;
        ++slices;
      }
    };
    world.run_turns(static_cast<uint32_t>(scans.size()));
    world.finish();
    for (const Turn& turn : street.turns())
      known += static_cast<size_t>(std::count_if(turn.exact.begin(), turn.exact.end(), [](size_t n) { return n >= kLeastExact; }));
    bytes += static_cast<double>(world.link.bytes());
    seconds += 0.1 * static_cast<double>(scans.size());
  }
  const std::string rate = row.rate_bits == 0 ? "none" : std::to_string(row.rate_bits / 1000) + " kbit/s";
  std::printf("| %s | %.0f %% | %.0f %%%s%s | %.2f | %.0f | %zu | %.1f %% |\n", rate.c_str(), 100 * row.loss, 100 * row.parity,
              row.back ? " + asking" : "", row.conceal ? ", concealed" : "", bytes * 8e-6 / seconds, bound_mm / std::max(1.0, slices),
              known, known == 0 ? 0.0 : 100.0 * static_cast<double>(recalled) / static_cast<double>(known));
  std::fflush(stdout);
}

}  // namespace
}  // namespace dew::test

int main(int argc, char** argv) {
  using namespace dew::test;
  const uint32_t turns = argc > 1 ? static_cast<uint32_t>(std::atoi(argv[1])) : 20;
  std::vector<Street> streets;
  streets.reserve(3);
  for (const uint64_t seed : {11u, 12u, 13u}) streets.emplace_back(seed, turns);
  std::printf("| rate | loss | parity | used, Mbit/s | bound, mm (mean) | objects | recalled |\n|---|--:|---|--:|--:|--:|--:|\n");
  for (const Row& row : {Row{0, 0, 0, 0, true, false}, Row{4'000'000, 1, 0, 0, true, false}, Row{2'000'000, 1, 0, 0, true, false},
                         Row{1'000'000, 1, 0, 0, true, false}, Row{500'000, 1, 0, 0, true, false}, Row{0, 0, 0.05, 0, false, false},
                         Row{0, 0, 0.2, 0, false, false}, Row{0, 0, 0.2, 0, false, true}, Row{2'000'000, 1, 0.2, 0.68, false, false},
                         Row{2'000'000, 1, 0.2, 0, true, false}})
    print_row(streets, row);
  return 0;
}
