// SPDX-License-Identifier: Apache-2.0
/// JSON from hostile files: parsed within a budget, and looked into without exceptions.
///
///   DEW_ASSIGN(const Json meta, parse_json(bytes, budget, 0));
///   DEW_ASSIGN(const uint64_t count, json_count(meta, "count"));
///   DEW_ASSIGN(const std::vector<double> ends, json_numbers(meta["means"], "mins"));
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"

namespace dew {

using Json = nlohmann::json;

/// Errors: corrupt, out_of_memory. `offset` is where the text begins in the file.
Result<Json> parse_json(ByteSpan text, Budget& budget, uint64_t offset);

/// The member, or null where `object` is no object or has none of the name.
const Json& json_member(const Json& object, const char* name);
/// Element `index` of an array, or null.
const Json& json_element(const Json& array, uint64_t index);

/// A whole number of 0 and above. Errors: corrupt.
Result<uint64_t> json_count(const Json& object, const char* name);
/// The same with a value for where there is none.
Result<uint64_t> json_count_or(const Json& object, const char* name, uint64_t fallback);
/// Finite numbers. Errors: corrupt.
Result<std::vector<double>> json_numbers(const Json& object, const char* name);
/// Empty where there is no text of the name.
std::string json_text(const Json& object, const char* name);

}  // namespace dew
