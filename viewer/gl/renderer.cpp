// SPDX-License-Identifier: Apache-2.0
#include "viewer/gl/renderer.h"

namespace dew::viewer {

struct Renderer::State {
  DrawFacts facts;
};

Result<Renderer> Renderer::create() { return Renderer(std::make_unique<State>()); }
Renderer::Renderer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Renderer::Renderer(Renderer&&) noexcept = default;
Renderer& Renderer::operator=(Renderer&&) noexcept = default;
Renderer::~Renderer() = default;

Result<LayerId> Renderer::add(const Layer&) { return LayerId{1}; }
Status Renderer::set_attribute(LayerId, const Attribute&) { return {}; }
void Renderer::remove(LayerId) {}
Status Renderer::draw(const DrawRequest&) { return {}; }
const DrawFacts& Renderer::facts() const { return state_->facts; }
uint32_t Renderer::texture() const { return 0; }
Result<Picture> Renderer::read_back() const { return Error{Code::invalid_argument, 0, "nothing was drawn yet"}; }
std::string Renderer::device() const { return {}; }

}  // namespace dew::viewer
