// SPDX-License-Identifier: Apache-2.0
#include "apps/bench/bench.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

#include "apps/bench/ctc.h"
#include "apps/bench/meshes.h"
#include "apps/bench/sequences.h"
#include "apps/bench/splats.h"
#include "apps/files.h"
#include "apps/verbs.h"

namespace dew::app {
namespace {

const std::vector<std::string> kExtensions = {".bin", ".pcd", ".ply", ".lrf", ".pcap"};

struct Plan {
  std::vector<std::string> files;
  std::vector<BenchMode> modes;
  std::vector<Effort> efforts;
  BenchOptions options;
  bool peers = false;
  bool elsewhere = false;
};

Result<std::vector<BenchMode>> parse_modes(const std::string& text) {
  std::vector<BenchMode> modes;
  for (const std::string& name : split(text, ',')) {
    if (name == "lattice")
      modes.push_back({Mode::lattice, 0, name});
    else if (name == "lossless")
      modes.push_back({Mode::lossless, 0, name});
    else {
      DEW_ASSIGN(const double max_error_m, parse_length_m(name));
      modes.push_back({Mode::max_error, max_error_m, name});
    }
  }
  if (modes.empty()) return Error{Code::invalid_argument, 0, "--modes names no mode"};
  return modes;
}

Result<std::vector<Effort>> parse_efforts(const std::string& text) {
  std::vector<Effort> efforts;
  for (const std::string& name : split(text, ',')) {
    if (name == "fast")
      efforts.push_back(Effort::fast);
    else if (name == "normal")
      efforts.push_back(Effort::normal);
    else if (name == "max")
      efforts.push_back(Effort::max);
    else
      return Error{Code::invalid_argument, 0, "--efforts knows fast, normal and max, not '" + name + "'"};
  }
  if (efforts.empty()) return Error{Code::invalid_argument, 0, "--efforts names no effort"};
  return efforts;
}

Result<Plan> make_plan(const Arguments& arguments) {
  Plan plan;
  DEW_ASSIGN(plan.modes, parse_modes(arguments.text("--modes", "lattice,lossless,1cm,5cm")));
  DEW_ASSIGN(plan.efforts, parse_efforts(arguments.text("--efforts", "fast,normal,max")));
  DEW_ASSIGN(plan.options.runs, arguments.number("--runs", 3, 1, 1000));
  DEW_ASSIGN(plan.options.threads, arguments.number("--threads", 1, 1, 1024));
  plan.options.fields = arguments.text("--fields");
  plan.options.model = arguments.text("--model");
  plan.peers = arguments.has("--peers");
  plan.elsewhere = arguments.has("--elsewhere");
  return plan;
}

std::string folder_name(const std::string& file) { return std::filesystem::absolute(file).parent_path().filename().string(); }

/// Frames of each folder, in the order of their names; no captures.
std::vector<std::vector<std::string>> by_folder(const std::vector<std::string>& files) {
  std::vector<std::vector<std::string>> folders;
  std::string last;
  for (const std::string& file : files) {
    if (extension(file) == ".pcap") continue;
    const std::string folder = std::filesystem::absolute(file).parent_path().string();
    if (folder != last) folders.emplace_back();
    last = folder;
    folders.back().push_back(file);
  }
  return folders;
}

/// Adds up numbers row by row, objects inside too, to give their mean. `sum` is an object.
void add_numbers(const Json& row, Json& sum) {
  for (const auto& [key, value] : row.items()) {
    if (value.is_object())
      add_numbers(value, sum.emplace(key, Json::object()).first.value());
    else if (value.is_number())
      sum[key] = sum.value(key, 0.0) + value.get<double>();
  }
}

void divide_numbers(Json& sum, double count) {
  for (auto& [key, value] : sum.items()) {
    if (value.is_object())
      divide_numbers(value, count);
    else
      value = value.get<double>() / count;
  }
}

/// One row for each folder, codec, mode and effort that has several files.
std::vector<Json> folder_means(const std::vector<Json>& rows) {
  struct Group {
    Json head;
    Json sum = Json::object();
    size_t count = 0;
    double max_error_m = 0;
  };
  std::vector<std::string> order;
  std::map<std::string, Group> groups;
  for (const Json& row : rows) {
    if (row.contains("error") || row.contains("measured")) continue;
    const std::string folder = folder_name(row["file"]);
    const std::string key = folder + "\n" + row.value("codec", "") + "\n" + row.value("mode", "") + "\n" + row.value("effort", "");
    Group& group = groups[key];
    if (group.count++ == 0) {
      order.push_back(key);
      group.head = {{"file", folder}, {"codec", row["codec"]}, {"mode", row["mode"]}};
      if (row.contains("effort")) group.head["effort"] = row["effort"];
    }
    add_numbers(row, group.sum);
    group.max_error_m = std::max(group.max_error_m, row.value("max_error_m", 0.0));
  }
  std::vector<Json> means;
  for (const std::string& key : order) {
    Group& group = groups[key];
    if (group.count < 2) continue;
    divide_numbers(group.sum, static_cast<double>(group.count));
    Json mean = group.head;
    mean["files"] = group.count;
    mean.update(group.sum);
    mean["max_error_m"] = group.max_error_m;
    means.push_back(mean);
  }
  return means;
}

std::string cpu_name() {
  std::ifstream facts("/proc/cpuinfo");
  for (std::string line; std::getline(facts, line);) {
    if (line.starts_with("model name")) return line.substr(std::min(line.find(':') + 2, line.size()));
  }
  return "unknown processor";
}

/// The value at a path of keys as text; empty where it is not there.
std::string number_text(const Json& row, std::initializer_list<const char*> path, int digits) {
  const Json* at = &row;
  for (const char* key : path) {
    if (!at->contains(key)) return "";
    at = &(*at)[key];
  }
  return at->is_number() ? fixed(at->get<double>(), digits) : "";
}

std::string other_bits(const Json& row) {
  if (!row.contains("bits_per_point")) return "";
  double bits = 0;
  bool any = false;
  for (const auto& [name, value] : row["bits_per_point"].items()) {
    if (name == "total" || name == "geometry" || name == "intensity") continue;
    bits += value.get<double>();
    any = true;
  }
  return any ? fixed(bits, 2) : "";
}

std::string ratio_text(const Json& row) {
  const double bytes = row.value("bytes", 0.0);
  return row.contains("bytes_in") && bytes > 0 ? fixed(row["bytes_in"].get<double>() / bytes, 2) : "";
}

std::vector<std::string> frame_cells(const Json& row) {
  const size_t files = row.value("files", size_t{1});
  const bool one_frame = files == 1 && !row.contains("measured");
  const std::string file = one_frame ? folder_name(row["file"]) + "/" + base_name(row["file"]) : row.value("file", "");
  const std::string codec = row.value("codec", "") + (row.contains("measured") ? " (measured elsewhere)" : "");
  std::vector<std::string> out = {files > 1 ? file + ", mean of " + std::to_string(files) : file, codec, row.value("mode", ""),
                                  row.value("effort", "")};
  if (row.contains("error")) {
    out.push_back("error: " + row["error"].get<std::string>());
    return out;
  }
  const std::string error = row.contains("max_error_m") ? fixed(row["max_error_m"].get<double>() * 1e3, 4) : "";
  const std::string order = row.contains("order_kept") ? (row["order_kept"] == true ? "yes" : row["order_kept"] == false ? "no" : "") : "";
  for (const std::string& cell :
       {number_text(row, {"points"}, 0), number_text(row, {"bytes"}, 0), ratio_text(row), number_text(row, {"bits_per_point", "total"}, 3),
        number_text(row, {"bits_per_point", "geometry"}, 3), number_text(row, {"bits_per_point", "intensity"}, 3), other_bits(row),
        number_text(row, {"bits_per_return", "geometry"}, 3), error, order, number_text(row, {"fit_ms"}, 0),
        number_text(row, {"encode_ms"}, 1), number_text(row, {"decode_ms"}, 1), number_text(row, {"peak_mb"}, 0)}) {
    out.push_back(cell);
  }
  return out;
}

void print_rows(const std::vector<Json>& rows, const std::vector<std::string>& absent, const Plan& plan, const Arguments& arguments) {
  const Json machine = {{"dew", DEW_VERSION}, {"cpu", cpu_name()}, {"threads", plan.options.threads}, {"runs", plan.options.runs}};
  if (arguments.has("--json")) {
    print_json({{"machine", machine}, {"rows", rows}, {"absent", absent}});
    return;
  }
  Table table({"file", "codec", "mode", "effort", "points", "bytes", "ratio", "bits/point", "geometry", "intensity", "other",
               "geometry/return", "max error mm", "order", "fit ms", "encode ms", "decode ms", "peak MB"},
              4);
  for (const Json& row : rows) table.add(frame_cells(row));
  if (arguments.has("--csv"))
    table.print_csv();
  else
    table.print();
  std::FILE* notes = arguments.has("--csv") ? stderr : stdout;
  std::fprintf(notes, "dew %s, %s, %u thread(s), medians of %u runs\n", DEW_VERSION, cpu_name().c_str(), plan.options.threads,
               plan.options.runs);
  for (const std::string& line : absent) std::fprintf(notes, "absent: %s\n", line.c_str());
}

std::vector<Json> measure_all(const Plan& plan, std::vector<std::string>& absent) {
  std::vector<Json> rows;
  Progress progress(plan.files.size() * plan.modes.size() * (plan.efforts.size() + (plan.peers ? 1 : 0)), false);
  for (const std::string& file : plan.files) {
    for (const BenchMode& mode : plan.modes) {
      for (const Effort effort : plan.efforts) {
        progress.step(file + " " + mode.name + " " + effort_text(effort));
        rows.push_back(measure_dew(file, mode, effort, plan.options));
      }
      if (!plan.peers) continue;
      progress.step(file + " " + mode.name + " peers");
      for (Json& row : measure_peers(file, mode, plan.options, absent)) rows.push_back(std::move(row));
    }
  }
  return rows;
}

/// Clouds of whole numbers, whatever else their files could be.
int run_ctc(const Arguments& arguments) {
  const Result<Plan> plan = make_plan(arguments);
  if (!plan.ok()) return usage_error("bench", plan.error().message);
  const auto files = expand_folders(arguments.operands(), {".ply"});
  if (!files.ok()) return fail("bench", files.error(), arguments.has("--json"));
  return run_bench_ctc(*files, plan->efforts, plan->options.threads, arguments);
}

int run_bench(const Arguments& arguments) {
  if (arguments.has("--ctc")) return run_ctc(arguments);
  if (arguments.has("--anchor")) return usage_error("bench", "--anchor is for --ctc");
  if (names_splat_scenes(arguments.operands())) return run_splat_bench(arguments);
  std::vector<std::string> for_splats;
  for (const Option& option : splat_bench_options()) for_splats.emplace_back(option.name);
  if (const std::string wrong = first_given(arguments, for_splats); !wrong.empty())
    return usage_error("bench", wrong + " is for splat scenes, and there is none");
  if (const auto meshes = mesh_bench_files(arguments.operands()); !meshes.empty() && !arguments.has("--fields")) {
    return run_mesh_bench(meshes, arguments);
  }
  Result<Plan> plan = make_plan(arguments);
  if (!plan.ok()) return usage_error("bench", plan.error().message);
  if (arguments.has("--json") && arguments.has("--csv")) return usage_error("bench", "--json and --csv exclude one another");
  auto files = expand_folders(arguments.operands(), kExtensions);
  if (!files.ok()) return fail("bench", files.error(), arguments.has("--json"));
  plan->files = *std::move(files);
  if (arguments.has("--sequence")) return run_sequence_bench(by_folder(plan->files), plan->modes, plan->efforts, plan->options, arguments);
  if (const std::string wrong = first_given(arguments, {"--ablation", "--model"}); !wrong.empty())
    return usage_error("bench", wrong + " is for --sequence");

  std::vector<std::string> absent;
  std::vector<Json> rows = measure_all(*plan, absent);
  const std::vector<Json> means = folder_means(rows);
  rows.insert(rows.end(), means.begin(), means.end());
  if (plan->elsewhere) {
    std::vector<std::string> folders;
    for (const std::string& file : plan->files) {
      if (folders.empty() || folders.back() != folder_name(file)) folders.push_back(folder_name(file));
    }
    for (const std::string& folder : folders) {
      for (const BenchMode& mode : plan->modes) {
        for (Json& row : figures_from_elsewhere(folder, mode)) rows.push_back(std::move(row));
      }
    }
  }
  print_rows(rows, absent, *plan, arguments);
  for (const Json& row : rows) {
    if (row.contains("error")) return kFailed;
  }
  return kDone;
}

}  // namespace

Verb bench_verb() {
  Verb verb = {
      "bench",
      "PATH...",
      "measure size, error, time and memory, beside other codecs",
      "Encodes and decodes every file (of folders: every .bin, .pcd, .ply, .lrf and .pcap) in each mode and effort, each in a process of "
      "its own, and prints bytes, bits a point in all and by part, the largest error, milliseconds and peak memory, and the mean of each "
      "folder. Encoding is timed with the scan model known and includes verification; finding the model stands apart as fit ms. "
      "Folders with splat scenes and cameras (bench_cameras.json, cameras.json, or as the reference trainer leaves them) are drawn "
      "instead: "
      "every scene is encoded and decoded by processes, and the drawing of what comes back is compared with that of the original, and with "
      "photographs where there are some. Meshes (.ply with faces, .obj, .stl, .off) are encoded with the default bound, and with --peers "
      "beside Draco at the same rms distance between the surfaces.",
      {{"--modes", "LIST", "", "modes to measure: lattice, lossless, or lengths as in --max-error (default: lattice,lossless,1cm,5cm)"},
       {"--efforts", "LIST", "", "efforts to measure (default: fast,normal,max)"},
       {"--runs", "N", "", "take the median time of N runs (default: 3)"},
       {"--peers", "", "",
        "add other codecs at the same largest error: zstd, xz and zpaq on the file itself for lossless; Draco, "
        "delta + planes + xz and PCL's octree on an integer grid otherwise; one that is not there is named"},
       kCtcOption,
       kAnchorOption,
       {"--elsewhere", "", "",
        "add figures of G-PCC, LASzip, Cloudini and LiZIP on grids of 1 mm and 1 cm, measured elsewhere, for the "
        "modes 1mm and 1cm on folders that they are known for"},
       {"--sequence", "", "", "code the frames of each folder as one sequence, and each alone, and print both"},
       {"--ablation", "", "", "sequences: with the frame before alone, moved too, and with the background too"},
       {"--model", "NAME", "", "sequences: the network to use, as encode takes it"},
       {"--csv", "", "", "print comma-separated values"},
       {"--threads", "N", "", "use N threads (default: 1)"},
       kFieldsOption,
       kJsonOption,
       kHelpOption},
      {{"dew bench frames/", "a table of a folder"},
       {"dew bench --modes lossless,1cm --efforts normal --peers --elsewhere kitti_raw_hdl64e/", "beside other codecs"},
       {"dew bench --sequence --modes lossless drive/", "frames that look at the one before, and frames alone"},
       {"dew bench --peers meshes/", "meshes, beside Draco"},
       {"dew bench --csv frames/ > bench.csv", "for a spreadsheet"},
       {"dew bench --peers --plot curves.svg scenes/", "splat scenes: a table and a picture of rate and distortion"}},
      1,
      0,
      run_bench};
  const std::vector<Option> for_splats = splat_bench_options();
  verb.options.insert(verb.options.end() - 2, for_splats.begin(), for_splats.end());
  return verb;
}

}  // namespace dew::app
