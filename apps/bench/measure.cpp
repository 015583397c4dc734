// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "apps/bench/bench.h"
#include "apps/bench/times.h"
#include "apps/content.h"
#include "apps/difference.h"

namespace dew::app {
namespace {

double peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;  // Linux counts in KiB
}

struct DewTask {
  const std::string& file;
  const BenchMode& mode;
  Effort effort;
  const BenchOptions& options;
};

Result<Json> measure(const DewTask& task) {
  DEW_ASSIGN(const Source source, read_source(task.file, task.options.fields));
  EncodeOptions options;
  options.mode = task.mode.mode;
  if (task.mode.mode == Mode::max_error) options.max_error_m = task.mode.max_error_m;
  options.effort = task.effort;
  options.threads = task.options.threads;
  DEW_ASSIGN(const Encoded cold, encode(source.content, options));

  // Later frames of a sensor know its model: that is the encoding that is timed.
  options.sensor = cold.sensor;
  std::vector<double> encode_ms;
  std::vector<double> decode_ms;
  for (uint32_t run = 0; run < task.options.runs; ++run) {
    Status status;
    encode_ms.push_back(milliseconds([&] {
      const auto encoded = encode(source.content, options);
      if (!encoded.ok()) status = encoded.error();
    }));
    DEW_TRY(status);
  }
  DecodeOptions decode_options;
  decode_options.threads = task.options.threads;
  for (uint32_t run = 0; run < task.options.runs; ++run) {
    Status status;
    decode_ms.push_back(milliseconds([&] {
      const auto decoded = decode(cold.bytes, decode_options, {});
      if (!decoded.ok()) status = decoded.error();
    }));
    DEW_TRY(status);
  }
  const double peak = peak_mb();

  DEW_ASSIGN(const FileInfo info, inspect(cold.bytes, {}));
  DEW_ASSIGN(const Decoded decoded, decode(cold.bytes, decode_options, {}));
  DEW_ASSIGN(const Difference compared, difference(source.content, decoded.content, {}));
  Json row = info_json(info);
  for (const char* key : {"sensor", "metadata", "kind", "frames", "slices", "models"}) row.erase(key);
  row["mode"] = task.mode.name;
  row["bytes_in"] = source.bytes.size();
  row["max_error_m"] = compared.max_error_m.value_or(0);
  row["order_kept"] = compared.order_kept;
  row["fit_ms"] = cold.fit_ms;
  row["encode_ms"] = median(encode_ms);
  row["decode_ms"] = median(decode_ms);
  row["peak_mb"] = peak;
  return row;
}

Json measure_or_error(const DewTask& task) {
  const Result<Json> row = measure(task);
  return row.ok() ? *row : Json{{"error", row.error().message}};
}

/// What measure gives, done in a child process; {"error": ...} if that dies.
Json measure_in_child(const DewTask& task) {
  int ends[2];
  if (pipe(ends) != 0) return {{"error", "no pipe"}};
  const pid_t child = fork();
  if (child < 0) return {{"error", "no process"}};
  if (child == 0) {
    close(ends[0]);
    const std::string text = measure_or_error(task).dump(-1, ' ', false, Json::error_handler_t::replace);
    size_t written = 0;
    while (written < text.size()) {
      const ssize_t now = write(ends[1], text.data() + written, text.size() - written);
      if (now <= 0) _exit(1);
      written += static_cast<size_t>(now);
    }
    _exit(0);
  }
  close(ends[1]);
  std::string text;
  char block[4096];
  for (ssize_t got; (got = read(ends[0], block, sizeof block)) != 0;) {
    if (got > 0)
      text.append(block, static_cast<size_t>(got));
    else if (errno != EINTR)
      break;
  }
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const Json result = Json::parse(text, nullptr, false);
  if (status != 0 || !result.is_object()) return {{"error", "the measuring process died"}};
  return result;
}

}  // namespace

Json measure_dew(const std::string& file, const BenchMode& mode, Effort effort, const BenchOptions& options) {
  const DewTask task{file, mode, effort, options};
  Json row = {{"file", file}, {"codec", "dew"}, {"mode", mode.name}, {"effort", effort_text(effort)}};
  row.update(measure_in_child(task));
  return row;
}

}  // namespace dew::app
