// SPDX-License-Identifier: Apache-2.0
#include "data/generate/splats/cameras_json.h"

#include <cstdio>

namespace dew::sim {
namespace {

std::string vector_json(const double* values) {
  char text[96];
  std::snprintf(text, sizeof text, "[%.9g, %.9g, %.9g]", values[0], values[1], values[2]);
  return text;
}

}  // namespace

std::string cameras_json(const std::vector<Camera>& cameras) {
  std::string text = "[";
  for (size_t i = 0; i < cameras.size(); ++i) {
    const Camera& camera = cameras[i];
    char head[160];
    std::snprintf(head, sizeof head, "{\"id\": %zu, \"img_name\": \"%s\", \"width\": %u, \"height\": %u, \"position\": ", i,
                  camera.name.c_str(), camera.width, camera.height);
    char tail[96];
    std::snprintf(tail, sizeof tail, "], \"fx\": %.9g, \"fy\": %.9g}", camera.fx, camera.fy);
    text += (i == 0 ? "" : ",\n ") + std::string(head) + vector_json(camera.position.data()) + ", \"rotation\": [" +
            vector_json(&camera.rotation[0]) + ", " + vector_json(&camera.rotation[3]) + ", " + vector_json(&camera.rotation[6]) + tail;
  }
  return text + "]\n";
}

}  // namespace dew::sim
