// SPDX-License-Identifier: Apache-2.0
#include "mesh/gltf/gltf_meshopt.h"

#include "mesh/gltf/gltf_rest.h"

#ifdef DEW_HAS_MESHOPTIMIZER
#include <meshoptimizer.h>
#endif

namespace dew {

const char* const kMeshopt = "EXT_meshopt_compression";

namespace {

/// What the extension says of a view.
struct CompressedView {
  ByteSpan source;
  size_t count = 0, stride = 0;
  std::string mode, filter;
  size_t size() const { return count * stride; }
};

Result<CompressedView> read_view(const GltfDocument& document, const Json& extension, Budget& budget) {
  CompressedView view;
  DEW_ASSIGN(const uint64_t buffer, json_count(extension, "buffer"));
  DEW_ASSIGN(const uint64_t offset, json_count_or(extension, "byteOffset", 0));
  DEW_ASSIGN(const uint64_t size, json_count(extension, "byteLength"));
  DEW_ASSIGN(const uint64_t count, json_count(extension, "count"));
  DEW_ASSIGN(const uint64_t stride, json_count(extension, "byteStride"));
  if (buffer >= document.buffers.size()) return Error{Code::corrupt, 0, "a compressed view of a buffer that is not there"};
  const ByteSpan bytes = document.buffers[static_cast<size_t>(buffer)];
  if (offset > bytes.size() || size > bytes.size() - offset) return Error{Code::truncated, 0, "a compressed view beyond its buffer"};
  view.source = bytes.subspan(static_cast<size_t>(offset), static_cast<size_t>(size));
  view.mode = json_text(extension, "mode");
  view.filter = json_text(extension, "filter");
  const bool vertices = view.mode == "ATTRIBUTES", triangles = view.mode == "TRIANGLES";
  if (!vertices && !triangles && view.mode != "INDICES") return Error{Code::corrupt, 0, "a compressed view of an unknown mode"};
  if (vertices ? stride == 0 || stride > 256 || stride % 4 != 0 : stride != 2 && stride != 4)
    return Error{Code::corrupt, 0, "a compressed view with a stride that its mode lacks"};
  // What takes least: two bits for sixteen bytes of vertices, a byte for a triangle, one for an index.
  const uint64_t most = vertices ? 64 * size / stride : triangles ? 3 * size : size;
  if (count > most || (triangles && count % 3 != 0)) return Error{Code::corrupt, 0, "a compressed view of more than its bytes can hold"};
  DEW_TRY(budget.take_memory(count * stride, 0));
  view.count = static_cast<size_t>(count);
  view.stride = static_cast<size_t>(stride);
  return view;
}

#ifdef DEW_HAS_MESHOPTIMIZER
Status undo_filter(const CompressedView& view, Bytes& out) {
  if (view.filter.empty() || view.filter == "NONE") return {};
  if (view.mode != "ATTRIBUTES") return Error{Code::corrupt, 0, "a filter on indices"};
  if (view.filter == "OCTAHEDRAL" && (view.stride == 4 || view.stride == 8)) {
    meshopt_decodeFilterOct(out.data(), view.count, view.stride);
  } else if (view.filter == "QUATERNION" && view.stride == 8) {
    meshopt_decodeFilterQuat(out.data(), view.count, view.stride);
  } else if (view.filter == "EXPONENTIAL") {
    meshopt_decodeFilterExp(out.data(), view.count, view.stride);
  } else {
    return Error{Code::corrupt, 0, "an unknown filter, or one of another stride"};
  }
  return {};
}

Result<Bytes> expand(const CompressedView& view) {
  Bytes out(view.size());
  if (view.count == 0) return out;
  const auto* source = reinterpret_cast<const unsigned char*>(view.source.data());
  const int failed = view.mode == "ATTRIBUTES" ? meshopt_decodeVertexBuffer(out.data(), view.count, view.stride, source, view.source.size())
                     : view.mode == "TRIANGLES"
                         ? meshopt_decodeIndexBuffer(out.data(), view.count, view.stride, source, view.source.size())
                         : meshopt_decodeIndexSequence(out.data(), view.count, view.stride, source, view.source.size());
  if (failed != 0) return Error{Code::corrupt, 0, "a compressed view does not decode"};
  DEW_TRY(undo_filter(view, out));
  return out;
}
#else
Result<Bytes> expand(const CompressedView& /*view*/) {
  return Error{Code::unsupported_feature, 0, "the file is compressed by EXT_meshopt_compression; this dew was built without meshoptimizer"};
}
#endif

}  // namespace

Status expand_compressed_views(GltfDocument& document, Budget& budget) {
  for (uint64_t i = 0; Json* view = find_element(document.json, "bufferViews", i); ++i) {
    const Json& extension = json_member(json_member(*view, "extensions"), kMeshopt);
    if (extension.is_null()) continue;
    DEW_ASSIGN(const CompressedView compressed, read_view(document, extension, budget));
    DEW_ASSIGN(Bytes plain, expand(compressed));
    (*view)["buffer"] = document.buffers.size();
    (*view)["byteOffset"] = uint64_t{0};
    (*view)["byteLength"] = plain.size();
    (*view)["extensions"].erase(kMeshopt);
    if ((*view)["extensions"].empty()) view->erase("extensions");
    document.owned.push_back(std::move(plain));
    document.buffers.push_back(document.owned.back());
  }
  return {};
}

}  // namespace dew
