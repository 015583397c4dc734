// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <limits>

#include "apps/bench/splats.h"
#include "apps/files.h"
#include "apps/views.h"
#include "gaussians/io/read_splats.h"
#include "gaussians/metrics.h"
#include "gaussians/render/render.h"

namespace dew::app {
namespace {

/// Beyond it views count as the same: order of splats alone makes rounding differ so much.
constexpr double kSameEnough_db = 100;

/// Every value is the mean over the part of the picture that its pixel covers. For making pictures smaller.
Image shrunk(const Image& from, uint32_t width, uint32_t height) {
  if (from.width == width && from.height == height) return from;
  Image to{width, height, std::vector<float>(size_t{3} * width * height)};
  const double step_x = static_cast<double>(from.width) / width, step_y = static_cast<double>(from.height) / height;
  for (uint32_t y = 0; y < height; ++y) {
    for (uint32_t x = 0; x < width; ++x) {
      double sum[3] = {}, area = 0;
      const double top = y * step_y, bottom = top + step_y, left = x * step_x, right = left + step_x;
      for (auto v = static_cast<uint32_t>(top); v < from.height && v < bottom; ++v) {
        for (auto u = static_cast<uint32_t>(left); u < from.width && u < right; ++u) {
          const double share =
              (std::min(v + 1.0, bottom) - std::max<double>(v, top)) * (std::min(u + 1.0, right) - std::max<double>(u, left));
          for (size_t c = 0; c < 3; ++c) sum[c] += share * static_cast<double>(from.pixels[3 * (size_t{v} * from.width + u) + c]);
          area += share;
        }
      }
      for (size_t c = 0; c < 3; ++c) to.pixels[3 * (size_t{y} * width + x) + c] = static_cast<float>(sum[c] / area);
    }
  }
  return to;
}

/// The camera with at most `longest_side` pixels a side.
Camera limited(Camera camera, uint32_t longest_side) {
  const uint32_t longest = std::max(camera.width, camera.height);
  if (longest <= longest_side) return camera;
  const double scale = static_cast<double>(longest_side) / longest;
  const auto side = [&](uint32_t pixels) { return std::max(1u, static_cast<uint32_t>(std::lround(pixels * scale))); };
  const uint32_t width = side(camera.width), height = side(camera.height);
  camera.fx *= static_cast<double>(width) / camera.width;
  camera.cx *= static_cast<double>(width) / camera.width;
  camera.fy *= static_cast<double>(height) / camera.height;
  camera.cy *= static_cast<double>(height) / camera.height;
  camera.width = width;
  camera.height = height;
  return camera;
}

/// `count` of `views`, evenly spread.
std::vector<View> evenly_chosen(const std::vector<View>& views, size_t count) {
  if (views.size() <= count) return views;
  std::vector<View> chosen;
  for (size_t i = 0; i < count; ++i) chosen.push_back(views[(2 * i + 1) * views.size() / (2 * count)]);
  return chosen;
}

/// Those that the file says were held out; where it says nothing, every eighth, which is what trainers usually hold out.
std::vector<View> photo_views(const std::vector<View>& views) {
  std::vector<View> held_out, eighth;
  for (size_t i = 0; i < views.size(); ++i) {
    if (views[i].held_out) held_out.push_back(views[i]);
    if (i % 8 == 0) eighth.push_back(views[i]);
  }
  return held_out.empty() ? eighth : held_out;
}

Result<Image> drawing(const Splats& splats, const Camera& camera, uint32_t threads) {
  RenderOptions options;
  options.threads = threads;
  DEW_ASSIGN(Rendered rendered, render(splats, camera, options));
  return std::move(rendered.colour);
}

uint64_t file_bytes(const std::string& path) {
  std::error_code failure;
  const uintmax_t size = std::filesystem::file_size(path, failure);
  return failure ? 0 : size;
}

uint64_t mixed(uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
  return bits ^ (bits >> 31);
}

/// The sum over splats of a hash of each: the same in every order.
uint64_t digest(const Splats& splats) {
  uint64_t sum = splats.sh_degree;
  for (size_t i = 0; i < splats.count(); ++i) {
    uint64_t hash = 0x9e3779b97f4a7c15u;
    const auto add = [&](const std::vector<float>& values, size_t stride) {
      for (size_t k = 0; k < stride; ++k) hash = mixed(hash + std::bit_cast<uint32_t>(values[stride * i + k]) + 0x9e3779b97f4a7c15u);
    };
    add(splats.position, 3), add(splats.log_scale, 3), add(splats.rotation, 4), add(splats.opacity_logit, 1), add(splats.dc, 3);
    add(splats.sh, splats.sh_stride());
    sum += hash;
  }
  return sum;
}

bool same_file(const std::string& a, const std::string& b) {
  const Result<Bytes> first = read_file(a), second = read_file(b);
  return first.ok() && second.ok() && *first == *second;
}

Result<Splats> read_scene(const std::string& path) {
  DEW_ASSIGN(const Bytes bytes, read_file(path));
  DEW_ASSIGN(SplatInput input, read_splats(bytes, {}, ".ply"));
  return std::move(input.splats);
}

}  // namespace

Result<SplatJudge> SplatJudge::create(const SplatScene& scene, const SplatBenchOptions& options) {
  SplatJudge judge;
  judge.threads_ = options.threads;
  judge.bytes_ = file_bytes(scene.file);
  DEW_ASSIGN(const Splats original, read_scene(scene.file));
  judge.splats_ = original.count();
  judge.digest_ = digest(original);
  DEW_ASSIGN(std::vector<View> views, load_views(scene.cameras, {}));
  if (scene.choose) views = evenly_chosen(views, options.views);
  for (const View& view : views) {
    const Camera camera = limited(view.camera, options.longest_side);
    DEW_ASSIGN(Image wanted, drawing(original, camera, options.threads));
    judge.drawn_.push_back({camera, std::move(wanted)});
  }
  if (judge.drawn_.empty()) return Error{Code::invalid_argument, 0, scene.cameras + " has no views"};
  if (scene.photo_cameras.empty()) return judge;
  DEW_ASSIGN(const std::vector<View> photographed, load_views(scene.photo_cameras, {}));
  for (const View& view : photo_views(photographed)) {
    DEW_ASSIGN(const std::optional<Image> photo, load_photo(view, scene.photo_folder));
    const Camera camera = limited(view.camera, options.longest_side);
    if (photo) judge.photos_.push_back({camera, shrunk(*photo, camera.width, camera.height)});
  }
  DEW_ASSIGN(judge.photo_psnr_db_, judge.mean_photo_psnr_db(original));
  return judge;
}

bool SplatJudge::same_splats(const Splats& decoded) const { return decoded.count() == splats_ && digest(decoded) == digest_; }

Result<double> SplatJudge::mean_photo_psnr_db(const Splats& splats) const {
  double sum = 0;
  for (const Shot& shot : photos_) {
    DEW_ASSIGN(const Image drawn, drawing(splats, shot.camera, threads_));
    DEW_ASSIGN(const double psnr_db, image_psnr_db(drawn, shot.wanted));
    sum += psnr_db;
  }
  return photos_.empty() ? 0 : sum / static_cast<double>(photos_.size());
}

Result<Json> SplatJudge::judge(const Splats& decoded) const {
  double sum = 0, worst = std::numeric_limits<double>::infinity(), similarity = 0;
  for (const Shot& shot : drawn_) {
    DEW_ASSIGN(const Image drawn, drawing(decoded, shot.camera, threads_));
    DEW_ASSIGN(const double psnr_db, image_psnr_db(drawn, shot.wanted));
    DEW_ASSIGN(const double ssim, image_ssim(drawn, shot.wanted));
    sum += std::min(psnr_db, kSameEnough_db);
    worst = std::min(worst, psnr_db);
    similarity += ssim;
  }
  const auto views = static_cast<double>(drawn_.size());
  const bool same = worst >= kSameEnough_db;
  Json row = {{"psnr_db", same ? Json(nullptr) : Json(sum / views)},
              {"psnr_worst_db", same ? Json(nullptr) : Json(worst)},
              {"ssim", similarity / views}};
  if (photos_.empty()) return row;
  DEW_ASSIGN(const double photo_psnr_db, mean_photo_psnr_db(decoded));
  row["photo_psnr_db"] = photo_psnr_db;
  row["photo_psnr_change_db"] = photo_psnr_db - photo_psnr_db_;
  return row;
}

Json SplatJudge::original_row(const SplatScene& scene) const {
  Json row = {{"scene", scene.name},
              {"codec", "(the .ply itself)"},
              {"splats", splats_},
              {"bytes", bytes_},
              {"bits_per_splat", bits_per(bytes_, splats_)},
              {"views", drawn_.size()}};
  if (!photos_.empty()) row.update({{"photo_psnr_db", photo_psnr_db_}, {"photos", photos_.size()}});
  return row;
}

Json measure_splat_codec(const SplatScene& scene, const SplatJudge& judge, const SplatCodec& codec, const CommandRunner& runner) {
  Json row = {{"scene", scene.name}, {"codec", codec.name}};
  const ScratchFolder scratch;
  const std::string in = scratch.path() + "/in.ply", out = scratch.path() + "/out";
  std::error_code failure;
  std::filesystem::copy_file(scene.file, in, failure);
  if (failure) return row.update({{"error", "no place for a copy of the scene"}}), row;
  const Ran encoding = runner.run(codec.encode, scratch.path(), codec.limit_s);
  const uint64_t bytes = file_bytes(out);
  if (!encoding.ok || bytes == 0) {
    row["error"] = encoding.timed_out ? "encoder ended after " + fixed(codec.limit_s, 0) + " s" : "encoder failed";
    return row;
  }
  std::filesystem::remove(in, failure);
  row.update({{"splats", judge.splats()},
              {"bytes", bytes},
              {"bits_per_splat", bits_per(bytes, judge.splats())},
              {"encode_ms", encoding.milliseconds},
              {"encode_cpu_ms", encoding.cpu_ms},
              {"encode_mb", encoding.peak_mb}});
  const Ran decoding = runner.run(codec.decode, scratch.path(), codec.limit_s);
  const Result<Splats> decoded = decoding.ok ? read_scene(scratch.path() + "/back.ply") : Error{Code::io, 0, "failed"};
  if (!decoded.ok()) {
    row["error"] =
        decoding.timed_out ? "decoder ended after " + fixed(codec.limit_s, 0) + " s" : "decoder failed: " + decoded.error().message;
    return row;
  }
  row.update({{"decoded_splats", decoded->count()},
              {"decode_ms", decoding.milliseconds},
              {"decode_cpu_ms", decoding.cpu_ms},
              {"decode_mb", decoding.peak_mb},
              {"file_identical", same_file(scene.file, scratch.path() + "/back.ply")},
              {"splats_identical", judge.same_splats(*decoded)}});
  const Result<Json> judged = judge.judge(*decoded);
  if (judged.ok())
    row.update(*judged);
  else
    row["error"] = judged.error().message;
  return row;
}

}  // namespace dew::app
