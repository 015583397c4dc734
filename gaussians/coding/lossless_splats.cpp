// SPDX-License-Identifier: Apache-2.0
#include "gaussians/coding/lossless_splats.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "entropy/coder.h"
#include "entropy/range_coder.h"
#include "gaussians/coding/lattice_codes.h"
#include "gaussians/coding/lossless_attributes.h"
#include "gaussians/coding/lossless_columns.h"
#include "gaussians/coding/lossless_planes.h"
#include "gaussians/coding/lossless_positions.h"

namespace dew {
namespace {

/// Coded after the last splat: bytes that were cut or changed rarely lead to it.
constexpr uint64_t kEndMark = 0x5a5a;
constexpr unsigned kEndMarkBits = 16;

constexpr int64_t kCellOffset = int64_t{1} << (kPositionBits - 1);

/// How the positions of a chunk become cells.
struct PositionFacts {
  int e = kLeastExponent;                                                      ///< cells are 2^e wide
  std::array<int, 3> lattice{kLeastExponent, kLeastExponent, kLeastExponent};  ///< coordinates are multiples of 2^lattice

  std::array<unsigned, 3> zeros() const {
    std::array<unsigned, 3> zeros;
    for (size_t axis = 0; axis < 3; ++axis)
      zeros[axis] = static_cast<unsigned>(std::clamp(lattice[axis] - e, 0, static_cast<int>(kPositionBits) - 1));
    return zeros;
  }
};

/// Everything of a chunk but its splats' number.
struct Chunk {
  std::vector<Plane> planes;
  std::vector<Column> columns;  // by plane
  bool copies = false;          // as AttributeModel has it
  PositionFacts position_facts;
  std::vector<uint32_t> position_bits;             // x y z a splat
  uint8_t lattice_uses = 0;                        // properties that stand as codes of the source's lattices
  const ValueLattice* position_lattice = nullptr;  // where position_bits are codes of it
  size_t first = 0;                                // splat of the scene
};

Status check_range(const Splats& splats, size_t first, size_t count) {
  DEW_TRY(check_shape(splats));
  if (count > kLosslessChunkSplats || first > splats.count() || count > splats.count() - first) {
    return Error{Code::invalid_argument, 0, "a lossless chunk of splats that are not there, or too many"};
  }
  return {};
}

PositionFacts measure_positions(const std::vector<uint32_t>& bits) {
  PositionFacts facts;
  std::vector<int> exponents;  // of the leading bits
  for (size_t axis = 0; axis < 3; ++axis) {
    std::vector<uint32_t> values;
    for (size_t i = axis; i < bits.size(); i += 3) values.push_back(bits[i]);
    for (uint32_t value : values) {
      if (!is_finite_float(value)) continue;
      const FloatParts parts = float_parts(value);
      exponents.push_back(parts.exponent + static_cast<int>(std::bit_width(parts.significand)) - 1);
    }
    facts.lattice[axis] = lattice_of(values);
  }
  if (exponents.empty()) return facts;
  // A few outliers are worth 6 bits of resolution, more are not: those escape.
  const auto nearly_last = exponents.begin() + static_cast<ptrdiff_t>((exponents.size() - 1) * 999 / 1000);
  std::nth_element(exponents.begin(), nearly_last, exponents.end());
  const int largest = std::min(*nearly_last + 6, *std::max_element(nearly_last, exponents.end()));
  facts.e = std::clamp(largest - static_cast<int>(kPositionBits) + 2, kLeastExponent, 100);
  return facts;
}

/// The cells of a splat's position; false where one has none and all three go raw.
bool cells_of(const uint32_t* bits, const PositionFacts& facts, PositionCells& cells) {
  for (size_t axis = 0; axis < 3; ++axis) {
    if (!is_finite_float(bits[axis]) || lattice_exponent(bits[axis]) < facts.lattice[axis]) return false;
    const FloatCell part = split_float(bits[axis], facts.e);
    if (!part.inside || part.cell < -kCellOffset || part.cell >= kCellOffset) return false;
    cells[axis] = static_cast<uint32_t>(part.cell + kCellOffset);
  }
  return true;
}

/// Codes all positions; returns their cells, those without any in the middle. Stops early where a decoder's bytes have ended.
template <class Coder>
std::vector<PositionCells> code_positions(Coder& coder, const PositionFacts& facts, std::vector<uint32_t>& bits) {
  const size_t count = bits.size() / 3;
  constexpr uint32_t kMiddle = static_cast<uint32_t>(kCellOffset);
  std::vector<PositionCells> all(count, PositionCells{kMiddle, kMiddle, kMiddle});
  PositionTree tree(count);
  PositionModels models;
  std::array<detail::NearZero, 3> near_zero;
  AdaptiveBit escapes;
  const std::array<unsigned, 3> zeros = facts.zeros();
  PositionCells last{kMiddle, kMiddle, kMiddle};
  for (size_t i = 0; i < count; ++i) {
    uint32_t* position = &bits[3 * i];
    announce_splat(coder, i);
    PositionCells cells{};
    bool escaped = false;
    if constexpr (!Coder::kDecodes) escaped = !cells_of(position, facts, cells);
    if (escapes.code(coder, escaped, 1023)) {
      for (size_t axis = 0; axis < 3; ++axis) position[axis] = static_cast<uint32_t>(coder.code_raw(position[axis], 32));
      continue;
    }
    all[i] = last = code_position(coder, tree, models, cells, last, zeros);
    for (size_t axis = 0; axis < 3; ++axis) {
      const int64_t cell = int64_t{last[axis]} - kCellOffset;
      position[axis] =
          detail::code_inside_cell(coder, position[axis], cell, facts.e, std::min(facts.lattice[axis], facts.e), near_zero[axis]);
    }
    if constexpr (Coder::kDecodes) {
      if (coder.overrun()) break;
    }
  }
  return all;
}

/// Positions along the curve, as the search for neighbours wants them: finite.
std::vector<float> finite_positions(const std::vector<uint32_t>& bits, const std::vector<uint32_t>& order) {
  std::vector<float> positions;
  positions.reserve(bits.size());
  for (uint32_t splat : order) {
    for (size_t axis = 0; axis < 3; ++axis) {
      const uint32_t value = bits[3 * size_t{splat} + axis];
      positions.push_back(is_finite_float(value) ? std::bit_cast<float>(value) : 0.0f);
    }
  }
  return positions;
}

/// Values from file order to the order of the curve, and back.
void to_curve(std::vector<uint32_t>& values, const std::vector<uint32_t>& order) {
  std::vector<uint32_t> along(values.size());
  for (size_t i = 0; i < order.size(); ++i) along[i] = values[order[i]];
  values = std::move(along);
}
void from_curve(std::vector<uint32_t>& values, const std::vector<uint32_t>& order) {
  std::vector<uint32_t> in_file(values.size());
  for (size_t i = 0; i < order.size(); ++i) in_file[order[i]] = values[i];
  values = std::move(in_file);
}

/// Codes positions, then the varying columns, then the mark. False: the decoder's bytes ended early or don't lead to the mark.
template <class Coder>
bool code_chunk(Coder& coder, Chunk& chunk, LosslessCosts* costs) {
  announce(coder, SplatPart::position);
  const std::vector<PositionCells> cells = code_positions(coder, chunk.position_facts, chunk.position_bits);
  if constexpr (Coder::kDecodes) {
    if (coder.overrun()) return false;
  }
  const uint32_t run = chunk.position_lattice != nullptr ? chunk.position_lattice->run : 0;
  const std::vector<uint32_t> order = curve_order(cells, chunk.first, run);
  if (run > 0) restore_lattice_positions(*chunk.position_lattice, chunk.first, chunk.position_bits);
  std::vector<Column> varying;
  for (Column& column : chunk.columns) {
    if (column.constant) continue;
    if constexpr (!Coder::kDecodes) to_curve(column.values, order);
    varying.push_back(std::move(column));
  }
  AttributeModel model(varying, chunk.copies);
  std::vector<double> column_bits(varying.size());
  if constexpr (requires(double bits) { bits = coder.bits(); }) {
    costs->positions_bits = coder.bits();
    model.measure_into(column_bits.data(), &costs->repeats_bits);
  }
  announce_order(coder, order);
  const bool sound = varying.empty() || model.code(coder, varying, finite_positions(chunk.position_bits, order));
  const bool marked = coder.code_raw(kEndMark, kEndMarkBits) == kEndMark;
  size_t next = 0;
  for (Column& column : chunk.columns) {
    if (costs != nullptr) costs->plane_bits.push_back(column.constant ? 0 : column_bits[next]);
    if (column.constant) continue;
    column = std::move(varying[next++]);
    if constexpr (Coder::kDecodes) from_curve(column.values, order);
  }
  return sound && marked;
}

/// Where the first column's values come back now and then, but are mostly unlike: two that are equal then say something of their splats.
bool worth_copying(const std::vector<Column>& columns, size_t count) {
  const auto first = std::find_if(columns.begin(), columns.end(), [](const Column& column) { return !column.constant; });
  if (first == columns.end()) return false;
  return count - first->distinct > count / 64 && first->distinct > count / 4 * 3;
}

SplatPart part_of(const Plane& plane) {
  constexpr SplatPart kParts[] = {SplatPart::scale, SplatPart::rotation, SplatPart::opacity, SplatPart::colour, SplatPart::sh};
  return plane.extra < 0 ? kParts[plane.array] : SplatPart::classes;
}

/// The array's codes, where it has some.
bool stands_as_codes(const Plane& plane, uint8_t uses) {
  constexpr uint8_t kUse[] = {kLatticeLogScale, kLatticeRotation, 0, kLatticeDc, 0};
  return plane.extra < 0 && (uses & kUse[plane.array]) != 0;
}

void take_lattices(const Splats& splats, size_t first, uint8_t uses, Chunk& chunk) {
  chunk.lattice_uses = uses;
  chunk.first = first;
  if (uses & kLatticePosition) chunk.position_lattice = &splats.source.lattices.position;
}

Chunk measure_chunk(const Splats& splats, size_t first, size_t count, ByteWriter& writer) {
  Chunk chunk;
  LatticeCodes codes = find_lattice_codes(splats, first, count);
  take_lattices(splats, first, codes.uses, chunk);
  if (lattices_of(splats.source.lattices, splats.count()) != 0) writer.u8(codes.uses);
  const std::vector<bool> as_numbers = extras_as_numbers(splats, first, count);
  for (size_t i = 0; i < splats.extra.size(); ++i) {
    if (splats.extra[i].type != PropertyType::f32) writer.u8(as_numbers[i]);
  }
  chunk.planes = plane_layout(splats, as_numbers);
  for (const Plane& plane : chunk.planes) {
    const bool as_codes = stands_as_codes(plane, codes.uses);
    chunk.columns.push_back(measure_column(gather_plane(as_codes ? codes.splats : splats, plane, as_codes ? 0 : first, count)));
    chunk.columns.back().is_sh = plane.is_sh;
    write_column_facts(writer, chunk.columns.back());
  }
  chunk.copies = worth_copying(chunk.columns, count);
  writer.u8(chunk.copies);
  chunk.position_bits.resize(3 * count);
  const float* positions = chunk.position_lattice != nullptr ? codes.splats.position.data() : &splats.position[3 * first];
  std::memcpy(chunk.position_bits.data(), positions, 12 * count);
  chunk.position_facts = measure_positions(chunk.position_bits);
  writer.signed_varint(chunk.position_facts.e);
  for (int lattice : chunk.position_facts.lattice) writer.signed_varint(lattice);
  return chunk;
}

Status read_facts(ByteReader& reader, const Splats& shape, size_t first, Chunk& chunk) {
  if (const uint8_t there = lattices_of(shape.source.lattices, shape.count()); there != 0) {
    DEW_ASSIGN(const uint8_t uses, reader.u8());
    if ((uses & ~there) != 0) return Error{Code::corrupt, reader.offset(), "codes of a lattice that the scene has not"};
    take_lattices(shape, first, uses, chunk);
  }
  std::vector<bool> as_numbers;
  for (const ExtraProperty& extra : shape.extra) {
    as_numbers.push_back(true);
    if (extra.type == PropertyType::f32) continue;
    DEW_ASSIGN(const uint8_t flag, reader.u8());
    as_numbers.back() = flag != 0;
    if (flag > 1) return Error{Code::corrupt, reader.offset(), "an extra property coded in no known way"};
    if (flag == 0 && property_type_size(extra.type) < 2) return Error{Code::corrupt, reader.offset(), "words of a property of one byte"};
  }
  chunk.planes = plane_layout(shape, as_numbers);
  for (const Plane& plane : chunk.planes) {
    Column column;
    DEW_TRY(read_column_facts(reader, column));
    column.is_sh = plane.is_sh;
    column.part = part_of(plane);
    chunk.columns.push_back(std::move(column));
  }
  DEW_ASSIGN(const uint8_t copies, reader.u8());
  if (copies > 1) return Error{Code::corrupt, reader.offset(), "neither with copies nor without"};
  chunk.copies = copies != 0;
  const auto read_exponent = [&](int& exponent, int most) -> Status {
    DEW_ASSIGN(const int64_t value, reader.signed_varint());
    if (value < kLeastExponent || value > most) return Error{Code::corrupt, reader.offset(), "positions on no lattice of floats"};
    exponent = static_cast<int>(value);
    return {};
  };
  DEW_TRY(read_exponent(chunk.position_facts.e, 100));
  for (int& lattice : chunk.position_facts.lattice) DEW_TRY(read_exponent(lattice, 127));
  return {};
}

/// Takes from the budget what decoding needs at most, and makes room for the values.
Status make_room(Chunk& chunk, size_t count, Budget& budget) {
  constexpr uint64_t kPerSplat = 160, kPerColumn = 32768, kModels = 1u << 20;
  size_t varying = 0;
  for (const Column& column : chunk.columns) varying += column.constant ? 0 : 1;
  const uint64_t regressed = std::min(varying, kMaxRegressionColumns);
  const uint64_t regression = 128 * regressed * regressed;
  DEW_TRY(budget.take_memory(kModels + kPerSplat * count + varying * (kPerColumn + 4 * uint64_t{count}) + regression, 0));
  DEW_TRY(budget.take_work(uint64_t{count} * (1 + varying), 0));
  for (Column& column : chunk.columns) column.values.resize(column.constant ? 0 : count);
  chunk.position_bits.resize(3 * count);
  return {};
}

/// Everything but the way back to floats. `bits`: of a decoder that meters, added to.
template <class Decoder, class... Each>
Status decode_chunk(ByteSpan bytes, const Splats& shape, size_t first, size_t count, Budget& budget, Chunk& chunk, SplatPartBits* bits,
                    Each... each) {
  DEW_TRY(check_range(shape, first, count));
  ByteReader reader(bytes);
  if (count == 0) return reader.expect_end();
  DEW_TRY(read_facts(reader, shape, first, chunk));
  DEW_TRY(make_room(chunk, count, budget));
  DEW_ASSIGN(const ByteSpan stream, reader.bytes(reader.remaining()));
  Decoder decoder(stream, each...);
  const bool sound = code_chunk(decoder, chunk, nullptr);
  if (decoder.overrun()) return Error{Code::truncated, bytes.size(), "a lossless chunk that ends early"};
  if (!sound || !decoder.at_end()) return Error{Code::corrupt, bytes.size(), "a lossless chunk that does not end as one does"};
  if constexpr (requires { decoder.part(SplatPart::position); }) {
    for (size_t i = 0; i < kSplatParts; ++i) (*bits)[i] += decoder.bits()[i];
  }
  return {};
}

std::string plane_name(const Plane& plane, const Splats& splats) {
  if (plane.extra >= 0) return splats.extra[static_cast<size_t>(plane.extra)].name;
  constexpr const char* kNames[] = {"log_scale", "rotation", "opacity", "dc", "sh"};
  return std::string(kNames[plane.array]) + "_" + std::to_string(plane.offset);
}

}  // namespace

Result<Bytes> encode_lossless_chunk(const Splats& splats, size_t first, size_t count) {
  DEW_TRY(check_range(splats, first, count));
  ByteWriter writer;
  if (count == 0) return writer.take();
  Chunk chunk = measure_chunk(splats, first, count, writer);
  RangeEncoder encoder;
  code_chunk(encoder, chunk, nullptr);
  writer.bytes(encoder.finish());
  return writer.take();
}

Status decode_lossless_chunk(ByteSpan bytes, Splats& into, size_t first, size_t count, Budget& budget) {
  Chunk chunk;
  DEW_TRY(decode_chunk<RangeDecoder>(bytes, into, first, count, budget, chunk, nullptr));
  if (count == 0) return {};
  std::memcpy(&into.position[3 * first], chunk.position_bits.data(), 4 * chunk.position_bits.size());
  for (size_t k = 0; k < chunk.planes.size(); ++k) {
    DEW_TRY(restore_values(chunk.columns[k], count));
    scatter_plane(into, chunk.planes[k], first, chunk.columns[k].values);
    chunk.columns[k].values = {};
  }
  restore_lattice_values(into, first, count, chunk.lattice_uses);
  return {};
}

Status measure_lossless_chunk(ByteSpan bytes, const Splats& shape, size_t first, size_t count, Budget& budget, SplatPartBits& bits,
                              EachSplat each) {
  Chunk chunk;
  return decode_chunk<MeteredDecoder>(bytes, shape, first, count, budget, chunk, &bits, each);
}

Result<LosslessCosts> lossless_chunk_costs(const Splats& splats, size_t first, size_t count) {
  DEW_TRY(check_range(splats, first, count));
  LosslessCosts costs;
  ByteWriter writer;
  if (count == 0) return costs;
  Chunk chunk = measure_chunk(splats, first, count, writer);
  costs.facts_bits = 8 * static_cast<double>(writer.size());
  CostMeter meter;
  code_chunk(meter, chunk, &costs);
  for (const Plane& plane : chunk.planes) costs.plane_names.push_back(plane_name(plane, splats));
  return costs;
}

}  // namespace dew
