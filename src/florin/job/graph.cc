#include "florin/job/graph.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "florin/base/text.h"

namespace florin::job {
namespace {

constexpr double kSafety = 0x1p-41;  // of each of the two bad events
constexpr double kFailure = 0x1p-20;
constexpr double kLoadMax = 0.9;  // adversarial + 2 dropout; beyond, degrees grow without measure

// std::lgamma writes a global. Stirling's series, 1e-12 from 16 on.
double LogFactorial(uint32_t count) {
  double product = 1;
  for (; count < 16; ++count) product *= count + 1;
  const double n = count;
  const double inverse = 1 / n;
  const double series = inverse / 12 - inverse * inverse * inverse / 360 +
                        inverse * inverse * inverse * inverse * inverse / 1260;
  return n * std::log(n) - n + 0.5 * std::log(2 * std::numbers::pi * n) + series -
         std::log(product);
}

double LogChoose(uint32_t n, uint32_t k) {
  return LogFactorial(n) - LogFactorial(k) - LogFactorial(n - k);
}

// The share of n that a rate is, not one less for what 0.29 x 100 is in binary.
uint32_t CountOf(double share, uint32_t n) {
  return std::min(n, static_cast<uint32_t>(share * n + 1e-9));
}

// How many of `drawn` out of `total` are among the `marked`: the hypergeometric distribution.
struct Draw {
  uint32_t total;
  uint32_t marked;
  uint32_t drawn;

  uint32_t most() const { return std::min(drawn, marked); }
  double Probability(uint32_t hits) const {
    if (hits > most() || drawn - hits > total - marked) return 0;
    return std::exp(LogChoose(marked, hits) + LogChoose(total - marked, drawn - hits) -
                    LogChoose(total, drawn));
  }
  // P(hits < bound).
  double Below(uint32_t bound) const {
    double sum = 0;
    for (uint32_t hits = 0; hits < bound; ++hits) sum += Probability(hits);
    return sum;
  }
  // P(hits >= bound).
  double AtLeast(uint32_t bound) const {
    double sum = 0;
    for (uint32_t hits = bound; hits <= most(); ++hits) sum += Probability(hits);
    return sum;
  }
  // The largest bound with P(hits < bound) < odds.
  uint32_t LargestRarelyMissed(double odds) const {
    double sum = 0;
    uint32_t bound = 0;
    while (bound < drawn && (sum += Probability(bound)) < odds) ++bound;
    return bound;
  }
  // The least bound with P(hits > bound) < odds.
  uint32_t LeastRarelyPassed(double odds) const {
    double sum = 0;
    uint32_t bound = most();
    while (bound > 0 && (sum += Probability(bound)) < odds) --bound;
    return bound;
  }
};

// To cut the ring of a Harary graph, degree / 2 neighbours in a row have to be gone at each of two
// places apart. A union over the pairs of places of the odds that these are all among the gone.
double CutOffProbability(uint32_t n, uint32_t degree, uint32_t gone) {
  if (degree > gone) return 0;
  const double places = 0.5 * n * (n - degree - 1.0);
  return places * std::exp(LogFactorial(gone) + LogFactorial(n - degree) - LogFactorial(n) -
                           LogFactorial(gone - degree));
}

bool IsComplete(uint32_t n, const GraphParameters& graph) { return graph.degree == n - 1; }

Status NoGraph(uint32_t n, double adversarial, double dropout) {
  return Status(
      Kind::kConfig, "JOB-GRAPH",
      "summing graph: expected 2 to 1,000,000 contributors, and the share that may collude "
      "plus twice the share that may leave below 1; found " +
          std::to_string(n) + ", " + base::Shortest(adversarial) + " and " +
          base::Shortest(dropout) + ". Lower the shares, or ask more sites.");
}

}  // namespace

std::optional<GraphParameters> FindSparseGraph(uint32_t n, double adversarial, double dropout) {
  if (n < 2 || !(adversarial + 2 * dropout <= kLoadMax + 1e-9)) return std::nullopt;
  const uint32_t colluders = CountOf(adversarial, n);
  const uint32_t dropouts = CountOf(dropout, n);
  for (uint32_t degree = 2; degree + 1 < n; degree += 2) {
    if (CutOffProbability(n, degree, colluders + dropouts) >= kSafety) continue;
    const Draw colluding{n, colluders, degree};
    const Draw staying{n, n - dropouts, degree};
    // Of `degree` neighbours c collude: they give shares of both secrets, the honest of one each.
    // Both open when degree + c >= 2 threshold.
    const uint32_t worst = colluding.LeastRarelyPassed(kSafety / n);
    const uint32_t threshold = std::max<uint32_t>((degree + worst) / 2 + 1, 2);
    if (threshold > staying.LargestRarelyMissed(kFailure / n)) continue;
    return GraphParameters{.degree = degree, .threshold = threshold};
  }
  return std::nullopt;
}

Result<GraphParameters> ChooseGraph(uint32_t n, double adversarial, double dropout) {
  const bool is_in_bounds = n >= 2 && n <= kContributorsMax && adversarial >= 0 &&
                            adversarial < 1 && dropout >= 0 && dropout < 1;
  if (!is_in_bounds) return NoGraph(n, adversarial, dropout);
  if (n > kCompleteMax) {
    if (const auto sparse = FindSparseGraph(n, adversarial, dropout)) return *sparse;
  }
  const uint32_t threshold = (n + CountOf(adversarial, n)) / 2 + 1;
  if (threshold > n - CountOf(dropout, n)) return NoGraph(n, adversarial, dropout);
  return GraphParameters{.degree = n - 1, .threshold = threshold};
}

double FailureProbability(uint32_t n, const GraphParameters& graph, double dropout) {
  const uint32_t staying = n - CountOf(dropout, n);
  if (IsComplete(n, graph)) return staying < graph.threshold ? 1 : 0;
  const Draw draw{n, staying, graph.degree};
  return std::min(1.0, n * draw.Below(graph.threshold));
}

Collusion CollusionOf(uint32_t n, const GraphParameters& graph, double adversarial,
                      double dropout) {
  const uint32_t holders = IsComplete(n, graph) ? n : graph.degree;
  Collusion collusion;
  collusion.colluders = CountOf(adversarial, n);
  collusion.needed = std::max(2 * graph.threshold, holders) - holders;
  if (IsComplete(n, graph)) {
    collusion.probability = collusion.colluders >= collusion.needed ? 1 : 0;
    return collusion;
  }
  const Draw draw{n, collusion.colluders, graph.degree};
  const uint32_t gone = collusion.colluders + CountOf(dropout, n);
  collusion.probability =
      std::min(1.0, n * draw.AtLeast(collusion.needed) + CutOffProbability(n, graph.degree, gone));
  return collusion;
}

}  // namespace florin::job
