// SPDX-License-Identifier: Apache-2.0
#include "viewer/gl/renderer.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <variant>

#include "gaussians/metrics.h"
#include "gaussians/render/projection.h"
#include "viewer/gl/compose.h"
#include "viewer/gl/meshes.h"
#include "viewer/gl/points.h"
#include "viewer/gl/splats.h"

namespace dew::viewer {
namespace {

constexpr uint32_t kLargestSide = 16384;
constexpr Rgb kGapColour = {0.0f, 0.0f, 0.0f};

using OnCard = std::variant<PointsOnCard, SplatsOnCard, MeshOnCard>;

Status check_context() {
  GLint major = 0, minor = 0;
  glGetIntegerv(GL_MAJOR_VERSION, &major);
  glGetIntegerv(GL_MINOR_VERSION, &minor);
  if (major > 3 || (major == 3 && minor >= 3)) return {};
  return Error{Code::unsupported_feature, 0,
               "drawing needs OpenGL 3.3, and here is " + std::to_string(major) + "." + std::to_string(minor)};
}

/// Boxes count from the upper border, OpenGL from the lower one.
GLint bottom_of(const PixelBox& box, uint32_t height) { return static_cast<GLint>(height) - static_cast<GLint>(box.y + box.height); }

void clear(const Rgb& colour) {
  glClearColor(colour[0], colour[1], colour[2], 1);
  glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
}

/// A picture of splats over the background, rows from below.
Image composed(const Target& target, const Rgb& background) {
  std::vector<float> rgba(4 * size_t{target.width} * target.height);
  glBindFramebuffer(GL_READ_FRAMEBUFFER, target.framebuffer.name());
  glReadPixels(0, 0, static_cast<GLsizei>(target.width), static_cast<GLsizei>(target.height), GL_RGBA, GL_FLOAT, rgba.data());
  Image image{target.width, target.height, std::vector<float>(rgba.size() / 4 * 3)};
  for (size_t i = 0; 4 * i < rgba.size(); ++i) {
    for (size_t channel = 0; channel < 3; ++channel) {
      image.pixels[3 * i + channel] = std::clamp(rgba[4 * i + channel] + (1 - rgba[4 * i + 3]) * background[channel], 0.0f, 1.0f);
    }
  }
  return image;
}

}  // namespace

struct Renderer::State {
  ColourTables tables;
  PointDrawer point_drawer;
  MeshDrawer mesh_drawer;
  SplatDrawer splat_drawer;
  Composer composer;
  std::map<LayerId, OnCard> layers;
  LayerId last_id = 0;
  Target picture;
  std::array<Target, 2> splat_pictures;  ///< original, decoded
  std::array<bool, 2> splats_drawn{};    ///< in this draw
  DrawFacts facts;
  bool sorts_in_background = false;

