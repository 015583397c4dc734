// SPDX-License-Identifier: Apache-2.0
// Every layer, colour and mode as `dew view --shot` draws it, against stored pictures (tests/golden/pictures) at 40 dB: other versions of
// the OpenGL driver round a few pixels otherwise. `cmake --build build/release --target golden-pictures` writes them anew.
#include "apps/pictures.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "apps/files.h"
#include "apps/view/shot.h"
#include "tests/support/any_mesh.h"
#include "viewer/scene/layer_from.h"
#include "viewer/scene/mesh_layer.h"

namespace dew::app {
namespace {

const std::filesystem::path kStored = std::filesystem::path(DEW_SOURCE_DIR) / "tests/golden/pictures";
constexpr double kWanted_db = 40;

struct Shot {
  const char* name;
  const char* scene;  ///< file of data/samples
  const char* colour;
  viewer::Mode mode;
  const char* camera;
  viewer::PixelSize size;
};

constexpr const char* kFrame = "nuscenes.bin";
constexpr const char* kIndoor = "vlp16_indoor.lrf";
constexpr const char* kSplats = "splat_object/scene.ply";
constexpr const char* kMesh = "mesh";  ///< made here
using viewer::Mode;
const Shot kShots[] = {
    {"points_intensity", kFrame, "", Mode::original, "auto", {320, 240}},
    {"points_height_top", kFrame, "height", Mode::original, "top", {320, 240}},
    {"points_ring", kFrame, "ring", Mode::original, "overview", {320, 240}},
    {"points_normal", kFrame, "normal", Mode::original, "auto", {320, 240}},
    {"points_of_ranges", kIndoor, "range", Mode::original, "auto", {320, 240}},
    {"points_of_ranges_time", kIndoor, "time", Mode::original, "top", {320, 240}},
    {"points_decoded", kIndoor, "", Mode::decoded, "auto", {320, 240}},
    {"points_side", kIndoor, "", Mode::side, "auto", {320, 240}},
    {"points_split", kIndoor, "height", Mode::split, "auto", {320, 240}},
    {"points_blink", kIndoor, "", Mode::blink, "auto", {320, 240}},
    {"points_difference", kIndoor, "", Mode::difference, "auto", {320, 240}},
    {"points_three", kIndoor, "", Mode::three, "auto", {480, 160}},
    {"splats", kSplats, "", Mode::original, "auto", {320, 240}},
    {"splats_opacity", kSplats, "opacity", Mode::original, "auto", {320, 240}},
    {"splats_side", kSplats, "", Mode::side, "auto", {320, 240}},
    {"splats_split", kSplats, "", Mode::split, "auto", {320, 240}},
    {"splats_difference", kSplats, "", Mode::difference, "auto", {320, 240}},
    {"splats_three", kSplats, "", Mode::three, "top", {480, 160}},
    {"points_bits", kFrame, "bits", Mode::original, "overview", {320, 240}},
    {"points_error", kIndoor, "error", Mode::decoded, "auto", {320, 240}},
    {"splats_decoded", kSplats, "", Mode::decoded, "auto", {320, 240}},
    {"splats_blink", kSplats, "", Mode::blink, "auto", {320, 240}},
    {"splats_bits", kSplats, "bits", Mode::original, "auto", {320, 240}},
    {"splats_significance", kSplats, "significance", Mode::original, "auto", {320, 240}},
    {"mesh", kMesh, "", Mode::original, "auto", {320, 240}},
    {"mesh_normal", kMesh, "normal", Mode::original, "top", {320, 240}},
    {"mesh_bits", kMesh, "bits", Mode::original, "overview", {320, 240}},
    {"mesh_decoded", kMesh, "", Mode::decoded, "auto", {320, 240}},
    {"mesh_side", kMesh, "", Mode::side, "auto", {320, 240}},
    {"mesh_split", kMesh, "", Mode::split, "auto", {320, 240}},
    {"mesh_blink", kMesh, "", Mode::blink, "auto", {320, 240}},
    {"mesh_difference", kMesh, "", Mode::difference, "auto", {320, 240}},
    {"mesh_three", kMesh, "", Mode::three, "auto", {480, 160}},
};

/// A decoded side of our own making, so that pictures do not hang on what the codecs do: points moved by up to 3 cm, the more the further
/// along x; splats without every fifth and a little darker.
viewer::Layer spoilt(const viewer::Layer& original) {
  viewer::Layer layer = original;
  if (auto* points = std::get_if<viewer::PointLayer>(&layer)) {
    for (size_t i = 0; i < points->count(); ++i) {
      const float along = points->xyz[3 * i];
      points->xyz[3 * i + 2] += 0.03f * std::fabs(std::sin(0.4f * along));
    }
    return layer;
  }
  if (auto* mesh = std::get_if<viewer::MeshLayer>(&layer)) {
    for (size_t v = 0; v < mesh->count(); ++v) mesh->xyz[3 * v + 2] += 0.02f * std::sin(9 * mesh->xyz[3 * v]);
    return layer;
  }
  auto& splats = std::get<viewer::SplatLayer>(layer);
  std::vector<uint32_t> kept;
  for (uint32_t i = 0; i < splats.count(); ++i) {
    if (i % 5 != 0) kept.push_back(i);
  }
  Splats fewer = select(splats.splats, kept);
  for (float& value : fewer.dc) value -= 0.05f;
  return viewer::layer_from(std::move(fewer), "spoilt");
}

/// A bumpy ball in three colours.
OpenedPair opened_mesh() {
  Mesh mesh = bumpy_sphere(24, 36, 0.15);
  MeshAttribute colour{"colour", AttributeKind::colour, AttributeType::u8, 3, {}, {}};
  for (size_t v = 0; v < mesh.vertices(); ++v) {
    const float z = mesh.position[3 * v + 2];
    const float rgb[3] = {z > 0.3f ? 230.0f : 90.0f, z < -0.3f ? 210.0f : 120.0f, 140.0f};
    colour.value.insert(colour.value.end(), rgb, rgb + 3);
  }
  mesh.attributes.push_back(std::move(colour));
  OpenedPair opened;
  opened.original.path = "ball.ply";
  opened.pair.original = viewer::Side{"ball.ply", {viewer::layer_from(mesh, "ball.ply")}, 0.1};
  opened.original.content = std::move(mesh);
  return opened;
}

/// A field that would be measured, of our own making likewise: waves along x.
void add_wave(viewer::Layer& layer, const std::string& name) {
  viewer::Attribute wave{name, name == viewer::kBits ? "bit" : "", {}};
  const auto* points = std::get_if<viewer::PointLayer>(&layer);
  const auto* mesh = std::get_if<viewer::MeshLayer>(&layer);
  const std::vector<float>& xyz = points != nullptr ? points->xyz
                                  : mesh != nullptr ? mesh->xyz
                                                    : std::get<viewer::SplatLayer>(layer).splats.position;
  for (size_t i = 0; i < xyz.size(); i += 3) wave.values.push_back(10 + 8 * std::sin(xyz[i] * (points != nullptr ? 0.5f : 4.0f)));
  // Points have their numbers, which are not those of the wave.
  if (auto* own = std::get_if<viewer::PointLayer>(&layer)) return own->set(std::move(wave));
  viewer::set_attributes(layer, {&wave, 1});
}

Result<OpenedPair> opened_for(const Shot& shot, const ViewRequest& request) {
  OpenedPair opened;
  if (shot.scene == kMesh) {
    opened = opened_mesh();
  } else {
    DEW_ASSIGN(opened, open_pair(request));
  }
  auto& frame = opened.pair.original.frames[0];
  if (shot.colour == std::string(viewer::kBits) || shot.colour == std::string(viewer::kSignificance)) add_wave(frame, shot.colour);
  if (shot.mode == Mode::original) return opened;
  viewer::Layer decoded = spoilt(frame);
  if (auto* mesh = std::get_if<viewer::MeshLayer>(&decoded)) {
    Mesh moved = std::get<Mesh>(opened.original.content);
    moved.position = mesh->xyz;
    opened.mesh_errors = viewer::surface_errors(std::get<Mesh>(opened.original.content), moved, 1);
    viewer::set_attributes(decoded, opened.mesh_errors->of_decoded);
    opened.decoded = OpenedFile{"decoded", {}, false, std::move(moved), {}, {}};
    opened.pair.decoded = viewer::Side{"decoded", {std::move(decoded)}, 0.1};
    return opened;
  }
  if (auto* points = std::get_if<viewer::PointLayer>(&decoded)) add_errors(std::get<viewer::PointLayer>(frame), *points);
  opened.decoded = OpenedFile{"decoded", {}, false, {}, {}, {}};
  opened.pair.decoded = viewer::Side{"decoded", {std::move(decoded)}, 0.1};
  return opened;
}

class Pictures : public testing::TestWithParam<Shot> {};

TEST_P(Pictures, AreAsStored) {
  const Shot& shot = GetParam();
  ViewRequest request;
  request.original = std::string(DEW_SOURCE_DIR) + "/data/samples/" + shot.scene;
  request.colour = shot.colour;
  request.mode = shot.mode;
  request.camera = shot.camera;
  request.size = shot.size;
  const auto opened = opened_for(shot, request);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  const auto picture = drawn_shot(request, *opened);
  ASSERT_TRUE(picture.ok()) << picture.error().message;
  const Image image = viewer::image_of(*picture);
  const std::string path = (kStored / (std::string(shot.name) + ".png")).string();
  if (std::getenv("DEW_GOLDEN_WRITE") != nullptr) {
    const auto bytes = encode_picture(image);
    ASSERT_TRUE(bytes.ok());
    ASSERT_TRUE(write_file(path, *bytes, Overwrite::yes).ok());
    return;
  }
  const auto bytes = read_file(path);
  ASSERT_TRUE(bytes.ok()) << bytes.error().message;
  const auto stored = decode_picture(*bytes, {});
  ASSERT_TRUE(stored.ok()) << stored.error().message;
  ASSERT_EQ(stored->width, image.width);
  ASSERT_EQ(stored->height, image.height);
  viewer::Picture expected(stored->width, stored->height);
  for (size_t i = 0; i < expected.rgb.size(); ++i) expected.rgb[i] = static_cast<uint8_t>(std::lround(255 * stored->pixels[i]));
  EXPECT_GE(viewer::psnr_db(*picture, expected), kWanted_db);
}

INSTANTIATE_TEST_SUITE_P(Shots, Pictures, testing::ValuesIn(kShots), [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace dew::app
