// SPDX-License-Identifier: Apache-2.0
/// Splat scenes with the removal error of each splat: what the significance network learns from.
///
///   DEW_ASSIGN(const std::vector<ScoredScene> scenes, training_scenes("constructed", "../shared/data/splats", threads));
///   const double rho = spearman(scenes[0].log2_error, guess_removal(scenes[0].splats, net, threads));
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "entropy/result.h"
#include "gaussians/splats.h"

namespace dew::train {

struct ScoredScene {
  std::string name;
  Splats splats;
  std::vector<double> log2_error;  ///< of Sensitivity::removal, at least kLeastLog2Error below the mean error's; less that of the mean
};

inline constexpr double kLeastLog2Error = -14;

/// Over made views. Errors: invalid_argument where no view can be made, and those of render. Cost: some 30 drawings of 400x300.
Result<ScoredScene> scored_scene(std::string name, Splats splats, unsigned threads);

/// A .ply, its splats scored. Errors: io, and those of read_splats and scored_scene.
Result<ScoredScene> scored_file(const std::string& name, const std::string& path, unsigned threads);

/// Every .ply of a folder, in the order of their names. Errors: those of scored_file.
Result<std::vector<ScoredScene>> scored_folder(const std::string& folder, unsigned threads);

/// What the names of varied scenes end with.
inline constexpr std::string_view kVaried = " varied";

/// Those of `constructed_folder`, and banana and dog where `data_folder` has them; then variations of all of these. Says on standard error
/// what the folder has not.
Result<std::vector<ScoredScene>> training_scenes(const std::string& constructed_folder, const std::string& data_folder, unsigned threads);

/// Rank correlation, equal values sharing their mean rank; 0 where one of both is constant. REQUIRES: the same sizes.
double spearman(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace dew::train
