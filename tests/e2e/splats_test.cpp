// SPDX-License-Identifier: Apache-2.0
// Splat scenes through the program: encode, decode, info, verify, and the verbs that take .dew files as they take any other.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "gaussians/io/read_splats.h"
#include "tests/e2e/run_dew.h"

namespace dew::e2e {
namespace {

using Json = nlohmann::json;

/// The constructed scene of data/samples with six of its cameras at a quarter of their size.
class SplatScenes : public testing::Test {
 protected:
  void SetUp() override {
    const std::string folder = std::string(DEW_SOURCE_DIR) + "/data/samples/splat_object/";
    scratch.shell("cp " + folder + "scene.ply scene.ply && cp " + folder + "cameras.json all.json");
    Json cameras = Json::array();
    const Json all = Json::parse(scratch.read("all.json"));
    for (size_t i = 0; i < all.size(); i += 5) {
      Json camera = all[i];
      for (const char* key : {"width", "height"}) camera[key] = camera[key].get<int>() / 4;
      for (const char* key : {"fx", "fy"}) camera[key] = camera[key].get<double>() / 4;
      cameras.push_back(camera);
    }
    scratch.write("cameras.json", cameras.dump());
  }

  Ran ok(const std::vector<std::string>& words) const {
    Ran ran = scratch.dew(words);
    EXPECT_EQ(ran.exit_code, 0) << words[0] << ": " << ran.err;
    return ran;
  }
  Json json(std::vector<std::string> words) const {
    words.insert(words.begin() + 1, "--json");
    return Json::parse(ok(words).out, nullptr, false);
  }
  /// Looks from the cameras given, and nowhere else, which is quick.
  Json encode(const std::string& out, std::vector<std::string> options) const {
    std::vector<std::string> words = {"encode", "scene.ply", out, "--cameras", "cameras.json", "--only-these-views", "--effort", "fast"};
    words.insert(words.end(), options.begin(), options.end());
    return json(words);
  }
  /// Of the renders of a file against those of the source.
  double psnr(const std::string& file) const {
    return json({"compare", "scene.ply", file, "--cameras", "cameras.json"})["psnr_mean"].get<double>();
  }
  Splats splats(const std::string& file) const {
    const std::string bytes = scratch.read(file);
    const auto input = read_splats(as_bytes(bytes), {}, ".ply");
    EXPECT_TRUE(input.ok());
    return input.ok() ? input->splats : Splats();
  }

