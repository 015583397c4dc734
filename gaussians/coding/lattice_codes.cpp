// SPDX-License-Identifier: Apache-2.0
#include "gaussians/coding/lattice_codes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>

namespace dew {
namespace {

uint32_t bits_at(const std::vector<float>& values, size_t i) {
  uint32_t bits;
  std::memcpy(&bits, &values[i], 4);
  return bits;
}

/// The code whose float has these bits. Codes rise or fall with their floats, as good as always: where not, the search finds nothing.
std::optional<uint32_t> code_of(const ValueLattice& lattice, const LatticeEnds& ends, uint32_t last, uint32_t bits) {
  const float wanted = std::bit_cast<float>(bits);
  const auto value = [&](uint32_t code) { return lattice_value(lattice.curve, ends, code, last); };
  const bool rises = ends.low <= ends.high;
  uint32_t low = 0, high = last;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    const float found = value(middle);
    if (rises ? found < wanted : found > wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (std::bit_cast<uint32_t>(value(low)) != bits) return std::nullopt;
  return low;
}

/// Codes of a property of three values a splat; empty where a value has none.
std::vector<float> codes_of(const std::vector<float>& values, const ValueLattice& lattice, size_t first, size_t count) {
  std::vector<float> codes;
  codes.reserve(3 * count);
  for (size_t i = first; i < first + count; ++i) {
    for (size_t k = 0; k < 3; ++k) {
      const std::optional<uint32_t> code = code_of(lattice, lattice.ends_of(i, k), lattice.last[k], bits_at(values, 3 * i + k));
      if (!code) return {};
      codes.push_back(static_cast<float>(*code));
    }
  }
  return codes;
}

uint32_t component_code(const QuaternionLattice& lattice, float value) {
  if (std::bit_cast<uint32_t>(value) == 0x80000000u) return lattice.last + 1;
  const double place = (static_cast<double>(value) / lattice.end + 1) * 0.5 * lattice.last;
  return place > 0 && place < lattice.last ? static_cast<uint32_t>(place + 0.5) : place > 0 ? lattice.last : 0;
}

/// Largest component and three codes, or nothing.
std::optional<std::array<uint32_t, 4>> codes_of_quaternion(const QuaternionLattice& lattice, const std::array<float, 4>& rotation) {
  std::array<uint32_t, 4> order{0, 1, 2, 3};
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return std::fabs(rotation[a]) > std::fabs(rotation[b]); });
  for (const uint32_t largest : order) {
    std::array<uint32_t, 3> codes{};
    for (size_t i = 0, next = 0; i < 4; ++i) {
      if (i != largest) codes[next++] = component_code(lattice, lattice.negated[i] ? -rotation[i] : rotation[i]);
    }
    const std::array<float, 4> back = lattice_quaternion(lattice, largest, codes);
    if (std::memcmp(back.data(), rotation.data(), sizeof(back)) == 0) return std::array<uint32_t, 4>{largest, codes[0], codes[1], codes[2]};
  }
  return std::nullopt;
}

std::vector<float> rotation_codes(const Splats& splats, size_t first, size_t count) {
  std::vector<float> codes;
  codes.reserve(4 * count);
  for (size_t i = first; i < first + count; ++i) {
    std::array<float, 4> rotation;
    std::memcpy(rotation.data(), &splats.rotation[4 * i], sizeof(rotation));
    for (const float component : rotation) {
      if (!std::isfinite(component)) return {};
    }
    const auto found = codes_of_quaternion(splats.source.lattices.rotation, rotation);
    if (!found) return {};
    for (const uint32_t code : *found) codes.push_back(static_cast<float>(code));
  }
  return codes;
}

uint32_t code_in(uint32_t bits, uint32_t most) {
  const float number = std::bit_cast<float>(bits);
  return number > 0 ? static_cast<uint32_t>(std::min(number, static_cast<float>(most))) : 0;
}

void restore_three(std::vector<float>& values, const ValueLattice& lattice, size_t first, size_t count) {
  for (size_t i = first; i < first + count; ++i) {
    for (size_t k = 0; k < 3; ++k) {
      const uint32_t code = code_in(bits_at(values, 3 * i + k), lattice.last[k]);
      values[3 * i + k] = lattice_value(lattice.curve, lattice.ends_of(i, k), code, lattice.last[k]);
    }
  }
}

}  // namespace

