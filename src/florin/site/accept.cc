// One offer, from accept to contribution.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "florin/base/codec.h"
#include "florin/crypto/sha256.h"
#include "florin/dp/clip.h"
#include "florin/job/passage.h"
#include "florin/job/vector.h"
#include "florin/protocol/party.h"
#include "florin/site/site.h"

namespace florin::site {
namespace {

Status Denied(const char* code, std::string message) {
  return Status(Kind::kDenied, code, std::move(message));
}

// The keyed stream of one contribution: first the seed of its shuffles, then its rounding bits.
// It is bound to the id, hence to the model and plan offered, so no two offers share rounding bits.
crypto::KeyedRng OpenStream(const crypto::SecretKey& secret, const ContributionId& id) {
  static constexpr std::string_view kPurpose = "florin contribution stream";
  std::array<uint8_t, kPurpose.size() + sizeof(id.bytes)> context;
  const auto rest = std::copy(kPurpose.begin(), kPurpose.end(), context.begin());
  std::copy(id.bytes.begin(), id.bytes.end(), rest);
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

// What the contributing party has to say to the aggregator.
Result<protocol::Message> Seal(const job::Offer& offer, const job::Plan& plan,
                               num::RingVector vector) {
  const std::string& name = plan.spec.privacy.protocol;
  const protocol::ProtocolKind* kind = protocol::FindProtocol(name);
  if (kind == nullptr) return Denied("OFFER-PROTOCOL", "protocol " + name + " is unknown here.");
  const protocol::ProtocolSetup setup{
      .vector_size = vector.size(), .contributors_max = offer.cohort_size, .contributors_min = 1};
  FLORIN_ASSIGN(auto party, kind->make_contributor(setup, offer.self, std::move(vector)));
  FLORIN_ASSIGN(protocol::Messages messages, party->Start());
  FLORIN_CHECK(messages.size() == 1);  // no protocol of the registry says more yet
  return std::move(messages.front());
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
  base::Writer writer;
  writer.Text("florin contribution").Text(offer.job.text()).U32(offer.round.number);
  writer.U8(static_cast<uint8_t>(offer.work)).U32(offer.self.index);
  writer.Fixed(offer.plan->hash.bytes).Fixed(offer.model_hash.bytes);
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
  if (options_.keeps_contributions) {
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
Status Site::AskGate(const job::Offer& offer, const job::Plan& plan, std::optional<uint64_t> rows) {
  if (options_.gate == nullptr) return {};
  FLORIN_ASSIGN(govern::Passage passage, job::PassageOf(plan, offer.work));
  if (offer.work == job::Work::kUpdate && !KeepsPlan(offer.local, plan.spec.strategy.local)) {
    return Denied("OFFER-PLAN",
                  "offer: expected the batch size and pull of its plan, and at most its epochs and "
                  "learning rate; found others. The owner agreed to the plan alone.");
  }
  passage.coordinator = options_.coordinator;
  passage.contributors = std::min<uint64_t>(passage.contributors, offer.cohort_size);
  passage.rounds = std::max<uint64_t>(passage.rounds, offer.round.number);
  passage.rows = rows;
  return options_.gate->Check(passage).ToStatus();
}

Result<job::Contribution> Site::Make(const job::Offer& offer, const job::SiteKit& kit,
                                     const ContributionId& id) {
  const job::Plan& plan = *kit.plan;
  crypto::KeyedRng stream = OpenStream(options_.secret, id);
  base::SeededRng shuffles = OpenShuffles(stream);
  FLORIN_ASSIGN(model::PrivateState own, store_.LoadPrivate(offer.job));
  FLORIN_ASSIGN(model::Yield yield, Run(offer, kit, own, shuffles));
  FLORIN_ASSIGN(const double factor, Bound(yield, offer, plan));
  FLORIN_ASSIGN(num::RingVector vector,
                job::EncodeYield(plan.vector(offer.work), yield, factor, stream));
  FLORIN_ASSIGN(protocol::Message message, Seal(offer, plan, std::move(vector)));
  job::Contribution contribution = job::ContributionTo(offer);
  contribution.id = id;
  contribution.message = std::move(message);
  FLORIN_TRY(Keep(contribution, own));
  return contribution;
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

Status Site::Keep(const job::Contribution& contribution, const model::PrivateState& own) {
  if (options_.keeps_contributions) {
    FLORIN_TRY(store_.KeepContribution(contribution, own));
    return store_.ForgetContributionsBefore(contribution.job, contribution.round,
                                            contribution.work);
  }
  const bool may_have_changed = contribution.work == job::Work::kUpdate && !own.empty();
  return may_have_changed ? store_.SavePrivate(contribution.job, own) : Status();
}

}  // namespace florin::site
