// The hierarchical count recommender: counts of (context, class) at every level of a context,
// summed over the sites exactly, in one round; scored by backing off to the site's own prior
// (backoff.h).
//
// Sums and parameters have one layout: level0 [rows x classes], level1 [rows x classes], ... int64.
// Private state: "prior" (class counts of the site's own rows, int64 [classes]) and, when the job
// asks for it, "backoff" (the site's own weights, float64 [levels]).
#include <algorithm>
#include <numeric>
#include <string>

#include "florin/model/backoff.h"
#include "florin/model/expect.h"
#include "florin/model/kinds.h"
#include "florin/model/links.h"

namespace florin::model {
namespace {

constexpr size_t kLevelsMax = 8;
constexpr size_t kPersonalisedLevelsMax = 4;  // the grid of weights has up to 7 values a level
constexpr double kFinestWeight = 2;
constexpr double kCoarserWeight = 20;

Status ExpectLevels(const CountShape& shape, const data::Batch& batch, bool with_label) {
  const auto fault = [](const std::string& message) {
    return Status(Kind::kFailed, "MODEL-BATCH", message);
  };
  if (batch.level_count != shape.levels() || batch.levels.size() != batch.rows * shape.levels()) {
    return fault("context levels of the rows: expected " + std::to_string(shape.levels()) +
                 ", found " + std::to_string(batch.level_count) + ".");
  }
  for (size_t i = 0; i < batch.levels.size(); ++i) {
    const size_t rows = shape.level_rows[i % shape.levels()];
    if (batch.levels[i] >= rows && batch.levels[i] != data::kUnknownRow) {
      return fault("context row " + std::to_string(batch.levels[i]) + ": the table has " +
                   std::to_string(rows) + " rows.");
    }
  }
  if (!with_label) return {};
  if (batch.label.size() != batch.rows) return fault("counts need a label on every row.");
  for (const float label : batch.label) {
    if (!(label >= 0 && label < static_cast<float>(shape.classes))) {
      return fault("label " + std::to_string(label) + ": expected a class below " +
                   std::to_string(shape.classes) + ".");
    }
  }
  return {};
}

class CountSums final : public Statistics {
 public:
  CountSums(const CountShape& shape, const num::Layout& layout) : shape_(shape), layout_(layout) {}

  const num::Layout& layout() const override { return layout_; }

  Status Accumulate(const State&, const PrivateState&, const data::Batch& batch,
                    num::Values& sums) const override {
    FLORIN_TRY(ExpectLevels(shape_, batch, true));
    const Span<int64_t> counts = sums.i64();
    const uint32_t* row = batch.levels.data();
    for (size_t r = 0; r < batch.rows; ++r, row += shape_.levels()) {
      const auto label = static_cast<size_t>(batch.label[r]);
      for (size_t l = 0; l < shape_.levels(); ++l) {
        if (row[l] == data::kUnknownRow) continue;
        ++counts[shape_.level_begin[l] + row[l] * shape_.classes + label];
      }
    }
    return {};
  }

  void BeginPrivate(PrivateState& own) const override {
    own.values.erase("backoff");
    own.values["prior"] = num::Values::Zeros(num::Scalar::kInt64, shape_.classes);
  }

  void Remember(const data::Batch& batch, PrivateState& own) const override {
    const Span<int64_t> prior = own.values["prior"].i64();
    for (const float label : batch.label) {
      FLORIN_CHECK(label >= 0 && label < static_cast<float>(prior.size()));
      ++prior[static_cast<size_t>(label)];
    }
  }

  Result<State> Solve(State state, const Aggregate& aggregate) const override {
    FLORIN_TRY(ExpectSum(aggregate, layout_));
    state.layout = layout_;
    state.parameters = aggregate.sum.Clone();
    state.is_converged = true;
    return state;
  }

 private:
  const CountShape& shape_;
  const num::Layout& layout_;
};

class Counts final : public Model {
 public:
  Counts(CountShape shape, std::vector<double> backoff, bool is_personalised, num::Layout layout)
      : shape_(std::move(shape)),
        backoff_(std::move(backoff)),
        is_personalised_(is_personalised),
        layout_(std::move(layout)),
        sums_(shape_, layout_) {}

  const num::Layout& layout() const override { return layout_; }
  Output output() const override { return Output::kClasses; }
  size_t output_count() const override { return shape_.classes; }
  void Init(num::Values& params, Rng&) const override {
    std::ranges::fill(params.i64(), int64_t{0});
  }
  const Statistics* statistics() const override { return &sums_; }

