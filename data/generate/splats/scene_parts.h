// SPDX-License-Identifier: Apache-2.0
/// The three kinds of scenes; internal to scene.cpp.
#pragma once

#include "data/generate/splats/scene.h"

namespace dew::sim {

void fill_room(CapturedScene& scene, Random& random);
void fill_object(CapturedScene& scene, Random& random);
void fill_street(CapturedScene& scene, Random& random);

/// A colour of paper, paint or plastic.
Rgb any_paint(Random& random);
Texture any_texture(Random& random, double period_m);

}  // namespace dew::sim
