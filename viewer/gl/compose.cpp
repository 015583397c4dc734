// SPDX-License-Identifier: Apache-2.0
#include "viewer/gl/compose.h"

namespace dew::viewer {
namespace {

/// One triangle over everything.
constexpr const char* kVertex = R"(#version 330 core
out vec2 at;
void main() {
  at = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0;
  gl_Position = vec4(2.0 * at - 1.0, 0.0, 1.0);
}
)";

constexpr const char* kShow = R"(#version 330 core
in vec2 at;
uniform sampler2D picture;
uniform vec3 background;
out vec4 pixel;
void main() {
  vec4 drawn = texture(picture, at);
  pixel = vec4(drawn.rgb + (1.0 - drawn.a) * background, 1.0);
}
)";

const std::string kDifference = std::string("#version 330 core\n") + kColourOfValue + R"(
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

void bind(const Program& program, const char* name, const Texture& texture, GLenum unit) {
  glActiveTexture(GL_TEXTURE0 + unit);
  glBindTexture(GL_TEXTURE_2D, texture.name());
  glUniform1i(program.place(name), static_cast<GLint>(unit));
}

}  // namespace

Result<Composer> Composer::create() {
  Composer composer;
  DEW_ASSIGN(composer.show_, Program::create({kVertex, kShow, {}}));
  DEW_ASSIGN(composer.difference_, Program::create({kVertex, kDifference.c_str(), {}}));
  composer.array_ = VertexArray::create();
  return composer;
}

void Composer::show(const Target& picture, const Rgb& background) const {
  glDisable(GL_DEPTH_TEST);
  glBindVertexArray(array_.name());
  show_.use();
  bind(show_, "picture", picture.colour, 1);
  glUniform3fv(show_.place("background"), 1, background.data());
  glDrawArrays(GL_TRIANGLES, 0, 3);
}

void Composer::show_difference(const Target& a, const Target& b, const Rgb& background, const Colouring& colouring,
                               const ColourTables& tables) const {
  glDisable(GL_DEPTH_TEST);
  glBindVertexArray(array_.name());
  difference_.use();
  tables.set(difference_, colouring, true);
  bind(difference_, "picture", a.colour, 1);
  bind(difference_, "other", b.colour, 2);
  glUniform3fv(difference_.place("background"), 1, background.data());
  glDrawArrays(GL_TRIANGLES, 0, 3);
}

}  // namespace dew::viewer
