// SPDX-License-Identifier: Apache-2.0
#include "apps/bench/sequences.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "apps/bench/times.h"

namespace dew::app {
namespace {

/// A sequence encoded and decoded, with times.
struct Measured {
  Bytes file;
  std::vector<PushedFrame> frames;
  std::vector<double> decode_ms;
};

Result<Measured> measure(const std::vector<Content>& contents, const SequenceOptions& options) {
  Measured measured;
  SequenceEncoder encoder(options);
  for (const Content& content : contents) {
    DEW_ASSIGN(const PushedFrame pushed, encoder.push({content, "", {}, {}}));
    measured.frames.push_back(pushed);
  }
  DEW_ASSIGN(Encoded encoded, encoder.finish());
  measured.file = std::move(encoded.bytes);
  DEW_ASSIGN(SequenceDecoder decoder, SequenceDecoder::open(measured.file, {options.frame.threads, false}, {}));
  for (uint64_t i = 0; i < decoder.frames(); ++i) {
    const auto start = std::chrono::steady_clock::now();
    DEW_ASSIGN(const SequenceFrame frame, decoder.decode(i));
    measured.decode_ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  DEW_TRY(decoder.check_content());
  return measured;
}

Result<Json> measured_row(const std::vector<std::string>& files, const BenchMode& mode, Effort effort, const std::string& references,
                          const BenchOptions& bench) {
  std::vector<Content> contents;
  for (const std::string& file : files) {
    DEW_ASSIGN(Source source, read_source(file, bench.fields));
    contents.push_back(std::move(source.content));
  }
  SequenceOptions options;
  options.frame.mode = mode.mode;
  if (mode.mode == Mode::max_error) options.frame.max_error_m = mode.max_error_m;
  options.frame.effort = effort;
  options.frame.threads = bench.threads;
  options.frame.model = bench.model;
  options.use_motion = references == "moved" || references == "all";
  options.use_background = references == "all";
  SequenceOptions alone = options;
  alone.intra_every = 1;
  DEW_ASSIGN(const Measured each, measure(contents, alone));
  DEW_ASSIGN(const Measured sequence, measure(contents, options));
  uint64_t bytes = 0, bytes_alone = 0, returns = 0, inter_frames = 0;
  std::vector<double> encode, encode_alone, decode, decode_alone;
  // The frame after an intra frame finds sensor and table as those after it do.
  for (size_t i = 0; i < sequence.frames.size(); ++i) {
    if (sequence.frames[i].slices_that_refer == 0 && sequence.frames.size() > 1 && i == 0) continue;
    inter_frames += sequence.frames[i].slices_that_refer > 0;
    bytes += sequence.frames[i].bytes;
    bytes_alone += each.frames[i].bytes;
    returns += sequence.frames[i].returns;
    encode.push_back(sequence.frames[i].encode_ms);
    encode_alone.push_back(each.frames[i].encode_ms);
    decode.push_back(sequence.decode_ms[i]);
    decode_alone.push_back(each.decode_ms[i]);
  }
  const std::string folder = std::filesystem::absolute(files[0]).parent_path().filename().string();
  return Json{{"file", folder},
              {"mode", mode.name},
              {"effort", effort_text(effort)},
              {"references", references},
              {"frames", files.size()},
              {"inter_frames", inter_frames},
              {"bytes", sequence.file.size()},
              {"bytes_alone", each.file.size()},
              {"bits_per_return", bits_per(bytes, returns)},
              {"bits_per_return_alone", bits_per(bytes_alone, returns)},
              {"ratio", static_cast<double>(bytes) / static_cast<double>(std::max<uint64_t>(1, bytes_alone))},
              {"encode_ms", median(encode)},
              {"encode_ms_alone", median(encode_alone)},
              {"decode_ms", median(decode)},
              {"decode_ms_alone", median(decode_alone)}};
}

std::vector<std::string> sequence_cells(const Json& row) {
  if (row.contains("error")) return {row.value("file", ""), row.value("mode", ""), row.value("effort", ""), row.value("error", "")};
  std::vector<std::string> out = {row["file"], row["mode"], row["effort"], row["references"]};
  for (const char* key : {"frames", "inter_frames", "bytes", "bytes_alone"}) out.push_back(std::to_string(row[key].get<uint64_t>()));
  for (const char* key : {"bits_per_return_alone", "bits_per_return", "ratio"}) out.push_back(fixed(row[key].get<double>(), 3));
  for (const char* key : {"encode_ms_alone", "encode_ms", "decode_ms_alone", "decode_ms"}) out.push_back(fixed(row[key].get<double>(), 1));
  return out;
}

}  // namespace

Json measure_sequence(const std::vector<std::string>& files, const BenchMode& mode, Effort effort, const std::string& references,
                      const BenchOptions& options) {
  const Result<Json> row = measured_row(files, mode, effort, references, options);
  if (row.ok()) return *row;
  return {{"file", files[0]}, {"mode", mode.name}, {"effort", effort_text(effort)}, {"error", row.error().message}};
}

int run_sequence_bench(const std::vector<std::vector<std::string>>& folders, const std::vector<BenchMode>& modes,
                       const std::vector<Effort>& efforts, const BenchOptions& options, const Arguments& arguments) {
  std::vector<std::string> references = {"all"};
  if (arguments.has("--ablation")) references = {"last", "moved", "all"};
  std::vector<Json> rows;
  Progress progress(folders.size() * modes.size() * efforts.size() * references.size());
  for (const std::vector<std::string>& files : folders) {
    for (const BenchMode& mode : modes) {
      for (const Effort effort : efforts) {
        for (const std::string& which : references) {
          progress.step(files[0] + " " + mode.name + " " + effort_text(effort));
          rows.push_back(measure_sequence(files, mode, effort, which, options));
        }
      }
    }
  }
  if (arguments.has("--json")) {
    print_json({{"rows", rows}});
  } else {
    Table table({"folder", "mode", "effort", "references", "frames", "that refer", "bytes", "alone", "bits/return alone", "referring",
                 "ratio", "encode ms alone", "referring", "decode ms alone", "referring"},
                4);
    for (const Json& row : rows) table.add(sequence_cells(row));
    if (arguments.has("--csv"))
      table.print_csv();
    else
      table.print();
  }
  return std::any_of(rows.begin(), rows.end(), [](const Json& row) { return row.contains("error"); }) ? kFailed : kDone;
}

}  // namespace dew::app
