// SPDX-License-Identifier: Apache-2.0
#include "viewer/gl/objects.h"

namespace dew::viewer {
namespace {

GLuint one(void (*make)(GLsizei, GLuint*)) {
  GLuint name = 0;
  make(1, &name);
  return name;
}

/// Whether the driver had no memory for what was asked for since the last look.
bool ran_out_of_memory() {
  bool found = false;
  for (GLenum error = glGetError(); error != GL_NO_ERROR; error = glGetError()) found = found || error == GL_OUT_OF_MEMORY;
  return found;
}

Status add_shader(GLuint program, GLenum kind, const char* text) {
  const GLuint shader = glCreateShader(kind);
  glShaderSource(shader, 1, &text, nullptr);
  glCompileShader(shader);
  GLint compiled = 0;
  glGetShaderiv(shader, GL_COMPILE_STATUS, &compiled);
  std::string log(2048, '\0');
  GLsizei length = 0;
  glGetShaderInfoLog(shader, static_cast<GLsizei>(log.size()), &length, log.data());
  log.resize(static_cast<size_t>(length));
  glAttachShader(program, shader);
  // It lives on as long as the program does.
  glDeleteShader(shader);
  if (compiled == 0) return Error{Code::internal, 0, "a shader does not compile: " + log};
  return {};
}

}  // namespace

GLuint BufferKind::make() { return one(glGenBuffers); }
void BufferKind::free(GLuint name) { glDeleteBuffers(1, &name); }
GLuint TextureKind::make() { return one(glGenTextures); }
void TextureKind::free(GLuint name) { glDeleteTextures(1, &name); }
GLuint VertexArrayKind::make() { return one(glGenVertexArrays); }
void VertexArrayKind::free(GLuint name) { glDeleteVertexArrays(1, &name); }
GLuint FramebufferKind::make() { return one(glGenFramebuffers); }
void FramebufferKind::free(GLuint name) { glDeleteFramebuffers(1, &name); }
GLuint RenderbufferKind::make() { return one(glGenRenderbuffers); }
void RenderbufferKind::free(GLuint name) { glDeleteRenderbuffers(1, &name); }
GLuint ProgramKind::make() { return glCreateProgram(); }
void ProgramKind::free(GLuint name) { glDeleteProgram(name); }

Result<Program> Program::create(const Texts& texts) {
  Program made;
  made.program_ = Named<ProgramKind>::create();
  const GLuint name = made.program_.name();
  DEW_TRY(add_shader(name, GL_VERTEX_SHADER, texts.vertex));
  if (texts.fragment != nullptr) DEW_TRY(add_shader(name, GL_FRAGMENT_SHADER, texts.fragment));
  if (!texts.fed_back.empty()) {
    glTransformFeedbackVaryings(name, static_cast<GLsizei>(texts.fed_back.size()), texts.fed_back.data(), GL_INTERLEAVED_ATTRIBS);
  }
  glLinkProgram(name);
  GLint linked = 0;
  glGetProgramiv(name, GL_LINK_STATUS, &linked);
  if (linked == 0) return Error{Code::internal, 0, "a shader program does not link"};
  return made;
}

void Program::use() const { glUseProgram(program_.name()); }
GLint Program::place(const char* uniform) const { return glGetUniformLocation(program_.name(), uniform); }

Status Target::resize(uint32_t new_width, uint32_t new_height, GLenum format, bool with_depth) {
  if (framebuffer && new_width == width && new_height == height) return {};
  const auto w = static_cast<GLsizei>(new_width), h = static_cast<GLsizei>(new_height);
  colour = Texture::create();
  glBindTexture(GL_TEXTURE_2D, colour.name());
  const bool floats = format != GL_RGBA8;
  glTexImage2D(GL_TEXTURE_2D, 0, static_cast<GLint>(format), w, h, 0, GL_RGBA, floats ? GL_FLOAT : GL_UNSIGNED_BYTE, nullptr);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
  framebuffer = Framebuffer::create();
  glBindFramebuffer(GL_FRAMEBUFFER, framebuffer.name());
  glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, colour.name(), 0);
  if (with_depth) {
    depth = Renderbuffer::create();
    glBindRenderbuffer(GL_RENDERBUFFER, depth.name());
    glRenderbufferStorage(GL_RENDERBUFFER, GL_DEPTH_COMPONENT24, w, h);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_DEPTH_ATTACHMENT, GL_RENDERBUFFER, depth.name());
  }
  if (ran_out_of_memory() || glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE) {
    *this = {};
    return Error{Code::out_of_memory, 0, "OpenGL has no picture of " + std::to_string(new_width) + " x " + std::to_string(new_height)};
  }
  width = new_width;
  height = new_height;
  return {};
}

Result<Buffer> filled_buffer(const void* data, size_t bytes) {
  Buffer buffer = Buffer::create();
  glBindBuffer(GL_ARRAY_BUFFER, buffer.name());
  glBufferData(GL_ARRAY_BUFFER, static_cast<GLsizeiptr>(bytes), data, GL_STATIC_DRAW);
  if (ran_out_of_memory()) return Error{Code::out_of_memory, 0, "OpenGL has no room for " + std::to_string(bytes) + " bytes"};
  return buffer;
}

Texture texture_of(const Buffer& buffer, GLenum format) {
  Texture texture = Texture::create();
  glBindTexture(GL_TEXTURE_BUFFER, texture.name());
  glTexBuffer(GL_TEXTURE_BUFFER, format, buffer.name());
  return texture;
}

void bind_floats(const Buffer& buffer, GLuint place, GLint size, GLsizei stride_bytes, size_t offset_bytes) {
  glBindBuffer(GL_ARRAY_BUFFER, buffer.name());
  glEnableVertexAttribArray(place);
  glVertexAttribPointer(place, size, GL_FLOAT, GL_FALSE, stride_bytes, reinterpret_cast<const void*>(offset_bytes));
}

}  // namespace dew::viewer
