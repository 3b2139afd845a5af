// One offer, from accept to contribution.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "florin/base/codec.h"
#include "florin/base/text.h"
#include "florin/crypto/sha256.h"
#include "florin/dp/clip.h"
#include "florin/job/passage.h"
#include "florin/job/sealing.h"
#include "florin/job/vector.h"
#include "florin/protocol/party.h"
#include "florin/site/site.h"

namespace florin::site {
namespace {

Status Denied(const char* code, std::string message) {
  return Status(Kind::kDenied, code, std::move(message));
}

// The id of what an offer asks for under `plan`, before a protocol adds to it.
base::Writer NameOf(const job::Offer& offer, const PlanHash& plan) {
  base::Writer writer;
  writer.Text("florin contribution").Text(offer.job.text()).U32(offer.round.number);
  writer.U8(static_cast<uint8_t>(offer.work)).U32(offer.self.index);
  writer.Fixed(plan.bytes).Fixed(offer.model_hash.bytes);
  return writer;
}

// The keyed stream of one contribution: first the seed of its shuffles, then its rounding bits.
// It is bound to the model and the plan that are offered, so no two offers share rounding bits; but
// not to the protocol, so that a sealed sum is the one in the open, bit for bit.
crypto::KeyedRng OpenStream(const crypto::SecretKey& secret, const job::Offer& offer,
                            const job::Plan& plan) {
  const auto id = crypto::HmacSha256(secret, NameOf(offer, plan.numbers).view());
  static constexpr std::string_view kPurpose = "florin contribution stream";
  std::array<uint8_t, kPurpose.size() + sizeof(id)> context;
  const auto rest = std::copy(kPurpose.begin(), kPurpose.end(), context.begin());
  std::copy(id.begin(), id.end(), rest);
  return {secret, context};
}

base::SeededRng OpenShuffles(Rng& stream) {
  std::array<uint64_t, 2> seed;
  stream.Fill(seed);
  return base::SeededRng(seed[0], seed[1]);
}

// The smaller of the plan's and the offer's bound; 0 = none. A coordinator may tighten what the
// owners agreed to, never loosen it.
double ClippingNorm(const job::Offer& offer, const job::Plan& plan) {
  const double agreed = plan.spec.privacy.clipping_norm;
  const double offered = offer.local.clipping_norm;
  if (!(offered > 0)) return agreed;
  return agreed > 0 ? std::min(agreed, offered) : offered;
}

// Whether an offer trains as the owner agreed to, or less. Its clip is the smaller of both anyway.
bool KeepsPlan(const model::LocalConfig& offered, const model::LocalConfig& agreed) {
  return offered.epochs <= agreed.epochs && offered.learning_rate <= agreed.learning_rate &&
         offered.batch_size == agreed.batch_size && offered.proximal_mu == agreed.proximal_mu;
}

// Bounds a yield: its weight in place, its values by the factor that the encoder applies.
Result<double> Bound(model::Yield& yield, const job::Offer& offer, const job::Plan& plan) {
  yield.weight = std::min(yield.weight, static_cast<double>(plan.spec.privacy.weight_max));
  if (yield.values.scalar() != num::Scalar::kFloat32) return 1.0;
  FLORIN_ASSIGN(const dp::Clipped clipped,
                dp::MeasureClip(yield.values.f32(), ClippingNorm(offer, plan)));
  return clipped.factor;
}

const protocol::ProtocolKind* FindKind(const job::Plan& plan) {
  return protocol::FindProtocol(plan.spec.privacy.protocol);
}

// Counts the rows of one pass; a task that rewinds reads the same ones again.
class CountingReader final : public data::BatchReader {
 public:
  explicit CountingReader(data::BatchReader& reader) : reader_(reader) {}
  uint64_t rows() const { return std::max(rows_, longest_); }

  Result<const data::Batch*> Next() override {
    auto batch = reader_.Next();
    if (batch.ok() && *batch != nullptr) rows_ += (*batch)->rows;
    return batch;
  }
  Status Rewind() override {
    longest_ = rows();
    rows_ = 0;
    return reader_.Rewind();
  }

