// The owner's word at an agent: a policy, decisions, and a trail of both in files of the agent's
// folder, so that the owner can read and decide while the agent runs.
//
//   policy.yaml      the owner's rules; without the file every plan waits for a yes
//   plans.json       what was offered, what it says, and what was decided; written by the agent
//   decisions/       one file a decision, written by the owner, taken by the agent within a second
//   audit.jsonl      who asked, what was answered, who decided: a signed chain
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "florin/api/audit_trail.h"
#include "florin/base/time.h"
#include "florin/crypto/ed25519.h"
#include "florin/govern/gate.h"
#include "florin/store/records.h"

namespace florin::apps {

// Written by `florin agent approve | refuse`, before the agent takes it.
struct OwnerDecision {
  JobId job;
  PlanHash plan;
  govern::Decision decision = govern::Decision::kApproved;
  std::string who;
  std::string why;
};
// A file of its own in DIR/decisions. [FILE-WRITE]
Status LeaveDecision(const std::string& folder, const OwnerDecision& decision);

// What plans.json says. [OWNER-PLANS] the agent has not written one yet, or it is damaged.
struct OfferedPlan {
  OwnerDecision decision;               // as it stands; who and why are empty while pending
  std::vector<govern::Change> changes;  // against the last plan of that job with a yes
};
Result<std::vector<OfferedPlan>> ReadPlans(const std::string& folder);

class OwnersDesk {
 public:
  // The records outlive the desk. [POLICY-*] a policy that cannot be read: the agent does not run;
  // [AUDIT-*] the trail was changed.
  static Result<std::unique_ptr<OwnersDesk>> Open(const std::string& folder,
                                                  store::Records& records,
                                                  const crypto::Ed25519Seed& seed, Time now);

  govern::OwnersGate& gate() { return *gate_; }
  // Takes what lies in decisions/: applied, in the trail, then removed. A file that is none is put
  // aside as `.refused`, with the reason among the faults.
  struct Taken {
    size_t decisions = 0;
    std::vector<std::string> faults;
  };
  Taken TakeDecisions(Time now);
  // Brings plans.json up to date when something was asked or decided since.
  Status WritePlans();
  Status Note(Time now, std::string actor, std::string event, govern::AuditFields fields) {
    return trail_->Append(now, std::move(actor), std::move(event), std::move(fields));
  }

 private:
  OwnersDesk(std::string folder, store::Records& records)
      : folder_(std::move(folder)), records_(records) {}
  Status Take(const std::string& file, Time now);

  std::string folder_;
  store::Records& records_;
  std::unique_ptr<govern::OwnersGate> gate_;
  std::unique_ptr<api::AuditTrail> trail_;
  govern::Approvals written_;  // what plans.json has
  bool is_written_ = false;
};

}  // namespace florin::apps
