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

}  // namespace

Result<const IntNet*> choose_range_network(Effort effort, std::string_view name) {
  const bool by_default = name.empty();
  if (by_default) name = effort == Effort::max ? "range_max_all" : "range_all";
  for (const EmbeddedModel& model : embedded_models()) {
    const IntNet* net = find_model(model.id);
    if (net == nullptr || !NetworkRangeModel::is_range_network(*net)) continue;
    if (name_of(*net) == name || (!by_default && name.size() >= 8 && to_hex(model.id).starts_with(name))) return net;
  }
  if (by_default) return nullptr;
  return Error{Code::invalid_argument, 0, "no range network is called '" + std::string(name) + "'"};
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