  OnCard* find(LayerId id) {
    const auto found = layers.find(id);
    return found == layers.end() ? nullptr : &found->second;
  }
  Status draw_pane(const DrawRequest& request, const Pane& pane);
  Status draw_splats(const DrawRequest& request, size_t side, PixelSize size);
  Status show_splats(const DrawRequest& request, const Pane& pane);
  void open_pane(const Pane& pane, const Rgb& background) const;
  bool holds_splats(LayerId id) {
    const OnCard* layer = find(id);
    return layer != nullptr && std::holds_alternative<SplatsOnCard>(*layer);
  }
};

/// Everything that follows goes into the pane alone, which is cleared.
void Renderer::State::open_pane(const Pane& pane, const Rgb& background) const {
  glBindFramebuffer(GL_FRAMEBUFFER, picture.framebuffer.name());
  glViewport(static_cast<GLint>(pane.viewport.x), bottom_of(pane.viewport, picture.height), static_cast<GLsizei>(pane.viewport.width),
             static_cast<GLsizei>(pane.viewport.height));
  glEnable(GL_SCISSOR_TEST);
  glScissor(static_cast<GLint>(pane.clip.x), bottom_of(pane.clip, picture.height), static_cast<GLsizei>(pane.clip.width),
            static_cast<GLsizei>(pane.clip.height));
  clear(background);
}

/// Draws the splats of one side into its own picture, once a draw.
Status Renderer::State::draw_splats(const DrawRequest& request, size_t side, PixelSize size) {
  if (splats_drawn[side]) return {};
  auto& splats = std::get<SplatsOnCard>(*find(side == 0 ? request.original : request.decoded));
  Target& target = splat_pictures[side];
  DEW_TRY(target.resize(size.width, size.height, GL_RGBA32F, false));
  std::span<const uint32_t> order = side == 0 ? request.original_order : request.decoded_order;
  const uint64_t budget = std::max<uint64_t>(request.style.splat_budget, 1);
  const bool chosen_only = order.empty() && budget < splats.count;
  if (chosen_only) DEW_TRY(splats.choose(budget));
  if (order.empty()) {
    SplatOrder& kept = chosen_only ? splats.few : splats.all;
    order = kept.at(request.eye, size, sorts_in_background);
    facts.order_is_current = facts.order_is_current && kept.is_current();
  }
  splat_drawer.project(splats, {request.eye, size, request.style.colouring[side], tables}, chosen_only);
  glBindFramebuffer(GL_FRAMEBUFFER, target.framebuffer.name());
  glDisable(GL_SCISSOR_TEST);
  glViewport(0, 0, static_cast<GLsizei>(size.width), static_cast<GLsizei>(size.height));
  glClearColor(0, 0, 0, 0);
  glClear(GL_COLOR_BUFFER_BIT);
  facts.splats += splat_drawer.blend(splats, order, size);
  splats_drawn[side] = true;
  return {};
}

Status Renderer::State::show_splats(const DrawRequest& request, const Pane& pane) {
  const double wished = request.style.splat_resolution;
  const double resolution = wished > 0.05 ? std::min(wished, 1.0) : 0.05;
  const auto scaled = [&](uint32_t side) { return std::max(1u, static_cast<uint32_t>(std::lround(resolution * side))); };
  const PixelSize size = {scaled(pane.viewport.width), scaled(pane.viewport.height)};
  const Rgb& background = request.style.background;
  if (pane.shows != Shows::difference) {
    const size_t side = pane.shows == Shows::original ? 0 : 1;
    DEW_TRY(draw_splats(request, side, size));
    open_pane(pane, background);
    composer.show(splat_pictures[side], background);
    return {};
  }
  DEW_TRY(draw_splats(request, 0, size));
  DEW_TRY(draw_splats(request, 1, size));
  open_pane(pane, background);
  composer.show_difference(splat_pictures[0], splat_pictures[1], background, request.style.colouring[2], tables);
  DEW_ASSIGN(facts.psnr_db, image_psnr_db(composed(splat_pictures[1], background), composed(splat_pictures[0], background)));
  return {};
}

Status Renderer::State::draw_pane(const DrawRequest& request, const Pane& pane) {
  if (pane.clip.width == 0 || pane.viewport.width == 0) return {};
  const LayerId id = pane.shows == Shows::original ? request.original : request.decoded;
  const bool splats = holds_splats(id);
  if (splats && pane.shows == Shows::difference && !holds_splats(request.original)) {
    return Error{Code::invalid_argument, 0, "splats have no difference from what is none"};
  }
  if (splats) return show_splats(request, pane);
  open_pane(pane, request.style.background);
  const PixelSize size = {pane.viewport.width, pane.viewport.height};
  const Colouring& colouring = request.style.colouring[static_cast<size_t>(pane.shows)];
  if (const auto* mesh = std::get_if<MeshOnCard>(find(id))) {
    facts.triangles += mesh_drawer.draw(*mesh, {request.eye, size, request.style, colouring, tables});
    return {};
  }
  facts.points += point_drawer.draw(std::get<PointsOnCard>(*find(id)), {request.eye, size, request.style, colouring, tables});
  return {};
}

Result<Renderer> Renderer::create() {
  DEW_TRY(check_context());
  auto state = std::make_unique<State>();
  DEW_ASSIGN(state->point_drawer, PointDrawer::create());
  DEW_ASSIGN(state->mesh_drawer, MeshDrawer::create());
  DEW_ASSIGN(state->splat_drawer, SplatDrawer::create());
  DEW_ASSIGN(state->composer, Composer::create());
  state->tables = ColourTables::create();
  return Renderer(std::move(state));
}

Renderer::Renderer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Renderer::Renderer(Renderer&&) noexcept = default;
Renderer& Renderer::operator=(Renderer&&) noexcept = default;
Renderer::~Renderer() = default;

Result<LayerId> Renderer::add(const Layer& layer) {
  if (const auto* points = std::get_if<PointLayer>(&layer)) {
    DEW_ASSIGN(PointsOnCard card, PointsOnCard::create(*points));
    state_->layers.emplace(++state_->last_id, std::move(card));
  } else if (const auto* mesh = std::get_if<MeshLayer>(&layer)) {
    DEW_ASSIGN(MeshOnCard card, MeshOnCard::create(*mesh));
    state_->layers.emplace(++state_->last_id, std::move(card));
  } else {
    DEW_ASSIGN(SplatsOnCard card, SplatsOnCard::create(*std::get_if<SplatLayer>(&layer)));
    state_->layers.emplace(++state_->last_id, std::move(card));
  }
  return state_->last_id;
}

Status Renderer::set_attribute(LayerId layer, const Attribute& attribute) {
  OnCard* card = state_->find(layer);
  if (card == nullptr) return Error{Code::invalid_argument, 0, "no such layer"};
  return std::visit([&](auto& kind) { return kind.set(attribute); }, *card);
}

void Renderer::sort_in_background(bool wanted) { state_->sorts_in_background = wanted; }

void Renderer::remove(LayerId layer) { state_->layers.erase(layer); }

Status Renderer::draw(const DrawRequest& request) {
  const auto [width, height] = request.size;
  if (width == 0 || height == 0 || width > kLargestSide || height > kLargestSide) {
    return Error{Code::invalid_argument, 0, "a picture has 1 to 16384 pixels a side"};
  }
  if (state_->find(request.original) == nullptr || (request.decoded != 0 && state_->find(request.decoded) == nullptr)) {
    return Error{Code::invalid_argument, 0, "no such layer"};
  }
  GLint before = 0;
  glGetIntegerv(GL_DRAW_FRAMEBUFFER_BINDING, &before);
  state_->facts = {};
  state_->splats_drawn = {};
  DEW_TRY(state_->picture.resize(width, height, GL_RGBA8, true));
  glBindFramebuffer(GL_FRAMEBUFFER, state_->picture.framebuffer.name());
  glDisable(GL_SCISSOR_TEST);
  clear(kGapColour);
  Status drawn;
  for (const Pane& pane : panes(request.style, request.size, request.decoded != 0)) {
    drawn = state_->draw_pane(request, pane);
    if (!drawn.ok()) break;
  }
  // A window goes on drawing where it was.
  glDisable(GL_SCISSOR_TEST);
  glBindVertexArray(0);
  glBindFramebuffer(GL_FRAMEBUFFER, static_cast<GLuint>(before));
  return drawn;
}

const DrawFacts& Renderer::facts() const { return state_->facts; }
uint32_t Renderer::texture() const { return state_->picture.colour.name(); }

Result<Picture> Renderer::read_back() const {
  const Target& target = state_->picture;
  if (!target.framebuffer) return Error{Code::invalid_argument, 0, "nothing was drawn yet"};
  Picture below(target.width, target.height);
  GLint before = 0;
  glGetIntegerv(GL_READ_FRAMEBUFFER_BINDING, &before);
  glBindFramebuffer(GL_READ_FRAMEBUFFER, target.framebuffer.name());
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  glReadPixels(0, 0, static_cast<GLsizei>(target.width), static_cast<GLsizei>(target.height), GL_RGB, GL_UNSIGNED_BYTE, below.rgb.data());
  glBindFramebuffer(GL_READ_FRAMEBUFFER, static_cast<GLuint>(before));
  Picture picture(target.width, target.height);
  for (uint32_t y = 0; y < target.height; ++y) {
    std::copy_n(below.at(0, target.height - 1 - y), 3 * size_t{target.width}, picture.at(0, y));
  }
  return picture;
}

std::string Renderer::device() const {
  const auto* text = reinterpret_cast<const char*>(glGetString(GL_RENDERER));
  return text != nullptr ? text : "";
}

}  // namespace dew::viewer
