#include "florin/govern/gate.h"

#include <utility>

#include "florin/base/codec.h"
#include "florin/crypto/sha256.h"

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
  if (passage.job.text() == kPeersName) {
    return {.kind = Verdict::Kind::kStop,
            .code = "POLICY-JOB",
            .why =
                "job \"peers\": expected another name; owners decide on their peers under it. "
                "Give the job another id.",
            .rule = "jobs"};
  }
  Verdict verdict = CheckPlan(passage);
  if (!verdict.passes() || !passage.peers || policy_.peers) return verdict;
  return CheckPeers(*passage.peers);
}

// The owner is shown the list as it would be: what had a yes, and what is new.
Verdict OwnersGate::CheckPeers(const Peers& peers) {
  const JobId name{std::string(kPeersName)};
  const Approval* last = approvals_.LastApproved(name);
  Summary list = last == nullptr ? Summary() : last->summary;
  std::string strange;
  for (const auto& [peer, key] : peers) {
    const auto known = list.find(peer);
    if (known != list.end() && known->second == key) continue;
    strange += (strange.empty() ? "\"" : ", \"") + peer + "\"";
    list.insert_or_assign(peer, key);
  }
  if (strange.empty()) return {.kind = Verdict::Kind::kPass, .rule = "peers"};
  base::Writer writer;
  writer.Text("florin peers");
  for (const auto& [peer, key] : list) writer.Text(peer).Text(key);
  const auto digest = crypto::HashAs<PlanHash>(writer.view());
  const Approval* decided = approvals_.Find(name, digest);
  const bool is_refused = decided != nullptr && decided->decision == Decision::kRefused;
  if (approvals_.Ask(name, digest, std::move(list)) && keep_) {
    static_cast<void>(keep_(approvals_).ok());
  }
  return {.kind = is_refused ? Verdict::Kind::kStop : Verdict::Kind::kHold,
          .code = std::string(is_refused ? kApprovalRefused : kApprovalPending),
          .why =
              "sealed sum: expected the owner's yes to each site it is summed with, found none "
              "to " +
              strange +
              ". Ask the owner (florin agent approve peers), or pin them in the "
              "policy.",
          .rule = "peers"};
}

Verdict OwnersGate::CheckPlan(const Passage& passage) {
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