 private:
  data::BatchReader& reader_;
  uint64_t rows_ = 0;
  uint64_t longest_ = 0;
};

}  // namespace

ContributionId NameContribution(const crypto::SecretKey& secret, const job::Offer& offer) {
  base::Writer writer = NameOf(offer, offer.plan->hash);
  if (offer.plan->IsSealed()) {
    writer.Varint(offer.cohort_size).Varint(offer.step).Fixed(offer.cohort).Blob(offer.asked);
  }
  ContributionId id;
  id.bytes = crypto::HmacSha256(secret, writer.view());
  return id;
}

Result<job::Contribution> Site::Accept(const job::Offer& offer) {
  FLORIN_TRY(CheckOffer(offer));
  FLORIN_ASSIGN(const auto kit, kits_.Get(offer.plan));
  FLORIN_TRY(AskGate(offer, *kit->plan, std::nullopt));
  FLORIN_TRY(kits_.CheckState(offer.state, offer.model_hash));
  if (offer.state->layout != kit->model->layout()) {
    return Denied("OFFER-MODEL", "offered state: its layout is not the model's.");
  }
  if (kit->task(offer.work) == nullptr) {
    return Denied("OFFER-WORK", "job " + offer.job.text() + " evaluates nothing.");
  }
  const ContributionId id = NameContribution(options_.secret, offer);
  if (options_.keeps_contributions || kit->plan->IsSealed()) {
    FLORIN_ASSIGN(auto kept, store_.FindContribution(id));
    if (kept.has_value()) return std::move(*kept);
  }
  return Make(offer, *kit, id);
}

Status Site::CheckOffer(const job::Offer& offer) const {
  if (offer.site != options_.id) {
    return Denied("OFFER-SITE", "offer: expected site " + options_.id.text() + ", found " +
                                    offer.site.text() + ".");
  }
  if (offer.plan == nullptr) return Denied("OFFER-PLAN", "the offer has no plan.");
  if (offer.job != offer.plan->spec.id) {
    return Denied("OFFER-PLAN", "offer: expected a plan of job " + offer.job.text() +
                                    ", found one of " + offer.plan->spec.id.text() + ".");
  }
  return {};
}

// Where the offer itself says more than its plan, the gate is asked about the larger of both.
Result<govern::Passage> Site::PassageOf(const job::Offer& offer, const job::Plan& plan) const {
  FLORIN_ASSIGN(govern::Passage passage, job::PassageOf(plan, offer.work));
  passage.coordinator = options_.coordinator;
  passage.contributors = std::min<uint64_t>(passage.contributors, offer.cohort_size);
  passage.rounds = std::max<uint64_t>(passage.rounds, offer.round.number);
  return passage;
}

Status Site::AskGate(const job::Offer& offer, const job::Plan& plan, std::optional<uint64_t> rows) {
  if (options_.gate == nullptr) return {};
  if (offer.work == job::Work::kUpdate && !KeepsPlan(offer.local, plan.spec.strategy.local)) {
    return Denied("OFFER-PLAN",
                  "offer: expected the batch size and pull of its plan, and at most its epochs and "
                  "learning rate; found others. The owner agreed to the plan alone.");
  }
  FLORIN_ASSIGN(govern::Passage passage, PassageOf(offer, plan));
  passage.rows = rows;
  return options_.gate->Check(passage).ToStatus();
}

// [POLICY-PEER], [APPROVAL-PENDING]
Status Site::AskGateOfPeers(const job::Offer& offer, const job::Plan& plan,
                            const std::vector<protocol::Participant>& peers) {
  if (options_.gate == nullptr) return {};
  FLORIN_ASSIGN(govern::Passage passage, PassageOf(offer, plan));
  passage.peers.emplace();
  for (const protocol::Participant& peer : peers) {
    passage.peers->emplace(peer.name, base::Hex(peer.identity));
  }
  return options_.gate->Check(passage).ToStatus();
}

Result<job::Contribution> Site::Make(const job::Offer& offer, const job::SiteKit& kit,
                                     const ContributionId& id) {
  const job::Plan& plan = *kit.plan;
  const protocol::ProtocolKind* kind = FindKind(plan);
  if (kind == nullptr || offer.step >= kind->steps) {
    return Denied("OFFER-PROTOCOL", "protocol " + plan.spec.privacy.protocol + ", step " +
                                        std::to_string(offer.step) + ", is unknown here.");
  }
  FLORIN_ASSIGN(auto party, MakeParty(offer, plan, *kind));
  const bool has_vector = offer.step == kind->contribution_step;
  model::PrivateState own;
  if (has_vector) {
    FLORIN_ASSIGN(own, store_.LoadPrivate(offer.job));
    FLORIN_ASSIGN(num::RingVector vector, MakeVector(offer, kit, own));
    FLORIN_TRY(party->Contribute(std::move(vector)));
  }
  protocol::Message asked{protocol::kAggregator, offer.self, offer.asked, {}};
  FLORIN_ASSIGN(protocol::Messages messages,
                offer.step == 0 ? party->Start() : party->Receive(std::move(asked)));
  FLORIN_CHECK(messages.size() == 1);  // one answer a step
  job::Contribution contribution = job::ContributionTo(offer);
  contribution.id = id;
  contribution.message = std::move(messages.front());
  FLORIN_TRY(Keep(contribution, has_vector ? &own : nullptr, *party, plan.IsSealed()));
  return contribution;
}

// The state of a sealed protocol's party must be durable before its answer leaves: the same step
// answered twice in two ways would tell what the protocol hides.
Status Site::Keep(const job::Contribution& contribution, const model::PrivateState* own,
                  const protocol::Party& party, bool is_sealed) {
  if (options_.keeps_contributions || is_sealed) {
    const SavedParty saved{contribution.step, protocol::SavedBytes(party)};
    FLORIN_TRY(store_.KeepContribution(contribution, own, is_sealed ? &saved : nullptr));
    return store_.ForgetContributionsBefore(contribution.job, contribution.round,
                                            contribution.work);
  }
  const bool may_have_changed =
      contribution.work == job::Work::kUpdate && own != nullptr && !own->empty();
  return may_have_changed ? store_.SavePrivate(contribution.job, *own) : Status();
}

// Anew for step 0, else as it was after the step before. A round that begins again after its vector
// has left gets no second one: two sums with and without somebody would tell what that one sent.
Result<std::unique_ptr<protocol::Party>> Site::MakeParty(const job::Offer& offer,
                                                         const job::Plan& plan,
                                                         const protocol::ProtocolKind& kind) {
  crypto::SystemRng rng;
  if (!kind.is_sealed) {
    const protocol::ProtocolSetup setup{.vector_size = plan.vector(offer.work).size(),
                                        .contributors_max = offer.cohort_size,
                                        .contributors_min = 1};
    return kind.make_contributor(setup, {.place = offer.self}, rng);
  }
  const protocol::ProtocolSetup setup = job::SetupOf(plan, {.round = offer.round,
                                                            .work = offer.work,
                                                            .model = offer.model_hash,
                                                            .cohort = offer.cohort,
                                                            .cohort_size = offer.cohort_size});
  protocol::Self self{.place = offer.self, .identity = options_.identity};
  self.accept = [&](const std::vector<protocol::Participant>& peers) {
    return AskGateOfPeers(offer, plan, peers);
  };
  FLORIN_ASSIGN(const auto saved, store_.FindParty(offer.job, offer.round, offer.work));
  if (offer.step == 0) {
    if (saved.has_value() && saved->step >= kind.contribution_step) {
      return Denied("OFFER-STEP", "offer: round " + std::to_string(offer.round.number) +
                                      " begins anew, and this site has contributed to it; a site "
                                      "contributes to a round once.");
    }
    return kind.make_contributor(setup, std::move(self), rng);
  }
  if (!saved.has_value() || saved->step + 1 != offer.step) {
    return Denied("OFFER-STEP",
                  "offer: step " + std::to_string(offer.step) +
                      " of the protocol, expected the one after the last that was answered here.");
  }
  return kind.restore_contributor(setup, std::move(self), saved->bytes);
}

Result<num::RingVector> Site::MakeVector(const job::Offer& offer, const job::SiteKit& kit,
                                         model::PrivateState& own) {
  const job::Plan& plan = *kit.plan;
  crypto::KeyedRng stream = OpenStream(options_.secret, offer, plan);
  base::SeededRng shuffles = OpenShuffles(stream);
  FLORIN_ASSIGN(model::Yield yield, Run(offer, kit, own, shuffles));
  FLORIN_ASSIGN(const double factor, Bound(yield, offer, plan));
  return job::EncodeYield(plan.vector(offer.work), yield, factor, stream);
}

Result<model::Yield> Site::Run(const job::Offer& offer, const job::SiteKit& kit,
                               model::PrivateState& own, Rng& rng) {
  const job::JobSpec& spec = kit.plan->spec;
  const bool is_update = offer.work == job::Work::kUpdate;
  FLORIN_ASSIGN(auto rows, rows_.Open(spec.view, spec.schema,
                                      is_update ? data::Part::kTrain : data::Part::kTest));
  if (options_.gate == nullptr) return RunTask(offer, kit, own, *rows, rng);
  CountingReader counted(*rows);
  FLORIN_ASSIGN(model::Yield yield, RunTask(offer, kit, own, counted, rng));
  FLORIN_TRY(AskGate(offer, *kit.plan, counted.rows()));
  return yield;
}

// An update may change `own`; an evaluation looks at it and leaves it as it was.
Result<model::Yield> Site::RunTask(const job::Offer& offer, const job::SiteKit& kit,
                                   model::PrivateState& own, data::BatchReader& rows, Rng& rng) {
  const task::Task& task = *kit.task(offer.work);
  if (offer.work == job::Work::kUpdate) return task.Run(*offer.state, own, rows, offer.local, rng);
  model::PrivateState looked_at = own.Clone();
  return task.Run(*offer.state, looked_at, rows, offer.local, rng);
}

}  // namespace florin::site
