// SPDX-License-Identifier: Apache-2.0
// dew-train: trains the networks of data/models. See README.md beside this file.
#include <cstdio>
#include <filesystem>

#include "apps/command_line.h"
#include "apps/files.h"
#include "apps/train/inter_samples.h"
#include "apps/train/scored_scenes.h"
#include "apps/train/significance_trainer.h"
#include "apps/train/trainer.h"
#include "apps/train/training_set.h"
#include "entropy/models.h"
#include "entropy/sha256.h"
#include "gaussians/significance/guess.h"
#include "gaussians/significance/scores.h"
#include "pointcloud/coding/network_range_model.h"

namespace dew::train {
namespace {

using app::Option;

constexpr const char* kUsage =
    "usage: dew-train lidar --fold a|b|all --out DIR [--data DIR] [--simulated DIR] [options]\n"
    "       dew-train measure --data DIR NET.inet...\n"
    "       dew-train significance --constructed DIR --out DIR [--splats DIR] [options]\n"
    "lidar trains a range network and writes DIR/<content hash>.inet; the same options and frames give the same bytes on the same kind of "
    "machine.\n"
    "  --fold a|b|all     the captures to train on; README.md says which these are\n"
    "  --data DIR         folder with a folder of .lrf files for each capture\n"
    "  --simulated DIR    simulated .lrf files, trained on with every fold; with --inter a folder of folders, one a sequence\n"
    "  --inter            a network for frames beside the one before (default name range_inter_<fold>)\n"
    "  --name NAME        first word of the metadata, by which dew finds the network (default range_<fold>)\n"
    "  --without PART     errors or background: what the inter network does not see; measure takes it too\n"
    "  --moved            measure beside references that are moved as the sensor moved, without a background\n"
    "  --hidden N,N       outputs of the hidden layers (default 32,32)\n"
    "  --steps N          of 2048 returns each (default 3000)\n"
    "  --seed N           (default 1)\n"
    "measure prints bits a return of each capture at native ticks and at error bounds of 1 cm and 5 cm, by integer arithmetic.\n"
    "  --folder NAME      only this capture; any folder of .lrf files below --data\n"
    "significance trains the network that guesses what splats are worth; it takes --hidden, --steps (default 5000), --seed, and prints "
    "rank\n"
    "correlations with the removal error on scenes that it was not trained on.\n"
    "  --constructed DIR  .ply scenes to train on, and those of DIR/held_out to measure on (data/recipes/training_splat_scenes.sh)\n"
    "  --splats DIR       folder with banana/, dog/ to train on and fox/, lego/, try-7k/ to measure on; what is missing is left out\n"
    "example: dew-train lidar --fold a --data ../shared/data/lidar --simulated /tmp/sim --out data/models\n";

const Option kOptions[] = {
    {"--fold", "FOLD", "a b all", ""}, {"--data", "DIR", "", ""},       {"--simulated", "DIR", "", ""},
    {"--out", "DIR", "", ""},          {"--name", "NAME", "", ""},      {"--hidden", "N,N", "", ""},
    {"--steps", "N", "", ""},          {"--seed", "N", "", ""},         {"--folder", "NAME", "", ""},
    {"--inter", "", "", ""},           {"--moved", "", "", ""},         {"--without", "PART", "errors background", ""},
    {"--splats", "DIR", "", ""},       {"--constructed", "DIR", "", ""}};

Result<RangeTraining> training_of(const app::Arguments& arguments) {
  RangeTraining training;
  DEW_ASSIGN(training.steps, arguments.number("--steps", training.steps, 20, 10'000'000));
  DEW_ASSIGN(training.seed, arguments.number("--seed", 1, 0, UINT32_MAX));
  if (!arguments.has("--hidden")) return training;
  training.hidden.clear();
  for (const std::string& word : app::split(arguments.text("--hidden"), ',')) {
    if (word.empty() || word.size() > 4 || word.find_first_not_of("0123456789") != std::string::npos) {
      return Error{Code::invalid_argument, 0, "--hidden takes numbers with commas between, not '" + word + "'"};
    }
    training.hidden.push_back(static_cast<uint32_t>(std::stoul(word)));
  }
  return training;
}

std::string metadata_of(const std::string& name, const std::vector<std::string>& sources, const app::Arguments& arguments,
                        const RangeTraining& training) {
  std::string captures;
  for (const std::string& source : sources) captures += (captures.empty() ? "" : ", ") + source;
  return name + " by dew-train lidar; captures: " + captures + "; seed " + std::to_string(training.seed) + "; steps " +
         std::to_string(training.steps) + "; hidden " + arguments.text("--hidden", "32,32");
}

Status write_network(const IntNetSpec& spec, const std::string& folder) {
  DEW_ASSIGN(const Bytes file, write_intnet(spec));
  DEW_ASSIGN(const ModelId id, model_id(file));
  const std::string path = folder + "/" + to_hex(id) + ".inet";
  DEW_TRY(app::write_file(path, file, app::Overwrite::yes));
  std::printf("%s: %zu bytes\n", path.c_str(), file.size());
  return {};
}

SequenceOptions sequence_options(const app::Arguments& arguments) {
  const std::string without = arguments.text("--without");
  return {.background = without != "background", .errors = without != "errors", .motion = arguments.has("--moved")};
}

Status run_lidar(const app::Arguments& arguments) {
  const std::string fold = arguments.text("--fold"), out = arguments.text("--out");
  if (fold.empty() || out.empty()) return Error{Code::invalid_argument, 0, "--fold and --out are needed"};
  DEW_ASSIGN(const RangeTraining training, training_of(arguments));
  std::vector<std::string> sources;
  const TrainingSetOptions set{fold == "a"   ? Fold::a
                               : fold == "b" ? Fold::b
                                             : Fold::all,
                               arguments.text("--data"), arguments.text("--simulated"), sequence_options(arguments)};
  const bool inter = arguments.has("--inter");
  DEW_ASSIGN(const RangeSamples samples, inter ? inter_training_samples(set, sources) : training_samples(set, sources));
  std::fprintf(stderr, "%zu returns of %zu scans and steps\n", samples.size(), samples.groups.size());
  DEW_ASSIGN(TrainedNetwork trained, train_range_network(samples, training, [](uint32_t step, double bits) {
               std::fprintf(stderr, "step %u: %.3f bits a return\n", step, bits);
             }));
  trained.spec.metadata = metadata_of(arguments.text("--name", (inter ? "range_inter_" : "range_") + fold), sources, arguments, training);
  std::fprintf(stderr, "on returns it was trained on: %.3f bits; without any rounding of these weights %.3f\n", trained.rounded_bits,
               trained.float_bits);
  return write_network(trained.spec, out);
}

/// All returns of the scans, or of all but the first beside what was decoded before.
RangeSamples measured_samples(const std::vector<Scan>& scans, uint32_t range_step, bool inter, const SequenceOptions& options) {
  RangeSamples samples;
  if (inter) {
    samples.input_count = kInterInputs;
    samples.centre_count = kInterCentres;
    append_sequence(samples, sequence_of(scans), {.name = "measured", .range_step = range_step}, options);
  } else {
    for (const Scan& scan : scans) append_scan(samples, scan, {.name = "measured", .range_step = range_step});
  }
  return samples;
}

void print_capture(const IntNet& net, const std::string& name, const std::vector<Scan>& scans, const SequenceOptions& options) {
  std::printf("  %-18s", name.c_str());
  for (const double bound_m : {0.0, 0.01, 0.05}) {
    const auto step = std::max(1u, 2 * static_cast<uint32_t>(bound_m * 1e6 / scans.front().tick_um));
    const RangeSamples samples = measured_samples(scans, step, InterRangeModel::takes(net), options);
    double bits = 0;
    for (const SampleGroup& group : samples.groups) bits += mean_bits(net, samples, group) * static_cast<double>(group.end - group.first);
    std::printf(" %7.3f", bits / std::max<double>(1, static_cast<double>(samples.size())));
  }
  std::printf("\n");
  std::fflush(stdout);
}

Status run_measure(const app::Arguments& arguments) {
  std::vector<std::string> folders;
  if (arguments.has("--folder")) folders.push_back(arguments.text("--folder"));
  for (const Capture& capture : captures()) {
    if (!arguments.has("--folder")) folders.emplace_back(capture.folder);
  }
  for (const std::string& path : arguments.operands()) {
    DEW_ASSIGN(const Bytes file, app::read_file(path));
    DEW_ASSIGN(const IntNet net, IntNet::read(file));
    if (!NetworkRangeModel::takes(net) && !InterRangeModel::takes(net))
      return Error{Code::invalid_argument, 0, path + " is no range network"};
    std::printf("%s\n  %-18s %7s %7s %7s\n", net.spec().metadata.c_str(), "bits a return", "native", "1 cm", "5 cm");
    for (const std::string& folder : folders) {
      DEW_ASSIGN(const std::vector<Scan> scans, read_scans(arguments.text("--data") + "/" + folder, InterRangeModel::takes(net) ? 8 : 3));
      print_capture(net, folder, scans, sequence_options(arguments));
    }
  }
  return {};
}

/// Rank correlation with the removal error over made views: of the network, of opacity x area, of opacity.
void print_correlations(const IntNet& net, const ScoredScene& scene) {
  const auto log2_of = [&](Score score) { return spearman(score_from(scene.splats, {}, score), scene.log2_error); };
  std::printf("  %-14s %6.3f %6.3f %6.3f\n", scene.name.c_str(), spearman(guess_removal(scene.splats, net, 1), scene.log2_error),
              log2_of(Score::opacity_area), log2_of(Score::opacity));
}

Status run_significance(const app::Arguments& arguments) {
  const std::string out = arguments.text("--out"), folder = arguments.text("--splats"), constructed = arguments.text("--constructed");
  if (out.empty()) return Error{Code::invalid_argument, 0, "--out is needed"};
  if (constructed.empty()) return Error{Code::invalid_argument, 0, "--constructed is needed"};
  DEW_ASSIGN(const RangeTraining wanted, training_of(arguments));
  SignificanceTraining training{.seed = wanted.seed, .hidden = wanted.hidden};
  if (arguments.has("--steps")) training.steps = wanted.steps;
  DEW_ASSIGN(const std::vector<ScoredScene> scenes, training_scenes(constructed, folder, 1));
  DEW_ASSIGN(IntNetSpec spec, train_significance_network(scenes, training));
  spec.metadata = "significance by dew-train significance; scenes:";
  for (const ScoredScene& scene : scenes) spec.metadata += scene.name.ends_with(kVaried) ? "" : " " + scene.name + ",";
  spec.metadata += " and variations; seed " + std::to_string(training.seed) + "; steps " + std::to_string(training.steps);
  DEW_ASSIGN(const IntNet net, IntNet::create(spec));
  std::printf("rank correlation with the removal error: network, opacity x area, opacity\n");
  for (const ScoredScene& scene : scenes) {
    if (!scene.name.ends_with(kVaried)) print_correlations(net, scene);
  }
  std::printf("not trained on:\n");
  if (std::filesystem::exists(constructed + "/held_out")) {
    DEW_ASSIGN(const std::vector<ScoredScene> held_out, scored_folder(constructed + "/held_out", 1));
    for (const ScoredScene& scene : held_out) print_correlations(net, scene);
  }
  for (const char* file : {"fox/scene.ply", "lego/scene.ply", "try-7k/point_cloud.ply"}) {
    if (!std::filesystem::exists(folder + "/" + file)) continue;
    DEW_ASSIGN(const ScoredScene scene, scored_file(file, folder + "/" + file, 1));
    print_correlations(net, scene);
  }
  return write_network(spec, out);
}

int run(const std::vector<std::string>& words) {
  const bool lidar = !words.empty() && words[0] == "lidar", measure = !words.empty() && words[0] == "measure";
  const bool significance = !words.empty() && words[0] == "significance";
  if (!words.empty() && words[0] == "--help") return std::fputs(kUsage, stdout), 0;
  if (!lidar && !measure && !significance) return std::fputs(kUsage, stderr), 2;
  const auto arguments = app::parse(kOptions, std::span(words).subspan(1));
  const Status done = !arguments.ok() ? Status(arguments.error())
                      : lidar         ? run_lidar(*arguments)
                      : measure       ? run_measure(*arguments)
                                      : run_significance(*arguments);
  if (done.ok()) return 0;
  std::fprintf(stderr, "dew-train: %s\n", done.error().message.c_str());
  return arguments.ok() && done.error().code != Code::invalid_argument ? 1 : 2;
}

}  // namespace
}  // namespace dew::train

int main(int argc, char** argv) { return dew::train::run(std::vector<std::string>(argv + 1, argv + argc)); }
