// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "apps/bench/bench.h"
#include "apps/bench/run.h"
#include "apps/content.h"
#include "apps/files.h"

namespace dew::app {
namespace {

namespace fs = std::filesystem;

/// A general compressor. The commands run in a folder where `in` is the input; they write `out`, and `back` from it.
struct FileCompressor {
  const char* name;
  const char* program;
  const char* encode;
  const char* decode;
  const char* output;
};
constexpr FileCompressor kFileCompressors[] = {
    {"zstd -19", "zstd", "zstd -19 -T1 -q -f in -o out", "zstd -d -q -f out -o back", "out"},
    {"xz -9e", "xz", "xz -9e -T1 -c in > out", "xz -d -c out > back", "out"},
    {"zpaq -m5", "zpaq", "zpaq add out.zpaq in -m5 -t1 > log 2>&1", "zpaq extract out.zpaq in -to back -t1 > log 2>&1", "out.zpaq"},
};

/// A program of ours beside dew, or on the path, that runs point codecs: `PROGRAM --list` names them, one a line, and
/// `PROGRAM CODEC POINTS STEP_M` prints a JSON object for the doubles x, y, z of the file POINTS on a grid of STEP_M.
struct PeerProgram {
  const char* program;
  const char* codecs;  ///< what it would have run, for those who lack it
};
constexpr PeerProgram kPeerPrograms[] = {
    {"dew-peers", "Draco kd-tree, Draco sequential, delta + planes + xz"},
    {"dew-peer-pcl", "PCL octree"},
};

Json new_row(const std::string& file, const std::string& codec, const BenchMode& mode) {
  return {{"file", file}, {"codec", codec}, {"mode", mode.name}};
}

Json run_file_compressor(const FileCompressor& peer, const std::string& file, const Source& source, const BenchMode& mode) {
  Json row = new_row(file, peer.name, mode);
  const ScratchFolder scratch;
  const std::string back = scratch.path() + "/back";
  const Status written = write_file(scratch.path() + "/in", source.bytes, Overwrite::no);
  const Ran encoding = written.ok() ? run_command(peer.encode, scratch.path()) : Ran{};
  const Ran decoding = encoding.ok ? run_command(peer.decode, scratch.path()) : Ran{};
  const Result<Bytes> same = read_file(back);
  if (!decoding.ok || !same.ok() || *same != source.bytes) {
    row["error"] = "failed, or did not give the file back";
    return row;
  }
  std::error_code failure;
  const uint64_t bytes = fs::file_size(fs::path(scratch.path()) / peer.output, failure);
  const uint64_t points = point_count(source.content);
  row.update({{"points", points},
              {"bytes_in", source.bytes.size()},
              {"bytes", bytes},
              {"bits_per_point", {{"total", bits_per(bytes, points)}}},
              {"max_error_m", 0},
              {"order_kept", true},
              {"encode_ms", encoding.milliseconds},
              {"decode_ms", decoding.milliseconds},
              {"peak_mb", std::max(encoding.peak_mb, decoding.peak_mb)}});
  return row;
}

/// x, y, z of the points that are finite: the peers know no others.
Result<Bytes> finite_points(const Content& content) {
  const Cloud* cloud = std::get_if<Cloud>(&content);
  if (cloud == nullptr) return Error{Code::unsupported_feature, 0, "point codecs take coordinates; this file has ranges"};
  DEW_ASSIGN(const std::vector<Vec3> points, positions_m(*cloud));
  ByteWriter writer;
  for (const Vec3& p : points) {
    if (!std::isfinite(p.x) || !std::isfinite(p.y) || !std::isfinite(p.z)) continue;
    writer.f64(p.x);
    writer.f64(p.y);
    writer.f64(p.z);
  }
  return writer.take();
}

Json run_point_codec(const std::string& program, const std::string& codec, const std::string& file, const BenchMode& mode, double step_m,
                     const ScratchFolder& scratch) {
  Json row = new_row(file, codec, mode);
  const Ran ran = run_command(quoted(program) + " " + quoted(codec) + " points " + fixed(step_m, 12) + " > result", scratch.path());
  const Result<Bytes> result = read_file(scratch.path() + "/result");
  const Json measured = result.ok() ? Json::parse(as_text(*result), nullptr, false) : Json();
  if (!ran.ok || !measured.is_object()) {
    row["error"] = "failed";
    return row;
  }
  row.update(measured);
  row["bits_per_point"] = {{"geometry", bits_per(row.value("bytes", uint64_t{0}), row.value("points", uint64_t{0}))}};
  row["peak_mb"] = ran.peak_mb;
  return row;
}

std::vector<Json> run_point_codecs(const std::string& file, const Source& source, const BenchMode& mode, std::vector<std::string>& absent) {
  std::vector<Json> rows;
  const Result<Bytes> points = finite_points(source.content);
  if (!points.ok()) {
    add_absent(absent, "point codecs on " + file + ": " + points.error().message);
    return rows;
  }
  // On a grid of `step` no point moves further than sqrt(3) / 2 of a step.
  const double bound_m = mode.mode == Mode::max_error ? mode.max_error_m : EncodeOptions{}.max_error_m;
  const double step_m = bound_m * 2 / std::sqrt(3.0);
  const ScratchFolder scratch;
  if (!write_file(scratch.path() + "/points", *points, Overwrite::no).ok()) return rows;
  for (const PeerProgram& peer : kPeerPrograms) {
    const std::string program = find_program(peer.program);
    const bool listed = !program.empty() && run_command(quoted(program) + " --list > list", scratch.path()).ok;
    const Result<Bytes> list = read_file(scratch.path() + "/list");
    if (!listed || !list.ok()) {
      add_absent(absent, std::string(peer.codecs) + ": the program " + peer.program + " was not built");
      continue;
    }
    for (const std::string& line : split(as_text(*list), '\n')) {
      // "NAME: reason" stands for a codec that the program was built without.
      if (line.find(": ") != std::string::npos)
        add_absent(absent, line);
      else
        rows.push_back(run_point_codec(program, line, file, mode, step_m, scratch));
    }
  }
  return rows;
}

}  // namespace

std::vector<Json> measure_peers(const std::string& file, const BenchMode& mode, const BenchOptions& options,
                                std::vector<std::string>& absent) {
  const Result<Source> source = read_source(file, options.fields);
  if (!source.ok()) return {};
  if (mode.mode != Mode::lossless) return run_point_codecs(file, *source, mode, absent);
  std::vector<Json> rows;
  for (const FileCompressor& peer : kFileCompressors) {
    if (find_program(peer.program).empty())
      add_absent(absent, std::string(peer.name) + ": the program " + peer.program + " is not installed");
    else
      rows.push_back(run_file_compressor(peer, file, *source, mode));
  }
  return rows;
}

}  // namespace dew::app