uint8_t lattices_of(const SourceLattices& lattices, size_t count) {
  unsigned uses = 0;
  if (lattices.position.describes(count)) uses |= kLatticePosition;
  if (lattices.log_scale.describes(count)) uses |= kLatticeLogScale;
  if (lattices.rotation.describes()) uses |= kLatticeRotation;
  if (lattices.dc.describes(count)) uses |= kLatticeDc;
  return static_cast<uint8_t>(uses);
}

LatticeCodes find_lattice_codes(const Splats& splats, size_t first, size_t count) {
  LatticeCodes found;
  const SourceLattices& lattices = splats.source.lattices;
  const uint8_t there = lattices_of(lattices, splats.count());
  const auto take = [&](LatticeUse use, std::vector<float>& into, auto&& codes) {
    if ((there & use) == 0) return;
    into = codes();
    if (!into.empty()) found.uses = static_cast<uint8_t>(found.uses | use);
  };
  take(kLatticePosition, found.splats.position, [&] { return codes_of(splats.position, lattices.position, first, count); });
  take(kLatticeLogScale, found.splats.log_scale, [&] { return codes_of(splats.log_scale, lattices.log_scale, first, count); });
  take(kLatticeRotation, found.splats.rotation, [&] { return rotation_codes(splats, first, count); });
  take(kLatticeDc, found.splats.dc, [&] { return codes_of(splats.dc, lattices.dc, first, count); });
  return found;
}

void restore_lattice_positions(const ValueLattice& lattice, size_t first, std::vector<uint32_t>& bits) {
  for (size_t at = 0; at < bits.size(); ++at) {
    const size_t k = at % 3;
    const uint32_t code = code_in(bits[at], lattice.last[k]);
    bits[at] = std::bit_cast<uint32_t>(lattice_value(lattice.curve, lattice.ends_of(first + at / 3, k), code, lattice.last[k]));
  }
}

void restore_lattice_values(Splats& splats, size_t first, size_t count, uint8_t uses) {
  const SourceLattices& lattices = splats.source.lattices;
  if (uses & kLatticeLogScale) restore_three(splats.log_scale, lattices.log_scale, first, count);
  if (uses & kLatticeDc) restore_three(splats.dc, lattices.dc, first, count);
  if ((uses & kLatticeRotation) == 0) return;
  for (size_t i = first; i < first + count; ++i) {
    const auto code = [&](size_t k, uint32_t most) { return code_in(bits_at(splats.rotation, 4 * i + k), most); };
    const uint32_t most = lattices.rotation.last + 1;
    const std::array<float, 4> rotation = lattice_quaternion(lattices.rotation, code(0, 3), {code(1, most), code(2, most), code(3, most)});
    std::memcpy(&splats.rotation[4 * i], rotation.data(), sizeof(rotation));
  }
}

// ---- bytes

