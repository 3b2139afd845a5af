// Runner: Decide, save, then act. One runner drives one job; the caller owns time and delivery.
//
// Every decision with an audit entry (each change of phase or status) is saved before its effects
// are carried out, with the outbox and, where the sums changed, their checkpoint: a crash between
// any two lines is a replay of the outbox. Contributions between two phase changes are folded in
// memory and saved every kFoldsPerSave of them; what a crash loses is asked for again, and sites
// answer alike. Receipts, offers and events are therefore delivered at least once. Not thread-safe.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "florin/job/event.h"
#include "florin/job/round_kit.h"
#include "florin/round/decide.h"
#include "florin/round/party_host.h"
#include "florin/round/ports.h"

namespace florin::round {

class Runner {
 public:
  // Creates the job's first version (seeded initial state) in the store, or resumes the job where
  // the store has it: the outbox is replayed at the first Handle, which brings the time. Sites say
  // again that they are there. Ports must outlive the runner. [ROUND-PLAN] the stored job has
  // another plan; [ROUND-VERSION] its version is missing.
  static Result<std::unique_ptr<Runner>> Make(std::shared_ptr<const job::RoundKit> kit,
                                              Store& store, Transport& transport,
                                              job::EventSink& events, Identities& identities);

  // Inputs from outside. A broken store is the only error: everything else is an outcome. After an
  // error the runner must be dropped; a new one resumes from what was saved.
  Status Handle(const Input& input, Time now);
  Status Handle(job::Contribution contribution, Time now);
  Status Handle(const job::Refusal& refusal, Time now);

  // Makes an earlier version the current one again: the next round builds on it, and offers and
  // scores use it. [ROUND-BUSY] the job is neither paused nor done; [ROUND-ROLLBACK] the store has
  // no such version of this job; [VERSION-DROPPED].
  Status RollBack(const VersionId& version, Time now);

  const RoundState& state() const { return state_; }
  // Is it time for DeadlinePassed?
  bool IsDue(Time now) const {
    return state_.deadline <= now || IsTooFar(*kit_->plan, state_, now);
  }
  bool is_over() const { return state_.is_over(); }  // done, cancelled or failed
  const job::Version& current() const { return current_; }

 private:
  Runner(std::shared_ptr<const job::RoundKit> kit, Store& store, Transport& transport,
         job::EventSink& events, Identities& identities);
  Status Create();
  Status Load(RoundState state);
  Result<job::Version> Find(const VersionId& id) const;
  Status Replay(Time now);

  Status Drain(Time now);
  bool MustSave(const std::vector<Effect>& effects) const;
  Status Save(const std::vector<Effect>& effects);
  void Act(const Effect& effect, Time now);

  // Effects with work of their own; each raises the input that answers it.
  void Act(const OpenParty& effect);
  void Act(const SendOffer& effect);
  void Act(const Fold& effect);
  void Act(const CloseStep& effect);
  void Act(const CloseParty& effect);
  void Apply(Time now);
  void Score();
  Result<model::LocalConfig> Configure() const;
  // The version that a kind of work is offered.
  const job::Version& VersionOf(job::Work work) const;
  std::vector<protocol::Participant> Cohort() const;
  protocol::ProtocolSetup SetupOf(job::Work work) const;
  void BindCohort();

  std::shared_ptr<const job::RoundKit> kit_;
  Store& store_;
  Transport& transport_;
  job::EventSink& events_;
  Identities& identities_;
  PartyHost host_;
  RoundState state_;
  job::Version current_;
  std::optional<job::Version> candidate_;  // applied, not yet published
  bool is_candidate_saved_ = false;
  std::vector<Effect> replay_;  // of a resumed job, until the first Handle
  bool is_resumed_ = false;
  std::deque<Input> inputs_;                  // handled before returning
  std::optional<protocol::Message> waiting_;  // of the contribution in hand, not yet folded
  model::LocalConfig local_;                  // of the open round
  crypto::Kt128Digest cohort_digest_ = {};    // of the open round, under a sealed protocol
  uint32_t folds_since_save_ = 0;
};

}  // namespace florin::round
