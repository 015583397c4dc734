// SPDX-License-Identifier: Apache-2.0
// gaussians/FORMAT.md: its table is that of the code, and a decoder written from the page alone reads what the encoder writes.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "entropy/sha256.h"
#include "gaussians/codec.h"
#include "gaussians/coding/scene_header.h"
#include "gaussians/coding/splat_group.h"
#include "gaussians/io/read_splats.h"
#include "tests/golden/plain_splats.h"
#include "tests/support/any_targets.h"

namespace dew::test {
namespace {

std::string page() {
  std::ifstream file(DEW_SOURCE_DIR "/gaussians/FORMAT.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

plain::Octets octets(ByteSpan bytes) {
  plain::Octets result;
  for (const std::byte byte : bytes) result.push_back(static_cast<uint8_t>(byte));
  return result;
}

plain::Scene plain_scene(const GroupScene& scene) {
  plain::Scene result;
  result.variance = scene.screen_variance;
  result.one_context = scene.one_context;
  for (size_t k = 0; k < scene.basis.components(); ++k) {
    result.deviation.push_back(scene.basis.deviation_q2(k));
    std::vector<double> row(scene.basis.width());
    scene.basis.add(k, 127, row);
    result.row.emplace_back(row.begin(), row.end());
  }
  return result;
}

/// First array of a plain scene that differs from the library's, or "".
std::string difference(const plain::SplatScene& plainly, const Splats& splats) {
  const auto same = [](const std::vector<float>& a, const std::vector<float>& b) {
    return std::ranges::equal(std::as_bytes(std::span(a)), std::as_bytes(std::span(b)));
  };
  if (!same(plainly.position, splats.position)) return "position";
  if (!same(plainly.log_scale, splats.log_scale)) return "log_scale";
  if (!same(plainly.rotation, splats.rotation)) return "rotation";
  if (!same(plainly.opacity_logit, splats.opacity_logit)) return "opacity_logit";
  if (!same(plainly.dc, splats.dc)) return "dc";
  if (!same(plainly.sh, splats.sh)) return "sh";
  if (plainly.extra.size() != splats.extra.size()) return "extra properties";
  for (size_t e = 0; e < splats.extra.size(); ++e) {
    const bool alike = plainly.extra[e].name == splats.extra[e].name && plainly.extra[e].values == octets(splats.extra[e].data);
    if (!alike) return splats.extra[e].name;
  }
  return "";
}

/// Section 3 of the page.
plain::Octets content_hash(const plain::SplatScene& scene) {
  Sha256 hash;
  ByteWriter writer;
  writer.u64(scene.opacity_logit.size());
  writer.u8(static_cast<uint8_t>(scene.degree));
  for (const auto* values : {&scene.position, &scene.log_scale, &scene.rotation, &scene.opacity_logit, &scene.dc, &scene.sh})
    writer.bytes(std::as_bytes(std::span(*values)));
  for (const plain::ExtraNumbers& extra : scene.extra) {
    writer.sized_bytes(as_bytes(extra.name));
    writer.u8(static_cast<uint8_t>(extra.type));
    writer.bytes(std::as_bytes(std::span(extra.values)));
  }
  const bool lossless = scene.mode == 1;
  writer.sized_bytes(std::as_bytes(std::span(lossless ? scene.header : plain::Octets{})));
  writer.sized_bytes(std::as_bytes(std::span(lossless ? scene.trailer : plain::Octets{})));
  hash.update(writer.bytes());
  const Sha256Digest digest = hash.finish();
  return octets(std::as_bytes(std::span(digest)));
}

void expect_plainly(const Splats& scene, const SplatEncodeOptions& options) {
  const Result<SplatEncoded> encoded = encode_splats(scene, options);
  ASSERT_TRUE(encoded.ok()) << encoded.error().message;
  const Result<SplatDecoded> decoded = decode_splats(encoded->bytes, {}, {});
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  const plain::SplatScene plainly = plain::read_splat_file(octets(encoded->bytes));
  EXPECT_EQ(difference(plainly, decoded->splats), "");
  EXPECT_EQ(content_hash(plainly), plain::read_container(octets(encoded->bytes))->content_hash);
  if (options.mode == SplatMode::lossless) {
    EXPECT_EQ(plainly.header, octets(decoded->splats.source.header));
    EXPECT_EQ(plainly.trailer, octets(decoded->splats.source.trailer));
  }
  EXPECT_EQ(plainly.opacity_logit.size(), encoded->splats);
}

TEST(SplatFormat, HeaderTableIsThatOfTheCode) {
  EXPECT_NE(page().find(header_table_markdown(kSceneNumbers)), std::string::npos) << header_table_markdown(kSceneNumbers);
}

/// Splats of every kind: no file has such, and none of the formulas may rely on that.
TEST(SplatFormat, PlainDecoderReadsAnyGroup) {
  Random random(7);
  for (int round = 0; round < 40; ++round) {
    const GroupScene scene = any_group_scene(random);
    const size_t count = round < 6 ? static_cast<size_t>(round) / 2 : random() % 300;
    const GroupTargets targets = any_targets(random, count, scene);
    const CodedGroup coded = encode_group(targets, box_around(targets.splats), scene);
    std::vector<uint32_t> order;
    const DecodedGroup group = quantise_group(targets, box_around(targets.splats), scene, order);
    Splats splats;
    splats.sh_degree = scene.basis.width() == 45 ? 3 : scene.basis.width() == 24 ? 2 : scene.basis.width() == 9 ? 1 : 0;
    splats.resize(count);
    restore_group(group, scene, 0, splats);
    const plain::Scene plain_side = plain_scene(scene);
    std::vector<plain::Splat> read = plain::read_group(octets(coded.base), plain_side);
    if (scene.basis.components() > 0) plain::read_directional(octets(coded.sh), plain_side, read);
    ASSERT_EQ(read.size(), count);
    plain::SplatScene plainly;
    for (const plain::Splat& splat : read) plain::append_floats(splat, plain_side, scene.basis.width(), plainly);
    ASSERT_EQ(difference(plainly, splats), "") << "round " << round;
  }
}

TEST(SplatFormat, PlainDecoderReadsTheSampleScene) {
  std::ifstream stream(DEW_SOURCE_DIR "/data/samples/splat_object/scene.ply", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const auto scene = read_splats(as_bytes(text), {});
  ASSERT_TRUE(scene.ok()) << scene.error().message;
  SplatEncodeOptions options;
  options.effort = SplatEffort::fast;
  options.quality_db = 30;
  expect_plainly(scene->splats, options);
  options.keep_order = true;
  options.effort = SplatEffort::normal;
  options.quality_db = 44;
  expect_plainly(scene->splats, options);
  options.mode = SplatMode::lossless;
  expect_plainly(scene->splats, options);
}

/// Any values at all, in lossless files.
TEST(SplatFormat, PlainDecoderReadsAnyLosslessScene) {
  Random random(11);
  SplatEncodeOptions options;
  options.mode = SplatMode::lossless;
  for (int round = 0; round < 24; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const size_t count = round < 4 ? static_cast<size_t>(round) + 1 : 20 + random() % 400;
    const bool plausible = round % 2 == 0;
    expect_plainly(plausible ? random_splats(random, {.count = count, .normals = true, .extra_properties = 3}) : any_splats(random, count),
                   options);
  }
}

/// Planes beyond the regression's, and enough splats for every kind of fit.
TEST(SplatFormat, PlainDecoderReadsLosslessScenesOfManyPlanes) {
  Random random(13);
  SplatEncodeOptions options;
  options.mode = SplatMode::lossless;
  expect_plainly(random_splats(random, {.count = 400, .normals = true, .extra_properties = 40}), options);
  expect_plainly(random_splats(random, {.count = 2500, .sh_degree = 1, .equal_position_share = 0.3}), options);
}

/// Codes of the source's lattices, of every curve and of runs that end anywhere.
TEST(SplatFormat, PlainDecoderReadsLosslessScenesOnLattices) {
  Random random(14);
  SplatEncodeOptions options;
  options.mode = SplatMode::lossless;
  for (size_t count : {1u, 2u, 17u, 63u, 64u, 130u, 257u, 401u, 402u, 403u, 404u, 405u, 406u, 407u, 408u}) {
    SCOPED_TRACE(count);
    expect_plainly(random_splats(random, {.count = count, .sh_degree = 1, .on_lattices = true}), options);
  }
}

/// Extra properties that differ from splat to splat go to chunks of their own.
TEST(SplatFormat, PlainDecoderReadsExtraChunks) {
  Random random(12);
  SplatEncodeOptions options;
  options.effort = SplatEffort::fast;
  options.quality_db = 30;
  for (const bool keep_order : {false, true}) {
    options.keep_order = keep_order;
    expect_plainly(random_splats(random, {.count = 300, .normals = true, .extra_properties = 4}), options);
  }
}

}  // namespace
}  // namespace dew::test
