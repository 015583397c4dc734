// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/picture_geometry_x86.h"

#if defined(__x86_64__) && defined(__GNUC__)

// The header of g++ 12 starts from vectors of anything and warns of itself.
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>

#include <algorithm>

#define DEW_GEOMETRY_AVX512 __attribute__((target("avx512f,avx512dq,avx512vl")))

namespace dew::picture_geometry_x86 {
namespace {

/// Columns that lie in three bins of the ring, at most, where they are looked for here.
constexpr int64_t kMostInBins = 8;

/// Lanes of whole numbers and of doubles.
using Wholes = __m512i;
using Doubles = __m512d;

DEW_GEOMETRY_AVX512 inline Wholes whole(uint64_t value) { return _mm512_set1_epi64(static_cast<int64_t>(value)); }
DEW_GEOMETRY_AVX512 inline Doubles one(double value) { return _mm512_set1_pd(value); }
DEW_GEOMETRY_AVX512 inline __mmask8 is_above(Doubles a, Doubles b) { return _mm512_cmp_pd_mask(a, b, _CMP_GT_OQ); }
DEW_GEOMETRY_AVX512 inline Doubles choose(__mmask8 mask, Doubles yes, Doubles no) { return _mm512_mask_blend_pd(mask, no, yes); }
DEW_GEOMETRY_AVX512 inline Doubles negated(Doubles a) { return _mm512_xor_pd(a, one(-0.0)); }

/// Numbers of a table at each lane's place: at one place, where all lanes agree.
DEW_GEOMETRY_AVX512 inline Doubles at(const std::vector<double>& table, Wholes place) {
  const uint64_t first = static_cast<uint64_t>(_mm_cvtsi128_si64(_mm512_castsi512_si128(place)));
  if (_mm512_cmpeq_epi64_mask(place, whole(first)) == 0xFF) return one(table[first]);
  return _mm512_i64gather_pd(place, table.data(), 8);
}
DEW_GEOMETRY_AVX512 inline Wholes at(const std::vector<uint32_t>& table, Wholes place) {
  return _mm512_cvtepu32_epi64(_mm512_i64gather_epi32(place, table.data(), 4));
}

/// place_of of picture_geometry.cpp.
DEW_GEOMETRY_AVX512 inline Doubles place_of(Doubles x, Doubles y) {
  const Doubles zero = _mm512_setzero_pd(), size = _mm512_add_pd(_mm512_abs_pd(x), _mm512_abs_pd(y));
  const __mmask8 ahead = _mm512_cmp_pd_mask(y, zero, _CMP_GE_OQ), right = _mm512_cmp_pd_mask(x, zero, _CMP_GE_OQ),
                 left = _mm512_cmp_pd_mask(x, zero, _CMP_LT_OQ);
  const __mmask8 first = static_cast<__mmask8>(ahead & right), second = static_cast<__mmask8>(ahead & ~right),
                 third = static_cast<__mmask8>(~ahead & left);
  const Doubles part = _mm512_div_pd(choose(static_cast<__mmask8>(first | third), y, x), size);
  const Doubles begin = choose(first, zero, choose(second, one(1), choose(third, one(2), one(3))));
  return _mm512_mask_sub_pd(_mm512_add_pd(begin, part), static_cast<__mmask8>(second | third), begin, part);
}

struct Around {
  __mmask8 known;
  Wholes left, right;
  Doubles place;
};

/// Eight points, and what questions of them have in common.
class Many {
 public:
  DEW_GEOMETRY_AVX512 Many(const GeometryTables& tables, const ManyPoints& points)
      : t_(tables),
        rows_(tables.rows()),
        columns_(tables.columns()),
        x_(_mm512_loadu_pd(points.x.data())),
        y_(_mm512_loadu_pd(points.y.data())),
        z_(_mm512_loadu_pd(points.z.data())),
        flat_(_mm512_sqrt_pd(_mm512_add_pd(_mm512_mul_pd(x_, x_), _mm512_mul_pd(y_, y_)))),
        asked_(static_cast<__mmask8>(points.asked & is_above(flat_, _mm512_setzero_pd()))) {}

