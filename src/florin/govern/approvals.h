// The owner's decisions: one for each plan of each job.
//
// A yes is for the plan that was shown, by its hash; a plan that changed in anything waits again,
// and is shown beside the last one that had a yes. Decisions are never dropped. Plans that nobody
// decided yet are kept up to a bound, the oldest going first: whoever offers may not fill a disk.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "florin/base/codec.h"
#include "florin/base/ids.h"
#include "florin/base/status.h"
#include "florin/base/time.h"
#include "florin/govern/policy.h"

namespace florin::govern {

enum class Decision : uint8_t { kPending = 1, kApproved = 2, kRefused = 3 };
const char* DecisionName(Decision decision);  // "pending", "approved", "refused"

struct Approval {
  JobId job;
  PlanHash plan;
  Summary summary;  // as the owner was shown it
  Decision decision = Decision::kPending;
  std::string who;  // of a decision; empty while pending
  Time when;
  std::string why;  // may be empty

  bool operator==(const Approval&) const = default;
};

// One named thing that two summaries say differently; "" = not there.
struct Change {
  std::string name;
  std::string before;
  std::string after;
  bool operator==(const Change&) const = default;
};
std::vector<Change> Changes(const Summary& before, const Summary& after);

// A value, copied whole; one thread at a time.
class Approvals {
 public:
  static constexpr size_t kPendingMax = 256;
  static constexpr size_t kApprovalsMax = 1 << 16;  // in all
  static constexpr size_t kWhoMax = 128;            // bytes
  static constexpr size_t kWhyMax = 2048;
  static constexpr size_t kSummaryMax = 64;  // names
  static constexpr size_t kTextMax = 8192;   // bytes of one value; longer ones are cut

  const Approval* Find(const JobId& job, const PlanHash& plan) const;
  // Remembers that a plan asks for a yes; true when it was not known yet. What is known stays.
  bool Ask(const JobId& job, const PlanHash& plan, Summary summary);
  // Decides, or decides anew: a yes may be taken back, and a plan that was not asked about may get
  // a no. [APPROVAL-UNKNOWN] a yes to a plan that was never shown, [APPROVAL-WHO] a decision needs
  // a name, [APPROVAL-WHY] the reason is too long, [APPROVAL-FULL].
  Status Decide(const JobId& job, const PlanHash& plan, Decision decision, std::string who,
                Time when, std::string why);

  // The job's plan that had the last yes and still has it; nullptr when there is none.
  const Approval* LastApproved(const JobId& job) const;
  // What this plan says differently from that one; all of it, when there is none. Plans that differ
  // in nothing that is named here still differ in their hash.
  std::vector<Change> ChangesSinceApproved(const Approval& approval) const;

  // In the order they were asked for, decided ones in the order of their decisions.
  Span<const Approval> all() const { return approvals_; }

  void Save(base::Writer& writer) const;
  static Result<Approvals> Restore(base::Reader& reader);  // [CODEC]
  bool operator==(const Approvals&) const = default;

 private:
  std::vector<Approval> approvals_;
};

}  // namespace florin::govern
