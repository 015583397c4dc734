// SPDX-License-Identifier: Apache-2.0
#include "apps/view/commands.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <numbers>

#include "apps/command_line.h"
#include "apps/files.h"
#include "apps/pictures.h"
#include "apps/report.h"
#include "apps/view/camera_path.h"

namespace dew::app {
namespace {

using Words = std::span<const std::string>;

constexpr double kRadians = std::numbers::pi / 180;

Error misused(const std::string& what) { return {Code::invalid_argument, 0, what}; }

Result<double> number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && std::isfinite(value)) return value;
  return misused("'" + text + "' is no number");
}

std::string facts_text(const char* heading, const std::vector<viewer::Fact>& facts) {
  std::string text;
  for (const viewer::Fact& fact : facts) {
    text += std::string(heading) + " " + fact.name + " " + fact.value + (fact.unit.empty() ? "" : " " + fact.unit) + "\n";
  }
  return text;
}

Status write_picture(Commands& commands, const std::string& path) {
  DEW_ASSIGN(const viewer::Picture picture, commands.draw(commands.size));
  DEW_ASSIGN(const Bytes bytes, encode_picture(viewer::image_of(picture)));
  return write_file(path, bytes, Overwrite::yes);
}

Result<std::string> answer(Status status, std::string text = "") {
  if (!status.ok()) return status.error();
  return text;
}

Result<std::string> open_command(Commands& commands, Words words) {
  return answer(commands.session.open({words.begin(), words.end()}), "");
}

Result<std::string> mode_command(Commands& commands, Words words) {
  const std::optional<viewer::Mode> mode = viewer::mode_from_name(words[0]);
  if (!mode) return misused(std::string("modes are ") + viewer::kModeNames);
  return commands.session.set_mode(*mode), std::string();
}

Result<std::string> colour_command(Commands& commands, Words words) {
  std::string name = words.empty() ? "" : words[0];
  for (size_t i = 1; i < words.size(); ++i) name += " " + words[i];
  commands.session.set_colour(name);
  return std::string();
}

Result<std::string> limit_command(Commands& commands, Words words) {
  DEW_ASSIGN(const double limit, commands.session.holds_splats() ? number(words[0]) : parse_length_m(words[0]));
  commands.session.set_error_limit(limit);
  return std::string();
}

Result<std::string> orbit_command(Commands& commands, Words words) {
  DEW_ASSIGN(const double yaw, number(words[0]));
  DEW_ASSIGN(const double pitch, number(words[1]));
  commands.session.orbit(yaw * kRadians, pitch * kRadians);
  return std::string();
}

Result<std::string> pan_command(Commands& commands, Words words) {
  DEW_ASSIGN(const double dx, number(words[0]));
  DEW_ASSIGN(const double dy, number(words[1]));
  commands.session.pan(commands.size, dx, dy);
  return std::string();
}

Result<std::string> zoom_command(Commands& commands, Words words) {
  DEW_ASSIGN(const double factor, number(words[0]));
  if (!(factor > 0)) return misused("a zoom is by a factor above 0");
  commands.session.zoom(factor);
  return std::string();
}

Result<std::string> fly_command(Commands& commands, Words words) {
  DEW_ASSIGN(const double forward, number(words[0]));
  DEW_ASSIGN(const double right, number(words[1]));
  DEW_ASSIGN(const double up, number(words[2]));
  commands.session.fly(forward, right, up);
  return std::string();
}

Result<std::string> view_command(Commands& commands, Words words) { return answer(commands.session.set_view(words[0], commands.size)); }

Result<std::string> up_command(Commands& commands, Words words) {
  if (words[0] == "auto") return answer(commands.session.set_up(std::nullopt, commands.size));
  DEW_ASSIGN(const Vec3 up, parse_up(words[0]));
  return answer(commands.session.set_up(up, commands.size));
}

Result<std::string> split_command(Commands& commands, Words words) {
  DEW_ASSIGN(const double share, number(words[0]));
  commands.session.style.split = std::fmin(1, std::fmax(0, share));
  return std::string();
}

Result<std::string> point_size_command(Commands& commands, Words words) {
  DEW_ASSIGN(const double pixels, number(words[0]));
  commands.session.style.point_px = std::fmin(64, std::fmax(1, pixels));
  return std::string();
}

