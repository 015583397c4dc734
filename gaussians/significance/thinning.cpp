// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/thinning.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "gaussians/significance/merge.h"

namespace dew {
namespace {

constexpr double kMostRelativeError = 0.25;  // of a pair that may be merged (merge.h)

/// All changes that `caution` leaves, the cheapest first.
std::vector<Change> in_turn(const ThinningPlan& plan, double caution) {
  std::vector<Change> changes = plan.removals;
  for (Change merge : plan.merges) {
    merge.cost *= caution;
    merge.squared_error *= caution;
    if (caution > 0 && merge.cost < std::min(plan.removals[merge.first].cost, plan.removals[merge.second].cost)) changes.push_back(merge);
  }
  std::stable_sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.cost < b.cost; });
  return changes;
}

}  // namespace

ThinningPlan plan_thinning(const Splats& splats, std::span<const double> costs, std::span<const double> squared_errors, bool merge,
                           unsigned threads) {
  ThinningPlan plan;
  for (uint32_t i = 0; i < costs.size(); ++i) plan.removals.push_back({costs[i], squared_errors[i], i, i});
  if (!merge) return plan;
  for (const NearPair& pair : near_pairs(splats, kMostRelativeError, threads)) {
    const double first = costs[pair.first], second = costs[pair.second];
    const double both = std::sqrt(first) + std::sqrt(second);
    const double error = pair.relative_error * both * both;
    if (error < std::min(first, second)) plan.merges.push_back({error, error, pair.first, pair.second});
  }
  return plan;
}

Thinned thinned(const Splats& splats, const ThinningPlan& plan, const ThinningLimits& limits) {
  const std::vector<Change> changes = in_turn(plan, limits.caution);
  enum class Fate : uint8_t { untouched, merged, gone };
  std::vector<Fate> fates(splats.count(), Fate::untouched);
  std::vector<uint32_t> partners(splats.count());
  std::iota(partners.begin(), partners.end(), 0u);
  Splats changed = splats;
  size_t left = splats.count();
  double error = 0;
  bool stopped = false;
  for (const Change& change : changes) {
    stopped = left <= limits.goal || change.cost > limits.most_cost;
    if (stopped) break;
    if (fates[change.first] != Fate::untouched || fates[change.second] != Fate::untouched) continue;
    error += change.squared_error;
    stopped = error > limits.most_error;
    if (stopped) break;
    if (change.first != change.second) {
      merge_into(changed, change.first, change.second);
      fates[change.first] = Fate::merged;
      partners[change.first] = change.second;
    }
    fates[change.second] = Fate::gone;
    --left;
  }
  // Where all are spoken for, merged ones go too.
  for (const Change& change : changes) {
    if (stopped || left <= limits.goal) break;
    if (change.first != change.second || fates[change.first] == Fate::gone) continue;
    fates[change.first] = Fate::gone;
    --left;
  }
  Thinned out;
  for (uint32_t i = 0; i < fates.size(); ++i) {
    if (fates[i] == Fate::gone) continue;
    out.kept.push_back(i);
    out.partner.push_back(partners[i]);
  }
  out.splats = select(changed, out.kept);
  return out;
}

}  // namespace dew
