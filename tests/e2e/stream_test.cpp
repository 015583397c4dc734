// SPDX-License-Identifier: Apache-2.0
// `dew stream` over real sockets of this machine. The receiver says on which port it hears, and ends when the sender says goodbye.
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/e2e/run_dew.h"

namespace dew::e2e {
namespace {

constexpr const char* kSample = DEW_SOURCE_DIR "/data/samples/vlp16_indoor.lrf";

/// Runs a receiver with `recv` and a sender with `send` behind their addresses; the receiver's lines are out.
Ran loopback(const Scratch& scratch, const std::string& recv, const std::string& send) {
  return scratch.shell(
      "mkfifo lines && (dew stream recv udp://127.0.0.1:0 " + recv +
      " --json --idle 60 < /dev/null > lines &) && exec 3< lines && read first <&3 && port=$(echo \"$first\" | tr -dc 0-9) && "
      "dew stream send " +
      send + " --to udp://127.0.0.1:$port < /dev/null > sent && cat <&3");
}

std::vector<nlohmann::json> lines_of(const std::string& text) {
  std::vector<nlohmann::json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

TEST(DewStream, FramesCrossALoopbackExactly) {
  const Scratch scratch;
  const Ran ran = loopback(scratch, "out", std::string(kSample) + " --repeat 4 --rate-hz 20");
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const auto lines = lines_of(ran.out);
  ASSERT_EQ(lines.size(), 5u) << ran.out;
  for (int frame = 0; frame < 4; ++frame) {
    EXPECT_TRUE(lines[static_cast<size_t>(frame)].at("whole")) << ran.out;
    EXPECT_EQ(scratch.shell("cmp out/00000" + std::to_string(frame) + ".lrf " + kSample).exit_code, 0);
  }
  EXPECT_EQ(lines.back().at("summary").at("missing"), 0);
}

TEST(DewStream, PointsComeOutWhereTheCalibrationIsKnown) {
  const Scratch scratch;
  const Ran ran = loopback(scratch, "out --format pcd", std::string(kSample) + " --rate-hz 20 --calibration VLP-16");
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const Ran direct = scratch.dew({"encode", kSample, "a.dew"});
  ASSERT_EQ(direct.exit_code, 0) << direct.err;
  ASSERT_EQ(scratch.dew({"decode", "--calibration", "VLP-16", "a.dew", "a.pcd"}).exit_code, 0);
  EXPECT_EQ(scratch.read("out/000000.pcd"), scratch.read("a.pcd"));
}

TEST(DewStream, UnderAKeyOnlyItsHoldersUnderstand) {
  const Scratch scratch;
  scratch.write("key", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n");
  const Ran ran = loopback(scratch, "out --key key", std::string(kSample) + " --rate-hz 20 --key key");
  if (ran.err.find("without libsodium") != std::string::npos) GTEST_SKIP() << ran.err;
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(scratch.shell(std::string("cmp out/000000.lrf ") + kSample).exit_code, 0) << ran.out;
}

TEST(DewStream, AFolderOfFramesOfAnyFormatArrivesAtARate) {
  const Scratch scratch;
  const std::string samples = DEW_SOURCE_DIR "/data/samples/";
  scratch.shell("mkdir drive; cp " + samples + "kitti_raw.bin drive/0.bin; cp " + samples + "xt32_organised.pcd drive/1.pcd; dew convert " +
                samples + "nuscenes.bin drive/2.ply");
  const Ran ran = loopback(scratch, "out", "drive --rate-hz 4 --max-error 1cm");
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const auto lines = lines_of(ran.out);
  ASSERT_EQ(lines.size(), 4u) << ran.out;
  const std::vector<std::string> names = {"0.bin", "1.pcd", "2.ply"};
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(lines[i].at("whole"), true) << lines[i];
    const std::string out = "out/00000" + names[i];
    const Ran compared = scratch.dew({"compare", "--json", "drive/" + names[i], out});
    ASSERT_EQ(compared.exit_code, 0) << compared.err;
    EXPECT_LE(nlohmann::json::parse(compared.out).at("max_error_m").get<double>(), 0.01) << compared.out;
  }
}

TEST(DewStream, ThroughABrokerALateReceiverBeginsWithAWholeTurn) {
  const Scratch scratch;
  if (scratch.shell("PATH=$PATH:/usr/sbin command -v mosquitto").exit_code != 0) GTEST_SKIP() << "mosquitto is not installed";
  // A socket of the folder and a port that nothing else has had lately.
  const std::string port = std::to_string(20000 + getpid() % 20000);
  scratch.write("broker.conf", "listener " + port + " 127.0.0.1\nallow_anonymous true\n");
  const std::string url = "mqtt://127.0.0.1:" + port + "/roadside/7";
  // While it is sent, and only after: what is retained is the last turn, and what it refers to.
  const Ran ran = scratch.shell("PATH=$PATH:/usr/sbin; mosquitto -c broker.conf 2> log & broker=$!; mkfifo lines; (dew stream recv " + url +
                                " during --json --idle 60 < /dev/null > lines &) ; exec 3< lines; read first <&3; dew stream send " +
                                std::string(kSample) + " --repeat 3 --rate-hz 20 --to " + url +
                                " < /dev/null > sent || exit 1; cat <&3; dew stream recv --from " + url +
                                " after --idle 1 < /dev/null > late; kill $broker");
  if (ran.err.find("without libmosquitto") != std::string::npos) GTEST_SKIP() << ran.err;
  ASSERT_EQ(ran.exit_code, 0) << ran.err << ran.out;
  for (const char* file : {"during/000000.lrf", "during/000001.lrf", "during/000002.lrf", "after/000002.lrf"})
    EXPECT_EQ(scratch.shell("cmp " + std::string(file) + " " + kSample).exit_code, 0) << file << ran.out;
}

TEST(DewStream, TwoHostsWithAWireBetweenThem) {
  const Scratch scratch;
  const Ran ran =
      scratch.shell(DEW_SOURCE_DIR "/tests/e2e/two_hosts.sh " + std::string(kSample) + " out --repeat 10 --rate-hz 20 --fec 50%");
  if (ran.exit_code == 77) GTEST_SKIP() << ran.err;
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const auto lines = lines_of(ran.out);
  ASSERT_FALSE(lines.empty()) << ran.err;
  const auto summary = lines.back().at("summary");
  // A tenth of the datagrams is lost; parity and asking bring back what matters.
  EXPECT_GE(summary.at("fresh").get<int>() + summary.at("late").get<int>(), 152) << summary;
  EXPECT_GT(summary.at("loss").get<double>(), 0.0) << summary;
  EXPECT_EQ(scratch.shell("cmp out/000000.lrf " + std::string(kSample)).exit_code, 0);
}

TEST(DewStream, SaysWhatItDoesNotUnderstand) {
  const Scratch scratch;
  EXPECT_EQ(scratch.dew({"stream", "receive", "udp://:1"}).exit_code, 2);
  EXPECT_EQ(scratch.dew({"stream", "send", kSample}).exit_code, 2);
  EXPECT_EQ(scratch.dew({"stream", "send", kSample, "--to", "udp://localhost"}).exit_code, 2);
  EXPECT_EQ(scratch.dew({"stream", "send", kSample, "--to", "udp://127.0.0.1:9", "--rate", "fast"}).exit_code, 2);
  EXPECT_EQ(scratch.dew({"stream", "send", "missing.pcap", "--to", "udp://127.0.0.1:9"}).exit_code, 1);
}

}  // namespace
}  // namespace dew::e2e