  DEW_GEOMETRY_AVX512 Wholes row_below() const {
    Wholes low = _mm512_setzero_si512(), high = whole(rows_);
    for (;;) {
      const __mmask8 open = _mm512_mask_cmplt_epu64_mask(asked_, low, high);
      if (open == 0) return low;
      // Lanes that are done look at a row that there is.
      const Wholes middle = _mm512_min_epu64(_mm512_srli_epi64(_mm512_add_epi64(low, high), 1), whole(rows_ - 1));
      const __mmask8 looks_above = is_above(_mm512_mul_pd(at(t_.row_tan, middle), flat_), _mm512_sub_pd(z_, at(t_.row_above_m, middle)));
      low = _mm512_mask_add_epi64(low, static_cast<__mmask8>(open & looks_above), middle, whole(1));
      high = _mm512_mask_mov_epi64(high, static_cast<__mmask8>(open & ~looks_above), middle);
    }
  }
  DEW_GEOMETRY_AVX512 Doubles over(Wholes row) const {
    return _mm512_sub_pd(_mm512_sub_pd(z_, at(t_.row_above_m, row)), _mm512_mul_pd(at(t_.row_tan, row), flat_));
  }

  /// False: too many steps.
  DEW_GEOMETRY_AVX512 bool columns_around(Doubles beside, Around& around) const {
    const Doubles aside = _mm512_div_pd(beside, flat_);
    const Doubles x = _mm512_sub_pd(x_, _mm512_mul_pd(aside, y_)), y = _mm512_add_pd(y_, _mm512_mul_pd(aside, x_));
    Doubles place = place_of(x, y);
    const __mmask8 known = _mm512_mask_cmp_pd_mask(asked_, place, _mm512_setzero_pd(), _CMP_GE_OQ);
    place = _mm512_maskz_mov_pd(known, place);
    const size_t bins = t_.ring_first.size() - 1;
    const Doubles in_bins = _mm512_div_pd(_mm512_mul_pd(place, one(static_cast<double>(bins))), one(4));
    const Wholes bin = _mm512_min_epu64(_mm512_cvttpd_epu64(in_bins), whole(bins - 1));
    const __mmask8 is_first = _mm512_cmpeq_epi64_mask(bin, _mm512_setzero_si512());
    Wholes above = at(t_.ring_first, _mm512_mask_mov_epi64(_mm512_sub_epi64(bin, whole(1)), is_first, _mm512_setzero_si512()));
    above = _mm512_mask_mov_epi64(above, is_first, _mm512_setzero_si512());
    const Wholes last = at(t_.ring_first, _mm512_min_epu64(_mm512_add_epi64(bin, whole(2)), whole(bins)));
    const int64_t most = _mm512_reduce_max_epi64(_mm512_sub_epi64(last, above));
    if (most > kMostInBins) return false;
    for (int64_t step = 0; step < most; ++step) {
      const __mmask8 open = _mm512_cmplt_epu64_mask(above, last);
      const __mmask8 below = _mm512_mask_cmp_pd_mask(open, at(t_.ring_place, above), place, _CMP_LE_OQ);
      if (below == 0) break;
      above = _mm512_mask_add_epi64(above, below, above, whole(1));
    }
    const __mmask8 at_begin = _mm512_cmpeq_epi64_mask(above, _mm512_setzero_si512());
    const __mmask8 at_end = _mm512_cmpeq_epi64_mask(above, whole(columns_));
    const Wholes left = _mm512_mask_mov_epi64(_mm512_sub_epi64(above, whole(1)), at_begin, whole(columns_ - 1));
    const Wholes beyond = _mm512_add_epi64(left, whole(1));
    const Doubles from_left = _mm512_sub_pd(_mm512_mul_pd(at(t_.ring_cos, left), y), _mm512_mul_pd(at(t_.ring_sin, left), x));
    const Doubles to_right = _mm512_sub_pd(_mm512_mul_pd(x, at(t_.ring_sin, beyond)), _mm512_mul_pd(y, at(t_.ring_cos, beyond)));
    const Doubles both = _mm512_add_pd(from_left, to_right);
    around.known =
        static_cast<__mmask8>(known & is_above(at(t_.ring_joins, left), _mm512_setzero_pd()) & is_above(both, _mm512_setzero_pd()));
    around.left = left;
    around.right = _mm512_mask_mov_epi64(above, at_end, _mm512_setzero_si512());
    around.place = _mm512_div_pd(from_left, both);
    return true;
  }

