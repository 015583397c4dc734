// SPDX-License-Identifier: Apache-2.0
/// A Gaussian-splat scene as the reference implementation stores it: one array a property, nothing activated, nothing converted.
///
///   DEW_ASSIGN(Splats scene, read_splats(bytes, {}));            // any format that dew reads
///   const float* mean = &scene.position[3 * i];                  // scene units; axes as in the source file
///   const double opacity = 1 / (1 + std::exp(-scene.opacity_logit[i]));
///   DEW_ASSIGN(const Bytes file, write_splats(scene, SplatFormat::ply));
///
/// Source of the conventions: B. Kerbl et al., "3D Gaussian Splatting for Real-Time Radiance Field Rendering", 2023.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "entropy/bytes.h"
#include "gaussians/source_lattice.h"

namespace dew {

/// File formats of splat scenes. Stored in files; never renumber.
enum class SplatFormat : uint8_t { none = 0, ply = 1, compressed_ply = 2, splat = 3, spz = 4, sog = 5, gltf = 6, ksplat = 7 };

/// Scalar types of a PLY property. Stored in files; never renumber.
enum class PropertyType : uint8_t { i8 = 0, u8 = 1, i16 = 2, u16 = 3, i32 = 4, u32 = 5, f32 = 6, f64 = 7 };

/// Bytes of one value of the type.
size_t property_type_size(PropertyType type);

/// A property that splats have beyond those of 3DGS (normals count as such): one value a splat.
struct ExtraProperty {
  std::string name;
  PropertyType type = PropertyType::f32;
  Bytes data;  ///< little-endian, in splat order
  bool operator==(const ExtraProperty&) const = default;
};

/// What of the source file is not in the arrays, so that the very file can be written again.
struct SplatSource {
  SplatFormat format = SplatFormat::none;
  /// What stands before the splats. ply: all bytes up to the first record, with comments and the order of properties; compressed_ply: the
  /// same, with the ranges of its chunks; spz: header and extension records; sog: meta.json; others: empty.
  Bytes header;
  /// ply: all bytes after the last record. splat: for each scale an i8, how many floats it lies above the exponential of its log_scale
  /// (empty where all are 0); harmless where the log_scale was changed. Others: empty.
  Bytes trailer;
  /// What whole numbers of the file its floats came from: compressed_ply, spz and sog have some.
  SourceLattices lattices{};
  bool operator==(const SplatSource&) const = default;
};

inline constexpr uint32_t kMaxShDegree = 3;

/// Coefficients of one colour channel beyond the constant one: 0, 3, 8, 15.
constexpr uint32_t sh_coefficients(uint32_t degree) { return (degree + 1) * (degree + 1) - 1; }

/// count() splats in every array, in file order. Values are those of the file: NaN, infinities and unnormalised quaternions included.
struct Splats {
  uint32_t sh_degree = 0;            ///< 0 to kMaxShDegree
  std::vector<float> position;       ///< x y z, scene units
  std::vector<float> log_scale;      ///< natural logarithm of the standard deviation along each own axis, scene units
  std::vector<float> rotation;       ///< quaternion w x y z from own axes to scene axes; normalised where it is used
  std::vector<float> opacity_logit;  ///< opacity = 1 / (1 + exp(-logit))
  std::vector<float> dc;             ///< red green blue: colour = 0.5 + 0.28209479 dc + SH of the view direction
  std::vector<float> sh;             ///< sh_coefficients(sh_degree) red, then as many green, then blue, for each splat
  std::vector<ExtraProperty> extra;
  SplatSource source;

  size_t count() const { return opacity_logit.size(); }
  /// Values of sh for each splat.
  size_t sh_stride() const { return 3 * size_t{sh_coefficients(sh_degree)}; }
  /// Makes every array of 3DGS hold `count` splats; new ones are zero, with the identity for a rotation. `extra` is left alone.
  void resize(size_t count);
  const ExtraProperty* find_extra(std::string_view name) const;
};

/// The splats at `order`, in that order, with their extra properties; `source` keeps its format alone. REQUIRES: indices below count().
Splats select(const Splats& splats, const std::vector<uint32_t>& order);

/// Error invalid_argument unless all arrays have the sizes that count() and sh_degree ask for.
Status check_shape(const Splats& splats);

}  // namespace dew
