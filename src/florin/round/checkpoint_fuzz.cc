// Any bytes as a checkpoint: Restore refuses them, or gives a host that saves to the same bytes and
// goes on.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "florin/round/party_host.h"

namespace job = florin::job;
namespace num = florin::num;
namespace round = florin::round;

namespace {

std::shared_ptr<const job::Plan> MakePlan() {
  auto plan = std::make_shared<job::Plan>();
  plan->spec.cohort.maximum = 4;
  for (job::VectorPlan* vector : {&plan->update, &plan->evaluation}) {
    vector->values = *num::Layout::Make(num::Scalar::kInt64, {{"counts", {2}}});
    vector->value_grid = *florin::encode::Grid::MakeExact(1000, 4);
    vector->metric_grid = *florin::encode::Grid::Make(1000, 4);
  }
  return plan;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::shared_ptr<const job::Plan> plan = MakePlan();
  const florin::ByteView bytes(data, size);
  round::PartyHost host(plan, [](job::Work work) { return round::OpenSetup(*plan, work); });
  if (!host.Restore(bytes).ok()) return 0;
  const florin::Bytes saved = host.Save();
  FLORIN_CHECK(std::equal(bytes.begin(), bytes.end(), saved.begin(), saved.end()));
  for (const job::Work work : {job::Work::kUpdate, job::Work::kEvaluate}) {
    (void)host.Fold(work, {{2}, florin::protocol::kAggregator, {}, {{1, 2, 3}}});
    (void)host.Close(work, {});
    (void)host.Sum(work, 2);
  }
  return 0;
}
