// SPDX-License-Identifier: Apache-2.0
/// The range networks that are compiled in, by name and by effort.
///
///   DEW_ASSIGN(const IntNet* net, choose_range_network(Effort::normal, ""));     // null: none is compiled in
#pragma once

#include <string_view>

#include "entropy/models.h"
#include "pointcloud/codec.h"

namespace dew {

/// `name`: a network's name (the first word of its metadata) or the start of its content hash in hex; empty: the default of the effort.
/// Errors: invalid_argument where no network of that name is a range network.
Result<const IntNet*> choose_range_network(Effort effort, std::string_view name);

/// Of a network that is compiled in.
ModelId network_id(const IntNet& network);
ByteSpan network_file(const ModelId& id);

}  // namespace dew
