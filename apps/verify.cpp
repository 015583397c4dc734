// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "apps/content.h"
#include "apps/difference.h"
#include "apps/files.h"
#include "apps/mesh_codec.h"
#include "apps/sequences.h"
#include "apps/splat_codec.h"
#include "apps/verbs.h"

namespace dew::app {
namespace {

/// Room for the rounding of one comparison, in units of the bound.
constexpr double kRounding = 1 + 1e-12;

/// Holds the promise of the file against its source.
Status check_source(const FileInfo& info, const Content& decoded, const Source& source, Json& report) {
  DEW_ASSIGN(const Difference d, difference(source.content, decoded, {}));
  report["max_error_m"] = d.max_error_m ? Json(*d.max_error_m) : Json(nullptr);
  report["bound_m"] = info.max_error_m;
  if (d.points_a != d.points_b) {
    return Error{Code::corrupt, 0, "decodes to " + std::to_string(d.points_b) + " points, the source has " + std::to_string(d.points_a)};
  }
  if (!d.order_kept && d.points_a > 0) return Error{Code::corrupt, 0, "decodes to points in another order than the source"};
  if (info.mode == Mode::lossless) {
    const Result<Bytes> file = write_as(decoded, source_extension(decoded));
    report["same_file"] = file.ok() && *file == source.bytes;
    if (!d.all_fields_equal()) return Error{Code::corrupt, 0, "promises to be lossless, but differs from the source"};
    return {};
  }
  if (!d.other_fields_equal()) return Error{Code::corrupt, 0, "a field other than the coordinates differs from the source"};
  if (d.max_error_m && !(*d.max_error_m <= info.max_error_m * kRounding)) {
    return Error{Code::corrupt, 0,
                 "a point is " + length_text(*d.max_error_m) + " off, the file promises " + length_text(info.max_error_m)};
  }
  return {};
}

Status verify(const Arguments& arguments, uint32_t threads, Json& report) {
  const std::string& file = arguments.operands()[0];
  DEW_ASSIGN(const Bytes bytes, read_file(file));
  if (is_splat_dew(bytes)) {
    report["file"] = file;
    const bool has_source = arguments.operands().size() > 1;
    return verify_splats(bytes, has_source ? std::optional(arguments.operands()[1]) : std::nullopt, threads, report);
  }
  if (is_sequence(bytes)) {
    const bool has_source = arguments.operands().size() > 1;
    return verify_sequence(file, bytes, has_source ? std::optional(arguments.operands()[1]) : std::nullopt, arguments, threads, report);
  }
  if (is_mesh_dew(bytes)) {
    report["file"] = file;
    const bool has_source = arguments.operands().size() > 1;
    return verify_mesh(bytes, has_source ? std::optional(arguments.operands()[1]) : std::nullopt, threads, report);
  }
  DEW_ASSIGN(const FileInfo info, inspect(bytes, {}));
  DecodeOptions options;
  options.threads = threads;
  // decode refuses every wrong checksum, and content that does not have the SHA-256 that the file carries.
  DEW_ASSIGN(const Decoded decoded, decode(bytes, options, {}));
  report = {{"file", file}, {"ok", true}, {"points", info.points}, {"mode", mode_text(info.mode)}};
  if (arguments.operands().size() == 1) return {};
  DEW_ASSIGN(const Source source, read_source(arguments.operands()[1], arguments.text("--fields")));
  print_note(arguments.operands()[1], source);
  return check_source(info, decoded.content, source, report);
}

int run_verify(const Arguments& arguments) {
  const auto threads = thread_count(arguments);
  if (!threads.ok()) return usage_error("verify", threads.error().message);
  Json report;
  const Status status = verify(arguments, *threads, report);
  if (!status.ok()) return fail(arguments.operands()[0], status.error(), arguments.has("--json"));
  if (arguments.has("--json")) {
    print_json(report);
    return kDone;
  }
  std::printf("%s: whole", arguments.operands()[0].c_str());
  if (report.contains("same_file"))
    std::printf("; %s", report["same_file"] == true ? "the source comes back byte for byte" : "all values of the source come back");
  else if (report.contains("bound_m") && report["max_error_m"].is_number()) {
    std::printf("; error at most %s, as promised", length_text(report["max_error_m"].get<double>()).c_str());
  }
  std::printf("\n");
  return kDone;
}

}  // namespace

Verb verify_verb() {
  return {"verify",
          "FILE.dew [SOURCE]",
          "check that a file is whole and keeps its promise",
          "Checks every checksum, decodes everything and compares it with the SHA-256 of the decoded content that the file carries. With "
          "SOURCE, checks the promise too: no point (of a mesh: no surface) further off than the file says, all other fields equal, and "
          "after `encode --lossless` "
          "every bit. Of a file of many frames SOURCE is the folder they came from. Exit code 1 if anything is wrong.",
          {kFieldsOption, kThreadsOption, kJsonOption, kHelpOption},
          {{"dew verify scan.dew", "is the file intact?"}, {"dew verify scan.dew scan.bin && rm scan.bin", "may the original go?"}},
          1,
          2,
          run_verify};
}

}  // namespace dew::app