  /// As PictureGeometry::inverse_of_row; keeps what lies around until it is asked for another distance from the axis.
  DEW_GEOMETRY_AVX512 bool inverse_of_row(Wholes row, Doubles& inverse) {
    const Doubles beside = at(t_.row_beside_m, row);
    if (!has_last_ || _mm512_cmp_pd_mask(beside, last_beside_, _CMP_NEQ_UQ) != 0) {
      if (!columns_around(beside, last_)) return false;
      last_beside_ = beside;
      has_last_ = true;
    }
    const Wholes row_at = _mm512_mullo_epi64(row, whole(columns_));
    const Doubles left = _mm512_i64gather_pd(_mm512_add_epi64(row_at, last_.left), t_.inverse.data(), 8);
    const Doubles right = _mm512_i64gather_pd(_mm512_add_epi64(row_at, last_.right), t_.inverse.data(), 8);
    const Doubles apart = _mm512_abs_pd(_mm512_sub_pd(left, right)), most = _mm512_max_pd(left, right);
    const __mmask8 both = static_cast<__mmask8>(is_above(left, _mm512_setzero_pd()) & is_above(right, _mm512_setzero_pd()));
    const __mmask8 joined = _mm512_mask_cmp_pd_mask(both, apart, _mm512_mul_pd(one(GeometryTables::kOneSurface), most), _CMP_LE_OQ);
    const Doubles between = _mm512_add_pd(left, _mm512_mul_pd(_mm512_sub_pd(right, left), last_.place));
    const Doubles nearer = choose(_mm512_cmp_pd_mask(last_.place, one(0.5), _CMP_LT_OQ), left, right);
    inverse = _mm512_maskz_mov_pd(last_.known, choose(joined, between, choose(both, nearer, most)));
    return true;
  }

  /// As PictureGeometry::is_straight.
  DEW_GEOMETRY_AVX512 __mmask8 is_straight(Wholes top, Doubles a, Doubles b, Doubles c) const {
    const Doubles zero = _mm512_setzero_pd();
    const auto missing =
        _mm512_cmp_pd_mask(a, zero, _CMP_EQ_OQ) | _mm512_cmp_pd_mask(b, zero, _CMP_EQ_OQ) | _mm512_cmp_pd_mask(c, zero, _CMP_EQ_OQ);
    const Doubles first = height(top, a), second = height(_mm512_add_epi64(top, whole(1)), b),
                  third = height(_mm512_add_epi64(top, whole(2)), c);
    const Doubles place = _mm512_div_pd(_mm512_sub_pd(second, first), _mm512_sub_pd(third, first));
    const Doubles away = _mm512_sub_pd(_mm512_add_pd(a, _mm512_mul_pd(_mm512_sub_pd(c, a), place)), b);
    const __mmask8 bent_little = is_above(_mm512_mul_pd(one(GeometryTables::kBent), b), _mm512_abs_pd(away));
    return static_cast<__mmask8>(bent_little & ~missing);
  }

  DEW_GEOMETRY_AVX512 bool nearness(NearnessOfMany& found) {
    const Doubles zero = _mm512_setzero_pd();
    const Wholes below = row_below();
    const __mmask8 at_top = _mm512_cmpeq_epi64_mask(below, _mm512_setzero_si512()),
                   at_bottom = _mm512_cmpeq_epi64_mask(below, whole(rows_));
    const __mmask8 at_edge = static_cast<__mmask8>(at_top | at_bottom);
    // At an edge both are the two rows nearest to it.
    const Wholes lower = _mm512_min_epu64(_mm512_max_epu64(below, whole(1)), whole(rows_ - 1)), upper = _mm512_sub_epi64(lower, whole(1));
    const Doubles under_upper = negated(over(upper)), over_lower = over(lower);
    Doubles of_upper, of_lower;
    if (!inverse_of_row(upper, of_upper) || !inverse_of_row(lower, of_lower)) return false;

    const Doubles spacing = _mm512_abs_pd(_mm512_sub_pd(at(t_.row_tan, upper), at(t_.row_tan, lower)));
    const Doubles reach = _mm512_mul_pd(_mm512_mul_pd(one(GeometryTables::kRowReach), spacing), flat_);
    const __mmask8 out = is_above(_mm512_abs_pd(choose(at_top, under_upper, over_lower)), reach);

    const Doubles place = _mm512_div_pd(under_upper, _mm512_add_pd(under_upper, over_lower));
    const Doubles nearer = choose(_mm512_cmp_pd_mask(place, one(0.5), _CMP_LT_OQ), of_upper, of_lower);
    const __mmask8 both = static_cast<__mmask8>(asked_ & ~at_edge & is_above(of_upper, zero) & is_above(of_lower, zero));
    __mmask8 joined =
        _mm512_mask_cmp_pd_mask(both, _mm512_abs_pd(_mm512_sub_pd(of_upper, of_lower)),
                                _mm512_mul_pd(one(GeometryTables::kOneSurface), _mm512_max_pd(of_upper, of_lower)), _CMP_LT_OQ);
    const Wholes above_it = _mm512_sub_epi64(_mm512_max_epu64(upper, whole(1)), whole(1));
    if (const __mmask8 open = static_cast<__mmask8>(both & ~joined & _mm512_cmpge_epu64_mask(below, whole(2))); open != 0) {
      Doubles of_third;
      if (!inverse_of_row(above_it, of_third)) return false;
      joined = static_cast<__mmask8>(joined | (open & is_straight(above_it, of_third, of_upper, of_lower)));
    }
    const Wholes below_it = _mm512_min_epu64(_mm512_add_epi64(lower, whole(1)), whole(rows_ - 1));
    const __mmask8 has_below = _mm512_cmplt_epu64_mask(_mm512_add_epi64(below, whole(1)), whole(rows_));
    if (const __mmask8 open = static_cast<__mmask8>(both & ~joined & has_below); open != 0) {
      Doubles of_third;
      if (!inverse_of_row(below_it, of_third)) return false;
      // Lanes that are not open look at rows that there are.
      const Wholes top = _mm512_mask_mov_epi64(_mm512_setzero_si512(), open, upper);
      joined = static_cast<__mmask8>(joined | (open & is_straight(top, of_upper, of_lower, of_third)));
    }
    const Doubles between = _mm512_add_pd(of_upper, _mm512_mul_pd(_mm512_sub_pd(of_lower, of_upper), place));
    const Doubles inverse = choose(joined, between, choose(at_top, of_upper, choose(at_bottom, of_lower, nearer)));
    found.known = static_cast<uint32_t>(asked_ & is_above(inverse, zero) & ~(at_edge & out));
    found.inside = found.known & joined;
    _mm512_storeu_pd(found.share.data(), _mm512_mul_pd(flat_, inverse));
    return true;
  }