Result<std::string> frame_command(Commands& commands, Words words) {
  if (words[0] == "next" || words[0] == "last") {
    const size_t count = commands.session.player.frame_count();
    const size_t now = commands.session.frame();
    commands.session.show_frame(words[0] == "next" ? (now + 1) % count : (now + count - 1) % count);
    return std::string();
  }
  DEW_ASSIGN(const double frame, number(words[0]));
  commands.session.show_frame(static_cast<size_t>(std::fmax(0, frame)));
  return std::string();
}

Result<std::string> play_command(Commands& commands, Words) {
  commands.session.toggle_playing();
  return std::string();
}

Result<std::string> pick_command(Commands& commands, Words words) {
  DEW_ASSIGN(const double x, number(words[0]));
  DEW_ASSIGN(const double y, number(words[1]));
  if (!commands.session.pick(commands.size, x, y)) return std::string("pick: nothing there\n");
  const PickedPoint& picked = *commands.session.picked();
  return facts_text("original", picked.original) + facts_text("decoded", picked.decoded) + facts_text("figure", picked.figures);
}

Result<std::string> histogram_command(Commands& commands, Words) {
  const viewer::Histogram* histogram = commands.session.histogram();
  if (histogram == nullptr) return std::string("histogram: none\n");
  char text[200];
  std::snprintf(text, sizeof text, "histogram of %s: %llu values, median %.6g, p90 %.6g, p99 %.6g, max %.6g\n",
                commands.session.histogram_title().c_str(), static_cast<unsigned long long>(histogram->values), histogram->median,
                histogram->p90, histogram->p99, histogram->max);
  return std::string(text);
}

std::string rows_text(const char* table, const std::vector<viewer::BitsRow>& rows) {
  std::string text;
  for (const viewer::BitsRow& row : rows) {
    text += std::string(table) + " " + row.name + ": " + fixed(row.bytes, 0) + " bytes";
    if (row.points > 0) text += ", " + fixed(8 * row.bytes / static_cast<double>(row.points), 2) + " bits a point";
    text += "\n";
  }
  return text;
}

Result<std::string> bits_command(Commands& commands, Words) {
  DEW_TRY(commands.session.measure_bits());
  const viewer::CodedBits& bits = *commands.session.bits();
  return rows_text("part", bits.by_part) + rows_text("chunk", bits.by_slice) + rows_text("ring", bits.by_ring) +
         rows_text("region", bits.by_region);
}

Result<std::string> live_command(Commands& commands, Words) {
  if (!commands.session.live_frame()) return std::string("live: no frame\n");
  std::string text = live_text(*commands.session.live_frame()) + "\n";
  for (const ReceivedSlice& slice : commands.session.live_frame()->received.slices) text += sector_text(slice) + "\n";
  return text;
}

Result<std::string> significance_command(Commands& commands, Words) { return answer(commands.session.start_significance()); }

Result<std::string> info_command(Commands& commands, Words) {
  return std::string(info_text(commands.session.info(false)) + info_text(commands.session.info(true)));
}

/// "2cm", "42dB" or "lossless", then an effort.
Result<std::string> encode_command(Commands& commands, Words words) {
  EncodeWish wish = commands.session.wish;
  if (words.empty()) return answer(commands.session.start_encoding(wish));
  const std::string& bound = words[0];
  wish.lossless = bound == "lossless";
  if (bound.ends_with("dB")) {
    DEW_ASSIGN(wish.quality_db, number(bound.substr(0, bound.size() - 2)));
  } else if (!wish.lossless) {
    DEW_ASSIGN(wish.max_error_m, parse_length_m(bound));
  }
  if (words.size() > 1) wish.effort = words[1] == "fast" ? 0 : words[1] == "max" ? 2 : 1;
  commands.session.wish = wish;
  return answer(commands.session.start_encoding(wish));
}

Result<std::string> wait_command(Commands& commands, Words) {
  LiveStream* const live = commands.session.live();
  if (live != nullptr && !commands.session.live_frame()) {
    (void)live->wait_for_frames(1, std::chrono::minutes(1));
    commands.session.advance(0);
  }
  if (!commands.session.busy()) return std::string();
  commands.session.finish_work();
  if (commands.session.message_is_failure()) return misused(commands.session.message());
  return commands.session.message() + "\n";
}

Result<std::string> save_command(Commands& commands, Words words) { return answer(commands.session.save_encoded(words[0])); }

