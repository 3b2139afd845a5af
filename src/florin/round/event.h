// What can happen to a job (Input), and what is to be done about it (Effect). Data, no behaviour.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "florin/job/event.h"
#include "florin/job/exchange.h"
#include "florin/round/state.h"

namespace florin::round {

// -- inputs from outside
struct JobStarted {};
struct SiteArrived {  // also: came back
  SiteId site;
};
struct SiteLeft {
  SiteId site;
};
struct ContributionArrived {  // the envelope; the message waits in the runner
  SiteId site;
  RoundId round;
  job::Work work = job::Work::kUpdate;
  PlanHash plan;
  ContributionId id;
  BodyDigest body = {};  // empty: not known, so taken for any
  uint32_t step = 0;
};
struct SiteRefused {
  SiteId site;
  RoundId round;
  job::Work work = job::Work::kUpdate;
  std::string code;
  std::string reason;
  uint32_t step = 0;
};
struct DeadlinePassed {};  // the caller's timer; ignored before state.deadline, unless IsTooFar()
struct PauseAsked {};
struct ResumeAsked {};
struct CancelAsked {
  std::string reason;
};
struct RollbackAsked {  // of a version the store has; ignored while a round is under way
  VersionId version;
  ModelHash model;
};

// -- inputs that answer effects, raised by the runner
struct ContributionFolded {  // answers Fold: the party has the message, the sum its vector
  SiteId site;
  RoundId round;
  job::Work work = job::Work::kUpdate;
  uint32_t step = 0;
  bool is_enough = false;  // the step could close without the others
};
struct ContributionFailed {  // answers Fold: the party rejected the message and is as it was
  SiteId site;
  RoundId round;
  job::Work work = job::Work::kUpdate;
  std::string reason;
  uint32_t step = 0;
};
struct StepClosed {  // answers CloseStep: the party asks the next one
  RoundId round;
  job::Work work = job::Work::kUpdate;
};
struct MemberBlamed {  // found at the opening of the sum, which stands without it
  SiteId site;
  RoundId round;
  std::string reason;
};
struct SumOpened {  // answers CloseParty of updates
  RoundId round;
};
struct SumFailed {  // answers CloseStep and CloseParty: the protocol could not go on
  RoundId round;
  job::Work work = job::Work::kUpdate;
  std::string reason;
};
struct StateApplied {  // answers ApplySum
  ModelHash model;
  VersionId version;
  bool is_converged = false;
  std::vector<model::Figure> figures;  // of the training itself, where they may be released
};
struct VersionScored {  // answers CloseParty of evaluations
  RoundId round;
  VersionId version;                   // the candidate with its metrics, so with another id
  std::vector<model::Figure> figures;  // empty when withheld
  std::string withheld;                // why, or empty
};
struct ApplyFailed {  // a step of ours that cannot fail did: a bug, the evidence is kept
  std::string reason;
};
struct CoordinatorRestarted {};  // nobody is connected, messages in flight are lost

using Input =
    std::variant<JobStarted, SiteArrived, SiteLeft, ContributionArrived, SiteRefused,
                 DeadlinePassed, PauseAsked, ResumeAsked, CancelAsked, RollbackAsked,
                 ContributionFolded, ContributionFailed, StepClosed, MemberBlamed, SumOpened,
                 SumFailed, StateApplied, VersionScored, ApplyFailed, CoordinatorRestarted>;

// -- effects that are part of the save: durable with the state, in one transaction
struct Audit {  // "2026-01-31T12:00:00.000000Z round.opening round 3: ..."; every change of phase
  std::string entry;  // or status has one, so a decision with an entry is one that must be saved
};
struct Keep {};       // nothing but the save itself: a step between two changes of phase
struct Publish {};    // the candidate becomes the job's current version
struct DropRound {};  // forget sums and messages of the round
struct SetDeadline {  // what state.deadline is from now on
  Time at;
};

// -- effects carried out after the save, in this order, at least once
struct OpenParty {  // make a fresh aggregator
  job::Work work = job::Work::kUpdate;
};
struct SendOffer {  // of the present step
  job::Work work = job::Work::kUpdate;
  uint32_t member = 0;  // cohort index
};
struct Fold {  // give the waiting message to the party
  ContributionId id;
  job::Work work = job::Work::kUpdate;
  uint32_t member = 0;
};
struct SendReceipt {
  SiteId site;
  RoundId round;
  job::Work work = job::Work::kUpdate;
  ContributionId id;
  job::Verdict verdict = job::Verdict::kAccepted;
  std::string reason;
};
struct CloseStep {  // Proceed to the next step
  job::Work work = job::Work::kUpdate;
  std::vector<uint32_t> dropouts;  // cohort indices that did not answer
};
struct CloseParty {  // Proceed, and take the sum
  job::Work work = job::Work::kUpdate;
  std::vector<uint32_t> dropouts;  // cohort indices that did not contribute
};
struct ApplySum {};  // decode, Strategy::Apply, new version (not yet published)
struct Emit {
  job::Event event;
};

using Effect = std::variant<Audit, Keep, Publish, DropRound, SetDeadline, OpenParty, SendOffer,
                            Fold, SendReceipt, CloseStep, CloseParty, ApplySum, Emit>;

}  // namespace florin::round
