// SPDX-License-Identifier: Apache-2.0
// What happens to files: round trips, pipes, folders, refusals, broken input, JSON.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>

#include "tests/e2e/run_dew.h"

namespace dew::e2e {
namespace {

using Json = nlohmann::json;

/// A folder with a frame in it.
class Files : public testing::Test {
 protected:
  void SetUp() override { scratch.write("a.bin", frame); }
  Ran ok(std::vector<std::string> arguments, const std::string& input = {}) const {
    Ran ran = scratch.dew(arguments, input);
    EXPECT_EQ(ran.exit_code, 0) << arguments[0] << ": " << ran.err;
    return ran;
  }
  const Scratch scratch;
  const std::string frame = street_frame(1601);
};

TEST_F(Files, LosslessGivesTheVeryFileBack) {
  ok({"encode", "--lossless", "a.bin", "a.dew"});
  ok({"decode", "a.dew", "b.bin"});
  EXPECT_EQ(scratch.read("b.bin"), frame);
}

TEST_F(Files, ValuesOfFacesAreKeptOrSaidToBeLeftOut) {
  scratch.write("tetrahedron.ply",
                "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\nproperty float z\n"
                "element face 4\nproperty list uchar int vertex_indices\nproperty uchar red\nproperty uchar green\nproperty uchar blue\n"
                "end_header\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n"
                "3 0 2 1 255 0 0\n3 0 1 3 0 255 0\n3 1 2 3 0 0 255\n3 2 0 3 9 8 7\n");
  ok({"encode", "--lossless", "tetrahedron.ply", "t.dew"});
  EXPECT_EQ(ok({"decode", "t.dew", "t.ply"}).err.find("left out"), std::string::npos);
  for (const char* name : {"t.glb", "t.obj"}) {
    const Ran ran = ok({"decode", "t.dew", name});
    EXPECT_NE(ran.err.find("values of faces are left out"), std::string::npos) << name << ": " << ran.err;
  }
}

TEST_F(Files, AnotherOrderIsForCloudsAndForExactMeshes) {
  // A sheet whose vertices stand in no coherent order.
  std::string sheet;
  for (int i = 0; i < 121; ++i)
    sheet += "v " + std::to_string(i * 37 % 121 % 11) + " " + std::to_string(i * 37 % 121 / 11) + " " + std::to_string(i % 3) + "\n";
  for (int i = 1; i + 11 <= 121; i += 3) {
    sheet += "f " + std::to_string(i) + " " + std::to_string(i + 1) + " " + std::to_string(i + 11) + "\n";
  }
  scratch.write("sheet.obj", sheet);
  ok({"encode", "--lossless", "--reorder", "sheet.obj", "sheet.dew"});
  ok({"verify", "sheet.dew", "sheet.obj"});
  EXPECT_NE(scratch.dew({"encode", "--reorder", "sheet.obj", "bound.dew"}).exit_code, 0) << "meshes take it with --lossless alone";
  ok({"encode", "--reorder", "--max-error", "1mm", "a.bin", "a.dew"});
  ok({"verify", "a.dew"});
}

TEST_F(Files, EverySampleComesBackLosslessly) {
  const auto samples = sample_paths();
  ASSERT_FALSE(samples.empty()) << "no samples in data/samples";
  for (const std::string& sample : samples) {
    const std::string back = "back" + sample.substr(sample.rfind('.'));
    ok({"encode", "--lossless", "--effort", "fast", "--force", sample, "s.dew"});
    ok({"decode", "--force", "s.dew", back});
    EXPECT_EQ(scratch.shell("cmp " + sample + " " + back).exit_code, 0) << sample;
    ok({"verify", "s.dew", sample});
  }
}

TEST_F(Files, NoPointMovesFurtherThanAskedAndAllElseIsExact) {
  for (const std::string bound : {"0.01mm", "1mm", "1cm", "5cm"}) {
    ok({"encode", "--force", "--max-error", bound, "a.bin", "a.dew"});
    Json compared = Json::parse(ok({"compare", "--json", "a.bin", "a.dew"}).out);
    const double bound_m = std::stod(bound) * (bound.ends_with("cm") ? 1e-2 : 1e-3);
    EXPECT_TRUE(compared["order_kept"].get<bool>());
    EXPECT_LE(compared["max_error_m"].get<double>(), bound_m) << bound;
    EXPECT_TRUE(compared["fields"]["intensity"]["equal"].get<bool>());
    ok({"verify", "a.dew", "a.bin"});
  }
}

TEST_F(Files, DefaultStaysBelowHalfAMillimetre) {
  ok({"encode", "a.bin", "a.dew"});
  Json compared = Json::parse(ok({"compare", "--json", "a.bin", "a.dew"}).out);
  EXPECT_LE(compared["max_error_m"].get<double>(), 0.0005);
}

TEST_F(Files, PipesCarryFilesAndNothingElse) {
  const Ran encoded = ok({"encode", "--lossless", "-", "-"}, frame);
  const Ran decoded = ok({"decode", "-", "-"}, encoded.out);
  EXPECT_EQ(decoded.out, frame);
  ok({"encode", "--lossless", "a.bin", "a.dew"});
  EXPECT_EQ(scratch.read("a.dew"), encoded.out);
  EXPECT_FALSE(encoded.err.empty());  // the report goes where it does not mix with the data
}

TEST_F(Files, AnExistingOutputIsLeftAloneWithoutForce) {
  scratch.write("a.dew", "precious");
  const Ran refused = scratch.dew({"encode", "a.bin", "a.dew"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_TRUE(refused.err.find("dew: a.dew: exists already") != std::string::npos) << refused.err;
  EXPECT_EQ(scratch.read("a.dew"), "precious");
  ok({"encode", "--force", "a.bin", "a.dew"});
  EXPECT_NE(scratch.read("a.dew"), "precious");
  EXPECT_EQ(scratch.dew({"decode", "a.dew", "a.bin"}).exit_code, 1);
  EXPECT_EQ(scratch.read("a.bin"), frame);
}

TEST_F(Files, AFailureLeavesNothingBehind) {
  scratch.write("broken.dew", "DEW and then nothing that makes sense");
  const auto before = scratch.names();
  EXPECT_EQ(scratch.dew({"decode", "broken.dew", "b.bin"}).exit_code, 1);
  EXPECT_EQ(scratch.dew({"encode", "missing.bin", "b.dew"}).exit_code, 1);
  EXPECT_EQ(scratch.dew({"encode", "a.bin", "no/such/folder.dew"}).exit_code, 1);
  EXPECT_EQ(scratch.dew({"encode", "a.bin", "a.bin/folder/"}).exit_code, 1);
  EXPECT_EQ(scratch.names(), before);
}

TEST_F(Files, SeveralInputsGoIntoAFolderAndComeBack) {
  scratch.write("b.bin", street_frame(160));
  ok({"encode", "--lossless", "a.bin", "b.bin", "out/"});
  EXPECT_TRUE(scratch.has("out/a.bin.dew"));
  ok({"decode", "out/a.bin.dew", "out/b.bin.dew", "back/"});
  EXPECT_EQ(scratch.read("back/a.bin"), frame);
  EXPECT_EQ(scratch.read("back/b.bin"), street_frame(160));
  // A name that tells no extension gets that of the source.
  ok({"encode", "--lossless", "a.bin", "a.dew"});
  ok({"decode", "a.dew", "named/"});
  EXPECT_EQ(scratch.read("named/a.bin"), frame);
}

TEST_F(Files, OneBadInputOfSeveralDoesNotStopTheOthers) {
  const Ran ran = scratch.dew({"encode", "missing.bin", "a.bin", "out/"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_TRUE(ran.err.find("dew: missing.bin: ") != std::string::npos) << ran.err;
  EXPECT_TRUE(scratch.has("out/a.bin.dew"));
}

TEST_F(Files, FieldsOfAnyLayoutComeBackAsTheSameRecords) {
  std::string records;
  for (int i = 0; i < 900; ++i) records += static_cast<char>(i * i % 251 & 0x3f);  // bytes below 0x40: halves that are small numbers
  scratch.write("r.bin", records);
  const std::string fields = "x:f16,y:f16,z:f16,intensity:u8,laser:u8,offset_ns:i32";
  EXPECT_EQ(scratch.dew({"encode", "r.bin", "r.dew"}).exit_code, 1);
  ok({"encode", "--lossless", "--fields", fields, "r.bin", "r.dew"});
  ok({"decode", "r.dew", "back.bin"});
  EXPECT_EQ(scratch.read("back.bin"), records);
  Json compared = Json::parse(ok({"compare", "--json", "--fields", fields, "r.bin", "back.bin"}).out);
  EXPECT_TRUE(compared["fields"]["offset_ns"]["equal"].get<bool>());
}

TEST_F(Files, AnUnknownLayoutHintsAtFields) {
  scratch.write("odd.bin", std::string(1001, '\x7f'));
  const Ran ran = scratch.dew({"encode", "odd.bin", "odd.dew"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_NE(ran.err.find("--fields"), std::string::npos) << ran.err;
}

TEST_F(Files, ConvertsToTheFormatOfTheExtension) {
  ok({"encode", "--lossless", "a.bin", "a.dew"});
  for (const std::string name : {"c.pcd", "c.ply"}) {
    ok({"decode", "a.dew", name});
    Json compared = Json::parse(ok({"compare", "--json", "a.bin", name}).out);
    EXPECT_EQ(compared["max_error_m"], 0.0) << name;
  }
  const Ran unknown = scratch.dew({"decode", "a.dew", "c.xyz"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_NE(unknown.err.find(".xyz"), std::string::npos);
}

TEST_F(Files, RangesBecomePointsByACalibration) {
  const auto samples = sample_paths();
  const auto sweep =
      std::find_if(samples.begin(), samples.end(), [](const std::string& path) { return path.ends_with("vlp16_indoor.lrf"); });
  ASSERT_NE(sweep, samples.end()) << "no vlp16_indoor.lrf in data/samples";
  ok({"encode", "--effort", "fast", *sweep, "s.dew"});
  const Ran refused = scratch.dew({"decode", "s.dew", "s.pcd"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("--calibration"), std::string::npos) << refused.err;
  EXPECT_EQ(scratch.dew({"decode", "--calibration", "no-such-file", "s.dew", "s.pcd"}).exit_code, 1);
  EXPECT_EQ(scratch.dew({"decode", "--calibration", "VLS-128", "s.dew", "s.pcd"}).exit_code, 1);
  ok({"decode", "--calibration", "VLP-16", "s.dew", "s.pcd"});
  EXPECT_TRUE(scratch.read("s.pcd").find("FIELDS x y z intensity laser time_us") != std::string::npos);
}

TEST_F(Files, ErrorsNameTheFileTheReasonAndTheByte) {
  ok({"encode", "a.bin", "a.dew"});
  scratch.write("cut.dew", scratch.read("a.dew").substr(0, 40));
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"decode", "cut.dew", "b.bin"}, {"info", "cut.dew"}, {"verify", "cut.dew"}}) {
    const Ran ran = scratch.dew(words);
    EXPECT_EQ(ran.exit_code, 1);
    EXPECT_TRUE(std::regex_match(ran.err, std::regex("dew: cut\\.dew: .+ \\(byte [0-9]+\\)\n"))) << ran.err;
  }
  const Ran as_json = scratch.dew({"info", "--json", "cut.dew"});
  Json failure = Json::parse(as_json.out);
  EXPECT_EQ(failure["file"], "cut.dew");
  EXPECT_TRUE(failure["error"]["code"].is_string());
  EXPECT_TRUE(failure["error"]["offset"].is_number_unsigned());
}

TEST_F(Files, VerifyFindsAFlippedByteAndAWrongSource) {
  ok({"encode", "--lossless", "a.bin", "a.dew"});
  std::string damaged = scratch.read("a.dew");
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 4);
  scratch.write("damaged.dew", damaged);
  EXPECT_EQ(scratch.dew({"verify", "damaged.dew"}).exit_code, 1);
  std::string other = frame;
  other[4] = static_cast<char>(other[4] ^ 1);  // the last bit of a y
  scratch.write("other.bin", other);
  EXPECT_EQ(scratch.dew({"verify", "a.dew", "other.bin"}).exit_code, 1);
  ok({"verify", "a.dew", "a.bin"});
}

TEST_F(Files, ThreadsNeverChangeAByte) {
  ok({"encode", "--threads", "1", "a.bin", "one.dew"});
  ok({"encode", "--threads", "5", "a.bin", "five.dew"});
  EXPECT_EQ(scratch.read("one.dew"), scratch.read("five.dew"));
}

TEST_F(Files, AKeptSensorGivesAFileThatDecodes) {
  ok({"encode", "--save-sensor", "model", "a.bin", "a.dew"});
  ok({"encode", "--sensor", "model", "a.bin", "b.dew"});
  ok({"verify", "b.dew", "a.bin"});
}

TEST_F(Files, InfoCountsEveryByte) {
  ok({"encode", "a.bin", "a.dew"});
  Json info = Json::parse(ok({"info", "--json", "a.dew"}).out);
  for (const char* key :
       {"kind", "points", "bytes", "mode", "effort", "max_error_m", "returns", "bits_per_point", "bits_per_return", "sensor", "models"}) {
    EXPECT_TRUE(info.contains(key)) << key;
  }
  EXPECT_EQ(info["points"], 1601);
  EXPECT_EQ(info["bytes"], scratch.read("a.dew").size());
  EXPECT_EQ(info["mode"], "lattice");
  EXPECT_EQ(info["effort"], "normal");
  EXPECT_TRUE(info["bits_per_return"].contains("geometry"));
  double parts = 0;
  for (const auto& [name, bits] : info["bits_per_point"].items()) parts += name == "total" ? 0 : bits.get<double>();
  EXPECT_NEAR(parts, info["bits_per_point"]["total"].get<double>(), 1e-9);
}

TEST_F(Files, CompareOfDifferentFramesMeasuresTheSurface) {
  scratch.write("b.bin", street_frame(1200));
  Json compared = Json::parse(ok({"compare", "--json", "a.bin", "b.bin"}).out);
  EXPECT_EQ(compared["points_a"], 1601);
  EXPECT_EQ(compared["points_b"], 1200);
  EXPECT_FALSE(compared["order_kept"].get<bool>());
  for (const char* key : {"d1", "d2", "chamfer_m", "hausdorff_m"}) EXPECT_TRUE(compared.contains(key)) << key;
}

TEST_F(Files, BenchPrintsARowForEachModeAndEffort) {
  Json result = Json::parse(ok({"bench", "--json", "--runs", "1", "--modes", "lattice,1cm", "--efforts", "fast,normal", "a.bin"}).out);
  ASSERT_EQ(result["rows"].size(), 4u);
  for (Json& row : result["rows"]) {
    for (const char* key : {"bytes", "bits_per_point", "max_error_m", "encode_ms", "decode_ms", "peak_mb", "effort", "mode"}) {
      EXPECT_TRUE(row.contains(key)) << key << " in " << row;
    }
  }
  const std::string csv = ok({"bench", "--csv", "--runs", "1", "--modes", "1cm", "--efforts", "fast", "a.bin"}).out;
  EXPECT_TRUE(csv.starts_with("file,codec,mode,effort,")) << csv;
}

TEST_F(Files, BenchNamesEveryPeerThatRanOrIsAbsent) {
  Json result = Json::parse(ok({"bench", "--json", "--runs", "1", "--modes", "1cm,lossless", "--efforts", "fast", "--peers", "a.bin"}).out);
  const std::string all = result.dump();
  for (const char* peer : {"zstd", "xz", "zpaq", "Draco kd-tree", "Draco sequential", "delta + planes + xz", "PCL octree"}) {
    EXPECT_NE(all.find(peer), std::string::npos) << peer;
  }
  for (Json& row : result["rows"]) {
    EXPECT_LE(row["max_error_m"].get<double>(), row["mode"] == "1cm" ? 0.01 : 0) << row;
  }
}

}  // namespace
}  // namespace dew::e2e
