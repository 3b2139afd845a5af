// Degree and threshold of a summing graph: what a round of sealed sums rests on, as arithmetic.
//
// Setting: of n contributors, at most a share `adversarial` colludes with a coordinator that
// follows the set-up but may then tell contributors different stories of who left (semi-malicious,
// Bell et al. 2020, section 3), and at most a share `dropout` leaves before the end. Both are
// placed at random: the graph's order is drawn after they are who they are. A choice then promises
//   - safety: but for 2^-40, what is left of the honest hangs together, and nobody has so many
//     colluding neighbours that they and the honest ones, told different stories, give out both
//     secrets of one contributor;
//   - success: but for 2^-20, enough neighbours of each contributor stay to open the sum.
// Rooms of protocols hold no floats, so the choice is made here and its whole numbers go there.
// Pure functions.
#pragma once

#include <cstdint>
#include <optional>

#include "florin/base/status.h"
#include "florin/protocol/secagg/graph.h"

namespace florin::job {

using protocol::secagg::GraphParameters;

// Up to here everyone is everyone's neighbour: a few milliseconds, and nothing rests on odds.
constexpr uint32_t kCompleteMax = 64;
constexpr uint32_t kContributorsMax = 1'000'000;

// n: 2 to kContributorsMax; shares: 0 to 1. The complete graph up to kCompleteMax or where no
// sparse one is smaller: its threshold is the least above (n + adversarial n) / 2, and shares are
// counted with the contributor's own. Else FindSparseGraph. [JOB-GRAPH] outside these bounds, or no
// choice is safe and succeeds.
Result<GraphParameters> ChooseGraph(uint32_t n, double adversarial, double dropout);

// The Harary graph of the least even degree below n - 1 that keeps the promises, and the least
// threshold. Nothing where there is none, as with adversarial + 2 dropout > 0.9.
std::optional<GraphParameters> FindSparseGraph(uint32_t n, double adversarial, double dropout);

// At most how likely a round of n, of which a share drops out, cannot be opened.
double FailureProbability(uint32_t n, const GraphParameters& graph, double dropout);

// What colluders can do, for a reader of the plan.
struct Collusion {
  uint32_t colluders = 0;  // most that the choice withstands, anywhere in the cohort
  uint32_t needed = 0;     // this many among the neighbours of one contributor, with a lying
                           // coordinator, open what that one sent
  double probability = 0;  // at most, that some contributor has so many or is cut off with few
};
Collusion CollusionOf(uint32_t n, const GraphParameters& graph, double adversarial, double dropout);

}  // namespace florin::job
