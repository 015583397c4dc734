// SPDX-License-Identifier: Apache-2.0
/// The renderer with kernels of one's choice, for tests. Internal.
///
///   DEW_ASSIGN(const Rendered plain, kernel::render_using(kernel::plain_tile_kernels(), scene, camera, {}));
#pragma once

#include "gaussians/render/kernel/tile.h"
#include "gaussians/render/render.h"

namespace dew::kernel {

/// Error invalid_argument where colours or target do not fit the scene and the picture.
Status check_options(const RenderOptions& options, const Splats& splats, const Camera& camera);

Result<Rendered> render_using(const TileKernels& kernels, const Splats& splats, const Camera& camera, const RenderOptions& options);

}  // namespace dew::kernel
