// SPDX-License-Identifier: Apache-2.0
#include "apps/manifest.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

#include "apps/files.h"
#include "apps/report.h"
#include "apps/verbs.h"
#include "entropy/container.h"

namespace dew::app {
namespace {

struct Shard {
  uint64_t index = 0, count = 1;
};

std::optional<Shard> parse_shard(const std::string& text) {
  Shard shard;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, shard.index);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '/') return {};
  const auto second = std::from_chars(first.ptr + 1, end, shard.count);
  if (second.ec != std::errc() || second.ptr != end || shard.index >= shard.count) return {};
  return shard;
}

struct ManifestLine {
  std::string in, out;
  std::vector<std::string> options;
};

Result<ManifestLine> parse_line(const std::string& text) {
  const auto invalid = [](const char* message) { return Error{Code::invalid_argument, 0, message}; };
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("in") || !json.contains("out") || !json["in"].is_string() || !json["out"].is_string())
    return invalid("a line of a manifest is an object with \"in\" and \"out\"");
  ManifestLine line{json["in"], json["out"], {}};
  if (line.in == "-" || line.out == "-") return invalid("a manifest names files, no pipes");
  if (!json.contains("options")) return line;
  if (!json["options"].is_array()) return invalid("\"options\" is a list of words");
  for (const Json& word : json["options"]) {
    if (!word.is_string()) return invalid("\"options\" is a list of words");
    line.options.push_back(word);
  }
  return line;
}

/// Whether the file is there and whole: all its checksums are right.
bool is_done(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return false;
  const Result<Bytes> bytes = read_file(path);
  return bytes.ok() && ContainerReader::open(*bytes, {}, Damage::refuse).ok();
}

/// The command line of one file: what was typed, less the manifest, and what its line says.
std::vector<std::string> words_for(const ManifestLine& line, const Arguments& arguments, const Verb& verb) {
  std::vector<std::string> words;
  for (const Option& option : verb.options) {
    const std::string name = option.name;
    const bool is_ours = name == kManifestOption.name || name == kShardOption.name || name == "--json" || name == "--force";
    const bool is_overruled = std::find(line.options.begin(), line.options.end(), name) != line.options.end();
    if (is_ours || is_overruled || !arguments.has(name)) continue;
    words.push_back(name);
    if (*option.value != 0) words.push_back(arguments.text(name));
  }
  words.insert(words.end(), line.options.begin(), line.options.end());
  // What stands there is not whole, or is to be made again.
  words.insert(words.end(), {"--json", "--force", "--", line.in, line.out});
  return words;
}

int run_line(const std::string& text, const Arguments& arguments, const Verb& verb) {
  const Result<ManifestLine> line = parse_line(text);
  if (!line.ok()) return fail(text, line.error(), true);
  if (!arguments.has("--force") && is_done(line->out)) {
    print_line(json_text({{"file", line->in}, {"out", line->out}, {"kept", true}}));
    return kDone;
  }
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::path(line->out).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  const Result<Arguments> one = parse(verb.options, words_for(*line, arguments, verb));
  if (!one.ok()) return fail(line->in, one.error(), true);
  return verb.run(*one);
}

}  // namespace

int run_manifest(const Arguments& arguments, const Verb& verb) {
  if (!arguments.operands().empty()) return usage_error(verb.name, "a manifest names the files: no operands beside it");
  const std::optional<Shard> shard = parse_shard(arguments.text("--shard", "0/1"));
  if (!shard) return usage_error(verb.name, "--shard is I/N with I below N");
  const std::string path = arguments.text("--manifest");
  const Result<Bytes> bytes = read_file(path);
  if (!bytes.ok()) return fail(path, bytes.error(), arguments.has("--json"));
  int exit_code = kDone;
  uint64_t index = 0;
  for (const std::string& text : split(as_text(*bytes), '\n')) {
    if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (index++ % shard->count == shard->index) exit_code = std::max(exit_code, run_line(text, arguments, verb));
  }
  return exit_code;
}

}  // namespace dew::app
