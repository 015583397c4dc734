// SPDX-License-Identifier: Apache-2.0
#include "entropy/models.h"

#include <algorithm>

#include "entropy/kernel/model_data.h"

namespace dew {
namespace {

std::vector<EmbeddedModel> list_models() {
  std::vector<EmbeddedModel> models;
  for (const kernel::ModelData& data : kernel::model_data()) {
    const ByteSpan bytes = std::as_bytes(std::span(data.bytes, data.size_bytes));
    if (const Result<ModelId> id = model_id(bytes); id.ok()) models.push_back({*id, data.file_name, bytes});
  }
  return models;
}

/// A network that cannot be read is left out, as if it were not there: the tests read them all.
std::vector<std::pair<ModelId, IntNet>> read_models() {
  std::vector<std::pair<ModelId, IntNet>> nets;
  for (const EmbeddedModel& model : embedded_models()) {
    Result<IntNet> net = IntNet::read(model.bytes);
    if (net.ok()) nets.emplace_back(model.id, *std::move(net));
  }
  return nets;
}

}  // namespace

std::span<const EmbeddedModel> embedded_models() {
  static const std::vector<EmbeddedModel> models = list_models();
  return models;
}

const IntNet* find_model(const ModelId& id) {
  static const std::vector<std::pair<ModelId, IntNet>> nets = read_models();
  const auto found = std::find_if(nets.begin(), nets.end(), [&](const auto& entry) { return entry.first == id; });
  return found == nets.end() ? nullptr : &found->second;
}

Result<ModelId> model_id(ByteSpan inet_file) {
  ModelId id;
  if (inet_file.size() < id.size()) return Error{Code::truncated, inet_file.size(), "too short for an .inet file"};
  std::copy_n(inet_file.end() - static_cast<ptrdiff_t>(id.size()), id.size(), id.begin());
  return id;
}

}  // namespace dew
