#include "florin/job/sealing.h"

#include <algorithm>

#include "florin/crypto/transcript.h"

namespace florin::job {
namespace {

bool IsSealed(const JobSpec& spec) {
  const protocol::ProtocolKind* kind = protocol::FindProtocol(spec.privacy.protocol);
  return kind != nullptr && kind->is_sealed;
}

}  // namespace

uint32_t LeastOpened(const JobSpec& spec, Work work) {
  const uint32_t asked =
      work == Work::kUpdate ? spec.cohort.minimum : spec.evaluation.minimum_sites;
  return std::max(IsSealed(spec) ? kSealedMin : 1U, asked);
}

crypto::Kt128Digest DigestCohort(const std::vector<protocol::Participant>& cohort) {
  crypto::Transcript transcript("florin/cohort/1");
  for (const protocol::Participant& one : cohort) {
    transcript.Add("name", one.name).Add("identity", ByteView(one.identity));
  }
  return transcript.Digest();
}

protocol::ProtocolSetup SetupOf(const Plan& plan, const RoundFacts& facts) {
  protocol::ProtocolSetup setup;
  setup.vector_size = plan.vector(facts.work).size();
  setup.contributors_max = facts.cohort_size;
  setup.contributors_min = LeastOpened(plan.spec, facts.work);
  setup.narrow_size = plan.vector(facts.work).narrow_size();
  if (setup.narrow_size > 0)
    setup.narrow_bits = static_cast<uint32_t>(plan.vector(facts.work).bits());
  setup.degree = plan.graph.degree;
  setup.threshold = plan.graph.threshold;
  setup.context = crypto::Transcript("florin/round/1")
                      .Add("job", plan.spec.id.text())
                      .Add("plan", ByteView(plan.hash.bytes))
                      .Add("round", facts.round.number)
                      .Add("work", static_cast<uint64_t>(facts.work))
                      .Add("model", ByteView(facts.model.bytes))
                      .Add("cohort", ByteView(facts.cohort))
                      .Digest();
  return setup;
}

size_t BulkMax(const Plan& plan, Work work, uint32_t cohort_size) {
  const protocol::ProtocolKind* kind = protocol::FindProtocol(plan.spec.privacy.protocol);
  if (kind == nullptr) return 0;
  RoundFacts facts;
  facts.work = work;
  facts.cohort_size = cohort_size;
  return kind->bulk_size(SetupOf(plan, facts));
}

}  // namespace florin::job
