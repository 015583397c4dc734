// SPDX-License-Identifier: Apache-2.0
#include "entropy/bytes.h"
#include "gaussians/codec.h"
#include "gaussians/coding/scene_hash.h"
#include "pointcloud/codec.h"
#include <string>
namespace { std::string text; }
extern "C" {
__attribute__((export_name("dew_allocate"))) void* dew_allocate(size_t n) { return malloc(n); }
__attribute__((export_name("dew_text"))) const char* dew_text() { return text.c_str(); }
__attribute__((export_name("dew_hash"))) int dew_hash(const std::byte* p, size_t n) {
  using namespace dew;
  auto c = decode({p, n}, {}, {});
  if (c.ok()) { text = to_hex(content_hash(c->content)); return 0; }
  auto s = decode_splats({p, n}, {}, {});
  if (s.ok()) { text = to_hex(hash_of(s->splats)); return 0; }
  text = c.error().message; return 1;
}
}
