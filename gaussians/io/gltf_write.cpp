// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "entropy/documents/gltf_document.h"
#include "gaussians/io/axes.h"
#include "gaussians/io/gltf.h"
#include "gaussians/io/quantised.h"

namespace dew {
namespace {

constexpr uint32_t kFloat = 5126, kByte = 5121;
constexpr const char* kPrefix = "KHR_gaussian_splatting:";

/// The binary buffer, and the JSON that describes it.
class Buffer {
 public:
  explicit Buffer(size_t splats) : splats_(splats) {}

  /// One attribute of floats; `value(i, c)` gives it.
  template <class Value>
  void add(const std::string& name, const char* type, size_t components, Value value) {
    begin(name, type, kFloat);
    for (size_t i = 0; i < splats_; ++i) {
      for (size_t c = 0; c < components; ++c) bytes_.f32(value(i, c));
    }
    end();
  }
  /// Red, green, blue and opacity for programs that draw points.
  template <class Value>
  void add_colours(Value value) {
    begin("COLOR_0", "VEC4", kByte);
    accessors_.back()["normalized"] = true;
    for (size_t i = 0; i < splats_; ++i) {
      for (size_t c = 0; c < 4; ++c) bytes_.u8(value(i, c));
    }
    end();
  }
  void set_range(const std::vector<float>& low, const std::vector<float>& high) {
    accessors_.back()["min"] = low;
    accessors_.back()["max"] = high;
  }

  Json document() const {
    const Json extension = {
        {"kernel", "ellipse"}, {"colorSpace", "srgb_rec709_display"}, {"sortingMethod", "cameraDistance"}, {"projection", "perspective"}};
    Json primitive;
    primitive["attributes"] = attributes_;
    primitive["mode"] = 0;
    primitive["extensions"]["KHR_gaussian_splatting"] = extension;
    Json json;
    json["asset"]["version"] = "2.0";
    json["extensionsUsed"] = Json::array({"KHR_gaussian_splatting"});
    json["scene"] = 0;
    json["scenes"][0]["nodes"] = Json::array({0});
    json["nodes"][0]["mesh"] = 0;
    json["meshes"][0]["primitives"] = Json::array({primitive});
    json["accessors"] = accessors_;
    json["bufferViews"] = views_;
    json["buffers"][0]["byteLength"] = bytes_.size();
    return json;
  }
  const Bytes& bytes() const { return bytes_.bytes(); }

 private:
  void begin(const std::string& name, const char* type, uint32_t component_type) {
    attributes_[name] = accessors_.size();
    Json accessor;
    accessor["bufferView"] = views_.size();
    accessor["componentType"] = component_type;
    accessor["count"] = splats_;
    accessor["type"] = type;
    accessors_.push_back(std::move(accessor));
    begin_ = bytes_.size();
  }
  void end() {
    Json view;
    view["buffer"] = 0;
    view["byteOffset"] = begin_;
    view["byteLength"] = bytes_.size() - begin_;
    views_.push_back(std::move(view));
  }

