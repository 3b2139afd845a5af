// Gate: asked before an offer passes; and the owner's gate, made of a policy and of decisions.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "florin/govern/approvals.h"
#include "florin/govern/policy.h"

namespace florin::govern {

// Answers what may pass. Thread-safe: one gate may stand before many.
class Gate {
 public:
  virtual ~Gate() = default;
  virtual Verdict Check(const Passage& passage) = 0;
};

// The policy first: what it forbids no yes can allow. Then the owner's decision on this very plan:
// a no stops it even where a rule of the policy would have let it pass, a yes lets it pass. Without
// one, a plan that no approval rule takes is held and remembered as pending.
//
// Peers are decided on in the same way, where the policy has no rule for them: the owner's yes is
// to a list of names and keys, which stands among the plans under the name kPeersName. A list of
// some of these passes; another name or key waits for a yes to the longer list.
inline constexpr std::string_view kPeersName = "peers";

class OwnersGate final : public Gate {
 public:
  // Keeps the approvals where a crash cannot take them. Called under the gate's lock.
  using Keep = std::function<Status(const Approvals&)>;

  OwnersGate(SitePolicy policy, Approvals approvals, Keep keep);

  // What Check() of policy.h says, and [APPROVAL-REFUSED]. That a held plan could not be kept as
  // pending is no reason to stop: it is held, and will be asked about again.
  Verdict Check(const Passage& passage) override;

  // Kept, then in force. Errors of Approvals::Decide and of Keep; then nothing has changed.
  Status Decide(const JobId& job, const PlanHash& plan, Decision decision, std::string who,
                Time when, std::string why);
  // The policy that is in force from the next offer on.
  void Replace(SitePolicy policy);
  Approvals approvals() const;  // a copy

 private:
  Verdict CheckPlan(const Passage& passage);
  Verdict CheckPeers(const Peers& peers);

  mutable std::mutex mutex_;  // of all below
  SitePolicy policy_;
  Approvals approvals_;
  Keep keep_;
};

}  // namespace florin::govern
