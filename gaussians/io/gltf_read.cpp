// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "entropy/documents/gltf_document.h"
#include "gaussians/io/axes.h"
#include "gaussians/io/gltf.h"
#include "gaussians/io/quantised.h"

namespace dew {
namespace {

constexpr uint64_t kLeastPositionBytes = 3;
constexpr const char* kExtension = "KHR_gaussian_splatting";

std::string attribute(const std::string& name) { return std::string(kExtension) + ":" + name; }
std::string sh_attribute(uint32_t degree, uint32_t index) {
  return attribute("SH_DEGREE_" + std::to_string(degree) + "_COEF_" + std::to_string(index));
}

bool has(const Json& attributes, const std::string& name) { return !json_member(attributes, name.c_str()).is_null(); }

/// One primitive with the extension: its accessors.
struct Primitive {
  GltfAccessor position, rotation, scale;
  std::optional<GltfAccessor> opacity, colour, dc;
  std::vector<GltfAccessor> sh;  // of degrees 1 and up
  uint32_t sh_degree = 0;
  size_t colour_components = 4;
};

class Reader {
 public:
  Reader(const GltfDocument& document, Budget& budget) : document_(document), budget_(budget) {}

  Result<SplatInput> run() {
    DEW_TRY(collect());
    if (primitives_.empty()) return Error{Code::corrupt, 0, "no primitive has the extension KHR_gaussian_splatting"};
    uint64_t count = 0;
    uint32_t degree = 0;
    for (const Primitive& primitive : primitives_) {
      count += primitive.position.count;
      degree = std::max(degree, primitive.sh_degree);
    }
    // Primitives may share accessors, so that a small file could ask for any number of splats.
    uint64_t bytes = 0;
    for (const ByteSpan buffer : document_.buffers) bytes += buffer.size();
    if (count > bytes / kLeastPositionBytes) return Error{Code::corrupt, 0, "more splats than the buffers have room for"};
    SplatInput input;
    DEW_TRY(allocate_splats(input.splats, count, degree, budget_, 0));
    const bool logarithms = has_negative_scale();
    if (logarithms) note("scales are taken as logarithms, as some are negative");
    size_t first = 0;
    for (const Primitive& primitive : primitives_) {
      fill(primitive, first, logarithms, input.splats);
      first += static_cast<size_t>(primitive.position.count);
    }
    convert_axes(input.splats, kLeftUpForward, kRightDownForward);
    input.splats.source.format = SplatFormat::gltf;
    note_nodes();
    input.note = std::move(note_);
    return input;
  }

 private:
  void note(const std::string& sentence) {
    if (note_.find(sentence) == std::string::npos) note_ += (note_.empty() ? "" : "; ") + sentence;
  }

  Status collect() {
    const Json& meshes = json_member(document_.json, "meshes");
    for (size_t m = 0; meshes.is_array() && m < meshes.size(); ++m) {
      const Json& primitives = json_member(meshes[m], "primitives");
      for (size_t p = 0; primitives.is_array() && p < primitives.size(); ++p) {
        const Json& extension = json_member(json_member(primitives[p], "extensions"), kExtension);
        if (!extension.is_null()) DEW_TRY(add(primitives[p], extension));
      }
    }
    return {};
  }

  Status add(const Json& json, const Json& extension) {
    const Json& attributes = json_member(json, "attributes");
    const std::string kernel = json_text(extension, "kernel");
    if (!kernel.empty() && kernel != "ellipse") note("kernel '" + kernel.substr(0, 40) + "' is taken as 'ellipse'");
    const std::string space = json_text(extension, "colorSpace");
    if (!space.empty() && space != "srgb_rec709_display") note("colours of space '" + space.substr(0, 40) + "' are kept as they are");
    if (!has(attributes, attribute("ROTATION")) || !has(attributes, attribute("SCALE"))) {
      return Error{Code::unsupported_feature, 0, "splats without rotations and scales: a compressed variant that dew does not read"};
    }
    Primitive out;
    DEW_ASSIGN(out.position, accessor(attributes, "POSITION", 3));
    DEW_ASSIGN(out.rotation, accessor(attributes, attribute("ROTATION"), 4));
    DEW_ASSIGN(out.scale, accessor(attributes, attribute("SCALE"), 3));
    DEW_TRY(add_colours(attributes, out));
    for (const GltfAccessor* part : {&out.rotation, &out.scale}) DEW_TRY(check_count(*part, out));
    primitives_.push_back(std::move(out));
    return {};
  }

