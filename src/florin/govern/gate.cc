#include "florin/govern/gate.h"

#include <utility>

namespace florin::govern {
namespace {

// Why the owner said no is the owner's to tell: this sentence leaves the site.
Verdict Refused(const Approval& approval, Verdict verdict) {
  verdict.kind = Verdict::Kind::kStop;
  verdict.code = kApprovalRefused;
  verdict.why = "job \"" + approval.job.text() + "\": expected the owner's yes to plan " +
                approval.plan.Short() + ", found a no. Change the job, or ask the owner.";
  return verdict;
}

}  // namespace

OwnersGate::OwnersGate(SitePolicy policy, Approvals approvals, Keep keep)
    : policy_(std::move(policy)), approvals_(std::move(approvals)), keep_(std::move(keep)) {}

Verdict OwnersGate::Check(const Passage& passage) {
  const std::lock_guard lock(mutex_);
  Verdict verdict = govern::Check(policy_, passage);
  if (verdict.kind == Verdict::Kind::kStop) return verdict;
  const Approval* known = approvals_.Find(passage.job, passage.plan);
  const Decision decision = known == nullptr ? Decision::kPending : known->decision;
  if (decision == Decision::kRefused) return Refused(*known, std::move(verdict));
  if (decision == Decision::kApproved) return {.kind = Verdict::Kind::kPass, .rule = "approve"};
  if (verdict.kind == Verdict::Kind::kHold &&
      approvals_.Ask(passage.job, passage.plan, passage.summary) && keep_) {
    static_cast<void>(keep_(approvals_).ok());
  }
  return verdict;
}

Status OwnersGate::Decide(const JobId& job, const PlanHash& plan, Decision decision,
                          std::string who, Time when, std::string why) {
  const std::lock_guard lock(mutex_);
  Approvals decided = approvals_;
  FLORIN_TRY(decided.Decide(job, plan, decision, std::move(who), when, std::move(why)));
  if (keep_) FLORIN_TRY(keep_(decided));
  approvals_ = std::move(decided);
  return {};
}

void OwnersGate::Replace(SitePolicy policy) {
  const std::lock_guard lock(mutex_);
  policy_ = std::move(policy);
}

Approvals OwnersGate::approvals() const {
  const std::lock_guard lock(mutex_);
  return approvals_;
}

}  // namespace florin::govern
