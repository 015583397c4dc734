// SPDX-License-Identifier: Apache-2.0
#include "apps/view/html.h"

#include <cstdio>
#include <filesystem>

#include "apps/files.h"
#include "apps/report.h"
#include "apps/view/chosen.h"
#include "apps/view/opened.h"
#include "gaussians/codec.h"
#include "mesh/codec.h"
#include "pointcloud/codec.h"
#include "viewer/scene/layer.h"
#include "viewer/web/page.h"

namespace dew::app {
namespace {

/// Where builds and installations alike have it: beside the folder of the programs.
Result<Bytes> read_template() {
  std::error_code failed;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", failed);
  const std::filesystem::path path = self.parent_path().parent_path() / "share/dew/page.html";
  if (failed || !std::filesystem::exists(path, failed)) {
    return Error{Code::unsupported_feature, 0, path.string() + " is missing: this build was made without pages (DEW_WITH_WASM=OFF)"};
  }
  return read_file(path.string());
}

Result<Bytes> as_dew(const OpenedFile& file, uint32_t threads) {
  if (file.is_dew) return file.bytes;
  std::fprintf(stderr, "dew: %s: encoded without loss for the page\n", display_name(file.path).c_str());
  if (const Splats* splats = std::get_if<Splats>(&file.content)) {
    SplatEncodeOptions options;
    options.mode = SplatMode::lossless;
    options.threads = threads;
    DEW_ASSIGN(SplatEncoded encoded, encode_splats(*splats, options));
    return std::move(encoded.bytes);
  }
  if (const Mesh* mesh = std::get_if<Mesh>(&file.content)) {
    MeshEncodeOptions options;
    options.mode = MeshMode::lossless;
    options.threads = threads;
    DEW_ASSIGN(MeshEncoded encoded, encode_mesh(*mesh, options));
    return std::move(encoded.bytes);
  }
  EncodeOptions options;
  options.mode = Mode::lossless;
  options.threads = threads;
  DEW_ASSIGN(Encoded encoded, encode(*std::get_if<Content>(&file.content), options));
  return std::move(encoded.bytes);
}

Result<viewer::PageStart> page_start(const ViewRequest& request, const OpenedPair& opened) {
  viewer::PageStart start;
  const viewer::Style style = chosen_style(request, opened, request.mode.value_or(viewer::Mode::split));
  const viewer::PixelSize size = chosen_size(request, style.mode);
  const viewer::PixelBox pane = viewer::panes(style, size, opened.decoded.has_value()).front().viewport;
  DEW_ASSIGN(start.eye, chosen_viewpoint(request, opened, {pane.width, pane.height}));
  start.aspect = static_cast<double>(pane.width) / std::max(1u, pane.height);
  start.frame = chosen_frame(request, opened);
  // The mouse turns about what lies ahead, at the depth of the middle of the scene.
  const viewer::Bounds bounds = viewer::main_bounds(opened.pair.original.frames[start.frame]);
  const double ahead = viewer::dot(viewer::operator-(bounds.centre(), start.eye.position), start.eye.forward);
  const double distance = std::max(ahead, 0.1 * bounds.radius() + 1e-6);
  start.pivot = viewer::operator+(start.eye.position, viewer::operator*(distance, start.eye.forward));
  start.up = up_of(request, opened, start.eye);
  start.mode = viewer::mode_name(style.mode);
  start.colour = request.colour;
  start.error_limit_m = request.error_limit_m;
  start.point_px = style.point_px;
  return start;
}

/// "page.html" and "decoded" to "page.decoded.dew".
std::string beside(const std::string& page, const char* part) {
  const std::filesystem::path path(page);
  return (path.parent_path() / path.stem()).string() + "." + part + ".dew";
}

Status write_page(const ViewRequest& request) {
  const Overwrite overwrite = request.overwrite ? Overwrite::yes : Overwrite::no;
  DEW_TRY(check_output(request.html, overwrite));
  DEW_ASSIGN(const Bytes page_template, read_template());
  DEW_ASSIGN(const OpenedPair opened, open_pair(request));
  DEW_ASSIGN(const viewer::PageStart start, page_start(request, opened));
  std::vector<Bytes> bytes;
  std::vector<viewer::PageFile> files;
  for (const OpenedFile* file : {&opened.original, opened.decoded ? &*opened.decoded : nullptr}) {
    if (file == nullptr) continue;
    DEW_ASSIGN(Bytes coded, as_dew(*file, request.threads));
    bytes.push_back(std::move(coded));
    files.push_back({base_name(file->path), {}, {}});
  }
  uint64_t total = 0;
  for (const Bytes& file : bytes) total += file.size();
  const bool fetched = request.html_fetch || total > kMostEmbeddedBytes;
  for (size_t i = 0; i < files.size(); ++i) {
    files[i].bytes = bytes[i];
    if (!fetched) continue;
    const std::string path = beside(request.html, i == 0 ? "original" : "decoded");
    DEW_TRY(write_file(path, bytes[i], overwrite));
    files[i].location = base_name(path);
  }
  const std::string_view template_text(reinterpret_cast<const char*>(page_template.data()), page_template.size());
  DEW_ASSIGN(const std::string page, viewer::make_page(template_text, start, files));
  DEW_TRY(write_file(request.html, as_bytes(page), overwrite));
  std::fprintf(stderr, "dew: %s: %zu bytes%s\n", request.html.c_str(), page.size(),
               fetched ? "; it fetches the .dew files beside it, so open it from a web server (python3 -m http.server)" : "");
  return {};
}

}  // namespace

int write_html(const ViewRequest& request) {
  const Status status = write_page(request);
  return status.ok() ? kDone : fail(request.html, status.error(), false);
}

}  // namespace dew::app
