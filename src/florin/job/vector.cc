#include "florin/job/vector.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "florin/base/text.h"

namespace florin::job {
namespace {

Status WrongLength(const char* what, size_t expected, size_t found) {
  return Status(Kind::kFailed, "PROTO-LENGTH",
                std::string(what) + ": expected " + std::to_string(expected) + " entries, found " +
                    std::to_string(found));
}

Status CheckYield(const VectorPlan& plan, const model::Yield& yield) {
  if (yield.values.scalar() != plan.values.scalar()) {
    return Status(Kind::kFailed, "PROTO-LENGTH",
                  "yield: expected " + std::string(num::ScalarName(plan.values.scalar())) +
                      " values, found " + std::string(num::ScalarName(yield.values.scalar())));
  }
  if (yield.values.size() != plan.values.size()) {
    return WrongLength("yield", plan.values.size(), yield.values.size());
  }
  if (yield.metrics.size() != plan.metric_count) {
    return WrongLength("metrics", plan.metric_count, yield.metrics.size());
  }
  if (!(yield.weight >= 0)) {
    return Status(Kind::kFailed, "ENCODE-RANGE",
                  "weight: expected at least 0, found " + std::to_string(yield.weight));
  }
  return {};
}

Status EncodeUpdate(const VectorPlan& plan, Span<const float> update, double factor, Rng& rng,
                    Span<uint64_t> out) {
  if (!plan.rotation) return plan.value_grid.EncodeUpdate(update, factor, rng, out);
  std::vector<float> turned(update.begin(), update.end());
  plan.rotation->Apply(turned);
  return plan.value_grid.EncodeUpdate(turned, factor, rng, out);
}

Status EncodeValues(const VectorPlan& plan, const model::Yield& yield, double factor, Rng& rng,
                    Span<uint64_t> out) {
  const encode::Grid& grid = plan.value_grid;
  switch (yield.values.scalar()) {
    case num::Scalar::kFloat32:
      return EncodeUpdate(plan, yield.values.f32(), factor * yield.weight, rng, out);
    case num::Scalar::kFloat64:
      return grid.EncodeReal(yield.values.f64(), out);
    case num::Scalar::kInt64:
      return grid.EncodeExact(yield.values.i64(), out);
    case num::Scalar::kByte:
      break;
  }
  return Status(Kind::kFailed, "PROTO-LENGTH", "yield: bytes do not sum");
}

// The Euclidean norm of the first `count` entries, in steps.
double NormOf(const protocol::Message& message, size_t count) {
  double squares = 0;
  message.ReadBulk([&](size_t first, Span<const uint64_t> entries) {
    const size_t rest = count - std::min(count, first);
    squares += num::RingSquares(entries.first(std::min(rest, entries.size())));
  });
  return std::sqrt(squares);
}

// Rounding moves each entry by less than a step.
Status CheckNorm(const VectorPlan& plan, double norm, const protocol::Message& message) {
  if (plan.values.scalar() != num::Scalar::kFloat32 || norm <= 0) return {};
  // For the last bits of products, and of sums where the update was turned.
  const double slack = plan.rotation ? encode::Rotation::kSlack : 1 + 1e-9;
  const double step = std::ldexp(1.0, -plan.value_grid.fraction_bits());
  const double most = norm * slack + std::sqrt(static_cast<double>(plan.values.size())) * step;
  const double found = NormOf(message, plan.values.size()) * step;
  if (found <= most) return {};
  return Status(Kind::kFailed, "ENCODE-RANGE",
                "update: expected a norm of at most " + base::Shortest(most) + ", found " +
                    base::Shortest(found) + ".");
}

// What the proof of the grid rests on. In fewer than 64 bits a wrong entry wraps the sum of a large
// cohort with certainty, so there it is looked at.
Status CheckEntries(const VectorPlan& plan, const protocol::Message& message) {
  const size_t count = plan.narrow_size();
  if (count == 0) return {};
  const uint64_t most = plan.value_grid.steps_max();
  size_t over = count;  // the first entry that is over
  message.ReadBulk([&](size_t first, Span<const uint64_t> entries) {
    for (size_t i = 0; i < entries.size() && first + i < over; ++i) {
      if (entries[i] + most > 2 * most) over = first + i;  // as unsigned: outside [-most, most]
    }
  });
  if (over == count) return {};
  return Status(Kind::kFailed, "ENCODE-RANGE",
                "update: expected entries of at most " + std::to_string(most) +
                    " steps in magnitude, found a larger one, entry " + std::to_string(over) +
                    " of " + std::to_string(count) + ".");
}

}  // namespace

Result<num::RingVector> EncodeYield(const VectorPlan& plan, const model::Yield& yield,
                                    double factor, Rng& rng) {
  FLORIN_TRY(CheckYield(plan, yield));
  num::RingVector vector;
  vector.words.resize(plan.size());
  const Span<uint64_t> words(vector.words);
  const size_t size = plan.values.size();
  // The weight first: a weight that passes its bound is finite, as EncodeUpdate's factor must be.
  Status status = plan.metric_grid.EncodeReal({&yield.weight, 1}, words.subspan(size, 1));
  if (!status.ok()) return std::move(status).Prefixed("weight");
  status = plan.metric_grid.EncodeReal(yield.metrics, words.subspan(size + 1));
  if (!status.ok()) return std::move(status).Prefixed("metrics");
  status = EncodeValues(plan, yield, factor, rng, words.first(size));
  if (!status.ok()) return std::move(status).Prefixed("values");
  return vector;
}

Status CheckClaims(const VectorPlan& plan, const PrivacySpec& privacy,
                   const protocol::Message& message) {
  const size_t size = message.bulk_size();
  if (size != plan.size()) return WrongLength("vector", plan.size(), size);
  std::vector<double> claims(1 + plan.metric_count);  // weight, rows, other metrics
  std::vector<uint64_t> words(claims.size());
  message.CopyBulk(plan.values.size(), words);
  plan.metric_grid.DecodeReal(words, claims);
  const double step = std::ldexp(1.0, -plan.metric_grid.fraction_bits());
  for (size_t i = 0; i < claims.size(); ++i) {
    const double most =
        (i == 0 ? static_cast<double>(privacy.weight_max) : plan.metric_grid.entry_max()) + step;
    const double least = i <= 1 ? 0 : -most;  // neither weight nor rows are negative
    if (claims[i] >= least && claims[i] <= most) continue;
    const std::string what = i == 0 ? "weight" : "metric " + std::to_string(i - 1);
    return Status(Kind::kFailed, "ENCODE-RANGE",
                  what + ": expected " + base::Shortest(least) + " to " +
                      base::Shortest(most - step) + ", found " + base::Shortest(claims[i]) + ".");
  }
  FLORIN_TRY(CheckEntries(plan, message));
  return CheckNorm(plan, privacy.clipping_norm * (claims[0] + step), message);
}

Result<model::Aggregate> DecodeSum(const VectorPlan& plan, const num::RingVector& sum,
                                   uint64_t contribution_count) {
  if (sum.size() != plan.size()) return WrongLength("sum", plan.size(), sum.size());
  const Span<const uint64_t> words(sum.words);
  const size_t size = plan.values.size();
  model::Aggregate aggregate;
  aggregate.layout = plan.values;
  aggregate.contribution_count = contribution_count;
  if (plan.values.scalar() == num::Scalar::kInt64) {
    aggregate.sum = num::Values::Zeros(num::Scalar::kInt64, size);
    plan.value_grid.DecodeExact(words.first(size), aggregate.sum.i64());
  } else {
    aggregate.sum = num::Values::Zeros(num::Scalar::kFloat64, size);
    plan.value_grid.DecodeReal(words.first(size), aggregate.sum.f64());
    if (plan.rotation) plan.rotation->Invert(aggregate.sum.f64());
  }
  plan.metric_grid.DecodeReal(words.subspan(size, 1), {&aggregate.weight, 1});
  aggregate.metrics.resize(plan.metric_count);
  plan.metric_grid.DecodeReal(words.subspan(size + 1), aggregate.metrics);
  return aggregate;
}

}  // namespace florin::job