  DEW_GEOMETRY_AVX512 bool cells(CellsOfMany& found) {
    const Wholes below = row_below();
    const __mmask8 at_top = _mm512_cmpeq_epi64_mask(below, _mm512_setzero_si512()),
                   at_bottom = _mm512_cmpeq_epi64_mask(below, whole(rows_));
    const Wholes lower = _mm512_min_epu64(_mm512_max_epu64(below, whole(1)), whole(rows_ - 1)), upper = _mm512_sub_epi64(lower, whole(1));
    const Doubles over_upper = over(upper), over_lower = over(lower);
    const Doubles spacing = _mm512_sub_pd(at(t_.row_tan, upper), at(t_.row_tan, lower));
    const Doubles reach = _mm512_mul_pd(_mm512_mul_pd(one(GeometryTables::kRowReach), spacing), flat_);
    const auto out = (at_top & is_above(over_upper, reach)) | (at_bottom & is_above(negated(over_lower), reach));
    const auto to_upper = at_top | (~at_bottom & is_above(over_lower, negated(over_upper)));
    const Wholes row = _mm512_mask_mov_epi64(lower, static_cast<__mmask8>(to_upper), upper);
    Around around;
    if (!columns_around(at(t_.row_beside_m, row), around)) return false;
    const __mmask8 to_left = _mm512_cmp_pd_mask(around.place, one(0.5), _CMP_LT_OQ);
    const Wholes column = at(t_.ring_column, _mm512_mask_mov_epi64(around.right, to_left, around.left));
    const Wholes cell = _mm512_add_epi64(_mm512_mullo_epi64(row, whole(columns_)), column);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(found.cell.data()), _mm512_cvtepi64_epi32(cell));
    found.known = static_cast<uint32_t>(around.known & ~out);
    return true;
  }

 private:
  DEW_GEOMETRY_AVX512 Doubles height(Wholes row, Doubles inverse) const {
    return _mm512_add_pd(at(t_.row_tan, row), _mm512_mul_pd(at(t_.row_above_m, row), inverse));
  }

  const GeometryTables& t_;
  uint64_t rows_, columns_;
  Doubles x_, y_, z_, flat_;
  __mmask8 asked_;
  bool has_last_ = false;
  Doubles last_beside_ = _mm512_setzero_pd();
  Around last_{};
};

}  // namespace

bool available() {
  static const bool is = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return is;
}

DEW_GEOMETRY_AVX512 bool cells(const GeometryTables& tables, const ManyPoints& points, CellsOfMany& found) {
  return Many(tables, points).cells(found);
}
DEW_GEOMETRY_AVX512 bool nearness(const GeometryTables& tables, const ManyPoints& points, NearnessOfMany& found) {
  return Many(tables, points).nearness(found);
}

}  // namespace dew::picture_geometry_x86

#else

namespace dew::picture_geometry_x86 {

bool available() { return false; }
bool cells(const GeometryTables&, const ManyPoints&, CellsOfMany&) { return false; }
bool nearness(const GeometryTables&, const ManyPoints&, NearnessOfMany&) { return false; }

}  // namespace dew::picture_geometry_x86

#endif
