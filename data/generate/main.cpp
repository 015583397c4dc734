// SPDX-License-Identifier: Apache-2.0
// dew-simulate: LiDAR frames from a seed. See data/README.md.
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "data/generate/writers.h"
#include "pointcloud/io/lrf.h"

namespace dew::sim {
namespace {

constexpr const char* kUsage =
    "usage: dew-simulate --out PATH [options]\n"
    "Writes simulated LiDAR frames; the same options give the same bytes.\n"
    "  --out PATH         a folder (frames become 000000.ext, ...), or a file name for one frame\n"
    "  --sensor NAME      HDL-32E (default), HDL-64E, VLP-16, VLP-32C, VLS-128, OS1-128, XT32, QT128\n"
    "  --scene KIND       street (default), indoor or bench (indoors, near field)\n"
    "  --seed N           world, sensor unit, motion and noise (default 1)\n"
    "  --frames N         consecutive turns (default 1)\n"
    "  --first N          number of the first turn (default 0)\n"
    "  --format NAME      lrf (default), kitti, kitti-odometry (HDL-64E), nuscenes (HDL-32E), pcd (organised)\n"
    "  --ego-speed MPS    metres a second (default 0: standing)\n"
    "  --rotation-hz HZ   turns a second (default: the sensor's usual)\n"
    "  --columns N        columns a turn of OS1-128, XT32 and QT128\n"
    "  --own-roof 0|1     the sensor sees the roof below it (default: 1 for kitti and nuscenes)\n"
    "  --threads N        never changes a byte (default 1)\n"
    "example: dew-simulate --sensor OS1-128 --columns 512 --seed 7 --frames 10 --ego-speed 8 --out drive\n";

struct Options {
  SimulatorOptions simulator;
  std::string format = "lrf", out;
  uint32_t frames = 1, first = 0;
};

Error bad_value(const std::string& option, const std::string& value) {
  return {Code::invalid_argument, 0, option + " does not take '" + value + "'"};
}

template <class T>
Status parse_number(const std::string& option, const std::string& text, T& value) {
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return bad_value(option, text);
  return {};
}

Status set_option(Options& options, std::optional<bool>& own_roof, const std::string& name, const std::string& value) {
  SimulatorOptions& sim = options.simulator;
  if (name == "--out") return options.out = value, Status{};
  if (name == "--sensor") return sim.sensor = value, Status{};
  if (name == "--seed") return parse_number(name, value, sim.seed);
  if (name == "--frames") return parse_number(name, value, options.frames);
  if (name == "--first") return parse_number(name, value, options.first);
  if (name == "--ego-speed") return parse_number(name, value, sim.ego_speed_m_per_s);
  if (name == "--rotation-hz") return parse_number(name, value, sim.rotation_hz);
  if (name == "--columns") return parse_number(name, value, sim.columns);
  if (name == "--threads") return parse_number(name, value, sim.threads);
  if (name == "--scene") {
    if (value != "street" && value != "indoor" && value != "bench") return bad_value(name, value);
    sim.scene = value == "street" ? SceneKind::street : value == "indoor" ? SceneKind::indoor : SceneKind::bench;
    return {};
  }
  if (name == "--own-roof") {
    if (value != "0" && value != "1") return bad_value(name, value);
    own_roof = value == "1";
    return {};
  }
  if (name == "--format") {
    for (const char* known : {"lrf", "kitti", "kitti-odometry", "nuscenes", "pcd"})
      if (value == known) return options.format = value, Status{};
    return bad_value(name, value);
  }
  return Error{Code::invalid_argument, 0, "no option " + name};
}

Result<Options> parse(int argc, char** argv) {
  Options options;
  std::optional<bool> own_roof;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc) return Error{Code::invalid_argument, 0, std::string(argv[i]) + " needs a value"};
    DEW_TRY(set_option(options, own_roof, argv[i], argv[i + 1]));
  }
  if (options.out.empty()) return Error{Code::invalid_argument, 0, "--out is missing"};
  const bool kitti = options.format.starts_with("kitti"), nuscenes = options.format == "nuscenes";
  if (kitti && options.simulator.sensor != "HDL-64E")
    return Error{Code::invalid_argument, 0, "--format " + options.format + " needs --sensor HDL-64E"};
  if (nuscenes && options.simulator.sensor != "HDL-32E")
    return Error{Code::invalid_argument, 0, "--format nuscenes needs --sensor HDL-32E"};
  if (kitti || nuscenes) options.simulator.start_turn = 0.5;  // these sweeps begin behind the car
  if (nuscenes && options.simulator.rotation_hz <= 0) options.simulator.rotation_hz = 20;
  options.simulator.own_roof = own_roof.value_or(nuscenes || kitti);
  return options;
}

Result<Bytes> frame_bytes(Simulator& simulator, const Options& options, uint32_t index) {
  const Frame frame = simulator.frame(index);
  if (options.format == "lrf") return write_lrf(frame.scan);
  if (options.format == "kitti") return kitti_records(simulator.unit(), frame);
  if (options.format == "nuscenes") return nuscenes_records(simulator.unit(), frame, simulator.ego(), hash(options.simulator.seed, index));
  if (options.format == "pcd") return organised_pcd(simulator.unit(), frame);
  const double middle = 0.5 * (frame.sweep.time_s.front() + frame.sweep.time_s.back());
  return kitti_odometry_records(simulator.unit(), frame, motion_of_turn(simulator.ego(), middle, frame.sweep.period_s));
}

Status write_file(const std::string& path, const Bytes& bytes) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (!file) return Error{Code::io, 0, "cannot write " + path};
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  if (std::fclose(file) != 0 || !written) return Error{Code::io, 0, "cannot write " + path};
  return {};
}

Status run(const Options& options) {
  DEW_ASSIGN(Simulator simulator, Simulator::create(options.simulator));
  const std::string extension = options.format == "lrf" ? ".lrf" : options.format == "pcd" ? ".pcd" : ".bin";
  const bool one_file = options.frames == 1 && options.out.ends_with(extension);
  if (!one_file) {
    std::error_code failed;
    std::filesystem::create_directories(options.out, failed);
    if (failed) return Error{Code::io, 0, "cannot make the folder " + options.out};
  }
  for (uint32_t i = 0; i < options.frames; ++i) {
    char name[32];
    std::snprintf(name, sizeof(name), "/%06u", options.first + i);
    DEW_ASSIGN(const Bytes bytes, frame_bytes(simulator, options, options.first + i));
    DEW_TRY(write_file(one_file ? options.out : options.out + name + extension, bytes));
  }
  return {};
}

}  // namespace
}  // namespace dew::sim

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "--help") {
    std::fputs(dew::sim::kUsage, stdout);
    return 0;
  }
  auto options = dew::sim::parse(argc, argv);
  if (!options.ok()) {
    std::fprintf(stderr, "dew-simulate: %s\n%s", options.error().message.c_str(), dew::sim::kUsage);
    return 2;
  }
  const auto done = dew::sim::run(*options);
  if (!done.ok()) {
    std::fprintf(stderr, "dew-simulate: %s\n", done.error().message.c_str());
    return 1;
  }
  return 0;
}