  const Scratch scratch;
};

double distance(const Splats& a, size_t i, const Splats& b, size_t j) {
  double sum = 0;
  for (size_t axis = 0; axis < 3; ++axis) {
    const double along = double{a.position[3 * i + axis]} - double{b.position[3 * j + axis]};
    sum += along * along;
  }
  return std::sqrt(sum);
}

/// How many of `part` are found near splats of `whole` when both are gone through once, from first to last.
size_t found_in_order(const Splats& part, const Splats& whole, double near) {
  size_t found = 0;
  for (size_t i = 0, next = 0; i < part.count(); ++i) {
    size_t at = next;
    while (at < whole.count() && distance(part, i, whole, at) > near) ++at;
    if (at == whole.count()) continue;
    ++found;
    next = at + 1;
  }
  return found;
}

TEST_F(SplatScenes, TheQualityAskedForIsReached) {
  uint64_t bytes_before = 0;
  for (const int quality_db : {32, 42}) {
    const Json report = encode("q" + std::to_string(quality_db) + ".dew", {"--quality", std::to_string(quality_db)});
    const double measured_db = psnr("q" + std::to_string(quality_db) + ".dew");
    EXPECT_GE(measured_db, quality_db - 0.3);
    EXPECT_NEAR(report["psnr_db"].get<double>(), measured_db, 1.5) << "of fewer views";
    EXPECT_GT(report["bytes"].get<uint64_t>(), bytes_before);
    EXPECT_EQ(report["bytes"], scratch.read("q" + std::to_string(quality_db) + ".dew").size());
    bytes_before = report["bytes"];
  }
}

TEST_F(SplatScenes, TheBudgetIsKept) {
  double before_db = 0;
  for (const size_t budget : {6000u, 12000u, 24000u}) {
    const std::string file = std::to_string(budget) + ".dew";
    encode(file, {"--budget", std::to_string(budget)});
    EXPECT_LE(scratch.read(file).size(), budget);
    EXPECT_GT(scratch.read(file).size(), budget / 2);
    const double measured_db = psnr(file);
    EXPECT_GT(measured_db, before_db);
    before_db = measured_db;
  }
}

TEST_F(SplatScenes, LosslessGivesBackTheVeryFile) {
  EXPECT_EQ(json({"encode", "--lossless", "scene.ply", "a.dew"})["mode"], "lossless");
  ok({"decode", "a.dew", "back.ply"});
  EXPECT_TRUE(scratch.read("back.ply") == scratch.read("scene.ply"));
  const Json verified = json({"verify", "a.dew", "scene.ply"});
  EXPECT_EQ(verified["ok"], true);
  EXPECT_EQ(verified["same_file"], true);
  const Json compared = json({"compare", "scene.ply", "a.dew", "--cameras", "cameras.json"});
  EXPECT_TRUE(compared["psnr_mean"].is_null()) << "infinite";
  EXPECT_EQ(compared["order_kept"], true);
  EXPECT_EQ(compared["errors"]["position_max"], 0);
  EXPECT_EQ(compared["errors"]["sh_rms"], 0);
}

TEST_F(SplatScenes, AFolderTakesTheFormatOfTheSource) {
  ok({"convert", "scene.ply", "scene.splat"});
  scratch.shell("mkdir out");
  ok({"encode", "--lossless", "scene.splat", "a.dew"});
  ok({"decode", "a.dew", "out/"});
  EXPECT_TRUE(scratch.read("out/a.splat") == scratch.read("scene.splat"));
}

TEST_F(SplatScenes, TheOrderIsKeptOnRequest) {
  const Splats source = splats("scene.ply");
  const double near = 0.03;
  for (const bool keep : {true, false}) {
    const std::string file = keep ? "kept.dew" : "free.dew";
    std::vector<std::string> options = {"--quality", "60"};
    if (keep) options.emplace_back("--keep-order");
    EXPECT_EQ(encode(file, options)["keeps_order"], keep);
    ok({"decode", "--force", file, "back.ply"});
    const Splats back = splats("back.ply");
    const double share = static_cast<double>(found_in_order(back, source, near)) / static_cast<double>(back.count());
    if (keep)
      EXPECT_GT(share, 0.99);
    else
      EXPECT_LT(share, 0.5) << "splats lie too close for this test to tell";
  }
}

TEST_F(SplatScenes, APrefixRendersAndMoreOfItRendersBetter) {
  encode("a.dew", {"--quality", "46"});
  double before_db = 0;
  for (const char* fraction : {"0.8", "1"}) {
    ok({"decode", "--force", "--fraction", fraction, "a.dew", "part.ply"});
    const double measured_db = psnr("part.ply");
    EXPECT_GT(measured_db, before_db + 1) << fraction;
    EXPECT_GT(measured_db, 15);
    before_db = measured_db;
  }
  // However early it is cut, what is there is said; nothing of the first group is a scene without splats.
  const Ran early = ok({"decode", "--fraction", "0.2", "a.dew", "early.ply"});
  EXPECT_NE(early.err.find("splats are there"), std::string::npos) << early.err;
}

TEST_F(SplatScenes, ABoxHoldsTheSplatsInIt) {
  encode("a.dew", {});
  ok({"decode", "a.dew", "whole.ply"});
  const Json report = json({"decode", "--box", "10,-10,-10,0,10,10", "a.dew", "part.ply"});
  const Splats whole = splats("whole.ply"), part = splats("part.ply");
  size_t inside = 0;
  for (size_t i = 0; i < whole.count(); ++i) inside += whole.position[3 * i] >= 0 && whole.position[3 * i] <= 10;
  EXPECT_EQ(report["splats"], inside);
  EXPECT_EQ(part.count(), inside);
  EXPECT_GT(inside, 0u);
  EXPECT_LT(inside, whole.count());
  for (size_t i = 0; i < part.count(); ++i) EXPECT_GE(part.position[3 * i], 0);
}

TEST_F(SplatScenes, DamageIsSeenAndTheRestIsSaved) {
  encode("a.dew", {"--quality", "46"});
  const uint64_t whole = json({"decode", "a.dew", "whole.ply"})["splats"];
  std::string bytes = scratch.read("a.dew");
  for (size_t at = bytes.size() * 9 / 10; at < bytes.size() * 9 / 10 + 8; ++at) bytes[at] = static_cast<char>(bytes[at] ^ 0x5a);
  scratch.write("damaged.dew", bytes);
  EXPECT_EQ(scratch.dew({"decode", "damaged.dew", "rest.ply"}).exit_code, 1);
  EXPECT_FALSE(scratch.has("rest.ply"));
  EXPECT_EQ(scratch.dew({"verify", "damaged.dew"}).exit_code, 1);
  const Json report = json({"decode", "--salvage", "damaged.dew", "rest.ply"});
  EXPECT_FALSE(report["warnings"].empty());
  EXPECT_EQ(report["splats"], whole) << "only directional colours were hit";
  EXPECT_GT(psnr("rest.ply"), 15);
  EXPECT_LT(psnr("rest.ply"), psnr("whole.ply"));
}

TEST_F(SplatScenes, InfoTellsWhereTheBytesGo) {
  encode("lossy.dew", {});
  ok({"encode", "--lossless", "scene.ply", "lossless.dew"});
  for (const std::string file : {"lossy.dew", "lossless.dew"}) {
    const Json info = json({"info", file});
    for (const char* key : {"file", "kind", "mode", "splats", "splats_original", "bytes", "psnr_db", "bits_per_splat", "sh_degree",
                            "groups", "keeps_order", "source_format", "extra_properties"}) {
      EXPECT_TRUE(info.contains(key)) << key;
    }
    EXPECT_EQ(info["kind"], "splats");
    EXPECT_EQ(info["source_format"], "ply");
    EXPECT_EQ(info["splats_original"], 1100);
    EXPECT_EQ(info["bytes"], scratch.read(file).size());
    const Json& bits = info["bits_per_splat"];
    double parts = 0;
    for (const char* part : {"position", "colour", "sh", "opacity", "scale", "rotation", "side"}) parts += bits[part].get<double>();
    EXPECT_EQ(bits.size(), 8u);
    EXPECT_NEAR(parts, bits["total"].get<double>(), 1e-6);
    EXPECT_NEAR(bits["total"].get<double>(), 8.0 * info["bytes"].get<double>() / 1100, 1e-9);
  }
  EXPECT_EQ(json({"info", "lossy.dew"})["quality"]["made_views"], false);
  EXPECT_NE(ok({"info", "lossy.dew"}).out.find("bits a splat"), std::string::npos);
}

TEST_F(SplatScenes, VerifyKnowsItsSource) {
  encode("a.dew", {});
  EXPECT_EQ(json({"verify", "a.dew"})["ok"], true);
  EXPECT_EQ(json({"verify", "a.dew", "scene.ply"})["ok"], true);
  ok({"prune", "scene.ply", "other.ply", "--keep", "0.5", "--cameras", "cameras.json", "--no-compensation"});
  EXPECT_EQ(scratch.dew({"verify", "a.dew", "other.ply"}).exit_code, 1);
}

TEST_F(SplatScenes, ThreadsChangeNoByte) {
  encode("a.dew", {"--threads", "1"});
  encode("b.dew", {"--threads", "3"});
  EXPECT_TRUE(scratch.read("a.dew") == scratch.read("b.dew"));
}

TEST_F(SplatScenes, WrongOptionsAreUsageErrors) {
  encode("a.dew", {});
  scratch.write("a.bin", street_frame(64));
  ok({"encode", "a.bin", "frame.dew"});
  const std::vector<std::vector<std::string>> wrong = {
      {"encode", "scene.ply", "b.dew", "--lattice"},
      {"encode", "scene.ply", "b.dew", "--max-error", "1cm"},
      {"encode", "scene.ply", "b.dew", "--slices", "4"},
      {"encode", "scene.ply", "b.dew", "--quality", "5"},
      {"encode", "scene.ply", "b.dew", "--quality", "many"},
      {"encode", "scene.ply", "b.dew", "--quality", "nan"},
      {"encode", "scene.ply", "b.dew", "--budget", "0"},
      {"encode", "scene.ply", "b.dew", "--budget", "-5"},
      {"encode", "scene.ply", "b.dew", "--quality", "40", "--budget", "9000"},
      {"encode", "scene.ply", "b.dew", "--quality", "40", "--lossless"},
      {"encode", "a.bin", "b.dew", "--quality", "40"},
      {"encode", "a.bin", "b.dew", "--keep-order"},
      {"decode", "a.dew", "b.ply", "--fraction", "1.5"},
      {"decode", "a.dew", "b.ply", "--fraction", "half"},
      {"decode", "a.dew", "b.ply", "--box", "1,2,3"},
      {"decode", "a.dew", "b.ply", "--box", "1,2,3,4,5,six"},
      {"decode", "a.dew", "b.ply", "--slice", "0"},
      {"decode", "frame.dew", "b.ply", "--fraction", "0.5"},
      {"compare", "scene.ply", "a.dew", "--surface"},
      {"compare", "scene.ply", "a.dew", "--cameras", "cameras.json", "--auto-cameras"},
      {"compare", "scene.ply", "a.dew", "--photos", "."},
      {"compare", "scene.ply", "a.dew", "--size", "7"},
      {"compare", "scene.ply", "a.dew", "--size", "0x0"},
      {"compare", "scene.ply", "a.dew", "--background", "red"},
      {"compare", "a.bin", "a.bin", "--cameras", "cameras.json"},
      {"convert", "scene.ply", "b.dew"},
      {"prune", "a.dew", "b.dew", "--keep", "0.5"},
      {"prune", "a.dew", "b.xyz", "--keep", "0.5"},
      {"prune", "a.dew", "b.ply"},
  };
  for (const auto& words : wrong) {
    const Ran ran = scratch.dew(words);
    std::string line;
    for (const std::string& word : words) line += " " + word;
    EXPECT_EQ(ran.exit_code, 2) << "dew" << line << "\n" << ran.err;
    EXPECT_NE(ran.err.find("help"), std::string::npos) << ran.err;
  }
  EXPECT_FALSE(scratch.has("b.dew"));
  EXPECT_FALSE(scratch.has("b.ply"));
}

TEST_F(SplatScenes, ADewFileIsASceneLikeAnyOther) {
  encode("a.dew", {"--quality", "36"});
  ok({"decode", "a.dew", "decoded.ply"});

  ok({"render", "a.dew", "--cameras", "cameras.json", "--views", "0", "--out", "of_dew"});
  ok({"render", "decoded.ply", "--cameras", "cameras.json", "--views", "0", "--out", "of_ply"});
  EXPECT_EQ(scratch.shell("diff -r of_dew of_ply && ls of_dew").exit_code, 0);

  ok({"convert", "a.dew", "converted.ply"});
  EXPECT_TRUE(scratch.read("converted.ply") == scratch.read("decoded.ply"));
  ok({"convert", "a.dew", "converted.splat"});
  EXPECT_EQ(scratch.read("converted.splat").size(), 32 * splats("decoded.ply").count());

  const Json pruned = json({"prune", "a.dew", "pruned.ply", "--keep", "0.5", "--cameras", "cameras.json", "--no-compensation"});
  EXPECT_EQ(pruned["splats_before"], splats("decoded.ply").count());
  EXPECT_LE(splats("pruned.ply").count(), splats("decoded.ply").count() / 2 + 1);

  EXPECT_NE(scratch.dew({"convert", "scene.ply", "b.dew"}).err.find("dew encode"), std::string::npos);
  EXPECT_NE(scratch.dew({"decode", "a.dew", "b.xyz"}).err.find(".spz"), std::string::npos);
}

TEST_F(SplatScenes, ComparisonSaysWhatItMeasured) {
  ok({"convert", "scene.ply", "scene.splat"});
  const Json given = json({"compare", "scene.ply", "scene.splat", "--cameras", "cameras.json"});
  EXPECT_EQ(given["splats_a"], 1100);
  EXPECT_EQ(given["splats_b"], 1100);
  EXPECT_EQ(given["views"].size(), 6u);
  EXPECT_LE(given["psnr_min"].get<double>(), given["psnr_mean"].get<double>());
  EXPECT_GT(given["ssim_mean"].get<double>(), 0.5);
  EXPECT_LT(given["ssim_mean"].get<double>(), 1);
  EXPECT_FALSE(given.contains("psnr_photos_a"));
  EXPECT_EQ(json({"compare", "scene.ply", "scene.splat", "--cameras", "cameras.json", "--views", "0,2"})["views"].size(), 2u);
  EXPECT_EQ(scratch.dew({"compare", "scene.ply", "scene.splat", "--cameras", "cameras.json", "--views", "none"}).exit_code, 1);

  const std::vector<std::string> made = {"compare", "scene.ply", "scene.splat", "--size", "80x60"};
  const Json views = json(made);
  EXPECT_GT(views["views"].size(), 2u);
  std::vector<std::string> said = made;
  said.push_back("--auto-cameras");
  EXPECT_EQ(json(said), views);
  EXPECT_NE(ok(made).out.find("PSNR"), std::string::npos);
}

TEST_F(SplatScenes, ComparisonWithPhotographs) {
  ok({"convert", "scene.ply", "scene.splat"});
  ok({"render", "scene.ply", "--cameras", "cameras.json", "--views", "0,1", "--out", "photos"});
  const Json compared = json({"compare", "scene.ply", "scene.splat", "--cameras", "cameras.json", "--photos", "photos"});
  EXPECT_GT(compared["psnr_photos_a"].get<double>(), 50) << "its own renders, in eight bits";
  EXPECT_LT(compared["psnr_photos_b"].get<double>(), compared["psnr_photos_a"].get<double>());
  EXPECT_TRUE(compared["views"][0].contains("psnr_photo_a"));
  EXPECT_FALSE(compared["views"][5].contains("psnr_photo_a"));
}

TEST_F(SplatScenes, OrderThatIsNotKeptHasNoErrorsOfValues) {
  ok({"convert", "scene.ply", "scene.compressed.ply"});
  const Json compared = json({"compare", "scene.ply", "scene.compressed.ply", "--cameras", "cameras.json"});
  EXPECT_EQ(compared["splats_b"], 1100);
  EXPECT_EQ(compared["order_kept"], false);
  EXPECT_FALSE(compared.contains("errors"));
  EXPECT_GT(compared["psnr_mean"].get<double>(), 25);
}

TEST_F(SplatScenes, AFrameIsNoScene) {
  scratch.write("a.bin", street_frame(64));
  const Ran ran = scratch.dew({"compare", "scene.ply", "a.bin", "--cameras", "cameras.json"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_TRUE(ran.err.starts_with("dew: a.bin: ")) << ran.err;
}

}  // namespace
}  // namespace dew::e2e
