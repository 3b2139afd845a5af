// The three faces of a model. ADR-0002.
//
// Model says what the parameters are and turns rows into scores. A gradient model also answers
// differentiable(); a model trained by exact sums answers statistics(); some answer both (logistic
// regression by FedAvg or by Newton). All are immutable after construction, thread-safe, and pure:
// parameters, private state and rows come in as borrowed values.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "florin/base/rng.h"
#include "florin/base/span.h"
#include "florin/base/status.h"
#include "florin/data/batch.h"
#include "florin/model/state.h"

namespace florin::model {

// What one row's scores mean.
enum class Output : uint8_t {
  kProbability,  // one score: P(label = 1)
  kReal,         // one score: the expected value
  kClasses,      // output_count() scores: P(class), or ranking scores (higher first, ties by index)
};

class Differentiable {
 public:
  virtual ~Differentiable() = default;
  // Whether Gradient may be asked about these rows: widths, labels and indices in range. Once a
  // pass, not once a step. [MODEL-BATCH]
  virtual Status Accepts(const data::Batch& batch) const = 0;
  // grad [layout size] = gradient of the mean weighted loss over the batch, L2 term included.
  // Overwrites grad. Returns the summed weighted loss (without the L2 term) over the batch's rows.
  // own: what Personalise fitted at this site; models without a private half ignore it.
  // scratch: reused between calls, one per thread; contents are the model's own business.
  // batch: rows that are accepted (FLORIN_CHECK).
  virtual double Gradient(Span<const float> params, const PrivateState& own,
                          const data::Batch& batch, Span<float> grad,
                          std::vector<float>& scratch) const = 0;
};

// Exact sums over rows: counts, Grams, Hessians, normal equations, histograms.
class Statistics {
 public:
  virtual ~Statistics() = default;
  virtual const num::Layout& layout() const = 0;  // kInt64 or kFloat64
  // sums (layout) += this batch, under the offered state. own: as for Gradient.
  // [MODEL-BATCH] the batch does not have the spec's widths or labels; [MODEL-STATE].
  virtual Status Accumulate(const State& state, const PrivateState& own, const data::Batch& batch,
                            num::Values& sums) const = 0;
  // What the site keeps of its rows for itself, computed beside the sums. Called per batch after
  // BeginPrivate.
  virtual void BeginPrivate(PrivateState&) const {}
  virtual void Remember(const data::Batch&, PrivateState&) const {}
  // The next state from the opened sum. [MODEL-AGGREGATE] a sum of another layout.
  virtual Result<State> Solve(State state, const Aggregate& aggregate) const = 0;
};

class Model {
 public:
  virtual ~Model() = default;
  virtual const num::Layout& layout() const = 0;
  virtual Output output() const = 0;
  virtual size_t output_count() const = 0;  // scores per row
  virtual void Init(num::Values& params, Rng& rng) const = 0;
  // scores: [rows x output_count], row-major. Labels are not read. [MODEL-BATCH], [MODEL-STATE]
  virtual Status Predict(const State& state, const PrivateState& own, const data::Batch& batch,
                         Span<float> scores) const = 0;
  // Fits what is private at the site to its own rows under `state`: market weights, calibration.
  // The rows must be the site's own training rows.
  virtual Status Personalise(const State&, const data::Batch&, PrivateState&) const { return {}; }

  virtual const Differentiable* differentiable() const { return nullptr; }
  virtual const Statistics* statistics() const { return nullptr; }

  State NewState(Rng& rng) const;
};

// What a job says of its model, resolved against its schema.
struct ModelSpec {
  std::string kind;  // a name of the registry
  size_t dense_width = 0;
  size_t sparse_width = 0;
  size_t classes = 0;              // multinomial, counts
  std::vector<size_t> level_rows;  // counts
  std::vector<size_t> hidden;      // mlp
  double l2 = 0;                   // adds l2 / 2 |w|^2 to the mean loss; w: all but intercepts
  std::vector<double> backoff;     // counts: one weight a level, finest first; empty = 2, 20, 20
  bool is_personalised = false;    // fit private weights at each site

  void Save(base::Writer& writer) const;  // canonical: part of the plan hash
  static Result<ModelSpec> Restore(base::Reader& reader);
};

struct ModelKind {
  const char* name;
  const char* help;  // one line
  Result<std::unique_ptr<Model>> (*make)(const ModelSpec&);
};

Span<const ModelKind> ModelKinds();
// [MODEL-KIND] unknown kind; [MODEL-SHAPE] a spec the kind cannot be built from.
Result<std::unique_ptr<Model>> MakeModel(const ModelSpec& spec);

}  // namespace florin::model
