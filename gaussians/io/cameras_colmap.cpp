// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <span>
#include <string_view>

#include "gaussians/io/cameras_check.h"
#include "gaussians/io/cameras_lens.h"
#include "gaussians/render/projection.h"

namespace dew {
namespace {

/// A kind of lens of COLMAP: its number in binary files, its name in text files, its count of parameters.
struct Model {
  int32_t number;
  const char* name;
  size_t parameters;
};
constexpr Model kModels[] = {
    {0, "SIMPLE_PINHOLE", 3}, {1, "PINHOLE", 4},        {2, "SIMPLE_RADIAL", 4},         {3, "RADIAL", 5},
    {4, "OPENCV", 8},         {5, "OPENCV_FISHEYE", 8}, {8, "SIMPLE_RADIAL_FISHEYE", 4}, {9, "RADIAL_FISHEYE", 5},
};
constexpr size_t kMostParameters = 8;

struct ColmapCamera {
  uint64_t width = 0, height = 0;
  Lens lens;
};
using CameraTable = std::map<uint32_t, ColmapCamera>;
constexpr uint64_t kCameraMemory = sizeof(ColmapCamera) + 64;  // with the node of the table

struct Pose {
  std::array<double, 4> rotation{};  ///< quaternion w x y z, scene to camera
  std::array<double, 3> translation{};
};

Lens lens_of(const Model& model, const std::array<double, kMostParameters>& p) {
  Lens lens;
  lens.fx = p[0];
  lens.fy = p[0];
  switch (model.number) {
    case 0: lens.cx = p[1], lens.cy = p[2]; return lens;
    case 2:
    case 3:
    case 8:
    case 9:
      lens.cx = p[1], lens.cy = p[2];
      lens.radial = {p[3], model.parameters > 4 ? p[4] : 0, 0, 0};
      if (model.number >= 8) lens.model = LensModel::fisheye;
      return lens;
    default: break;
  }
  lens.fy = p[1], lens.cx = p[2], lens.cy = p[3];
  if (model.number == 4) {
    lens.radial = {p[4], p[5], 0, 0};
    lens.tangential = {p[6], p[7]};
  } else if (model.number == 5) {
    lens.model = LensModel::fisheye;
    lens.radial = {p[4], p[5], p[6], p[7]};
  }
  return lens;
}

Error unknown_model(const std::string& model, uint64_t offset) {
  return {Code::unsupported_feature, offset, "COLMAP's camera model " + model + " is not known; undistort the images first"};
}

Result<View> view_of(const CameraTable& cameras, uint32_t camera_id, const Pose& pose, std::string name, const CameraDefaults& defaults,
                     uint64_t offset) {
  const auto found = cameras.find(camera_id);
  if (found == cameras.end())
    return Error{Code::corrupt, offset, "an image names camera " + std::to_string(camera_id) + ", which is missing"};
  const ColmapCamera& from = found->second;
  View view;
  view.photo = std::move(name);
  Camera& camera = view.camera;
  camera.name = photo_stem(view.photo);
  camera.width = static_cast<uint32_t>(std::min<uint64_t>(from.width, UINT32_MAX));
  camera.height = static_cast<uint32_t>(std::min<uint64_t>(from.height, UINT32_MAX));
  camera.fx = from.lens.fx;
  camera.fy = from.lens.fy;
  camera.cx = from.lens.cx;
  camera.cy = from.lens.cy;
  camera.background = defaults.background;
  const auto& [w, x, y, z] = pose.rotation;
  const std::array<double, 9> to_camera = rotation_matrix(w, x, y, z);
  for (size_t row = 0; row < 3; ++row) {
    camera.position[row] = 0;
    for (size_t k = 0; k < 3; ++k) {
      camera.rotation[3 * row + k] = to_camera[3 * k + row];
      camera.position[row] -= to_camera[3 * k + row] * pose.translation[k];
    }
  }
  DEW_TRY(cameras::check_view(view, offset));
  DEW_TRY(set_lens(view, from.lens));
  return view;
}

Result<CameraTable> read_binary_cameras(ByteReader reader, Budget& budget) {
  CameraTable cameras;
  DEW_ASSIGN(const uint64_t count, reader.u64());
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t offset = reader.offset();
    DEW_ASSIGN(const uint32_t id, reader.u32());
    DEW_ASSIGN(const int32_t number, reader.i32());
    DEW_TRY(budget.take_memory(kCameraMemory, offset));
    ColmapCamera& camera = cameras[id];
    DEW_ASSIGN(camera.width, reader.u64());
    DEW_ASSIGN(camera.height, reader.u64());
    const Model* model = std::find_if(std::begin(kModels), std::end(kModels), [&](const Model& row) { return row.number == number; });
    if (model == std::end(kModels)) return unknown_model(std::to_string(number), offset);
    std::array<double, kMostParameters> parameters{};
    for (size_t k = 0; k < model->parameters; ++k) {
      DEW_ASSIGN(parameters[k], reader.f64());
    }
    camera.lens = lens_of(*model, parameters);
  }
  return cameras;
}

Result<std::string> read_name(ByteReader& reader) {
  std::string name;
  while (true) {
    DEW_ASSIGN(const uint8_t letter, reader.u8());
    if (letter == 0) return name;
    name.push_back(static_cast<char>(letter));
  }
}

Result<std::vector<View>> read_binary_images(ByteReader reader, const CameraTable& cameras, const CameraDefaults& defaults,
                                             Budget& budget) {
  constexpr uint64_t kPointBytes = 24;
  std::vector<View> views;
  DEW_ASSIGN(const uint64_t count, reader.u64());
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t offset = reader.offset();
    DEW_ASSIGN([[maybe_unused]] const uint32_t image_id, reader.u32());
    Pose pose;
    for (double& value : pose.rotation) {
      DEW_ASSIGN(value, reader.f64());
    }
    for (double& value : pose.translation) {
      DEW_ASSIGN(value, reader.f64());
    }
    DEW_ASSIGN(const uint32_t camera_id, reader.u32());
    DEW_ASSIGN(std::string name, read_name(reader));
    DEW_ASSIGN(const uint64_t points, reader.u64());
    if (points > reader.remaining() / kPointBytes) return Error{Code::truncated, reader.offset(), "the points of an image end early"};
    DEW_TRY(reader.bytes(points * kPointBytes));
    DEW_TRY(budget.take_elements(1, offset));
    DEW_TRY(budget.take_memory(sizeof(View) + 2 * name.size(), offset));
    DEW_ASSIGN(View view, view_of(cameras, camera_id, pose, std::move(name), defaults, offset));
    views.push_back(std::move(view));
  }
  return views;
}

