// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/range_networks.h"

#include <algorithm>

#include "entropy/sha256.h"
#include "pointcloud/coding/network_range_model.h"

namespace dew {
namespace {

std::string_view name_of(const IntNet& net) {
  const std::string_view metadata = net.spec().metadata;
  return metadata.substr(0, metadata.find_first_of(" \n"));
}

/// A network by id, compiled in or in the file; null for no id. `takes`: whether it is of the right shape.
Result<const IntNet*> find_network(const std::optional<ModelId>& id, const ContainerReader& container, std::optional<IntNet>& embedded,
                                   bool (*takes)(const IntNet&)) {
  if (!id) return nullptr;
  const IntNet* net = find_model(*id);
  for (const Chunk& candidate : container.chunks()) {
    if (net != nullptr || candidate.type != kNetworkChunk) continue;
    DEW_ASSIGN(const ModelId candidate_id, model_id(candidate.payload));
    if (candidate_id != *id) continue;
    DEW_ASSIGN(IntNet read, IntNet::read(candidate.payload));
    embedded = std::move(read);
    net = &*embedded;
  }
  if (net == nullptr) return Error{Code::unsupported_feature, 0, "network " + to_hex(*id) + " is neither in this dew nor in the file"};
  if (!takes(*net)) return Error{Code::corrupt, 0, "network " + to_hex(*id) + " is not of the kind that the file needs"};
  return net;
}

}  // namespace

Result<const IntNet*> choose_range_network(Effort effort, std::string_view name) {
  const bool by_default = name.empty();
  if (by_default) name = effort == Effort::max ? "range_max_all" : "range_all";
  for (const EmbeddedModel& model : embedded_models()) {
    const IntNet* net = find_model(model.id);
    if (net == nullptr || !NetworkRangeModel::takes(*net)) continue;
    if (name_of(*net) == name || (!by_default && name.size() >= 8 && to_hex(model.id).starts_with(name))) return net;
  }
  if (by_default) return nullptr;
  return Error{Code::invalid_argument, 0, "no range network is called '" + std::string(name) + "'"};
}

const IntNet* choose_inter_network(Effort effort, std::string_view name) {
  constexpr std::string_view kRange = "range";
  std::string wanted = effort == Effort::max ? "inter_max_all" : "inter_all";
  if (name.starts_with(kRange)) wanted = "inter" + std::string(name.substr(kRange.size()));
  for (const EmbeddedModel& model : embedded_models()) {
    const IntNet* net = find_model(model.id);
    if (net != nullptr && name_of(*net) == wanted && InterRangeModel::takes(*net)) return net;
  }
  return nullptr;
}

Result<const IntNet*> network_for(const std::optional<ModelId>& id, const ContainerReader& container, std::optional<IntNet>& embedded) {
  return find_network(id, container, embedded, NetworkRangeModel::takes);
}

Result<const IntNet*> inter_network_for(const std::optional<ModelId>& id, const ContainerReader& container,
                                        std::optional<IntNet>& embedded) {
  return find_network(id, container, embedded, InterRangeModel::takes);
}

ModelId network_id(const IntNet& network) {
  for (const EmbeddedModel& model : embedded_models()) {
    if (find_model(model.id) == &network) return model.id;
  }
  return {};
}

ByteSpan network_file(const ModelId& id) {
  for (const EmbeddedModel& model : embedded_models()) {
    if (model.id == id) return model.bytes;
  }
  return {};
}

}  // namespace dew