  Status add_colours(const Json& attributes, Primitive& out) {
    if (has(attributes, attribute("OPACITY"))) {
      DEW_ASSIGN(out.opacity, accessor(attributes, attribute("OPACITY"), 1));
      DEW_TRY(check_count(*out.opacity, out));
    }
    if (has(attributes, sh_attribute(0, 0))) {
      DEW_ASSIGN(out.dc, accessor(attributes, sh_attribute(0, 0), 3));
      DEW_TRY(check_count(*out.dc, out));
    }
    if ((!out.dc || !out.opacity) && has(attributes, "COLOR_0")) {
      Result<GltfAccessor> colour = accessor(attributes, "COLOR_0", 4);
      if (!colour.ok()) {
        out.colour_components = 3;
        colour = accessor(attributes, "COLOR_0", 3);
      }
      DEW_ASSIGN(out.colour, std::move(colour));
      DEW_TRY(check_count(*out.colour, out));
    }
    for (uint32_t degree = 1; degree <= kMaxShDegree && has(attributes, sh_attribute(degree, 0)); ++degree) {
      for (uint32_t i = 0; i < 2 * degree + 1; ++i) {
        DEW_ASSIGN(GltfAccessor part, accessor(attributes, sh_attribute(degree, i), 3));
        DEW_TRY(check_count(part, out));
        out.sh.push_back(part);
      }
      out.sh_degree = degree;
    }
    return {};
  }

  Result<GltfAccessor> accessor(const Json& attributes, const std::string& name, size_t components) {
    DEW_ASSIGN(const uint64_t index, json_count(attributes, name.c_str()));
    return find_accessor(document_, index, components);
  }

  static Status check_count(const GltfAccessor& part, const Primitive& primitive) {
    if (part.count == primitive.position.count) return {};
    return Error{Code::corrupt, 0, "attributes of one primitive have different counts"};
  }

  bool has_negative_scale() const {
    for (const Primitive& primitive : primitives_) {
      for (size_t i = 0; i < primitive.scale.count; ++i) {
        for (size_t c = 0; c < 3; ++c) {
          if (primitive.scale.value(i, c) < 0) return true;
        }
      }
    }
    return false;
  }

  static float dc_value(const Primitive& from, size_t i, size_t channel) {
    if (from.dc) return from.dc->value(i, channel);
    return from.colour ? dc_of_colour(from.colour->value(i, channel)) : 0;
  }

  static float opacity_value(const Primitive& from, size_t i) {
    if (from.opacity) return from.opacity->value(i, 0);
    return from.colour && from.colour_components == 4 ? from.colour->value(i, 3) : 1;
  }

  static void fill(const Primitive& from, size_t first, bool logarithms, Splats& out) {
    const size_t coefficients = sh_coefficients(out.sh_degree);
    for (size_t i = 0; i < from.position.count; ++i) {
      const size_t to = first + i;
      for (size_t c = 0; c < 3; ++c) {
        out.position[3 * to + c] = from.position.value(i, c);
        const float scale = from.scale.value(i, c);
        out.log_scale[3 * to + c] = logarithms ? scale : log_of_scale(scale);
        out.dc[3 * to + c] = dc_value(from, i, c);
      }
      out.opacity_logit[to] = logit_of_alpha(opacity_value(from, i));
      for (size_t c = 0; c < 4; ++c) out.rotation[4 * to + (c + 1) % 4] = from.rotation.value(i, c);
      for (size_t k = 0; k < from.sh.size(); ++k) {
        for (size_t channel = 0; channel < 3; ++channel) {
          out.sh[3 * coefficients * to + coefficients * channel + k] = from.sh[k].value(i, channel);
        }
      }
    }
  }

  void note_nodes() {
    const Json& nodes = json_member(document_.json, "nodes");
    for (size_t i = 0; nodes.is_array() && i < nodes.size(); ++i) {
      if (json_member(nodes[i], "mesh").is_null()) continue;
      for (const char* name : {"matrix", "translation", "rotation", "scale"}) {
        if (!json_member(nodes[i], name).is_null()) note("transforms of nodes are not applied");
      }
    }
  }

  const GltfDocument& document_;
  Budget& budget_;
  std::vector<Primitive> primitives_;
  std::string note_;
};

}  // namespace

bool is_splat_gltf(ByteSpan bytes) {
  const Result<GltfParts> parts = gltf_parts(bytes);
  if (!parts.ok()) return false;
  const std::string_view text = as_text(parts->json);
  const size_t begin = text.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && text[begin] == '{' && text.find('"' + std::string(kExtension) + '"') != std::string_view::npos;
}

Result<SplatInput> read_splat_gltf(ByteSpan bytes, const ReadSibling& read_sibling, const DecodeLimits& limits) {
  Budget budget(limits);
  DEW_ASSIGN(const GltfDocument document, open_gltf(bytes, read_sibling, budget));
  return Reader(document, budget).run();
}

}  // namespace dew
