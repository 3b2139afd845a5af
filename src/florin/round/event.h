// What can happen to a job (Input), and what is to be done about it (Effect). Data, no behaviour.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "florin/job/event.h"
#include "florin/job/exchange.h"
#include "florin/round/state.h"

namespace florin::round {

// -- inputs
struct JobStarted {};
struct SiteArrived { SiteId site; };   // also: came back
struct SiteLeft { SiteId site; };
struct ContributionArrived {           // the envelope; the message waits in the runner
  SiteId site;
  RoundId round;
  job::Work work = job::Work::kUpdate;
  PlanHash plan;
  ContributionId id;
};
struct ContributionFailed {            // the party rejected its message
  SiteId site;
  RoundId round;
  job::Work work = job::Work::kUpdate;
  std::string reason;
};
struct SiteRefused { SiteId site; RoundId round; job::Work work = job::Work::kUpdate; std::string code; std::string reason; };
struct DeadlinePassed {};              // the runner's timer; ignored before state.deadline
struct SumOpened { RoundId round; job::Work work = job::Work::kUpdate; };
struct SumFailed { RoundId round; job::Work work = job::Work::kUpdate; std::string reason; };
struct StateApplied { ModelHash model; VersionId version; bool is_converged = false; };
struct ApplyFailed { std::string reason; };
struct PauseAsked {};
struct ResumeAsked {};
struct CancelAsked { std::string reason; };
using Input = std::variant<JobStarted, SiteArrived, SiteLeft, ContributionArrived,
                           ContributionFailed, SiteRefused, DeadlinePassed, SumOpened, SumFailed,
                           StateApplied, ApplyFailed, PauseAsked, ResumeAsked, CancelAsked>;

// -- effects, carried out by the runner in this order after the state is saved
struct OpenParty { job::Work work = job::Work::kUpdate; };               // make a fresh aggregator
struct SendOffer { job::Work work = job::Work::kUpdate; uint32_t member = 0; };  // cohort index
struct Fold { ContributionId id; job::Work work = job::Work::kUpdate; uint32_t member = 0; };
struct SendReceipt { SiteId site; RoundId round; job::Work work = job::Work::kUpdate; ContributionId id; job::Verdict verdict; std::string reason; };
struct CloseParty { job::Work work = job::Work::kUpdate; std::vector<uint32_t> dropouts; };  // Proceed
struct ApplySum {};                    // decode, Strategy::Apply, new version (not yet published)
struct Publish {};                     // the version becomes the job's current one, with metrics
struct DropRound {};                   // forget sums and messages of the round
struct SetDeadline { Time at; };
struct Audit { std::string entry; };   // saved with the state, in one transaction
struct Emit { job::Event event; };
using Effect = std::variant<OpenParty, SendOffer, Fold, SendReceipt, CloseParty, ApplySum, Publish,
                            DropRound, SetDeadline, Audit, Emit>;

}  // namespace florin::round
