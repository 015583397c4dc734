// SPDX-License-Identifier: Apache-2.0
/// Values of a quantised scene as the whole numbers of its source file, and back to the very floats. A coder then has fewer bits to code.
///
///   LatticeCodes codes = find_lattice_codes(scene, first, count);            // encoder: which properties lie on the source's lattices
///   if (codes.uses & kLatticePosition) ... codes.splats.position ...        // whole numbers in floats, from splat 0 on
///   restore_lattice_values(scene, first, count, uses);                       // decoder: scene holds whole numbers, then floats
///
/// A property takes part as a whole, and only if each of its bits comes back. Rotations become the number of their largest component and
/// three codes. Bytes: gaussians/FORMAT.md, section 11.9. Threads: any. Cost: some 50 ns a value to find, 20 ns to restore.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "entropy/result.h"
#include "gaussians/splats.h"

namespace dew {

/// Properties that are coded as whole numbers, a bit each. Stored in files.
enum LatticeUse : uint8_t { kLatticePosition = 1, kLatticeLogScale = 2, kLatticeRotation = 4, kLatticeDc = 8, kLatticeAll = 15 };

struct LatticeCodes {
  uint8_t uses = 0;
  Splats splats;  ///< the arrays of those properties alone
};

/// Of splats `first` to before `first + count`.
LatticeCodes find_lattice_codes(const Splats& splats, size_t first, size_t count);

/// Of positions alone: `bits` are those of x y z of `count` splats from `first` on. REQUIRES: the lattice describes them.
void restore_lattice_positions(const ValueLattice& lattice, size_t first, std::vector<uint32_t>& bits);
/// Of all other properties in `uses`. Floats that are no codes become the nearest (hostile files only).
/// REQUIRES: the lattices in use describe the splats.
void restore_lattice_values(Splats& splats, size_t first, size_t count, uint8_t uses);

/// The properties that have a lattice for `count` splats.
uint8_t lattices_of(const SourceLattices& lattices, size_t count);

/// Part of the scene chunk. Lattices that don't describe `count` splats are left out.
void write_lattices(const SourceLattices& lattices, size_t count, ByteWriter& writer);
/// Errors: truncated, corrupt, limit_exceeded, out_of_memory.
Result<SourceLattices> read_lattices(uint64_t count, ByteReader& reader, Budget& budget);

}  // namespace dew
