// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "gaussians/io/cameras_check.h"
#include "gaussians/io/cameras_lens.h"

namespace dew::cameras {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kMemoryPerByte = 60;  // of parsed JSON, in the worst case: "[[],[],..."

/// The member, or null where there is none or `object` is no object.
const Json* find(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

/// Objects in which a member is looked for, one after the other: a frame's own, then the file's.
class Members {
 public:
  Members(const Json& own, const Json* shared) : own_(own), shared_(shared) {}
  const Json* find(const char* name) const {
    const Json* found = cameras::find(own_, name);
    return found == nullptr && shared_ != nullptr ? cameras::find(*shared_, name) : found;
  }
  bool has(const char* name) const { return find(name) != nullptr; }
  /// NaN for something that is no number.
  double number(const char* name, double fallback) const {
    const Json* found = find(name);
    if (found == nullptr) return fallback;
    return found->is_number() ? found->get<double>() : std::nan("");
  }
  std::string text(const char* name) const {
    const Json* found = find(name);
    return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
  }
  bool flag(const char* name) const {
    const Json* found = find(name);
    return found != nullptr && found->is_boolean() && found->get<bool>();
  }

 private:
  const Json& own_;
  const Json* shared_;
};

/// `out.size()` numbers. False for anything else.
template <size_t N>
bool read_numbers(const Json* array, std::array<double, N>& out) {
  if (array == nullptr || !array->is_array() || array->size() != N) return false;
  for (size_t i = 0; i < N; ++i) {
    if (!(*array)[i].is_number()) return false;
    out[i] = (*array)[i].get<double>();
  }
  return true;
}

/// 0 where it is no size; check_view refuses it.
uint32_t read_side(const Members& members, const char* name, uint32_t fallback) {
  const double side = members.number(name, fallback);
  return side >= 1 && side <= kLargestSide_px && side == std::floor(side) ? static_cast<uint32_t>(side) : 0;
}

Status read_background(const Members& members, size_t index, std::array<double, 3>& background) {
  for (const char* name : {"background", "background_rgb"}) {
    if (members.has(name) && !read_numbers(members.find(name), background))
      return wrong(index, "has a background that is not three numbers");
  }
  return {};
}

/// One entry of cameras.json.
Result<View> read_3dgs(const Json& entry, size_t index, const CameraDefaults& defaults) {
  const Members members(entry, nullptr);
  View view;
  Camera& camera = view.camera;
  view.photo = members.text("img_name");
  camera.name = view.photo.empty() ? std::to_string(index) : photo_stem(view.photo);
  view.held_out = members.flag("held_out");
  camera.width = read_side(members, "width", defaults.width);
  camera.height = read_side(members, "height", defaults.height);
  camera.fx = members.number("fx", std::nan(""));
  camera.fy = members.number("fy", camera.fx);
  camera.cx = members.number("cx", camera.width / 2.0);
  camera.cy = members.number("cy", camera.height / 2.0);
  camera.background = defaults.background;
  DEW_TRY(read_background(members, index, camera.background));
  if (!read_numbers(members.find("position"), camera.position)) return wrong(index, "has no position of three numbers");
  const Json* rotation = members.find("rotation");
  if (rotation == nullptr || !rotation->is_array() || rotation->size() != 3) return wrong(index, "has no rotation of three rows");
  for (size_t row = 0; row < 3; ++row) {
    std::array<double, 3> numbers;
    if (!read_numbers(&(*rotation)[row], numbers)) return wrong(index, "has a rotation whose rows are not three numbers");
    for (size_t column = 0; column < 3; ++column) camera.rotation[3 * row + column] = numbers[column];
  }
  DEW_TRY(check_view(view, 0));
  return view;
}

/// Camera to scene with OpenGL's axes (y up, looking along -z), 3 or 4 rows of 4.
Status read_transform(const Json* matrix, size_t index, Camera& camera) {
  if (matrix == nullptr || !matrix->is_array() || matrix->size() < 3 || matrix->size() > 4) {
    return wrong(index, "has no transform_matrix of three or four rows");
  }
  for (size_t row = 0; row < 3; ++row) {
    std::array<double, 4> numbers;
    if (!read_numbers(&(*matrix)[row], numbers)) return wrong(index, "has a transform_matrix whose rows are not four numbers");
    camera.rotation[3 * row] = numbers[0];
    camera.rotation[3 * row + 1] = -numbers[1];
    camera.rotation[3 * row + 2] = -numbers[2];
    camera.position[row] = numbers[3];
  }
  return {};
}

Result<Lens> read_lens(const Members& members, const Camera& camera, size_t index) {
  Lens lens;
  const std::string model = members.text("camera_model");
  if (model == "OPENCV_FISHEYE" || members.flag("is_fisheye")) {
    lens.model = LensModel::fisheye;
  } else if (!model.empty() && model != "OPENCV" && model != "PINHOLE" && model != "SIMPLE_PINHOLE" && model != "RADIAL" &&
             model != "SIMPLE_RADIAL") {
    return Error{Code::unsupported_feature, 0,
                 "camera " + std::to_string(index) + " has a lens of the model '" + model + "', which is not known"};
  }
  const double angle_x = members.number("camera_angle_x", std::nan(""));
  lens.fx = members.number("fl_x", camera.width / (2 * std::tan(angle_x / 2)));
  lens.fy = members.number("fl_y", members.has("camera_angle_y") && !members.has("fl_x")
                                       ? camera.height / (2 * std::tan(members.number("camera_angle_y", std::nan("")) / 2))
                                       : lens.fx);
  lens.cx = members.number("cx", camera.width / 2.0);
  lens.cy = members.number("cy", camera.height / 2.0);
  lens.radial = {members.number("k1", 0), members.number("k2", 0), members.number("k3", 0), members.number("k4", 0)};
  lens.tangential = {members.number("p1", 0), members.number("p2", 0)};
  double sum = lens.tangential[0] + lens.tangential[1];
  for (const double k : lens.radial) sum += k;
  if (!std::isfinite(sum)) return wrong(index, "has distortion that is not made of finite numbers");
  return lens;
}

/// One frame of transforms.json.
Result<View> read_nerf(const Json& file, const Json& frame, size_t index, const CameraDefaults& defaults) {
  const Members members(frame, &file);
  View view;
  view.photo = members.text("file_path");
  Camera& camera = view.camera;
  camera.name = view.photo.empty() ? std::to_string(index) : photo_stem(view.photo);
  view.held_out = members.flag("held_out");
  camera.width = read_side(members, "w", defaults.width);
  camera.height = read_side(members, "h", defaults.height);
  if (camera.width == 0 && !members.has("w")) {
    return Error{Code::invalid_argument, 0, "the cameras have no size in pixels (w and h are missing); state one"};
  }
  camera.background = defaults.background;
  DEW_TRY(read_background(members, index, camera.background));
  DEW_TRY(read_transform(find(frame, "transform_matrix"), index, camera));
  DEW_ASSIGN(const Lens lens, read_lens(members, camera, index));
  camera.fx = lens.fx;
  camera.fy = lens.fy;
  camera.cx = lens.cx;
  camera.cy = lens.cy;
  DEW_TRY(check_view(view, 0));
  DEW_TRY(set_lens(view, lens));
  return view;
}

/// Marks the views whose photographs `names` lists.
void mark_held_out(const Json* names, std::vector<View>& views) {
  if (names == nullptr || !names->is_array()) return;
  std::set<std::string> listed;
  for (const Json& name : *names) {
    if (name.is_string()) listed.insert(name.get<std::string>());
  }
  for (View& view : views) view.held_out = view.held_out || listed.contains(view.photo);
}

}  // namespace

Result<std::vector<View>> read_json(ByteSpan bytes, const CameraDefaults& defaults, const DecodeLimits& limits) {
  if (bytes.size() > limits.input_bytes) return Error{Code::limit_exceeded, 0, "the file of cameras is larger than allowed"};
  Budget budget(limits);
  DEW_TRY(budget.take_memory(bytes.size() * kMemoryPerByte, 0));
  const std::string_view text = as_text(bytes);
  const Json file = Json::parse(text.begin(), text.end(), nullptr, false);
  if (file.is_discarded()) return Error{Code::corrupt, 0, "the file of cameras is no JSON"};
  const Json* frames = file.is_array() ? &file : find(file, "frames");
  if (frames == nullptr || !frames->is_array()) {
    return Error{Code::corrupt, 0, "neither a list of cameras (cameras.json) nor an object with frames (transforms.json)"};
  }
  DEW_TRY(budget.take_elements(frames->size(), 0));
  std::vector<View> views;
  for (size_t i = 0; i < frames->size(); ++i) {
    DEW_ASSIGN(View view, file.is_array() ? read_3dgs((*frames)[i], i, defaults) : read_nerf(file, (*frames)[i], i, defaults));
    views.push_back(std::move(view));
  }
  mark_held_out(find(file, "test_filenames"), views);
  return views;
}

}  // namespace dew::cameras
