// SPDX-License-Identifier: Apache-2.0
// Many frames in one file, with the tool: folders and lists in, the very files out, parts of them, poses, damage.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/e2e/run_dew.h"
#include "tests/unit/pointcloud/packets_test_captures.h"

namespace dew::e2e {
namespace {

using Json = nlohmann::json;

/// Five frames of a folder.
class Sequences : public testing::Test {
 protected:
  void SetUp() override {
    scratch.shell("mkdir drive");
    for (size_t i = 0; i < frames.size(); ++i) {
      frames[i] = street_frame(1600 - i * 16);
      scratch.write("drive/00000" + std::to_string(i) + ".bin", frames[i]);
    }
  }
  Ran ok(std::vector<std::string> arguments) const {
    Ran ran = scratch.dew(arguments);
    EXPECT_EQ(ran.exit_code, 0) << arguments[0] << ": " << ran.err;
    return ran;
  }
  const Scratch scratch;
  std::vector<std::string> frames{5};
};

TEST_F(Sequences, AFolderComesBackFileByFile) {
  const Json made = Json::parse(ok({"encode", "--lossless", "--json", "--intra-every", "2", "drive", "drive.dew"}).out);
  EXPECT_EQ(made["frames"], 5);
  EXPECT_EQ(made["kind"], "sequence");
  ok({"decode", "drive.dew", "back"});
  for (size_t i = 0; i < frames.size(); ++i) EXPECT_EQ(scratch.read("back/00000" + std::to_string(i) + ".bin"), frames[i]);
  EXPECT_EQ(scratch.shell("diff -r drive back").exit_code, 0);
  const Json verified = Json::parse(ok({"verify", "--json", "drive.dew", "drive"}).out);
  EXPECT_EQ(verified["same_file"], true);
  const std::string compared = ok({"compare", "drive", "drive.dew"}).out;
  EXPECT_EQ(std::count(compared.begin(), compared.end(), '\n'), 5);
  const Json info = Json::parse(ok({"info", "--json", "drive.dew"}).out);
  ASSERT_EQ(info["frame_list"].size(), 5u);
  EXPECT_EQ(info["frame_list"][3]["name"], "000003.bin");
  EXPECT_EQ(info["frame_list"][4]["intra"], true);
}

TEST_F(Sequences, APartComesBackAlone) {
  ok({"encode", "--lossless", "drive/000000.bin", "drive/000001.bin", "drive/000002.bin", "drive/000003.bin", "drive/000004.bin", "d.dew"});
  ok({"decode", "--frames", "1:3", "d.dew", "part"});
  EXPECT_EQ(scratch.shell("ls part").out, "000001.bin\n000002.bin\n");
  EXPECT_EQ(scratch.read("part/000002.bin"), frames[2]);
  ok({"decode", "--frames", "4", "d.dew", "four.bin"});
  EXPECT_EQ(scratch.read("four.bin"), frames[4]);
  for (const std::string wrong : {"3:1", "5", "0:6", "x", "1:2:3", "-1"})
    EXPECT_EQ(scratch.dew({"decode", "--frames=" + wrong, "d.dew", "wrong.bin"}).exit_code, wrong == "5" ? 1 : 2) << wrong;
  EXPECT_FALSE(scratch.has("wrong.bin"));
}

TEST_F(Sequences, FramesOfACaptureComeBackAlone) {
  const Bytes pcap = test::make_pcap(*test::all_layouts().front(), {.packets = 60});
  scratch.write("c.pcap", std::string(reinterpret_cast<const char*>(pcap.data()), pcap.size()));
  ok({"encode", "--lossless", "c.pcap", "c.dew"});
  ok({"decode", "c.dew", "all/"});
  ok({"decode", "--frames", "1:3", "c.dew", "part"});
  EXPECT_EQ(scratch.shell("ls part").out, "c_000001.lrf\nc_000002.lrf\n");
  EXPECT_EQ(scratch.read("part/c_000002.lrf"), scratch.read("all/c_000002.lrf"));
  ok({"decode", "--frames", "2", "c.dew", "two.lrf"});
  EXPECT_EQ(scratch.read("two.lrf"), scratch.read("all/c_000002.lrf"));
  ok({"decode", "--frames", "1:3", "c.dew", "part.pcap"});
  // Records of these frames only, as they stand in the source.
  const std::string part = scratch.read("part.pcap"), whole = scratch.read("c.pcap");
  ASSERT_GT(part.size(), 24u);
  EXPECT_NE(whole.find(part.substr(24)), std::string::npos);
  EXPECT_EQ(scratch.dew({"decode", "--frames", "3:1", "c.dew", "x"}).exit_code, 2);
  EXPECT_EQ(scratch.dew({"decode", "--frames", "0:9999", "c.dew", "x"}).exit_code, 2);
}

TEST_F(Sequences, AnOutputFolderStillTakesAFileForEach) {
  ok({"encode", "drive/000000.bin", "drive/000001.bin", "small/"});
  EXPECT_EQ(scratch.shell("ls small").out, "000000.bin.dew\n000001.bin.dew\n");
}

TEST_F(Sequences, PosesAndTimesAreKept) {
  scratch.write("poses.txt",
                "1 0 0 0.5 0 1 0 0 0 0 1 0\n1 0 0 1.5 0 1 0 0 0 0 1 0\n1 0 0 0 0 1 0 2.5 0 0 1 0\n1 0 0 3 0 1 0 0 0 0 1 0\n"
                "1 0 0 4 0 1 0 0 0 0 1 -1e-7\n");
  ok({"encode", "--poses", "poses.txt", "--rate-hz", "10", "drive", "p.dew"});
  const Json info = Json::parse(ok({"info", "--json", "p.dew"}).out);
  EXPECT_EQ(info["frame_list"][2]["time_ns"], 200000000);
  EXPECT_EQ(info["frame_list"][2]["has_pose"], true);
  ok({"decode", "p.dew", "back"});
  EXPECT_EQ(scratch.read("back/poses.txt"), scratch.read("poses.txt").replace(scratch.read("poses.txt").find("-1e-7"), 5, "-1e-07"));
  scratch.write("two.txt", "1 0 0 0 0 1 0 0 0 0 1 0\n1 0 0 0 0 1 0 0 0 0 1 0\n");
  EXPECT_EQ(scratch.dew({"encode", "--poses", "two.txt", "drive", "q.dew"}).exit_code, 1);
  EXPECT_FALSE(scratch.has("q.dew"));
}

TEST_F(Sequences, SalvageGivesWhatIsWhole) {
  ok({"encode", "--lossless", "--intra-every", "1", "drive", "s.dew"});
  std::string file = scratch.read("s.dew");
  file[file.size() / 2] = static_cast<char>(file[file.size() / 2] ^ 1);
  scratch.write("s.dew", file);
  EXPECT_EQ(scratch.dew({"decode", "s.dew", "back"}).exit_code, 1);
  EXPECT_EQ(scratch.dew({"verify", "s.dew"}).exit_code, 1);
  const Ran ran = ok({"decode", "--salvage", "--force", "s.dew", "saved"});
  EXPECT_NE(ran.err.find("damaged"), std::string::npos) << ran.err;
  for (const std::string name : {"000000.bin", "000004.bin"}) EXPECT_EQ(scratch.read("saved/" + name), scratch.read("drive/" + name));
}

TEST_F(Sequences, WrongUseIsRefused) {
  EXPECT_EQ(scratch.dew({"encode", "--intra-every", "0", "drive", "x.dew"}).exit_code, 2);
  EXPECT_EQ(scratch.dew({"encode", "--rate-hz", "fast", "drive", "x.dew"}).exit_code, 2);
  EXPECT_EQ(scratch.dew({"encode", "--poses", "none.txt", "drive/000000.bin", "x.dew"}).exit_code, 2);
  EXPECT_EQ(scratch.dew({"encode", "drive", "nothing/there.bin", "x.dew"}).exit_code, 1);
  EXPECT_FALSE(scratch.has("x.dew"));
}

}  // namespace
}  // namespace dew::e2e
