// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "apps/difference.h"
#include "apps/sequences.h"
#include "entropy/container.h"

namespace dew::app {
namespace {

/// Frames of a folder or a file of many, one at a time.
class Frames {
 public:
  static Result<Frames> open(const std::string& path, const std::string& fields, uint32_t threads) {
    Frames frames;
    frames.fields_ = fields;
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) {
      DEW_ASSIGN(frames.files_, expand_folders({path}, {".bin", ".pcd", ".ply", ".lrf"}));
      return frames;
    }
    frames.bytes_ = std::make_unique<Bytes>();
    DEW_ASSIGN(*frames.bytes_, read_file(path));
    DEW_ASSIGN(SequenceDecoder decoder, SequenceDecoder::open(*frames.bytes_, {threads, false}, {}));
    frames.decoder_ = std::make_unique<SequenceDecoder>(std::move(decoder));
    return frames;
  }
  uint64_t size() const { return decoder_ ? decoder_->frames() : files_.size(); }
  Result<Content> read(uint64_t number) {
    if (decoder_) {
      DEW_ASSIGN(SequenceFrame frame, decoder_->decode(number));
      return std::move(frame.content);
    }
    DEW_ASSIGN(Source source, read_source(files_[number], fields_));
    return std::move(source.content);
  }

 private:
  std::string fields_;
  std::vector<std::string> files_;
  std::unique_ptr<Bytes> bytes_;
  std::unique_ptr<SequenceDecoder> decoder_;
};

/// One line a frame.
std::string line_of(uint64_t number, const Difference& d) {
  const std::string error = d.max_error_m ? length_text(*d.max_error_m) : "unknown";
  return "frame " + std::to_string(number) + ": " + std::to_string(d.points_a) + " and " + std::to_string(d.points_b) + " points, order " +
         (d.order_kept ? "kept" : "not kept") + ", error at most " + error + ", other fields " +
         (d.other_fields_equal() ? "equal" : "differ");
}

}  // namespace

bool holds_many_frames(const std::string& path) {
  std::error_code ignored;
  if (path == "-") return false;
  if (std::filesystem::is_directory(path, ignored)) return true;
  const Result<Bytes> bytes = read_file(path);
  return bytes.ok() && is_dew(*bytes) && is_sequence(*bytes);
}

int compare_sequences(const Arguments& arguments, uint32_t threads) {
  const bool as_json = arguments.has("--json");
  std::vector<Frames> sides;
  for (const std::string& path : arguments.operands()) {
    auto opened = Frames::open(path, arguments.text("--fields"), threads);
    if (!opened.ok()) return fail(path, opened.error(), as_json);
    sides.push_back(*std::move(opened));
  }
  const uint64_t frames = std::min(sides[0].size(), sides[1].size());
  if (sides[0].size() != sides[1].size())
    std::fprintf(stderr, "dew: %llu and %llu frames: those that both have are compared\n", static_cast<unsigned long long>(sides[0].size()),
                 static_cast<unsigned long long>(sides[1].size()));
  CompareOptions options;
  options.always_surface = arguments.has("--surface");
  for (uint64_t i = 0; i < frames; ++i) {
    const Result<Content> a = sides[0].read(i), b = sides[1].read(i);
    if (!a.ok()) return fail(arguments.operands()[0], a.error(), as_json);
    if (!b.ok()) return fail(arguments.operands()[1], b.error(), as_json);
    const auto compared = difference(*a, *b, options);
    if (!compared.ok()) return fail(arguments.operands()[1], compared.error(), as_json);
    Json json = {{"frame", i}};
    if (as_json) json.update(difference_json(*compared));
    print_line(as_json ? json_text(json) : line_of(i, *compared));
  }
  return kDone;
}

}  // namespace dew::app