Result<std::string> screenshot_command(Commands& commands, Words words) {
  const std::string path = words.empty() ? std::string("dew-view") + picture_extension() : words[0];
  DEW_TRY(write_picture(commands, path));
  commands.session.say("written: " + path);
  return path + "\n";
}

Result<std::string> record_command(Commands& commands, Words) {
  std::vector<viewer::SavedView>& keys = commands.session.key_views;
  keys.push_back({"view " + std::to_string(keys.size() + 1), commands.session.eye});
  commands.session.say(std::to_string(keys.size()) + " views recorded");
  return std::string();
}

Result<std::string> forget_command(Commands& commands, Words) {
  commands.session.key_views.clear();
  commands.session.say("recorded views forgotten");
  return std::string();
}

Result<std::string> views_command(Commands& commands, Words words) {
  const std::string text = viewer::saved_views_text(commands.session.key_views);
  return answer(write_file(words[0], as_bytes(text), Overwrite::yes), words[0] + "\n");
}

Result<std::string> path_command(Commands& commands, Words words) {
  DEW_ASSIGN(const double wanted, number(words[1]));
  if (!(wanted >= 1 && wanted <= 100000)) return misused("a path takes 1 to 100,000 pictures");
  if (commands.session.key_views.empty()) return misused("record views first");
  const auto count = static_cast<size_t>(wanted);
  const viewer::Viewpoint before = commands.session.eye;
  Status status;
  for (size_t i = 0; i < count && status.ok(); ++i) {
    commands.session.eye = on_path(commands.session.key_views, count == 1 ? 0 : static_cast<double>(i) / static_cast<double>(count - 1));
    char number_text[32];
    std::snprintf(number_text, sizeof number_text, "%05zu", i);
    status = write_picture(commands, words[0] + number_text + picture_extension());
  }
  commands.session.eye = before;
  if (!status.ok()) return status.error();
  commands.session.say(std::to_string(count) + " pictures written");
  return words[0] + "*" + picture_extension() + "\n";
}

Result<std::string> panel_command(Commands& commands, Words) {
  commands.session.panel_shown = !commands.session.panel_shown;
  return std::string();
}

Result<std::string> help_command(Commands& commands, Words) {
  commands.session.help_shown = !commands.session.help_shown;
  return std::string();
}

Result<std::string> quit_command(Commands& commands, Words) {
  commands.wants_to_quit = true;
  return std::string();
}

constexpr Command kCommands[] = {
    {"open FILE [DECODED]", "open one file, an original and a decoded one, or a stream at udp://[HOST]:PORT", open_command, 1, 2},
    {"mode MODE", "original, decoded, side, split, blink, difference or three", mode_command, 1, 1},
    {"colour [NAME]", "colour by an attribute; without a name as the files are", colour_command, 0, 4},
    {"error-limit LENGTH", "upper end of the scale of errors, such as 1cm; splats: 0 to 1", limit_command, 1, 1},
    {"orbit YAW PITCH", "turn about the pivot, degrees", orbit_command, 2, 2},
    {"pan DX DY", "move sideways, pixels", pan_command, 2, 2},
    {"zoom FACTOR", "change the distance by a factor", zoom_command, 1, 1},
    {"fly FORWARD RIGHT UP", "move by shares of the distance to the pivot", fly_command, 3, 3},
    {"view VIEW", "auto, sensor, overview, top, or a file as --camera takes it", view_command, 1, 1},
    {"up AXIS", "which way is up: x, y, z, -x, -y, -z, or auto; an overview follows", up_command, 1, 1},
    {"split SHARE", "where the line of mode split stands, 0 to 1", split_command, 1, 1},
    {"point-size PIXELS", "diameter of points, 1 to 64", point_size_command, 1, 1},
    {"frame N", "show a frame of a capture: a number, next or last", frame_command, 1, 1},
    {"live", "print ages and missing sectors of the frame of a stream", live_command, 0, 0},
    {"play", "play frames, or pause; of a stream too", play_command, 0, 0},
    {"pick X Y", "print what is known of the point at a pixel", pick_command, 2, 2},
    {"histogram", "print how errors (or bits) are spread", histogram_command, 0, 0},
    {"bits", "print where the bytes of the .dew file go, and colour by bits", bits_command, 0, 0},
    {"significance", "in the background: what each splat is worth to pictures from all sides; colours by it", significance_command, 0, 0},
    {"info", "print what the .dew files say of themselves", info_command, 0, 0},
    {"encode [BOUND [EFFORT]]", "encode the original in the background: 2cm, 42dB or lossless; fast, normal or max", encode_command, 0, 2},
    {"wait", "wait for what is done in the background, or for the first frame of a stream, and print what came of it", wait_command, 0, 0},
    {"save FILE", "write what was encoded", save_command, 1, 1},
    {"screenshot [FILE]", "write the picture", screenshot_command, 0, 1},
    {"record", "add the viewpoint to the camera path", record_command, 0, 0},
    {"forget", "empty the camera path", forget_command, 0, 0},
    {"views FILE", "write the camera path's viewpoints, for --camera", views_command, 1, 1},
    {"path PREFIX COUNT", "write so many pictures along the camera path", path_command, 2, 2},
    {"panel", "show or hide the panel", panel_command, 0, 0},
    {"help", "show or hide the list of keys", help_command, 0, 0},
    {"quit", "close the window", quit_command, 0, 0},
};

