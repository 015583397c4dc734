// SPDX-License-Identifier: Apache-2.0
/// Runs the real `dew` in a folder of its own and keeps what it said.
///
///   Scratch scratch;
///   scratch.write("a.bin", bytes);
///   const Ran ran = scratch.dew({"encode", "a.bin", "a.dew"});
///   EXPECT_EQ(ran.exit_code, 0) << ran.err;
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace dew::e2e {

struct Ran {
  int exit_code = -1;  ///< 128 + signal where a signal ended it
  std::string out;
  std::string err;
};

/// A folder that lives as long as this object; programs run in it with build/*/bin first on the path.
class Scratch {
 public:
  Ran dew(std::vector<std::string> arguments, const std::string& input = {}) const;
  /// A command line for /bin/sh.
  Ran shell(const std::string& command) const;

  std::string path(const std::string& name) const { return folder_.path(name); }
  void write(const std::string& name, const std::string& bytes) const;
  /// All bytes of a file; fails the test if it is not there.
  std::string read(const std::string& name) const;
  bool has(const std::string& name) const;
  /// Sorted names of all that is in the folder.
  std::vector<std::string> names() const;

 private:
  test::TemporaryFolder folder_;
};

/// KITTI records (x, y, z, intensity as f32) of a wall and a ground as a sensor with 16 lasers sees them; the same bytes for the same
/// count.
std::string street_frame(size_t point_count);

/// Bundled frames of data/samples, sorted.
std::vector<std::string> sample_paths();

}  // namespace dew::e2e
