// SPDX-License-Identifier: Apache-2.0
/// Files that lie beside another one: formats of several files are read and written through these.
#pragma once

#include <functional>
#include <string>

#include "entropy/bytes.h"

namespace dew {

struct NamedBytes {
  std::string name;  ///< relative to the folder of the main file
  Bytes bytes;
};

/// Gives the bytes of a file beside the one that is read. `name` comes from hostile input; is_plain_name(name) holds.
using ReadSibling = std::function<Result<Bytes>(const std::string& name)>;

/// True for relative names with forward slashes that stay below their folder: no "..", no drive, no leading slash, printable ASCII.
bool is_plain_name(const std::string& name);

}  // namespace dew
