// SPDX-License-Identifier: Apache-2.0
#include "viewer/shaders/texts.h"

#include <utility>

namespace dew::viewer {

const char* const kColourOfValue = R"(
uniform sampler2D table;
uniform vec2 ends;        // values at both ends of the map, or their logarithms
uniform bool logarithmic;
uniform bool has_value;
uniform vec3 constant_colour;
uniform vec3 no_value_colour;
vec3 colour_of(float value) {
  if (!has_value) return constant_colour;
  if (isnan(value)) return no_value_colour;
  float shown = logarithmic ? log(max(value, 1e-30)) : value;
  float t = ends.y > ends.x ? clamp((shown - ends.x) / (ends.y - ends.x), 0.0, 1.0) : (shown > ends.y ? 1.0 : 0.0);
  return texture(table, vec2((t * 255.0 + 0.5) / 256.0, 0.5)).rgb;
}
)";

const char* const kSplatProjection = R"(
uniform int texels;                // a channel
uniform bool own_colours;
uniform vec3 row_x, row_y, row_z;  // scene to camera axes
uniform vec3 centre;
uniform vec2 focal_px;
uniform vec2 principal_px;
uniform vec2 slope_limit;

void basis_of(vec3 d, out vec4 b[4]) {
  float x = d.x, y = d.y, z = d.z, xx = x * x, yy = y * y, zz = z * z;
  b[0] = vec4(0.28209479177, -0.48860251190 * y, 0.48860251190 * z, -0.48860251190 * x);
  b[1] = vec4(1.09254843059 * x * y, -1.09254843059 * y * z, 0.31539156525 * (2.0 * zz - xx - yy), -1.09254843059 * x * z);
  b[2] = vec4(0.54627421530 * (xx - yy), -0.59004358993 * y * (3.0 * xx - yy), 2.89061144264 * x * y * z,
              -0.45704579946 * y * (4.0 * zz - xx - yy));
  b[3] = vec4(0.37317633259 * z * (2.0 * zz - 3.0 * xx - 3.0 * yy), -0.45704579946 * x * (4.0 * zz - xx - yy),
              1.44530572132 * z * (xx - yy), -0.59004358993 * x * (xx - 3.0 * yy));
}

vec3 seen_colour(int splat, vec3 offset) {
  if (!own_colours) return colour_of(value_at(splat));
  float distance = length(offset);
  vec4 b[4];
  basis_of(distance > 0.0 ? offset / distance : vec3(0.0, 0.0, 1.0), b);
  vec3 sum = vec3(0.5);
  for (int channel = 0; channel < 3; ++channel) {
    int first = (3 * splat + channel) * texels;
    for (int j = 0; j < texels; ++j) sum[channel] += dot(coefficients_at(first + j), b[j]);
  }
  return sum;
}

void project_splat(int splat, vec4 place, vec3 own_x, vec3 own_y, vec3 own_z) {
  ellipse = shape = shade = vec4(0.0);
  vec3 offset = place.xyz - centre;
  vec3 at = vec3(dot(row_x, offset), dot(row_y, offset), dot(row_z, offset));
  float opacity = place.w;
  if (!(at.z > 0.2) || !(opacity >= 1.0 / 255.0)) return;
  vec2 slope = at.xy / at.z;
  vec2 leaning = clamp(slope, -slope_limit, slope_limit);
  vec3 across = focal_px.x / at.z * (row_x - leaning.x * row_z);
  vec3 down = focal_px.y / at.z * (row_y - leaning.y * row_z);
  vec2 a = vec2(dot(across, own_x), dot(down, own_x));
  vec2 b = vec2(dot(across, own_y), dot(down, own_y));
  vec2 c = vec2(dot(across, own_z), dot(down, own_z));
  float xx = 0.3 + a.x * a.x + b.x * b.x + c.x * c.x;
  float yy = 0.3 + a.y * a.y + b.y * b.y + c.y * c.y;
  float xy = a.x * a.y + b.x * b.y + c.x * c.y;
  float ab = a.x * b.y - a.y * b.x, ac = a.x * c.y - a.y * c.x, bc = b.x * c.y - b.y * c.x;
  // xx yy - xy^2 as a sum of squares: a long thin ellipse would lose all digits in the difference.
  float determinant = 0.09 + 0.3 * (xx + yy - 0.6) + ab * ab + ac * ac + bc * bc;
  float half_difference = 0.5 * (xx - yy);
  float radius = sqrt(half_difference * half_difference + xy * xy);
  float longer = 0.5 * (xx + yy) + radius;
  float shorter = determinant / longer;
  vec2 axis = half_difference >= 0.0 ? vec2(half_difference + radius, xy) : vec2(xy, radius - half_difference);
  axis = dot(axis, axis) > 0.0 ? normalize(axis) : vec2(1.0, 0.0);
  float reach = 2.0 * log(255.0 * opacity);
  vec3 colour = seen_colour(splat, offset);
  // Not cut at zero yet: max() may turn what is no number into one.
  float finite = longer + shorter + dot(colour, vec3(1.0));
  if (isnan(finite) || isinf(finite)) return;
  ellipse = vec4(focal_px * slope + principal_px, sqrt(reach * longer) * axis);
  shape = vec4(sqrt(reach * shorter) * vec2(-axis.y, axis.x), opacity, reach);
  shade = vec4(max(colour, 0.0), 1.0);
}
)";

