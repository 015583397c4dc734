// SPDX-License-Identifier: Apache-2.0
/// Files as the command line treats them: `-` is a pipe, outputs appear whole or not at all, errors name the file.
///
///   Result<Bytes> bytes = read_file("scan.bin");
///   Status done = write_file("scan.dew", *bytes, Overwrite::no);
///   if (!done.ok()) complain("scan.dew", done.error());   // dew: scan.dew: exists already; ...
#pragma once

#include <string>
#include <vector>

#include "entropy/bytes.h"

namespace dew::app {

enum class Overwrite { no, yes };

/// All bytes of a file, or of standard input for "-". Errors: io.
Result<Bytes> read_file(const std::string& path);

/// Writes beside the place and renames, so that nobody sees half a file; "-" is standard output. Without Overwrite::yes a file that
/// exists is left as it is. Errors: io.
Status write_file(const std::string& path, ByteSpan bytes, Overwrite overwrite);

/// Error `io` if write_file would refuse, so that long work is not done in vain.
Status check_output(const std::string& path, Overwrite overwrite);

/// The path, or what "-" stands for.
std::string display_name(const std::string& path);

/// `dew: FILE: message (byte N)` on standard error. The offset is named where the error is about the bytes of the file.
void complain(const std::string& file, const Error& error);

/// One input and where its output goes.
struct Job {
  std::string input;
  std::string output;
};

/// Reads operands as IN OUT or IN... DIR. A last operand that is a folder, ends in '/', or follows several inputs is a folder; it is
/// made where it is missing, and each output in it takes the name `name_of(input)`. Errors: invalid_argument, io.
Result<std::vector<Job>> plan_jobs(const std::vector<std::string>& operands, std::string (*name_of)(const std::string& input));

/// "dir/scan.bin" to "scan.bin"; "-" to "stdin".
std::string base_name(const std::string& path);
/// "scan.bin" to ".bin", in lower case; empty where there is none.
std::string extension(const std::string& path);

/// Regular files named by `paths`; a folder stands for the files in it, sorted, with one of the `extensions`; not for those further down.
/// Errors: io for a path that is not there.
Result<std::vector<std::string>> expand_folders(const std::vector<std::string>& paths, const std::vector<std::string>& extensions);

}  // namespace dew::app
