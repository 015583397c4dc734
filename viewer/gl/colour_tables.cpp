// SPDX-License-Identifier: Apache-2.0
#include "viewer/gl/colour_tables.h"

namespace dew::viewer {

ColourTables ColourTables::create() {
  ColourTables made;
  for (size_t i = 0; i < made.tables_.size(); ++i) {
    const std::vector<Rgb> table = colour_table(static_cast<ColourMap>(i));
    made.tables_[i] = Texture::create();
    glBindTexture(GL_TEXTURE_2D, made.tables_[i].name());
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGB32F, static_cast<GLsizei>(table.size()), 1, 0, GL_RGB, GL_FLOAT, table.data());
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
  }
  return made;
}

void ColourTables::set(const Program& program, const Colouring& colouring, bool has_value) const {
  const MapEnds ends = map_ends(colouring);
  glActiveTexture(GL_TEXTURE0);
  glBindTexture(GL_TEXTURE_2D, tables_[static_cast<size_t>(colouring.map)].name());
  glUniform1i(program.place("table"), 0);
  glUniform2f(program.place("ends"), static_cast<float>(ends.low), static_cast<float>(ends.high));
  glUniform1i(program.place("logarithmic"), ends.logarithmic);
  glUniform1i(program.place("has_value"), has_value);
  glUniform3fv(program.place("constant_colour"), 1, colouring.constant.data());
  glUniform3fv(program.place("no_value_colour"), 1, kNoValueColour.data());
}

}  // namespace dew::viewer
