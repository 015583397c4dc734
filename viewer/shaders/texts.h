// SPDX-License-Identifier: Apache-2.0
/// GLSL that OpenGL 3.3 (viewer/gl) and WebGL 2 (viewer/web/page) share, so that desktop and page draw alike.
///
///   const std::string text = std::string("#version 330 core\n") + kColourOfValue + kSplatProjection + R"(void main() { ... })";
///   const std::string_view part = shader_text("colour_of_value");        // what the page asks the module for
///
/// Texts have no version line. Both sides put what differs - attributes or textures, where outputs go - around them.
#pragma once

#include <string_view>

namespace dew::viewer {

/// `vec3 colour_of(float value)` by the uniforms table, ends, logarithmic, has_value, constant_colour, no_value_colour.
extern const char* const kColourOfValue;

/// `void project_splat(int splat, vec4 place, vec3 own_x, vec3 own_y, vec3 own_z)`: the steps of Projector::project and sh_basis
/// (gaussians/render) in floats, into `ellipse` (centre, long half axis: pixels), `shape` (short half axis, opacity, reach) and `shade`
/// (colour, 1; all zero for splats that are not drawn), which stand before it, as do `colour_of`, `vec4 coefficients_at(int texel)` and
/// `float value_at(int splat)`. Uniforms: texels (a channel), own_colours, row_x row_y row_z (scene to camera axes), centre, focal_px,
/// principal_px, slope_limit.
extern const char* const kSplatProjection;

/// Vertex shader of the quad around an ellipse; `splat` is attribute 0, and `vec4 projected_at(int splat, int part)` stands before it.
/// Uniform: size_px.
extern const char* const kSplatQuadVertex;
/// Colour times coverage, coverage.
extern const char* const kSplatQuadFragment;

/// One triangle over everything; `at` is 0 to 1 across the viewport.
extern const char* const kWholeVertex;
/// A picture of splats over a background. Uniforms: picture, background.
extern const char* const kShowFragment;
/// The mean difference of two of them, coloured. After kColourOfValue. Uniforms: also other.
extern const char* const kDifferenceFragment;

/// Triangles lit from the eye, or vertices as points. After kColourOfValue; attributes place, value, own_colour. Uniforms: clip,
/// own_colours, point_px.
extern const char* const kMeshVertex;
/// Uniforms: eye (relative to the origin of places; parallel: the direction towards it), parallel, triangles, normals, shade.
extern const char* const kMeshFragment;
/// `shade` of colours that stand for numbers, less so that the legend can be read, and of others.
inline constexpr float kNumberShade = 0.35f, kPlainShade = 0.7f;

/// The text of a name: colour_of_value, splat_projection, splat_quad_vertex, splat_quad_fragment, whole_vertex, show_fragment,
/// difference_fragment,
/// mesh_vertex, mesh_fragment; empty for others.
std::string_view shader_text(std::string_view name);

}  // namespace dew::viewer
