// SPDX-License-Identifier: Apache-2.0
// dew-splat-scene: Gaussian-splat scenes from a seed. See data/README.md.
#include <charconv>
#include <cstdio>
#include <string>

#include "data/generate/splats/cameras_json.h"
#include "data/generate/splats/sample.h"
#include "gaussians/io/write_splats.h"

namespace dew::sim {
namespace {

constexpr const char* kUsage =
    "usage: dew-splat-scene --out SCENE.ply [options]\n"
    "Writes a constructed Gaussian-splat scene; the same options give the same bytes.\n"
    "  --out PATH         the scene, 3DGS .ply\n"
    "  --cameras PATH     its cameras, as cameras.json of the reference trainer\n"
    "  --kind NAME        room (default), object (without surroundings) or street\n"
    "  --seed N           things, places, colours and noise (default 1)\n"
    "  --splats N         default 50000\n"
    "  --sh-degree N      0 to 3 (default 3)\n"
    "  --threads N        never changes a byte (default 1)\n"
    "example: dew-splat-scene --kind object --seed 4 --splats 6000 --out scene.ply --cameras cameras.json\n";

struct Options {
  CaptureKind kind = CaptureKind::room;
  SampleOptions sample;
  std::string out, cameras;
};

Error bad_value(const std::string& option, const std::string& value) {
  return {Code::invalid_argument, 0, option + " does not take '" + value + "'"};
}

template <class T>
Status parse_number(const std::string& option, const std::string& text, T low, T high, T& value) {
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end || value < low || value > high) return bad_value(option, text);
  return {};
}

Status set_option(Options& options, const std::string& name, const std::string& value) {
  SampleOptions& sample = options.sample;
  if (name == "--out") return options.out = value, Status{};
  if (name == "--cameras") return options.cameras = value, Status{};
  if (name == "--seed") return parse_number(name, value, uint64_t{0}, UINT64_MAX, sample.seed);
  if (name == "--splats") return parse_number(name, value, size_t{1}, size_t{1} << 28, sample.splats);
  if (name == "--sh-degree") return parse_number(name, value, 0u, kMaxShDegree, sample.sh_degree);
  if (name == "--threads") return parse_number(name, value, 1u, 1024u, sample.threads);
  if (name == "--kind") {
    if (value != "room" && value != "object" && value != "street") return bad_value(name, value);
    options.kind = value == "room" ? CaptureKind::room : value == "object" ? CaptureKind::object : CaptureKind::street;
    return {};
  }
  return Error{Code::invalid_argument, 0, "no option " + name};
}

Result<Options> parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc) return Error{Code::invalid_argument, 0, std::string(argv[i]) + " needs a value"};
    DEW_TRY(set_option(options, argv[i], argv[i + 1]));
  }
  if (options.out.empty()) return Error{Code::invalid_argument, 0, "--out is missing"};
  return options;
}

Status write_file(const std::string& path, ByteSpan bytes) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (!file) return Error{Code::io, 0, "cannot write " + path};
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  if (std::fclose(file) != 0 || !written) return Error{Code::io, 0, "cannot write " + path};
  return {};
}

Status run(const Options& options) {
  const CapturedScene scene = make_captured_scene(options.kind, options.sample.seed);
  DEW_ASSIGN(const SplatOutput output, write_splats(sample_splats(scene, options.sample), SplatFormat::ply));
  DEW_TRY(write_file(options.out, output.file));
  if (!options.cameras.empty()) DEW_TRY(write_file(options.cameras, as_bytes(cameras_json(scene.cameras))));
  return {};
}

}  // namespace
}  // namespace dew::sim

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "--help") {
    std::fputs(dew::sim::kUsage, stdout);
    return 0;
  }
  const auto options = dew::sim::parse(argc, argv);
  if (!options.ok()) {
    std::fprintf(stderr, "dew-splat-scene: %s\n%s", options.error().message.c_str(), dew::sim::kUsage);
    return 2;
  }
  const auto done = dew::sim::run(*options);
  if (!done.ok()) {
    std::fprintf(stderr, "dew-splat-scene: %s\n", done.error().message.c_str());
    return 1;
  }
  return 0;
}
