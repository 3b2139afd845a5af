#include "florin/round/runner.h"

#include <utility>

#include "florin/base/rng.h"
#include "florin/job/sealing.h"
#include "florin/round/release.h"

namespace florin::round {
namespace {

constexpr uint32_t kFoldsPerSave = 256;

// Effects that Save makes durable by itself; the others go to the outbox.
bool IsPartOfSave(const Effect& effect) {
  return std::holds_alternative<Audit>(effect) || std::holds_alternative<Keep>(effect) ||
         std::holds_alternative<Publish>(effect) || std::holds_alternative<DropRound>(effect) ||
         std::holds_alternative<SetDeadline>(effect);
}

template <typename T>
bool Contains(const std::vector<Effect>& effects) {
  for (const Effect& effect : effects) {
    if (std::holds_alternative<T>(effect)) return true;
  }
  return false;
}

}  // namespace

Runner::Runner(std::shared_ptr<const job::RoundKit> kit, Store& store, Transport& transport,
               job::EventSink& events, Identities& identities)
    : kit_(std::move(kit)),
      store_(store),
      transport_(transport),
      events_(events),
      identities_(identities),
      host_(kit_->plan, [this](job::Work work) { return SetupOf(work); }) {}

Result<std::unique_ptr<Runner>> Runner::Make(std::shared_ptr<const job::RoundKit> kit, Store& store,
                                             Transport& transport, job::EventSink& events,
                                             Identities& identities) {
  const JobId& job = kit->plan->spec.id;
  FLORIN_ASSIGN(auto state, store.Load(job));
  std::unique_ptr<Runner> runner(new Runner(std::move(kit), store, transport, events, identities));
  FLORIN_TRY(state ? runner->Load(std::move(*state)) : runner->Create());
  return runner;
}

Status Runner::Create() {
  const job::JobSpec& spec = kit_->plan->spec;
  base::SeededRng rng(spec.seed);
  current_.job = spec.id;
  current_.plan = kit_->plan->hash;
  current_.state = std::make_shared<const model::State>(kit_->model->NewState(rng));
  job::SealVersion(current_);
  state_.job = spec.id;
  state_.plan = kit_->plan->hash;
  state_.model = current_.model_hash;
  state_.version = current_.id;
  Commit commit;
  commit.state = state_;
  commit.version = current_;
  commit.published = current_.id;
  return store_.Save(spec.id, std::move(commit));
}

Status Runner::Load(RoundState state) {
  state_ = std::move(state);
  if (state_.plan != kit_->plan->hash) {
    return Status(Kind::kConflict, "ROUND-PLAN",
                  "job \"" + state_.job.text() + "\" was started under plan " +
                      state_.plan.Short() + ", found plan " + kit_->plan->hash.Short() +
                      ": give a changed job another id");
  }
  FLORIN_ASSIGN(current_, Find(state_.version));
  if (state_.phase == Phase::kEvaluating) {
    FLORIN_ASSIGN(candidate_, Find(state_.candidate));
    is_candidate_saved_ = true;
  }
  FLORIN_ASSIGN(const Bytes checkpoint, store_.LoadCheckpoint(state_.job));
  BindCohort();
  FLORIN_TRY(host_.Restore(checkpoint));
  FLORIN_ASSIGN(replay_, store_.Outbox(state_.job));
  FLORIN_ASSIGN(local_, Configure());
  is_resumed_ = true;
  return {};
}

Result<job::Version> Runner::Find(const VersionId& id) const {
  FLORIN_ASSIGN(auto version, store_.FindVersion(id));
  if (version) return std::move(*version);
  return Status(Kind::kFailed, "ROUND-VERSION",
                "job \"" + state_.job.text() + "\": the store has lost version " + id.Short() +
                    "; restore it from a backup");
}

Status Runner::Replay(Time now) {
  if (!is_resumed_) return {};
  is_resumed_ = false;
  for (const Effect& effect : std::exchange(replay_, {})) Act(effect, now);
  inputs_.emplace_back(CoordinatorRestarted{});
  return Drain(now);
}

Status Runner::Handle(const Input& input, Time now) {
  FLORIN_TRY(Replay(now));
  inputs_.push_back(input);
  return Drain(now);
}

Status Runner::Handle(job::Contribution contribution, Time now) {
  FLORIN_TRY(Replay(now));
  waiting_ = std::move(contribution.message);
  inputs_.emplace_back(ContributionArrived{std::move(contribution.site), contribution.round,
                                           contribution.work, contribution.plan_hash,
                                           contribution.id, contribution.body, contribution.step});
  const Status status = Drain(now);
  waiting_.reset();
  return status;
}

Status Runner::Handle(const job::Refusal& refusal, Time now) {
  return Handle(SiteRefused{refusal.site, refusal.round, refusal.work, refusal.code, refusal.reason,
                            refusal.step},
                now);
}

Status Runner::RollBack(const VersionId& id, Time now) {
  FLORIN_TRY(Replay(now));
  const std::string job = "job \"" + state_.job.text() + "\"";
  if (state_.status != JobStatus::kPaused && state_.status != JobStatus::kDone) {
    return Status(Kind::kConflict, "ROUND-BUSY",
                  job + " is " + JobStatusName(state_.status) + ": pause it, then roll back");
  }
  FLORIN_ASSIGN(const auto versions, store_.Versions(state_.job));
  for (const PublishedVersion& version : versions) {
    if (version.id != id) continue;
    if (!version.has_model) return ModelDropped(version, versions);
    return Handle(RollbackAsked{id, version.model_hash}, now);
  }
  return Status(Kind::kNotFound, "ROUND-ROLLBACK", job + " never published version " + id.Short());
}

Status Runner::Drain(Time now) {
  while (!inputs_.empty()) {
    const Input input = std::move(inputs_.front());
    inputs_.pop_front();
    Decision decision = Decide(*kit_->plan, std::move(state_), input, now);
    state_ = std::move(decision.state);
    if (MustSave(decision.effects)) FLORIN_TRY(Save(decision.effects));
    for (const Effect& effect : decision.effects) Act(effect, now);
  }
  return {};
}

// A fold is saved once it is counted: while Decide has yet to hear of it, state and sum differ.
bool Runner::MustSave(const std::vector<Effect>& effects) const {
  return Contains<Audit>(effects) || Contains<Keep>(effects) ||
         (folds_since_save_ >= kFoldsPerSave && !Contains<Fold>(effects));
}

Status Runner::Save(const std::vector<Effect>& effects) {
  Commit commit;
  bool is_published = false;
  for (const Effect& effect : effects) {
    if (const auto* audit = std::get_if<Audit>(&effect)) commit.audit.push_back(audit->entry);
    if (std::holds_alternative<DropRound>(effect)) host_.Drop();
    is_published |= std::holds_alternative<Publish>(effect);
    if (!IsPartOfSave(effect)) commit.outbox.push_back(effect);
  }
  commit.state = state_;
  if (host_.is_dirty()) commit.checkpoint = host_.Save();
  if (candidate_ && !is_candidate_saved_) commit.version = *candidate_;
  if (is_published) commit.published = state_.version;
  FLORIN_TRY(store_.Save(state_.job, std::move(commit)));
  folds_since_save_ = 0;
  is_candidate_saved_ = true;
  if (!is_published) return {};
  if (candidate_ && candidate_->id == state_.version) {
    current_ = std::move(*std::exchange(candidate_, std::nullopt));
  } else {  // rolled back
    FLORIN_ASSIGN(current_, Find(state_.version));
  }
  return {};
}

void Runner::Act(const Effect& effect, Time now) {
  if (const auto* open = std::get_if<OpenParty>(&effect)) return Act(*open);
  if (const auto* offer = std::get_if<SendOffer>(&effect)) return Act(*offer);
  if (const auto* fold = std::get_if<Fold>(&effect)) return Act(*fold);
  if (const auto* close = std::get_if<CloseStep>(&effect)) return Act(*close);
  if (const auto* close = std::get_if<CloseParty>(&effect)) return Act(*close);
  if (std::holds_alternative<ApplySum>(effect)) return Apply(now);
  if (const auto* emit = std::get_if<Emit>(&effect)) return events_.Emit(emit->event);
  if (const auto* send = std::get_if<SendReceipt>(&effect)) {
    transport_.Send(job::Receipt{state_.job, send->round, send->work, send->site, send->id,
                                 send->verdict, send->reason});
  }
}

void Runner::Act(const OpenParty& effect) {
  BindCohort();
  Status status = host_.Open(effect.work);
  auto local = Configure();
  if (status.ok() && !local.ok()) status = local.status();
  if (!status.ok()) return inputs_.push_back(ApplyFailed{status.ToString()});
  local_ = *local;
}

Result<model::LocalConfig> Runner::Configure() const {
  FLORIN_ASSIGN(model::LocalConfig local, kit_->strategy->Configure(*current_.state, state_.round));
  local.clipping_norm = kit_->plan->spec.privacy.clipping_norm;
  return local;
}

const job::Version& Runner::VersionOf(job::Work work) const {
  return work == job::Work::kUpdate || !candidate_ ? current_ : *candidate_;
}

// A site without a key has one that nobody can sign with.
std::vector<protocol::Participant> Runner::Cohort() const {
  std::vector<protocol::Participant> cohort;
  for (const Member& member : state_.cohort) {
    cohort.push_back(
        {.place = {static_cast<uint32_t>(cohort.size() + 1)},
         .name = member.site.text(),
         .identity = identities_.IdentityOf(member.site).value_or(crypto::Ed25519PublicKey{})});
  }
  return cohort;
}

protocol::ProtocolSetup Runner::SetupOf(job::Work work) const {
  const job::Plan& plan = *kit_->plan;
  if (!plan.IsSealed()) return OpenSetup(plan, work);
  protocol::ProtocolSetup setup =
      job::SetupOf(plan, {.round = state_.round,
                          .work = work,
                          .model = VersionOf(work).model_hash,
                          .cohort = cohort_digest_,
                          .cohort_size = static_cast<uint32_t>(state_.cohort.size())});
  setup.cohort = Cohort();
  return setup;
}

void Runner::BindCohort() {
  cohort_digest_ = {};
  if (kit_->plan->IsSealed()) cohort_digest_ = job::DigestCohort(Cohort());
}

void Runner::Act(const SendOffer& effect) {
  auto asked = host_.Ask(effect.work, effect.member);
  if (!asked.ok()) return;  // of a round or step that is over: a replay
  const job::Version& version = VersionOf(effect.work);
  job::Offer offer;
  offer.job = state_.job;
  offer.round = state_.round;
  offer.work = effect.work;
  offer.site = state_.cohort[effect.member].site;
  offer.plan = kit_->plan;
  offer.state = version.state;
  offer.model_hash = version.model_hash;
  offer.local = local_;
  offer.self = {effect.member + 1};
  offer.cohort_size = static_cast<uint32_t>(state_.cohort.size());
  offer.deadline = state_.deadline;
  offer.step = state_.step;
  offer.cohort = cohort_digest_;
  offer.asked = std::move(*asked);
  transport_.Send(std::move(offer));
}

void Runner::Act(const Fold& effect) {
  const SiteId& site = state_.cohort[effect.member].site;
  FLORIN_CHECK(waiting_.has_value());
  protocol::Message message = std::move(*waiting_);
  waiting_.reset();
  Status status;
  if (message.from.index != effect.member + 1) {
    status = Status(Kind::kFailed, "PROTO-SENDER",
                    "party " + std::to_string(message.from.index) + ", expected party " +
                        std::to_string(effect.member + 1) + ": the place of this site");
  } else {
    status = host_.Fold(effect.work, std::move(message));
  }
  if (status.ok()) {
    ++folds_since_save_;
    inputs_.emplace_back(ContributionFolded{site, state_.round, effect.work, state_.step,
                                            host_.IsEnough(effect.work)});
  } else {
    inputs_.emplace_back(
        ContributionFailed{site, state_.round, effect.work, status.ToString(), state_.step});
  }
}

void Runner::Act(const CloseStep& effect) {
  const Status status = host_.CloseStep(effect.work, state_.step, effect.dropouts);
  if (status.ok()) return inputs_.push_back(StepClosed{state_.round, effect.work});
  inputs_.emplace_back(SumFailed{state_.round, effect.work, status.ToString()});
}

void Runner::Act(const CloseParty& effect) {
  const Status status = host_.Close(effect.work, effect.dropouts);
  for (protocol::Blame& blame : host_.TakeBlamed()) {
    inputs_.emplace_back(MemberBlamed{state_.cohort[blame.place.index - 1].site, state_.round,
                                      std::move(blame.reason)});
  }
  if (!status.ok()) {
    inputs_.emplace_back(SumFailed{state_.round, effect.work, status.ToString()});
  } else if (effect.work == job::Work::kUpdate) {
    inputs_.emplace_back(SumOpened{state_.round});
  } else {
    Score();
  }
}

// The sum becomes the next state, and that a candidate version.
void Runner::Apply(Time now) {
  const auto fail = [&](const Status& status) {
    inputs_.emplace_back(ApplyFailed{status.ToString()});
  };
  const auto sum = host_.Sum(job::Work::kUpdate, state_.counters.accepted);
  if (!sum.ok()) return fail(sum.status());
  auto next = kit_->strategy->Apply(current_.state->Clone(), *sum);
  if (!next.ok()) return fail(next.status());
  job::Version version;
  version.parent = current_.id;
  version.job = state_.job;
  version.round = state_.round;
  version.plan = state_.plan;
  version.contribution_count = state_.counters.accepted;
  version.created = now;
  version.state = std::make_shared<const model::State>(std::move(next).value());
  job::SealVersion(version);
  candidate_ = std::move(version);
  is_candidate_saved_ = false;
  inputs_.emplace_back(StateApplied{candidate_->model_hash, candidate_->id,
                                    candidate_->state->is_converged,
                                    ReleaseTraining(*kit_->plan, *sum).figures});
}

// The summed metrics become part of the candidate's lineage, so of its id.
void Runner::Score() {
  const auto sum = host_.Sum(job::Work::kEvaluate, state_.evaluation.accepted);
  if (!sum.ok()) {
    return inputs_.push_back(
        SumFailed{state_.round, job::Work::kEvaluate, sum.status().ToString()});
  }
  FLORIN_CHECK(candidate_.has_value());
  Release release = ReleaseMetrics(*kit_, *sum);
  candidate_->metrics = release.figures;
  job::SealVersion(*candidate_);
  is_candidate_saved_ = false;
  inputs_.emplace_back(VersionScored{state_.round, candidate_->id, std::move(release.figures),
                                     std::move(release.withheld)});
}

}  // namespace florin::round
