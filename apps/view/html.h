// SPDX-License-Identifier: Apache-2.0
/// `dew view A [B] --html PAGE`: one page that shows the files in any browser.
///
///   if (!request.html.empty()) return write_html(request);
#pragma once

#include "apps/view/options.h"

namespace dew::app {

/// Files of 48 MiB and more together are written beside the page, whatever was asked for: browsers open no larger pages well.
inline constexpr uint64_t kMostEmbeddedBytes = uint64_t{48} << 20;

/// Formats other than .dew are encoded without loss, as the page decodes nothing else. Returns an exit code.
int write_html(const ViewRequest& request);

}  // namespace dew::app
