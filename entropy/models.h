// SPDX-License-Identifier: Apache-2.0
/// The networks that are compiled into the library: every data/models/*.inet, named by content hash, never removed once a file may name it.
///
///   const IntNet* net = find_model(id);               // null: this dew does not have it; the file must bring it
///   for (const EmbeddedModel& model : embedded_models()) print(to_hex(model.id), model.bytes.size());
///
/// Threads: any. Cost: the first find_model reads all networks (about 0.1 ms each), later ones look up.
#pragma once

#include <span>
#include <string_view>

#include "entropy/intnet.h"

namespace dew {

/// One .inet file in the library. All live as long as the program.
struct EmbeddedModel {
  ModelId id;
  std::string_view file_name;  ///< "<id in hex>.inet"
  ByteSpan bytes;
};

/// In the order of their file names; empty in a build without models.
std::span<const EmbeddedModel> embedded_models();

/// The network of that id, or null. Owned by the library.
const IntNet* find_model(const ModelId& id);

/// The id that an .inet file claims, without checking it. Error truncated: too short to have one.
Result<ModelId> model_id(ByteSpan inet_file);

}  // namespace dew