const char* const kSplatQuadVertex = R"(
layout(location = 0) in uint splat;
uniform vec2 size_px;
out vec2 off;            // 1 at the rim, where alpha is 1/255
flat out vec4 tint;      // colour, opacity
flat out float half_reach;
void main() {
  vec4 ellipse = projected_at(int(splat), 0);
  vec4 shape = projected_at(int(splat), 1);
  vec4 shade = projected_at(int(splat), 2);
  off = vec2((gl_VertexID & 1) * 2 - 1, (gl_VertexID & 2) - 1);
  vec2 at = ellipse.xy + off.x * ellipse.zw + off.y * shape.xy;
  tint = vec4(shade.rgb, shape.z);
  half_reach = 0.5 * shape.w;
  vec2 place = vec2(2.0, -2.0) * at / size_px + vec2(-1.0, 1.0);
  gl_Position = shade.a > 0.0 ? vec4(place, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
}
)";

const char* const kSplatQuadFragment = R"(
in vec2 off;
flat in vec4 tint;
flat in float half_reach;
out vec4 pixel;
void main() {
  float square = dot(off, off);
  if (square > 1.0) discard;
  float alpha = min(0.99, tint.a * exp(-half_reach * square));
  pixel = vec4(alpha * tint.rgb, alpha);
}
)";

const char* const kWholeVertex = R"(
out vec2 at;
void main() {
  at = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0;
  gl_Position = vec4(2.0 * at - 1.0, 0.0, 1.0);
}
)";

const char* const kShowFragment = R"(
in vec2 at;
uniform sampler2D picture;
uniform vec3 background;
out vec4 pixel;
void main() {
  vec4 drawn = texture(picture, at);
  pixel = vec4(drawn.rgb + (1.0 - drawn.a) * background, 1.0);
}
)";

const char* const kDifferenceFragment = R"(
in vec2 at;
uniform sampler2D picture;
uniform sampler2D other;
uniform vec3 background;
out vec4 pixel;
vec3 seen(sampler2D from) {
  vec4 drawn = texture(from, at);
  return clamp(drawn.rgb + (1.0 - drawn.a) * background, 0.0, 1.0);
}
void main() {
  vec3 apart = abs(seen(picture) - seen(other));
  pixel = vec4(colour_of(dot(apart, vec3(1.0 / 3.0))), 1.0);
}
)";

const char* const kMeshVertex = R"(
layout(location = 0) in vec3 place;
layout(location = 1) in float value;
layout(location = 2) in vec3 own_colour;
uniform mat4 clip;
uniform bool own_colours;
uniform float point_px;
out vec3 colour;
out vec3 seen_place;
void main() {
  gl_Position = clip * vec4(place, 1.0);
  gl_PointSize = point_px;
  colour = own_colours ? own_colour : colour_of(value);
  seen_place = place;
}
)";

// Both sides of a triangle are lit alike, from the eye: a hole shows what lies behind, and nothing is black.
const char* const kMeshFragment = R"(
in vec3 colour;
in vec3 seen_place;
uniform vec3 eye;          // relative to the origin; parallel: the direction towards it
uniform bool parallel;
uniform bool triangles;
uniform bool normals;
uniform float shade;       // what light takes away at grazing angles
out vec4 pixel;
void main() {
  if (!triangles) {
    pixel = vec4(colour, 1.0);
    return;
  }
  vec3 normal = normalize(cross(dFdx(seen_place), dFdy(seen_place)));
  vec3 towards = parallel ? eye : normalize(eye - seen_place);
  float facing = dot(normal, towards);
  if (normals) {
    pixel = vec4(0.5 + 0.5 * (facing < 0.0 ? -normal : normal), 1.0);
    return;
  }
  pixel = vec4(colour * (1.0 - shade + shade * abs(facing)), 1.0);
}
)";

std::string_view shader_text(std::string_view name) {
  const std::pair<std::string_view, const char*> texts[] = {
      {"colour_of_value", kColourOfValue},          {"splat_projection", kSplatProjection}, {"splat_quad_vertex", kSplatQuadVertex},
      {"splat_quad_fragment", kSplatQuadFragment},  {"whole_vertex", kWholeVertex},         {"show_fragment", kShowFragment},
      {"difference_fragment", kDifferenceFragment}, {"mesh_vertex", kMeshVertex},           {"mesh_fragment", kMeshFragment},
  };
  for (const auto& [known, text] : texts) {
    if (known == name) return text;
  }
  return {};
}

}  // namespace dew::viewer
