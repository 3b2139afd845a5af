#include "sealed_plan.h"

#include <algorithm>
#include <set>
#include <string>

#include "florin/base/text.h"
#include "florin/job/graph.h"
#include "florin/job/sealing.h"
#include "florin/protocol/secagg/neighbours.h"

namespace florin::apps {
namespace {

// Bytes of a round beside the vector, for each neighbour and at all (docs/spec/protocols.md,
// section 5); names of sites taken as 16 bytes.
constexpr uint64_t kUpEach = 96 + 42;
constexpr uint64_t kUpOnce = 129 + 35 + 65 + 65 + 45;
constexpr uint64_t kDownEach = 179 + 98 + 66;
// Microseconds on one core, as `florin_crypto_bench` measured them on a processor with VAES: keys
// to agree on (two a neighbour), a signature to check, one mask over a million entries of 64 bits.
constexpr double kAgree = 28;
constexpr double kVerify = 63;
constexpr double kMaskMillion = 170;

constexpr double kDropout = 0.05;  // as job/plan.cc fears it

struct Sealed {
  uint32_t sites = 0;
  uint32_t neighbours = 0;
  uint32_t shares = 0;
  bool is_complete = true;
};

Sealed SealedOf(const job::Plan& plan, uint32_t sites) {
  protocol::ProtocolSetup setup;
  setup.degree = plan.graph.degree;
  setup.threshold = plan.graph.threshold;
  Sealed sealed{.sites = sites, .neighbours = sites - 1};
  sealed.is_complete = plan.graph.degree == 0 || plan.graph.degree >= sites - 1;
  if (!sealed.is_complete) sealed.neighbours = plan.graph.degree;
  sealed.shares = protocol::secagg::ThresholdOf(setup, sealed.neighbours);
  return sealed;
}

uint64_t VectorBytes(const job::VectorPlan& vector) {
  const uint64_t width = (static_cast<uint64_t>(vector.bits()) + 7) / 8;
  const uint64_t narrow = vector.narrow_size();
  return narrow * width + (vector.size() - narrow) * 8 + vector.size() / 256 + 1;
}

std::string Sites(uint64_t count) {
  return std::to_string(count) + (count == 1 ? " site" : " sites");
}

std::string Survivors(const Sealed& sealed) {
  if (sealed.is_complete) {
    const uint32_t spare = sealed.sites - sealed.shares;
    return spare == 0 ? "nobody may leave once keys are shared"
                      : Sites(spare) + " may leave once keys are shared";
  }
  const double odds = job::FailureProbability(
      sealed.sites, {.degree = sealed.neighbours, .threshold = sealed.shares}, kDropout);
  return "of each neighbourhood; when one in twenty leaves, " +
         (odds == 0 ? "a round never fails by it"
                    : "a round fails with odds of at most " + base::Shortest(odds));
}

// Who opens what if they work together: docs/learn/what-the-coordinator-sees.md.
std::string Collusion(const Sealed& sealed) {
  if (!sealed.is_complete) {
    const job::Collusion collusion = job::CollusionOf(
        sealed.sites, {.degree = sealed.neighbours, .threshold = sealed.shares}, 0.2, kDropout);
    return "a lying coordinator with " + Sites(collusion.colluders) + " anywhere: opens " +
           (collusion.probability == 0
                ? "nothing"
                : "a vector with odds of at most " + base::Shortest(collusion.probability)) +
           "; with " + std::to_string(collusion.needed) +
           " among one site's neighbours: that site's";
  }
  const uint32_t needed = std::max(1U, 2 * sealed.shares - sealed.sites);
  std::string text = "a lying coordinator with " + Sites(needed) + ": opens another's vector";
  return needed == 1 ? text + "; four sites or more withstand one that colludes" : text;
}

void AddCohort(Table& table, const job::Plan& plan, const Sealed& sealed) {
  const std::string at = "sealed." + std::to_string(sealed.sites) + "_sites.";
  const uint64_t k = sealed.neighbours;
  const auto masks = static_cast<double>((k + 1) * plan.update.size());
  const double micros = static_cast<double>(2 * k) * kAgree +
                        static_cast<double>(k + sealed.shares) * kVerify +
                        masks / 1e6 * kMaskMillion;
  table.Add({at + "shares", std::to_string(sealed.shares) + " of " + std::to_string(k + 1),
             Survivors(sealed)});
  table.Add({at + "colluders", "", Collusion(sealed)});
  table.Add({at + "up", base::HumanBytes(VectorBytes(plan.update) + k * kUpEach + kUpOnce),
             "a site and round; " + base::HumanBytes(k * kUpEach + kUpOnce) +
                 " of it keys, shares and signatures"});
  table.Add({at + "down", base::HumanBytes(k * kDownEach + sealed.sites / 8),
             "a site and round, beside the model"});
  table.Add({at + "core_seconds", Cell::Number(micros / 1e6, 4),
             "a site and round, about: keys, signatures and masks"});
}

}  // namespace

void AddSealed(Table& table, const job::Plan& plan) {
  if (!plan.IsSealed()) return;
  const uint32_t least = job::LeastOpened(plan.spec, job::Work::kUpdate);
  table.Add({"sealed.steps", "5",
             "a round: keys, shares, masked vectors, who is in the sum, shares that unmask"});
  table.Add({"sealed.coordinator", "",
             "alone: the sum of at least " + std::to_string(least) +
                 " and who took part; with sites that collude: the sum of the others"});
  for (const uint32_t sites :
       std::set<uint32_t>{least, std::max(least, plan.spec.cohort.maximum)}) {
    AddCohort(table, plan, SealedOf(plan, sites));
  }
}

}  // namespace florin::apps
