// SPDX-License-Identifier: Apache-2.0
// prune-bench: how much of a scene each score lets go. FOLDER holds scene.ply, transforms.json and the photographs it names.
//
//   prune-bench FOLDER [VIEWS [NET|WORD]]
//
// VIEWS: training views to refit with; all are scored by [12]. NET: a significance network (.inet), to be measured beside the scores;
// nothing is refitted then, for a quick answer. WORD: only rows whose name has it, as "default".
// Columns: share kept. Entries: PSNR on held-out views, against the renders of the whole scene / against the photographs.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/files.h"
#include "apps/views.h"
#include "entropy/pool.h"
#include "gaussians/io/read_splats.h"
#include "gaussians/metrics.h"
#include "gaussians/render/render.h"
#include "gaussians/significance/guess.h"
#include "gaussians/significance/prune.h"

namespace dew::app {
namespace {

constexpr double kKeeps[] = {0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2};

class Bench {
 public:
  Status load(const std::string& folder, size_t most_views) {
    DEW_ASSIGN(const Bytes bytes, read_file(folder + "/scene.ply"));
    DEW_ASSIGN(SplatInput input, read_splats(bytes, {}, ".ply"));
    scene_ = std::move(input.splats);
    DEW_ASSIGN(const std::vector<View> views, load_views(folder + "/transforms.json", {}));
    std::vector<Camera> training;
    for (const View& view : views) {
      if (!view.held_out) {
        training.push_back(view.camera);
        continue;
      }
      held_out_.push_back(view.camera);
      DEW_ASSIGN(const std::optional<Image> photo, load_photo(view, folder));
      photos_.push_back(photo);
      DEW_ASSIGN(Image drawn, draw(scene_, view.camera));
      renders_.push_back(std::move(drawn));
    }
    training_ = std::move(training);
    most_views_ = static_cast<uint32_t>(most_views);
    return {};
  }

  Status load_network(const std::string& path) {
    DEW_ASSIGN(const Bytes bytes, read_file(path));
    DEW_ASSIGN(IntNet net, IntNet::read(bytes));
    if (!is_guess_network(net)) return Error{Code::invalid_argument, 0, path + " is no significance network"};
    network_ = std::move(net);
    return {};
  }

  void choose_rows(const std::string& word) { word_ = word; }

  Status run() {
    std::printf("%zu splats, %zu views to score by, %u of them to refit with, %zu held out; against photographs: %s dB\n\n", scene_.count(),
                training_.size(), most_views_, held_out_.size(), entry(scene_).c_str());
    std::printf("| kept |");
    for (const double keep : kKeeps) std::printf(" %.1f |", keep);
    std::printf("\n|---|");
    for (size_t k = 0; k < std::size(kKeeps); ++k) std::printf("---|");
    std::printf("\n");
    ScoreSums sums;
    for (const Camera& view : training_) DEW_TRY(add_scores(scene_, view, 1, threads_, sums));
    for (const Score score : kScores) {
      if (word_.empty()) at_once(score_name(score), score_from(scene_, sums, score));
    }
    if (network_) {
      at_once("network", guess_removal(scene_, *network_, threads_));
      return {};
    }
    struct Row {
      const char* name;
      Score score;
      bool merge, compensate, only_these_views, made_views;
    };
    constexpr Score kBest = Score::removal_error;
    for (const Row& row : {Row{"removal-error, rounds", kBest, false, false, true, false},
                           Row{"removal-error, rounds, merged", kBest, true, false, true, false},
                           Row{"removal-error, rounds, merged, refitted", kBest, true, true, true, false},
                           Row{"removal-error, rounds, refitted", kBest, false, true, true, false},
                           Row{"weight, rounds, refitted", Score::weight, false, true, true, false},
                           Row{"default: as the third, off the path too", kBest, true, true, false, false},
                           Row{"default, views of its own making", kBest, true, true, false, true}}) {
      if (std::string(row.name).find(word_) == std::string::npos) continue;
      PruneOptions options;
      options.score = row.score;
      options.most_views = most_views_;
      options.merge = row.merge;
      options.compensate = row.compensate;
      options.only_these_views = row.only_these_views;
      DEW_TRY(in_rounds(row.name, row.made_views ? std::vector<Camera>() : training_, options));
    }
    return {};
  }

 private:
  Result<Image> draw(const Splats& splats, const Camera& camera) const {
    RenderOptions drawing;
    drawing.threads = threads_;
    DEW_ASSIGN(Rendered drawn, render(splats, camera, drawing));
    return std::move(drawn.colour);
  }

  std::string entry(const Splats& splats) const {
    double against_render = 0, against_photo = 0;
    size_t photos = 0;
    for (size_t v = 0; v < held_out_.size(); ++v) {
      const auto drawn = draw(splats, held_out_[v]);
      if (!drawn.ok()) return "-";
      against_render += image_psnr_db(*drawn, renders_[v]).ok() ? *image_psnr_db(*drawn, renders_[v]) : 0;
      if (!photos_[v] || !image_psnr_db(*drawn, *photos_[v]).ok()) continue;
      against_photo += *image_psnr_db(*drawn, *photos_[v]);
      ++photos;
    }
    char text[64];
    std::snprintf(text, sizeof(text), "%.2f / %.2f", against_render / static_cast<double>(held_out_.size()),
                  photos == 0 ? 0 : against_photo / static_cast<double>(photos));
    return text;
  }

  void at_once(const char* name, const std::vector<double>& scores) const {
    std::vector<uint32_t> order(scores.size());
    for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
    std::printf("| %s, at once |", name);
    for (const double keep : kKeeps) {
      const auto count = static_cast<std::ptrdiff_t>(std::ceil(keep * static_cast<double>(order.size())));
      std::vector<uint32_t> kept(order.begin(), order.begin() + count);
      std::sort(kept.begin(), kept.end());
      std::printf(" %s |", entry(select(scene_, kept)).c_str());
      std::fflush(stdout);
    }
    std::printf("\n");
  }

  Status in_rounds(const std::string& name, const std::vector<Camera>& views, PruneOptions options) const {
    options.threads = threads_;
    DEW_ASSIGN(const std::vector<Pruned> levels, prune_levels(scene_, views, kKeeps, options));
    std::printf("| %s |", name.c_str());
    for (const Pruned& level : levels) std::printf(" %s |", entry(level.splats).c_str());
    std::printf("\n");
    std::fflush(stdout);
    return {};
  }

  unsigned threads_ = hardware_threads();
  uint32_t most_views_ = 0;
  std::string word_;
  std::optional<IntNet> network_;
  Splats scene_;
  std::vector<Camera> training_, held_out_;
  std::vector<std::optional<Image>> photos_;
  std::vector<Image> renders_;
};

int run(int count, char** words) {
  if (count < 2 || count > 4) {
    std::fprintf(stderr, "prune-bench FOLDER [VIEWS [NET|WORD]]\n");
    return 2;
  }
  const long views = count >= 3 ? std::strtol(words[2], nullptr, 10) : 12;
  Bench bench;
  Status status = bench.load(words[1], static_cast<size_t>(std::max(1L, views)));
  const bool network = count == 4 && std::string(words[3]).ends_with(".inet");
  if (status.ok() && network) status = bench.load_network(words[3]);
  if (count == 4 && !network) bench.choose_rows(words[3]);
  if (status.ok()) status = bench.run();
  if (status.ok()) return 0;
  complain(words[1], status.error());
  return 1;
}

}  // namespace
}  // namespace dew::app

int main(int count, char** words) { return dew::app::run(count, words); }
