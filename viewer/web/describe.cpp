// SPDX-License-Identifier: Apache-2.0
#include "viewer/web/describe.h"

#include "viewer/web/json_text.h"

namespace dew::viewer {
namespace {

void add_vector(JsonText& json, const char* name, const Vec3& v) {
  json.key(name).open('[').number(v.x).number(v.y).number(v.z).close(']');
}

constexpr const char* kKinds[] = {"points", "splats", "mesh"};  // by Layer

void add_side(JsonText& json, const Session& session, size_t index) {
  const PageSide& side = session.side(index);
  const Layer& layer = session.layer(index);
  const Bounds box = bounds(layer);
  json.open('{').key("name").text(side.name).key("kind").text(kKinds[layer.index()]);
  json.key("count").number(static_cast<double>(count(layer))).key("bytes").number(static_cast<double>(side.file.size()));
  json.key("firstAttribute").text(first_attribute(layer));
  if (const auto* splats = std::get_if<SplatLayer>(&layer)) json.key("shDegree").number(splats->splats.sh_degree);
  if (const auto* mesh = std::get_if<MeshLayer>(&layer)) {
    json.key("triangles").number(static_cast<double>(mesh->triangle.size() / 3)).key("ownColours").boolean(!mesh->colour.empty());
  }
  if (!box.empty()) {
    add_vector(json, "low", box.low);
    add_vector(json, "high", box.high);
  }
  json.key("attributes").open('[');
  for (const Attribute& attribute : attributes(layer)) {
    json.open('{').key("name").text(attribute.name).key("unit").text(attribute.unit).close('}');
  }
  json.close(']').key("info").open('[');
  for (const InfoLine& line : side.info) json.open('{').key("name").text(line.name).key("value").text(line.value).close('}');
  json.close(']').key("warnings").open('[');
  for (const std::string& warning : side.warnings) json.text(warning);
  if (index == 1 && !session.not_compared().empty()) json.text(session.not_compared());
  if (side.sequence) {
    for (const std::string& warning : side.sequence->warnings()) json.text(warning);
  }
  json.close(']').close('}');
}

void add_facts(JsonText& json, const char* name, const std::vector<Fact>& facts) {
  json.key(name).open('[');
  for (const Fact& fact : facts)
    json.open('{').key("name").text(fact.name).key("value").text(fact.value).key("unit").text(fact.unit).close('}');
  json.close(']');
}

}  // namespace

namespace {

void add_rows(JsonText& json, const char* name, const std::vector<BitsRow>& rows) {
  json.key(name).open('[');
  for (const BitsRow& row : rows) {
    json.open('{').key("name").text(row.name).key("bytes").number(row.bytes);
    json.key("points").number(static_cast<double>(row.points)).close('}');
  }
  json.close(']');
}

}  // namespace

std::string describe(const Session& session) {
  JsonText json;
  json.open('{').key("frames").number(static_cast<double>(session.frame_count()));
  json.key("frame").number(static_cast<double>(session.frame()));
  json.key("frameSeconds").number(session.has(0) ? session.side(0).frame_seconds : 0.1).key("sides").open('[');
  for (size_t i = 0; i < 2; ++i) {
    if (session.has(i)) add_side(json, session, i);
  }
  json.close(']').key("errors");
  if (const auto& errors = session.errors()) {
    json.open('{').key("matching").text(errors->matching == Matching::order ? "order" : "nearest");
    json.key("max").number(errors->max).key("rms").number(errors->rms).close('}');
  } else {
    json.null();
  }
  json.key("bits");
  if (const auto& bits = session.bits()) {
    json.open('{');
    add_rows(json, "byPart", bits->by_part);
    add_rows(json, "bySlice", bits->by_slice);
    add_rows(json, "byRing", bits->by_ring);
    add_rows(json, "byRegion", bits->by_region);
    json.close('}');
  } else {
    json.null();
  }
  return json.close('}').take();
}

std::string describe(const Colouring& colouring) {
  const Legend legend = make_legend(colouring);
  JsonText json;
  json.open('{').key("attribute").text(colouring.attribute).key("map").number(static_cast<double>(colouring.map));
  const MapEnds ends = map_ends(colouring);
  json.key("low").number(colouring.low).key("high").number(colouring.high).key("logarithmic").boolean(ends.logarithmic);
  json.key("ends").open('[').number(ends.low).number(ends.high).close(']');
  json.key("unit").text(colouring.unit).key("ownColours").boolean(colouring.own_colours).key("constant").open('[');
  for (const float channel : colouring.constant) json.number(static_cast<double>(channel));
  json.close(']').key("noValueColour").open('[');
  for (const float channel : kNoValueColour) json.number(static_cast<double>(channel));
  json.close(']').key("legend").open('{').key("title").text(legend.title).key("ticks").open('[');
  for (const Tick& tick : legend.ticks) json.open('{').key("place").number(tick.place).key("text").text(tick.text).close('}');
  return json.close(']').close('}').close('}').take();
}

std::string describe(const Histogram& histogram, const std::string& unit) {
  JsonText json;
  const auto number = [&](const char* name, double value) { json.key(name).number(value); };
  const auto count = [&](const char* name, uint64_t value) { json.key(name).number(static_cast<double>(value)); };
  json.open('{').key("unit").text(unit).key("edges").open('[');
  for (const double edge : histogram.edges) json.number(edge);
  json.close(']').key("counts").open('[');
  for (const uint64_t bin : histogram.counts) json.number(static_cast<double>(bin));
  json.close(']');
  count("values", histogram.values);
  count("zeros", histogram.zeros);
  count("infinite", histogram.infinite);
  count("none", histogram.none);
  number("median", histogram.median);
  number("p90", histogram.p90);
  number("p99", histogram.p99);
  number("max", histogram.max);
  number("mean", histogram.mean);
  return json.close('}').take();
}

std::string describe(const std::optional<Session::Pick>& pick) {
  JsonText json;
  if (!pick) return json.null().take();
  json.open('{').key("side").number(static_cast<double>(pick->side)).key("index").number(pick->picked.index);
  add_vector(json, "position", pick->picked.position);
  add_facts(json, "original", pick->original);
  add_facts(json, "decoded", pick->decoded);
  add_facts(json, "errors", pick->errors);
  return json.close('}').take();
}

std::string describe(const Error& error) {
  JsonText json;
  json.open('{').key("code").text(code_name(error.code)).key("offset").number(static_cast<double>(error.offset));
  return json.key("message").text(error.message).close('}').take();
}

}  // namespace dew::viewer
