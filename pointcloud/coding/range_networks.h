// SPDX-License-Identifier: Apache-2.0
/// The range networks that are compiled in, by name and by effort.
///
///   DEW_ASSIGN(const IntNet* net, choose_range_network(Effort::normal, ""));     // null: none is compiled in
#pragma once

#include <optional>
#include <string_view>

#include "entropy/container.h"
#include "entropy/models.h"
#include "pointcloud/codec.h"

namespace dew {

/// `name`: a network's name (the first word of its metadata) or the start of its content hash in hex; empty: the default of the effort.
/// Errors: invalid_argument where no network of that name is a range network.
Result<const IntNet*> choose_range_network(Effort effort, std::string_view name);

/// The network for frames beside an earlier one, by name or hash; empty: the one that ships. Null: by default, and none is compiled in.
/// Errors: invalid_argument where no network of that name is an inter network.
Result<const IntNet*> choose_inter_network(std::string_view name);
/// The network that learns beside `network` at effort max, "range_second_all" for "range_max_all", or nullptr where none is compiled in.
const IntNet* second_network_beside(const IntNet& network);
/// The one that has seen what `network` has seen: "range_inter_a" for "range_a" and "range_max_a". Null: none is compiled in, and frames
/// then stand alone.
const IntNet* inter_network_beside(const IntNet& network);

/// The network that a file names: compiled in, or embedded in the file (then owned by `embedded`); null for no id.
/// Errors: unsupported_feature where it is in neither; corrupt where it is of the other kind; those of reading it.
enum class RangeNetworkKind : uint8_t { intra, inter };
Result<const IntNet*> network_for(const std::optional<ModelId>& id, const ContainerReader& container, std::optional<IntNet>& embedded,
                                  RangeNetworkKind kind = RangeNetworkKind::intra);

/// Of a network that is compiled in.
ModelId network_id(const IntNet& network);
ByteSpan network_file(const ModelId& id);

}  // namespace dew