  size_t splats_;
  ByteWriter bytes_;
  size_t begin_ = 0;
  Json attributes_, accessors_ = Json::array(), views_ = Json::array();
};

struct Changed {
  size_t opacities = 0, rotations = 0, scales = 0;
};

float finite(float value) {
  constexpr float kMax = std::numeric_limits<float>::max();
  return finite_or(value, -kMax, kMax);
}

void add_positions(const Splats& splats, Buffer& buffer) {
  std::vector<float> low(3, std::numeric_limits<float>::max()), high(3, std::numeric_limits<float>::lowest());
  buffer.add("POSITION", "VEC3", 3, [&](size_t i, size_t c) {
    const float value = finite(splats.position[3 * i + c]);
    low[c] = std::min(low[c], value);
    high[c] = std::max(high[c], value);
    return value;
  });
  buffer.set_range(low, high);
}

void add_rotations(const Splats& splats, Buffer& buffer, Changed& changed) {
  std::array<float, 4> unit{};
  buffer.add(std::string(kPrefix) + "ROTATION", "VEC4", 4, [&](size_t i, size_t c) {
    if (c == 0) {
      const float* q = &splats.rotation[4 * i];
      const double length = std::sqrt(double{q[0]} * q[0] + double{q[1]} * q[1] + double{q[2]} * q[2] + double{q[3]} * q[3]);
      const bool usable = length > 0 && std::isfinite(length);
      changed.rotations += !usable;
      for (size_t k = 0; k < 4; ++k) unit[k] = usable ? static_cast<float>(q[k] / length) : k == 0 ? 1.0f : 0.0f;
    }
    return unit[(c + 1) % 4];
  });
}

void add_shape(const Splats& splats, Buffer& buffer, Changed& changed) {
  buffer.add(std::string(kPrefix) + "SCALE", "VEC3", 3, [&](size_t i, size_t c) {
    const double scale = std::exp(double{splats.log_scale[3 * i + c]});
    const bool fits = scale <= std::numeric_limits<float>::max();  // not for NaN
    changed.scales += !fits;
    return fits ? static_cast<float>(scale) : std::isnan(scale) ? 0 : std::numeric_limits<float>::max();
  });
  buffer.add(std::string(kPrefix) + "OPACITY", "SCALAR", 1, [&](size_t i, size_t) {
    const float logit = splats.opacity_logit[i];
    const auto alpha = static_cast<float>(sigmoid(logit));
    changed.opacities += !(std::fabs(logit) < 13.8f);
    return std::isnan(alpha) ? 0 : alpha;
  });
}

void add_colours(const Splats& splats, Buffer& buffer) {
  buffer.add_colours([&](size_t i, size_t c) {
    return c == 3 ? alpha_byte_of_logit(splats.opacity_logit[i]) : byte_of(255 * colour_of_dc(splats.dc[3 * i + c]));
  });
  buffer.add(std::string(kPrefix) + "SH_DEGREE_0_COEF_0", "VEC3", 3, [&](size_t i, size_t c) { return finite(splats.dc[3 * i + c]); });
  const size_t coefficients = sh_coefficients(splats.sh_degree);
  size_t k = 0;
  for (uint32_t degree = 1; degree <= splats.sh_degree; ++degree) {
    for (uint32_t index = 0; index < 2 * degree + 1; ++index, ++k) {
      const std::string name = "SH_DEGREE_" + std::to_string(degree) + "_COEF_" + std::to_string(index);
      buffer.add(kPrefix + name, "VEC3", 3,
                 [&](size_t i, size_t c) { return finite(splats.sh[3 * coefficients * i + coefficients * c + k]); });
    }
  }
}

void put_chunk(ByteWriter& out, uint32_t type, ByteSpan bytes, std::byte filler) {
  const size_t padding = (4 - bytes.size() % 4) % 4;
  out.u32(static_cast<uint32_t>(bytes.size() + padding));
  out.u32(type);
  out.bytes(bytes);
  out.bytes(Bytes(padding, filler));
}

Bytes binary_file(const std::string& json, ByteSpan buffer) {
  ByteWriter chunks;
  put_chunk(chunks, 0x4e4f534a, as_bytes(json), std::byte{' '});
  put_chunk(chunks, 0x004e4942, buffer, std::byte{0});
  ByteWriter out;
  out.u32(0x46546c67);
  out.u32(2);
  out.u32(static_cast<uint32_t>(chunks.size() + 12));
  out.bytes(chunks.bytes());
  return out.take();
}

}  // namespace

Result<SplatOutput> write_splat_gltf(const Splats& splats, const SplatWriteOptions& options) {
  if (splats.count() == 0) return Error{Code::invalid_argument, 0, "glTF holds no empty scene"};
  if (splats.count() * (60 + 4 * splats.sh_stride()) >= 0xff000000) return Error{Code::invalid_argument, 0, "a .glb of 4 GiB and more"};
  Splats turned = splats;
  convert_axes(turned, kRightDownForward, kLeftUpForward);
  Buffer buffer(splats.count());
  Changed changed;
  add_positions(turned, buffer);
  add_rotations(turned, buffer, changed);
  add_shape(turned, buffer, changed);
  add_colours(turned, buffer);
  Json json = buffer.document();
  SplatOutput output;
  if (options.unpacked) {
    json["buffers"][0]["uri"] = "data:application/octet-stream;base64," + to_base64(buffer.bytes());
    const std::string text = json.dump();
    const ByteSpan bytes = as_bytes(text);
    output.file.assign(bytes.begin(), bytes.end());
  } else {
    output.file = binary_file(json.dump(), buffer.bytes());
  }
  Losses losses("glTF");
  losses.extra_properties(splats);
  losses.not_finite(splats);
  losses.add(changed.scales, "scales are too large for a float and are clamped");
  losses.add(changed.opacities, "opacities are within 10^-6 of 0 or 1 and lose their logit");
  losses.add(changed.rotations, "rotations have no direction and become the identity");
  output.losses = losses.take();
  return output;
}

}  // namespace dew
