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

bool is_of_kind(const IntNet& net, RangeNetworkKind kind) {
  return kind == RangeNetworkKind::inter ? InterRangeModel::takes(net) : NetworkRangeModel::takes(net);
}

Result<const IntNet*> choose(std::string_view name, std::string_view by_default, RangeNetworkKind kind) {
  const bool is_default = name.empty();
  if (is_default) name = by_default;
  for (const EmbeddedModel& model : embedded_models()) {
    const IntNet* net = find_model(model.id);
    if (net == nullptr || !is_of_kind(*net, kind)) continue;
    if (name_of(*net) == name || (!is_default && name.size() >= 8 && to_hex(model.id).starts_with(name))) return net;
  }
  if (is_default) return nullptr;
  return Error{Code::invalid_argument, 0, "no range network is called '" + std::string(name) + "'"};
}

}  // namespace

Result<const IntNet*> choose_range_network(Effort effort, std::string_view name) {
  return choose(name, effort == Effort::max ? "range_max_all" : "range_all", RangeNetworkKind::intra);
}

Result<const IntNet*> choose_inter_network(std::string_view name) { return choose(name, "range_inter_all", RangeNetworkKind::inter); }

const IntNet* second_network_beside(const IntNet& network) {
  constexpr std::string_view kFirst = "range_max_";
  const std::string_view name = name_of(network);
  if (!name.starts_with(kFirst)) return nullptr;
  const auto second = choose("range_second_" + std::string(name.substr(kFirst.size())), "", RangeNetworkKind::intra);
  return second.ok() ? *second : nullptr;
}

const IntNet* inter_network_beside(const IntNet& network) {
  const std::string_view name = name_of(network);
  const Result<const IntNet*> beside =
      choose_inter_network("range_inter" + std::string(name.substr(std::min(name.rfind('_'), name.size()))));
  return beside.ok() ? *beside : nullptr;
}

Result<const IntNet*> network_for(const std::optional<ModelId>& id, const ContainerReader& container, std::optional<IntNet>& embedded,
                                  RangeNetworkKind kind) {
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
  if (!is_of_kind(*net, kind)) return Error{Code::corrupt, 0, "network " + to_hex(*id) + " is no range network"};
  return net;
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
