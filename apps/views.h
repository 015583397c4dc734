// SPDX-License-Identifier: Apache-2.0
/// Cameras and photographs from files, for the verbs that look at splats.
///
///   DEW_ASSIGN(std::vector<View> views, load_views("cameras.json", {}));
///   DEW_ASSIGN(views, choose_views(std::move(views), "0001,7,held-out"));
///   DEW_ASSIGN(const std::optional<Image> photo, load_photo(views[0], "images"));
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/command_line.h"
#include "gaussians/image.h"
#include "gaussians/io/cameras.h"

namespace dew::app {

inline constexpr Option kCamerasOption = {
    "--cameras", "FILE", "",
    "views: a 3DGS cameras.json, a NeRF transforms.json, or a folder with a COLMAP model (cameras and images, .txt or .bin)"};
inline constexpr Option kViewsOption = {
    "--views", "LIST", "",
    "only these views: names or numbers from 0, separated by commas; 'held-out' and 'training' name those of the file"};
inline constexpr Option kSizeOption = {"--size", "WxH", "", "size of the views in pixels where the file does not state it"};
inline constexpr Option kBackgroundOption = {"--background", "R,G,B", "",
                                             "background from 0 to 1 where the file does not state it [0,0,0]"};

/// --size and --background. Errors: invalid_argument.
Result<CameraDefaults> camera_defaults(const Arguments& arguments);

/// Reads `path` as --cameras says. Errors: io, and those of the readers.
Result<std::vector<View>> load_views(const std::string& path, const CameraDefaults& defaults);

/// The views that `list` names, in the order of the file; all of them for an empty list. Errors: invalid_argument for a name that no view
/// has.
Result<std::vector<View>> choose_views(std::vector<View> views, const std::string& list);

/// The photograph of a view, undistorted: below `folder` as the view names it, or by its name alone, with the extensions of pictures
/// where it has none. Nothing where there is no such file. Errors: io, those of decode_picture and of undistort.
Result<std::optional<Image>> load_photo(const View& view, const std::string& folder);

}  // namespace dew::app