/// Lines of a text, without comments; each word by word.
class Lines {
 public:
  explicit Lines(ByteSpan bytes) : text_(as_text(bytes)) {}

  /// Goes to the next line that is no comment. False at the end.
  bool next() {
    do {
      if (at_ >= text_.size()) return false;
      start_ = at_;
      const size_t end = std::min(text_.find('\n', at_), text_.size());
      line_ = text_.substr(at_, end - at_);
      at_ = end + 1;
      if (line_.ends_with('\r')) line_.remove_suffix(1);
    } while (line_.starts_with('#'));
    return true;
  }
  uint64_t offset() const { return start_; }
  bool blank() const { return line_.find_first_not_of(' ') == std::string_view::npos; }

  std::string_view word() {
    line_.remove_prefix(std::min(line_.find_first_not_of(' '), line_.size()));
    const std::string_view found = line_.substr(0, line_.find(' '));
    line_.remove_prefix(found.size());
    return found;
  }
  /// What is left of the line: a name may hold blanks.
  std::string rest() {
    line_.remove_prefix(std::min(line_.find_first_not_of(' '), line_.size()));
    return std::string(line_);
  }
  template <class T>
  Status number(T& value) {
    const std::string_view text = word();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size()) return {};
    return Error{Code::corrupt, start_, "expected a number, found '" + std::string(text.substr(0, 32)) + "'"};
  }

 private:
  std::string_view text_;
  std::string_view line_;
  size_t at_ = 0;
  size_t start_ = 0;
};

Result<CameraTable> read_text_cameras(ByteSpan bytes, Budget& budget) {
  CameraTable cameras;
  for (Lines lines(bytes); lines.next();) {
    if (lines.blank()) continue;
    uint32_t id = 0;
    DEW_TRY(lines.number(id));
    const std::string_view name = lines.word();
    const Model* model = std::find_if(std::begin(kModels), std::end(kModels), [&](const Model& row) { return name == row.name; });
    if (model == std::end(kModels)) return unknown_model(std::string(name.substr(0, 32)), lines.offset());
    DEW_TRY(budget.take_memory(kCameraMemory, lines.offset()));
    ColmapCamera& camera = cameras[id];
    DEW_TRY(lines.number(camera.width));
    DEW_TRY(lines.number(camera.height));
    std::array<double, kMostParameters> parameters{};
    for (size_t k = 0; k < model->parameters; ++k) DEW_TRY(lines.number(parameters[k]));
    camera.lens = lens_of(*model, parameters);
  }
  return cameras;
}

/// Two lines an image, the second with its points; that one may be empty.
Result<std::vector<View>> read_text_images(ByteSpan bytes, const CameraTable& cameras, const CameraDefaults& defaults, Budget& budget) {
  std::vector<View> views;
  for (Lines lines(bytes); lines.next();) {
    if (lines.blank()) continue;
    const uint64_t offset = lines.offset();
    uint32_t image_id = 0, camera_id = 0;
    Pose pose;
    DEW_TRY(lines.number(image_id));
    for (double& value : pose.rotation) DEW_TRY(lines.number(value));
    for (double& value : pose.translation) DEW_TRY(lines.number(value));
    DEW_TRY(lines.number(camera_id));
    std::string name = lines.rest();
    DEW_TRY(budget.take_elements(1, offset));
    DEW_TRY(budget.take_memory(sizeof(View) + 2 * name.size(), offset));
    DEW_ASSIGN(View view, view_of(cameras, camera_id, pose, std::move(name), defaults, offset));
    views.push_back(std::move(view));
    lines.next();
  }
  return views;
}

/// Text files begin with a comment or a number in digits; a binary one begins with a count, whose upper bytes are zero.
bool is_text(ByteSpan bytes) {
  const std::string_view start = as_text(bytes.first(std::min<size_t>(bytes.size(), 8)));
  return start.find('\0') == std::string_view::npos;
}

}  // namespace

Result<std::vector<View>> read_colmap(ByteSpan cameras, ByteSpan images, const CameraDefaults& defaults, const DecodeLimits& limits) {
  if (cameras.size() + images.size() > limits.input_bytes) return Error{Code::limit_exceeded, 0, "the COLMAP model is larger than allowed"};
  Budget budget(limits);
  DEW_ASSIGN(const CameraTable table,
             is_text(cameras) ? read_text_cameras(cameras, budget) : read_binary_cameras(ByteReader(cameras), budget));
  return is_text(images) ? read_text_images(images, table, defaults, budget)
                         : read_binary_images(ByteReader(images), table, defaults, budget);
}

}  // namespace dew