constexpr KeyBinding kKeys[] = {
    {"left drag", "", "turn about the pivot; on the line of mode split: move it"},
    {"right drag", "", "move sideways"},
    {"wheel", "", "nearer, further"},
    {"click", "", "pick a point: its fields on both sides, error, bits"},
    {"W A S D, Q E", "", "fly forward, left, back, right, down, up"},
    {"1 to 7", "", "modes: original, decoded, side, split, blink, difference, three"},
    {"Space", "play", "play or pause the frames of a capture or a stream"},
    {"Left, Right", "", "frame before, frame after"},
    {"R", "view auto", "the first view again"},
    {"T", "view top", "from above"},
    {"O", "view overview", "everything"},
    {"U", "", "another way is up: z, -y, y, -z, x, -x in turn"},
    {"C", "", "colour by the next attribute"},
    {"+ -", "", "larger, smaller points"},
    {"N", "encode", "encode anew at the bound of the panel, and compare"},
    {"B", "bits", "where the bytes go: coded bits of each point in colour"},
    {"G", "significance", "what each splat is worth to pictures from all sides, in colour"},
    {"P", "screenshot", "write dew-view.png"},
    {"K", "record", "add the view to the camera path"},
    {"L", "path dew-view- 120", "write 120 pictures along the camera path"},
    {"Tab", "panel", "show or hide the panel"},
    {"H, F1", "help", "show or hide this list"},
    {"Esc", "", "close the list, forget the picked point"},
    {"Ctrl Q", "quit", "close the window"},
};

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false, any = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if (!quoted && (c == ' ' || c == '\t' || c == '\r')) {
      if (any) words.push_back(std::move(word));
      word.clear();
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (any) words.push_back(std::move(word));
  return words;
}

std::string_view name_of(const Command& command) {
  const std::string_view words = command.words;
  return words.substr(0, words.find(' '));
}

}  // namespace

std::span<const Command> command_table() { return kCommands; }
std::span<const KeyBinding> key_table() { return kKeys; }

Result<std::string> Commands::run(std::string_view line) {
  const std::vector<std::string> words = words_of(line);
  if (words.empty() || words[0].starts_with('#')) return std::string();
  for (const Command& command : kCommands) {
    if (words[0] != name_of(command)) continue;
    const Words rest = Words(words).subspan(1);
    if (rest.size() < command.least || rest.size() > command.most) return misused(std::string("expected: ") + command.words);
    return command.run(*this, rest);
  }
  return misused("no command '" + words[0] + "'");
}

Status run_script(Commands& commands, std::string_view text) {
  size_t number = 0;
  while (!text.empty() && !commands.wants_to_quit) {
    ++number;
    const size_t end = std::min(text.find('\n'), text.size());
    const Result<std::string> said = commands.run(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!said.ok()) return Error{said.error().code, 0, "line " + std::to_string(number) + ": " + said.error().message};
    std::fputs(said->c_str(), stdout);
    std::fflush(stdout);
  }
  return {};
}

std::string commands_help() {
  std::string text = "Keys of the window:\n";
  const auto row = [&](std::string_view left, std::string_view right) {
    text += "  " + std::string(left) + std::string(left.size() < 24 ? 24 - left.size() : 1, ' ') + std::string(right) + "\n";
  };
  for (const KeyBinding& key : kKeys) row(key.key, key.what);
  text += "\nCommands of a script:\n";
  for (const Command& command : kCommands) row(command.words, command.what);
  return text;
}

}  // namespace dew::app
