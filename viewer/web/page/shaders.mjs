// SPDX-License-Identifier: Apache-2.0
// What runs on the card. Shaders of splats and colours are those of the desktop: the module has their texts (viewer/shaders/texts.h), and
// what stands here puts them together for WebGL 2.
//
//   const shaders = makeShaders(dew);
//   const program = new Program(gl, shaders.pointVertex, shaders.pointFragment);

const HEAD = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
`;

// Drivers round the places of points to 1/16 or 1/256 of a pixel. The pixels of a square of whole pixels are those whose middles it holds,
// so it is moved to where rounding changes nothing; a disc is cut around its true middle.
const POINT_VERTEX = `
layout(location = 0) in vec3 place;
layout(location = 1) in float value;
uniform mat4 clip;
uniform float point_px;   // whole
uniform vec4 viewport_px; // lower left corner, size
out vec3 colour;
flat out vec2 middle_px;
void main() {
  gl_Position = clip * vec4(place, 1.0);
  gl_PointSize = point_px;
  colour = colour_of(value);
  middle_px = viewport_px.zw * (0.5 * gl_Position.xy / gl_Position.w + 0.5);
  vec2 moved_px = mod(point_px, 2.0) < 0.5 ? floor(middle_px + 0.5) : floor(middle_px) + 0.5;
  gl_Position.xy = (2.0 * moved_px / viewport_px.zw - 1.0) * gl_Position.w;
  middle_px += viewport_px.xy;
}
`;

const POINT_FRAGMENT = `
in vec3 colour;
flat in vec2 middle_px;
uniform float point_px;
out vec4 pixel;
void main() {
  vec2 off = 2.0 * (gl_FragCoord.xy - middle_px) / point_px;
  if (point_px > 2.5 && dot(off, off) > 1.0) discard;
  pixel = vec4(colour, 1.0);
}
`;

// Textures are rows of TEXTURE_WIDTH texels; texel i of splat s in a texture of n texels a splat is number n * s + i.
export const TEXTURE_WIDTH = 4096;
const TEXEL = `
ivec2 place_of(int number) { return ivec2(number & 4095, number >> 12); }
`;

const SPLAT_INPUTS = `
uniform sampler2D shapes;
uniform sampler2D coefficients;
uniform sampler2D values;
uniform int count;
layout(location = 0) out vec4 ellipse;
layout(location = 1) out vec4 shape;
layout(location = 2) out vec4 shade;
vec4 coefficients_at(int texel) { return texelFetch(coefficients, place_of(texel), 0); }
float value_at(int splat) { return texelFetch(values, place_of(splat), 0).r; }
`;

// A pixel for each splat.
const PROJECT_MAIN = `
vec4 shape_at(int number) { return texelFetch(shapes, place_of(number), 0); }
void main() {
  ellipse = shape = shade = vec4(0.0);
  int splat = int(gl_FragCoord.y) * 4096 + int(gl_FragCoord.x);
  if (splat >= count) return;
  int first = 4 * splat;
  project_splat(splat, shape_at(first), shape_at(first + 1).xyz, shape_at(first + 2).xyz, shape_at(first + 3).xyz);
}
`;

const PROJECTED = `
uniform sampler2D ellipses;
uniform sampler2D projected_shapes;
uniform sampler2D shades;
vec4 projected_at(int splat, int part) {
  ivec2 texel = place_of(splat);
  return part == 0 ? texelFetch(ellipses, texel, 0) : part == 1 ? texelFetch(projected_shapes, texel, 0) : texelFetch(shades, texel, 0);
}
`;

export function makeShaders(dew) {
  const part = (name) => dew.shaderText(name);
  const colours = part('colour_of_value');
  return {
    pointVertex: HEAD + colours + POINT_VERTEX,
    pointFragment: HEAD + POINT_FRAGMENT,
    meshVertex: HEAD + colours + part('mesh_vertex'),
    meshFragment: HEAD + part('mesh_fragment'),
    wholeVertex: HEAD + part('whole_vertex'),
    projectFragment: HEAD + colours + TEXEL + SPLAT_INPUTS + part('splat_projection') + PROJECT_MAIN,
    blendVertex: HEAD + TEXEL + PROJECTED + part('splat_quad_vertex'),
    blendFragment: HEAD + part('splat_quad_fragment'),
    showFragment: HEAD + part('show_fragment'),
    differenceFragment: HEAD + colours + part('difference_fragment'),
  };
}
