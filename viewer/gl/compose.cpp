// SPDX-License-Identifier: Apache-2.0
#include "viewer/gl/compose.h"

#include "viewer/shaders/texts.h"

namespace dew::viewer {
namespace {

constexpr const char* kVersion = "#version 330 core\n";

void bind(const Program& program, const char* name, const Texture& texture, GLenum unit) {
  glActiveTexture(GL_TEXTURE0 + unit);
  glBindTexture(GL_TEXTURE_2D, texture.name());
  glUniform1i(program.place(name), static_cast<GLint>(unit));
}

}  // namespace

Result<Composer> Composer::create() {
  Composer composer;
  const std::string vertex = std::string(kVersion) + kWholeVertex, show = std::string(kVersion) + kShowFragment;
  const std::string difference = std::string(kVersion) + kColourOfValue + kDifferenceFragment;
  DEW_ASSIGN(composer.show_, Program::create({vertex.c_str(), show.c_str(), {}}));
  DEW_ASSIGN(composer.difference_, Program::create({vertex.c_str(), difference.c_str(), {}}));
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
