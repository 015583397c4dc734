// SPDX-License-Identifier: Apache-2.0
/// The parts of `dew bench` on splat scenes: every codec is a pair of commands on files, dew's own too, and every decoded scene is drawn
/// by our renderer and compared with the drawing of the original in the same run.
///
///   DEW_ASSIGN(const std::vector<SplatScene> scenes, find_splat_scenes({"../shared/data/splats"}));
///   DEW_ASSIGN(const SplatJudge judge, SplatJudge::create(scenes[0], options));
///   const Json row = measure_splat_codec(scenes[0], judge, dew_splat_codec("dew", "--quality 42"), runner);
///   row["bits_per_splat"], row["psnr_db"], ... or row["error"]
#pragma once

#include <string>
#include <vector>

#include "apps/bench/run.h"
#include "apps/report.h"
#include "gaussians/image.h"
#include "gaussians/io/cameras.h"
#include "gaussians/splats.h"

namespace dew::app {

struct SplatBenchOptions {
  bool peers = false;
  bool lossless = true;                      ///< dew and, with peers, the general compressors in their lossless ways
  std::vector<double> qualities_db{36, 42};  ///< dew's
  std::vector<std::string> encode_options;   ///< further options of `dew encode`
  uint32_t views = 8;                        ///< of scenes that come with the trainer's cameras alone
  uint32_t longest_side = 1600;              ///< pixels; larger views are drawn smaller
  uint32_t threads = 1;                      ///< of the renderer
  double limit_s = 300;                      ///< for each command of a peer
};

/// A scene, and from where it is looked at.
struct SplatScene {
  std::string name;
  std::string file;                         ///< .ply
  std::string cameras;                      ///< of the measured views
  bool choose = false;                      ///< the measured views are some of these, evenly chosen; otherwise all
  std::string photo_cameras, photo_folder;  ///< empty where there are no photographs
};

/// Folders with a scene and bench_cameras.json or cameras.json, those that the reference trainer leaves (point_cloud/iteration_N), and all
/// such right below those of `paths` that hold no point clouds themselves; files .ply beside such cameras. Photographs are those of a
/// transforms.json, or of a folder `images`, beside them. Empty where there is none: these are no splat scenes. Errors: io.
Result<std::vector<SplatScene>> find_splat_scenes(const std::vector<std::string>& paths);

/// Gives scenes without photographs those below `folder`: of NAME/images, NAME, images and the folder itself the first that is there. They
/// must have the sizes that the scene's cameras state.
void add_photos_of(const std::string& folder, std::vector<SplatScene>& scenes);

/// A codec as commands, run in a folder where `in.ply` is the scene: `encode` writes `out`, `decode` writes `back.ply` from it.
struct SplatCodec {
  std::string name;
  std::string encode, decode;
  double limit_s = 0;  ///< for each of the two; 0: none
};

/// `dew encode OPTIONS` by this very program.
SplatCodec dew_splat_codec(const std::string& name, const std::string& options);

/// Codecs of others that are installed; `absent` collects what is not, with the reason.
std::vector<SplatCodec> splat_peers(const SplatBenchOptions& options, std::vector<std::string>& absent);

/// Knows the original's drawings and the photographs of a scene.
class SplatJudge {
 public:
  /// Draws the original. Errors: io, those of the readers and of render.
  static Result<SplatJudge> create(const SplatScene& scene, const SplatBenchOptions& options);

  /// Keys psnr_db, psnr_worst_db (both null where every view is the same to 100 dB), ssim, photo_psnr_db, photo_psnr_change_db.
  Result<Json> judge(const Splats& decoded) const;
  /// The row of the original: file size and what it reaches against photographs.
  Json original_row(const SplatScene& scene) const;
  uint64_t splats() const { return splats_; }
  /// True where `decoded` holds the original's splats to the last bit, in whatever order; extra properties are not looked at.
  bool same_splats(const Splats& decoded) const;

 private:
  struct Shot {
    Camera camera;
    Image wanted;
  };
  Result<double> mean_photo_psnr_db(const Splats& splats) const;

  uint32_t threads_ = 1;
  uint64_t splats_ = 0, bytes_ = 0, digest_ = 0;
  std::vector<Shot> drawn_, photos_;
  double photo_psnr_db_ = 0;
};

/// Keys: scene, codec, splats, bytes, bits_per_splat, decoded_splats, file_identical (every byte of the .ply came back),
/// splats_identical (every bit of the 3DGS properties did, in whatever order), encode_ms, encode_cpu_ms, encode_mb (peak memory), the same
/// of decode, and those of SplatJudge::judge; or error.
Json measure_splat_codec(const SplatScene& scene, const SplatJudge& judge, const SplatCodec& codec, const CommandRunner& runner);

/// Rate and distortion of each scene as a picture: bits a splat to the right, PSNR upwards; dew's rows as a line, others as points.
std::string rate_distortion_svg(const std::vector<Json>& rows);

/// True where `dew bench` is to measure splats.
bool names_splat_scenes(const std::vector<std::string>& paths);

class Arguments;
struct Option;
/// The options of the verb that only splats have.
std::vector<Option> splat_bench_options();
/// The first of `names` that was given; empty if none was.
std::string first_given(const Arguments& arguments, const std::vector<std::string>& names);
/// `dew bench` on scenes; returns an exit code.
int run_splat_bench(const Arguments& arguments);

}  // namespace dew::app