  Status Predict(const State& state, const PrivateState& own, const data::Batch& batch,
                 Span<float> scores) const override {
    FLORIN_TRY(ExpectLevels(shape_, batch, false));
    FLORIN_TRY(ExpectState(state, layout_));
    FLORIN_ASSIGN(const Span<const int64_t> prior, OwnPrior(own));
    const auto total = static_cast<double>(std::accumulate(prior.begin(), prior.end(), int64_t{0}));
    std::vector<double> shares(shape_.classes, 1 / static_cast<double>(shape_.classes));
    if (total > 0) {
      std::ranges::transform(prior, shares.begin(),
                             [total](int64_t count) { return static_cast<double>(count) / total; });
    }
    FLORIN_ASSIGN(const Span<const double> weights, OwnWeights(own));
    ScoreCounts(shape_, state.parameters.i64(), shares, weights, batch, scores);
    return {};
  }

  Status Personalise(const State& state, const data::Batch& batch,
                     PrivateState& own) const override {
    if (!is_personalised_ || batch.rows == 0) return {};
    FLORIN_TRY(ExpectLevels(shape_, batch, true));
    FLORIN_TRY(ExpectState(state, layout_));
    FLORIN_TRY(OwnPrior(own).status());
    if (!own.values.contains("prior")) {
      sums_.BeginPrivate(own);
      sums_.Remember(batch, own);
    }
    const std::vector<double> weights =
        FitBackoff(shape_, state.parameters.i64(), own.values["prior"].i64(), backoff_, batch);
    own.values["backoff"] = num::Values::Of(Span<const double>(weights));
    return {};
  }

 private:
  // Empty when the site has counted nothing yet.
  Result<Span<const int64_t>> OwnPrior(const PrivateState& own) const {
    const auto found = own.values.find("prior");
    if (found == own.values.end()) return Span<const int64_t>();
    if (found->second.scalar() != num::Scalar::kInt64 || found->second.size() != shape_.classes) {
      return Status(Kind::kFailed, "MODEL-STATE", "the site's prior is of another model.");
    }
    return found->second.i64();
  }

  Result<Span<const double>> OwnWeights(const PrivateState& own) const {
    const auto found = own.values.find("backoff");
    if (!is_personalised_ || found == own.values.end()) return Span<const double>(backoff_);
    if (found->second.scalar() != num::Scalar::kFloat64 ||
        found->second.size() != shape_.levels()) {
      return Status(Kind::kFailed, "MODEL-STATE", "the site's weights are of another model.");
    }
    return found->second.f64();
  }

  CountShape shape_;
  std::vector<double> backoff_;
  bool is_personalised_;
  num::Layout layout_;
  CountSums sums_;
};

}  // namespace

Result<std::unique_ptr<Model>> MakeCounts(const ModelSpec& spec) {
  if (spec.classes < 2 || spec.classes > kClassesMax) {
    return ShapeFault("model.classes", "2 to 2^20 for \"counts\"", spec.classes);
  }
  const size_t levels = spec.level_rows.size();
  if (levels < 1 || levels > (spec.is_personalised ? kPersonalisedLevelsMax : kLevelsMax)) {
    return ShapeFault("context levels",
                      spec.is_personalised ? "1 to 4 when weights are fitted at the site"
                                           : "1 to 8 for \"counts\"",
                      levels);
  }
  if (!spec.backoff.empty() && spec.backoff.size() != levels) {
    return ShapeFault("model.backoff", "one weight a level, or none", spec.backoff.size());
  }
  std::vector<double> backoff = spec.backoff;
  if (backoff.empty()) {
    backoff.assign(levels, kCoarserWeight);
    backoff.front() = kFinestWeight;
  }
  for (const double weight : backoff) {
    if (!(weight >= 0 && weight < 1e15)) {
      return Status(Kind::kConfig, "MODEL-SHAPE", "model.backoff: expected finite weights >= 0.");
    }
  }
  std::vector<num::Slice> slices;
  for (size_t l = 0; l < levels; ++l) {
    if (spec.level_rows[l] == 0) return ShapeFault("context rows", "at least 1 a level", 0);
    slices.push_back(
        {.name = "level" + std::to_string(l), .shape = {spec.level_rows[l], spec.classes}});
  }
  FLORIN_ASSIGN(num::Layout layout, num::Layout::Make(num::Scalar::kInt64, std::move(slices)));
  CountShape shape{.classes = spec.classes, .level_rows = spec.level_rows, .level_begin = {}};
  for (const num::Slice& slice : layout.slices()) shape.level_begin.push_back(slice.offset);
  return std::unique_ptr<Model>(std::make_unique<Counts>(std::move(shape), std::move(backoff),
                                                         spec.is_personalised, std::move(layout)));
}

}  // namespace florin::model
