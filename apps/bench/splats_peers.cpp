// SPDX-License-Identifier: Apache-2.0
// The commands of other codecs. Programs of npm packages lie where `make peers` puts them: build/peers, or $DEW_PEERS.
#include <cstdlib>
#include <filesystem>

#include "apps/bench/run.h"
#include "apps/bench/splats.h"

namespace dew::app {
namespace {

namespace fs = std::filesystem;

/// Where `make peers` has installed; empty if it has not.
std::string peers_folder() {
  const char* named = std::getenv("DEW_PEERS");
  const fs::path folder = named != nullptr ? fs::path(named) : fs::path(program_folder()).parent_path().parent_path() / "peers";
  std::error_code failure;
  const fs::path found = fs::canonical(folder / "node_modules", failure);
  return failure ? "" : found.parent_path().string();
}

void add_lossless(std::vector<SplatCodec>& codecs, std::vector<std::string>& absent) {
  if (find_program("zstd").empty())
    add_absent(absent, "zstd -19: the program zstd is not installed");
  else
    codecs.push_back({"zstd -19", "zstd -19 -T1 -q -f in.ply -o out", "zstd -d -q -f out -o back.ply"});
  if (find_program("xz").empty()) {
    add_absent(absent, "xz -6: the program xz is not installed");
    return;
  }
  codecs.push_back({"xz -6", "xz -6 -T1 -c in.ply > out", "xz -d -c out > back.ply"});
  const std::string planes = find_program("dew-splat-planes");
  if (planes.empty())
    add_absent(absent, "byte planes + Morton order + xz -6: the program dew-splat-planes was not built (DEW_DEVELOPER)");
  else
    codecs.push_back({"planes + Morton + xz -6", quoted(planes) + " encode in.ply planes && xz -6 -T1 -c planes > out",
                      "xz -d -c out > planes && " + quoted(planes) + " decode planes back.ply"});
}

/// spz by the module of its makers; bits of SH of degree 1, and of degrees 2 and 3.
SplatCodec spz_codec(const std::string& folder, const char* name, const char* settings) {
  const std::string run = "NODE_MODULES=" + quoted(folder + "/node_modules") + " node " + quoted(folder + "/splat_peer_spz.mjs");
  return {name, run + " encode in.ply out " + settings + " > log", run + " decode out back.ply > log"};
}

/// Formats that splat-transform writes, told by their extension.
SplatCodec transform_codec(const std::string& folder, const char* name, const std::string& extension, const std::string& options) {
  const std::string run = "node " + quoted(folder + "/node_modules/.bin/splat-transform") + " -q -w ";
  const std::string file = "file" + extension;
  return {name, run + options + " in.ply " + file + " && mv " + file + " out",
          "mv out " + file + " && " + run + file + " back.ply && mv " + file + " out"};
}

}  // namespace

std::vector<SplatCodec> splat_peers(const SplatBenchOptions& options, std::vector<std::string>& absent) {
  std::vector<SplatCodec> codecs;
  if (options.lossless) add_lossless(codecs, absent);
  const std::string folder = peers_folder();
  if (folder.empty() || find_program("node").empty()) {
    add_absent(absent, "spz, sog, compressed.ply: not installed (make peers)");
  } else {
    codecs.push_back(spz_codec(folder, "spz 5/4", "5 4"));
    codecs.push_back(spz_codec(folder, "spz 5/4, Morton order", "5 4 morton"));
    codecs.push_back(spz_codec(folder, "spz 8/8, Morton order", "8 8 morton"));
    codecs.push_back(transform_codec(folder, "compressed.ply", ".compressed.ply", ""));
    codecs.push_back(transform_codec(folder, "sog", ".sog", "-g cpu -i 2"));
  }
  for (SplatCodec& codec : codecs) codec.limit_s = options.limit_s;
  add_absent(absent, "G-PCC (TMC13), L-GSC: in no package registry; SPLATS.md quotes their figures");
  return codecs;
}

SplatCodec dew_splat_codec(const std::string& name, const std::string& options) {
  const std::string dew = quoted(program_folder() + "/dew");
  return {name, dew + " encode --force " + options + " in.ply out.dew > log 2>&1 && mv out.dew out",
          "mv out out.dew && " + dew + " decode --force out.dew back.ply > log 2>&1 && mv out.dew out"};
}

}  // namespace dew::app
