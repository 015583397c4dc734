// SPDX-License-Identifier: Apache-2.0
/// Viewpoints between recorded ones: for pictures of a flight.
///
///   const viewer::Viewpoint eye = on_path(keys, 0.25);                 // a quarter of the way
#pragma once

#include <span>

#include "viewer/camera/saved_views.h"

namespace dew::app {

/// `share`: 0 the first key view, 1 the last, evenly spread between. Places move on straight lines, eased at the keys; axes turn along.
/// REQUIRES: at least one key.
viewer::Viewpoint on_path(std::span<const viewer::SavedView> keys, double share);

}  // namespace dew::app
