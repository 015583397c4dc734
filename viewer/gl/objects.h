// SPDX-License-Identifier: Apache-2.0
/// Objects of OpenGL that delete themselves, and shader programs.
///
///   Buffer buffer = Buffer::create();
///   DEW_ASSIGN(const Program program, Program::create({kVertexText, kFragmentText}));
///   glUniform1f(program.place("size"), 2);
///
/// All need the context in which they were made to be current, to the end of their lives.
#pragma once

#include <GL/glcorearb.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "entropy/result.h"

namespace dew::viewer {

/// One name that OpenGL gave, 0 for none. `Kind` has make() and free(name).
template <class Kind>
class Named {
 public:
  Named() = default;
  Named(Named&& other) noexcept : name_(std::exchange(other.name_, 0)) {}
  Named& operator=(Named&& other) noexcept {
    std::swap(name_, other.name_);
    return *this;
  }
  ~Named() {
    if (name_ != 0) Kind::free(name_);
  }
  static Named create() {
    Named made;
    made.name_ = Kind::make();
    return made;
  }
  GLuint name() const { return name_; }
  explicit operator bool() const { return name_ != 0; }

 private:
  GLuint name_ = 0;
};

struct BufferKind {
  static GLuint make();
  static void free(GLuint name);
};
struct TextureKind {
  static GLuint make();
  static void free(GLuint name);
};
struct VertexArrayKind {
  static GLuint make();
  static void free(GLuint name);
};
struct FramebufferKind {
  static GLuint make();
  static void free(GLuint name);
};
struct RenderbufferKind {
  static GLuint make();
  static void free(GLuint name);
};
struct ProgramKind {
  static GLuint make();
  static void free(GLuint name);
};

using Buffer = Named<BufferKind>;
using Texture = Named<TextureKind>;
using VertexArray = Named<VertexArrayKind>;
using Framebuffer = Named<FramebufferKind>;
using Renderbuffer = Named<RenderbufferKind>;

/// A linked shader program.
class Program {
 public:
  struct Texts {
    const char* vertex;
    const char* fragment;                 ///< null: none, for programs that only feed back
    std::vector<const char*> fed_back{};  ///< outputs of the vertex shader that go into a buffer, one after the other
  };
  Program() = default;
  /// Errors: internal, with what the driver says.
  static Result<Program> create(const Texts& texts);

  void use() const;
  /// -1, which OpenGL ignores, where the program has no such uniform.
  GLint place(const char* uniform) const;

 private:
  Named<ProgramKind> program_;
};

/// What a picture is drawn into: a colour texture and, if asked for, depths.
struct Target {
  Texture colour;
  Renderbuffer depth;
  Framebuffer framebuffer;
  uint32_t width = 0;
  uint32_t height = 0;

  /// Makes or remakes it where the size differs. `format`: GL_RGBA8, GL_RGBA32F. Errors: out_of_memory where the driver refuses.
  Status resize(uint32_t new_width, uint32_t new_height, GLenum format, bool with_depth);
};

/// Fills a new buffer. Errors: out_of_memory.
Result<Buffer> filled_buffer(const void* data, size_t bytes);
template <class T>
Result<Buffer> filled_buffer(std::span<const T> values) {
  return filled_buffer(values.data(), values.size_bytes());
}

/// The buffer as a texture that shaders read by number, in texels of `format` (GL_RGBA32F, GL_R32F).
Texture texture_of(const Buffer& buffer, GLenum format);

/// Vertex attribute `place` of the bound vertex array: `size` floats each.
void bind_floats(const Buffer& buffer, GLuint place, GLint size, GLsizei stride_bytes = 0, size_t offset_bytes = 0);

}  // namespace dew::viewer
