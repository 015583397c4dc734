// SPDX-License-Identifier: Apache-2.0
/// What the verbs print: facts about a file as text or JSON, tables, progress, failures.
///
///   print_json(info_json(info));
///   Table table({"file", "points"}, 1);
///   table.add({"scan.bin", "122626"});
///   table.print();
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "pointcloud/codec.h"
#include "viewer/colour/legend.h"
#include "viewer/inspect/info_lines.h"

namespace dew::app {

using Json = nlohmann::ordered_json;

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;

using viewer::bits_per;
using viewer::effort_text;
using viewer::fixed;
using viewer::length_text;
using viewer::mode_text;

/// The object that `dew info --json` prints.
Json info_json(const FileInfo& info);
/// What it prints for people.
std::string info_text(const std::vector<viewer::InfoLine>& lines);

/// One JSON value as a line of text. Text that is no UTF-8 is printed with replacement characters, numbers that are not finite as null.
std::string json_text(const Json& value);
/// A line on standard output, or on standard error where that carries data.
void print_line(const std::string& line, bool output_is_data = false);
void print_json(const Json& value);
/// The message on standard error and, with `as_json`, {"file", "error": {"code", "offset", "message"}} on standard output. Returns kFailed.
int fail(const std::string& file, const Error& error, bool as_json);
/// Each warning about `file` on standard error.
void print_warnings(const std::string& file, const std::vector<std::string>& warnings);
/// `dew: VERB: message` and where help is. Returns kUsage.
int usage_error(const std::string& verb, const std::string& message);
/// For errors before any file is read: usage_error where the user asked for something impossible, fail otherwise.
int refuse(const std::string& verb, const Error& error, bool as_json);

/// Columns of text; the first `left_columns` are flush left, the others flush right.
class Table {
 public:
  Table(std::vector<std::string> heading, size_t left_columns) : left_columns_(left_columns) { rows_.push_back(std::move(heading)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  void print() const;
  /// Comma-separated values; text with commas or quotes is quoted.
  void print_csv() const;

 private:
  size_t left_columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// A line on standard error that is rewritten as work goes on, and each second while one step lasts; nothing where that is no terminal.
class Progress {
 public:
  /// `ticks`: false where processes are forked meanwhile, which a thread that writes does not go with.
  explicit Progress(size_t steps, bool ticks = true);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// Says what is being done now; call it once a step, before the work.
  void step(const std::string& what);

 private:
  void show(std::chrono::seconds lasted) const;

  bool shown_;
  size_t steps_;
  size_t done_ = 0;
  std::string what_;
  std::chrono::steady_clock::time_point since_;
  std::mutex mutex_;  ///< guards done_, what_ and since_
  std::condition_variable_any wake_;
  std::jthread ticker_;  ///< the last member: it ends before the others
};

}  // namespace dew::app