namespace {

constexpr uint8_t kSingle = 16;  // added to the curve: ends are floats

bool all_single(const std::vector<LatticeEnds>& ends) {
  const auto single = [](double x) { return static_cast<double>(static_cast<float>(x)) == x; };
  return std::all_of(ends.begin(), ends.end(), [&](const LatticeEnds& pair) {
    return std::fabs(pair.low) < 3e38 && std::fabs(pair.high) < 3e38 && single(pair.low) && single(pair.high);
  });
}

void write_value_lattice(const ValueLattice& lattice, ByteWriter& writer) {
  const bool single = all_single(lattice.ends);
  writer.u8(static_cast<uint8_t>(static_cast<uint8_t>(lattice.curve) | (single ? kSingle : 0)));
  writer.varint(lattice.run);
  for (const uint32_t last : lattice.last) writer.varint(last);
  for (const LatticeEnds& pair : lattice.ends) {
    for (const double end : {pair.low, pair.high}) {
      if (single) {
        writer.f32(static_cast<float>(end));
      } else {
        writer.f64(end);
      }
    }
  }
}

Error corrupt(const ByteReader& reader) { return {Code::corrupt, reader.offset(), "a lattice that no source has"}; }

Result<ValueLattice> read_value_lattice(uint64_t count, ByteReader& reader, Budget& budget) {
  ValueLattice lattice;
  DEW_ASSIGN(const uint8_t curve, reader.u8());
  const bool single = (curve & kSingle) != 0;
  lattice.curve = static_cast<LatticeCurve>(curve & ~kSingle);
  DEW_ASSIGN(const uint64_t run, reader.varint());
  if (run == 0 || run > UINT32_MAX) return corrupt(reader);
  lattice.run = static_cast<uint32_t>(run);
  for (uint32_t& last : lattice.last) {
    DEW_ASSIGN(const uint64_t code, reader.varint());
    if (code > kMaxLatticeCode) return corrupt(reader);
    last = static_cast<uint32_t>(code);
  }
  const uint64_t pairs = 3 * ((count + run - 1) / run);
  if (pairs > reader.remaining() / (single ? 8 : 16)) return Error{Code::truncated, reader.offset(), "a lattice without its ends"};
  DEW_TRY(budget.take_memory(pairs * sizeof(LatticeEnds), reader.offset()));
  lattice.ends.resize(static_cast<size_t>(pairs));
  for (LatticeEnds& pair : lattice.ends) {
    for (double* end : {&pair.low, &pair.high}) {
      if (single) {
        DEW_ASSIGN(const float value, reader.f32());
        *end = static_cast<double>(value);
      } else {
        DEW_ASSIGN(*end, reader.f64());
      }
    }
  }
  if (!lattice.describes(static_cast<size_t>(count))) return corrupt(reader);
  return lattice;
}

}  // namespace

void write_lattices(const SourceLattices& lattices, size_t count, ByteWriter& writer) {
  const uint8_t there = lattices_of(lattices, count);
  writer.u8(there);
  if (there & kLatticePosition) write_value_lattice(lattices.position, writer);
  if (there & kLatticeLogScale) write_value_lattice(lattices.log_scale, writer);
  if (there & kLatticeDc) write_value_lattice(lattices.dc, writer);
  if ((there & kLatticeRotation) == 0) return;
  writer.varint(lattices.rotation.last);
  writer.f64(lattices.rotation.end);
  unsigned negated = 0;
  for (size_t i = 0; i < 4; ++i) negated |= (lattices.rotation.negated[i] ? 1u : 0u) << i;
  writer.u8(static_cast<uint8_t>(negated));
}

Result<SourceLattices> read_lattices(uint64_t count, ByteReader& reader, Budget& budget) {
  SourceLattices lattices;
  DEW_ASSIGN(const uint8_t there, reader.u8());
  if (there > kLatticeAll) return corrupt(reader);
  if (there & kLatticePosition) {
    DEW_ASSIGN(lattices.position, read_value_lattice(count, reader, budget));
  }
  if (there & kLatticeLogScale) {
    DEW_ASSIGN(lattices.log_scale, read_value_lattice(count, reader, budget));
  }
  if (there & kLatticeDc) {
    DEW_ASSIGN(lattices.dc, read_value_lattice(count, reader, budget));
  }
  if ((there & kLatticeRotation) == 0) return lattices;
  DEW_ASSIGN(const uint64_t last, reader.varint());
  lattices.rotation.last = static_cast<uint32_t>(std::min<uint64_t>(last, UINT32_MAX));
  DEW_ASSIGN(lattices.rotation.end, reader.f64());
  DEW_ASSIGN(const uint8_t negated, reader.u8());
  if (negated > 15 || !lattices.rotation.describes()) return corrupt(reader);
  for (size_t i = 0; i < 4; ++i) lattices.rotation.negated[i] = (negated >> i & 1) != 0;
  return lattices;
}

}  // namespace dew
