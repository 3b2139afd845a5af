#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "florin/base/text.h"
#include "florin/strategy/kinds.h"

namespace florin::strategy {
namespace {

constexpr size_t kNameSizeMax = 64;

constexpr std::array kKinds = {
    StrategyKind{"fedavg", "average of updates weighted by rows; server_learning_rate", false,
                 false, MakeFedAvg},
    StrategyKind{"fedadam", "Adam at the coordinator; server_learning_rate, beta1, beta2, tau",
                 false, false, MakeFedAdam},
    StrategyKind{"fedprox", "fedavg with sites held near the offer; local.proximal_mu", false,
                 false, MakeFedProx},
    StrategyKind{"sum", "exact sums solved by the model: counts, Newton, normal equations", true,
                 false, MakeSum},
};

Status SpecFault(const std::string& key, const std::string& expected, double found) {
  return Status(
      Kind::kConfig, "STRATEGY-SPEC",
      "strategy." + key + ": expected " + expected + ", found " + base::Shortest(found) + ".");
}

Status CheckSpec(const StrategySpec& spec) {
  const model::LocalConfig& local = spec.local;
  if (!(local.learning_rate > 0) || !std::isfinite(local.learning_rate)) {
    return SpecFault("local.learning_rate", "a finite number > 0", local.learning_rate);
  }
  if (local.epochs == 0) return SpecFault("local.epochs", "at least 1", 0);
  if (local.batch_size == 0) return SpecFault("local.batch_size", "at least 1", 0);
  if (!(spec.server_learning_rate > 0) || !std::isfinite(spec.server_learning_rate)) {
    return SpecFault("server_learning_rate", "a finite number > 0", spec.server_learning_rate);
  }
  if (spec.kind == "fedprox" && !(local.proximal_mu > 0 && std::isfinite(local.proximal_mu))) {
    return SpecFault("local.proximal_mu", "a finite number > 0 for \"fedprox\"", local.proximal_mu);
  }
  if (spec.kind != "fedprox" && local.proximal_mu != 0) {
    return SpecFault("local.proximal_mu", "0 (only \"fedprox\" reads it)", local.proximal_mu);
  }
  if (spec.kind != "fedadam") return {};
  if (!(spec.beta1 >= 0 && spec.beta1 < 1)) return SpecFault("beta1", "0 to below 1", spec.beta1);
  if (!(spec.beta2 >= 0 && spec.beta2 < 1)) return SpecFault("beta2", "0 to below 1", spec.beta2);
  if (!(spec.tau > 0 && std::isfinite(spec.tau))) return SpecFault("tau", "a number > 0", spec.tau);
  return {};
}

}  // namespace

void StrategySpec::Save(base::Writer& writer) const {
  writer.Text(kind).Varint(local.epochs).Varint(local.batch_size);
  writer.F64(local.learning_rate).F64(local.proximal_mu).F64(local.clipping_norm);
  writer.F64(server_learning_rate).F64(beta1).F64(beta2).F64(tau);
}

Result<StrategySpec> StrategySpec::Restore(base::Reader& reader) {
  StrategySpec spec;
  spec.kind = reader.Text(kNameSizeMax);
  const uint64_t epochs = reader.Varint();
  const uint64_t batch_size = reader.Varint();
  if ((epochs | batch_size) > 0xffffffff) reader.Fail("a count above 2^32 - 1");
  spec.local.epochs = static_cast<uint32_t>(epochs);
  spec.local.batch_size = static_cast<uint32_t>(batch_size);
  spec.local.learning_rate = reader.F64();
  spec.local.proximal_mu = reader.F64();
  spec.local.clipping_norm = reader.F64();
  spec.server_learning_rate = reader.F64();
  spec.beta1 = reader.F64();
  spec.beta2 = reader.F64();
  spec.tau = reader.F64();
  if (!reader.ok()) return reader.Finish("strategy");
  return spec;
}

Span<const StrategyKind> StrategyKinds() { return kKinds; }

const StrategyKind* FindStrategy(std::string_view name) {
  for (const StrategyKind& kind : kKinds) {
    if (name == kind.name) return &kind;
  }
  return nullptr;
}

Result<std::unique_ptr<Strategy>> MakeStrategy(const StrategySpec& spec,
                                               const model::Model& model) {
  const StrategyKind* kind = FindStrategy(spec.kind);
  if (kind == nullptr) {
    std::vector<std::string> names;
    names.reserve(kKinds.size());
    for (const StrategyKind& known : kKinds) names.emplace_back(known.name);
    return Status(Kind::kConfig, "STRATEGY-KIND",
                  "unknown strategy \"" + spec.kind + "\"." + base::DidYouMean(spec.kind, names));
  }
  if (kind->sums_statistics && model.statistics() == nullptr) {
    return Status(Kind::kConfig, "STRATEGY-KIND",
                  "strategy \"" + spec.kind +
                      "\" needs exact sums, which this model does not have (or not at this width)."
                      " Use \"fedavg\".");
  }
  if (!kind->sums_statistics && model.differentiable() == nullptr) {
    return Status(Kind::kConfig, "STRATEGY-KIND",
                  "strategy \"" + spec.kind +
                      "\" needs gradient steps, which this model does not have. Use \"sum\".");
  }
  FLORIN_TRY(CheckSpec(spec));
  return kind->make(spec, model);
}

Status ExpectUpdateSum(const model::State& state, const model::Aggregate& aggregate) {
  if (!(aggregate.weight > 0)) {
    return Status(Kind::kFailed, "STRATEGY-EMPTY",
                  "the summed updates have no weight: no site had rows to train on.");
  }
  const num::Values& sum = aggregate.sum;
  if (state.parameters.scalar() != num::Scalar::kFloat32 || sum.scalar() != num::Scalar::kFloat64 ||
      sum.size() != state.parameters.size()) {
    return Status(Kind::kFailed, "STRATEGY-SHAPE",
                  "sum of updates: expected " + std::to_string(state.parameters.size()) +
                      " values of type f64 for parameters of type f32, found " +
                      std::to_string(sum.size()) + " of type " +
                      std::string(num::ScalarName(sum.scalar())) + ".");
  }
  return {};
}

Status ExpectFinite(const model::State& state) {
  const auto find = [](const num::Values& values) {
    if (values.scalar() != num::Scalar::kFloat32) return values.size();
    const Span<const float> all = values.f32();
    const auto bad = std::ranges::find_if(all, [](float value) { return !std::isfinite(value); });
    return static_cast<size_t>(bad - all.begin());
  };
  std::string where;
  if (const size_t i = find(state.parameters); i < state.parameters.size()) {
    where = "parameter " + std::to_string(i);
    for (const num::Slice& slice : state.layout.slices()) {
      if (i >= slice.offset && i < slice.offset + slice.size) where += " (" + slice.name + ")";
    }
  }
  for (const auto& [name, values] : state.memory) {
    if (find(values) < values.size()) where = "\"" + name + "\" of the optimiser";
  }
  if (where.empty()) return {};
  return Status(Kind::kFailed, "STRATEGY-DIVERGED",
                where + " is not finite: lower the learning rate or set a clipping norm.");
}

}  // namespace florin::strategy
