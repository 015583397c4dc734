// SPDX-License-Identifier: Apache-2.0
/// Answers of the module as JSON.
///
///   describe(session)          {"sides": [{"name", "kind", "count", "attributes": [...], "info": [...], ...}, ...], "errors": {...},
///                               "bits": {"byPart": [{"name", "bytes", "points"}, ...], ...}}
///   describe(colouring)        {"attribute", "map", "low", "high", ..., "legend": {"title", "ticks": [...]}}
///   describe(histogram)        {"edges", "counts", "median", ...}
#pragma once

#include <string>

#include "viewer/colour/legend.h"
#include "viewer/inspect/histogram.h"
#include "viewer/web/session.h"

namespace dew::viewer {

std::string describe(const Session& session);
std::string describe(const Colouring& colouring);
std::string describe(const Histogram& histogram, const std::string& unit);
/// null: nothing was there.
std::string describe(const std::optional<Session::Pick>& pick);
std::string describe(const Error& error);

}  // namespace dew::viewer
