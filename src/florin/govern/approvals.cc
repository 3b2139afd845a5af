#include "florin/govern/approvals.h"

#include <algorithm>
#include <set>
#include <utility>

#include "florin/base/text.h"

namespace florin::govern {
namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kJobMax = 64;
constexpr size_t kNameMax = 128;

Status Fault(base::Kind kind, const char* code, const JobId& job, const PlanHash& plan,
             std::string_view message) {
  return Status(kind, code,
                "plan " + plan.Short() + " of job \"" + job.text() + "\": " + std::string(message));
}

bool Is(const Approval& approval, const JobId& job, const PlanHash& plan) {
  return approval.plan == plan && approval.job == job;
}

bool IsPending(const Approval& approval) { return approval.decision == Decision::kPending; }

// A character that the bound would cut in two goes as a whole.
std::string Cut(const std::string& value) {
  size_t end = Approvals::kTextMax;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xc0) == 0x80) --end;
  return value.substr(0, end);
}

// What Save can write and Restore reads back.
Summary Bounded(Summary summary) {
  std::erase_if(summary, [](const auto& item) { return item.first.size() > kNameMax; });
  while (summary.size() > Approvals::kSummaryMax) summary.erase(std::prev(summary.end()));
  for (auto& [name, value] : summary) {
    if (value.size() > Approvals::kTextMax) value = Cut(value);
  }
  return summary;
}

void SaveOne(const Approval& approval, base::Writer& writer) {
  writer.Text(approval.job.text()).Fixed(approval.plan.bytes);
  writer.Varint(approval.summary.size());
  for (const auto& [name, value] : approval.summary) writer.Text(name).Text(value);
  writer.U8(static_cast<uint8_t>(approval.decision));
  writer.Text(approval.who).I64(approval.when.micros).Text(approval.why);
}

void RestoreSummary(base::Reader& reader, Summary& summary) {
  const uint64_t count = reader.Varint();
  if (count > Approvals::kSummaryMax) reader.Fail("too many names in a summary");
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    std::string name = reader.Text(kNameMax);
    if (!summary.empty() && name <= summary.rbegin()->first) reader.Fail("names out of order");
    summary.insert_or_assign(std::move(name), reader.Text(Approvals::kTextMax));
  }
}

Approval RestoreOne(base::Reader& reader) {
  Approval approval;
  approval.job = JobId(reader.Text(kJobMax));
  const ByteView hash = reader.Fixed(approval.plan.bytes.size());
  std::ranges::copy(hash, approval.plan.bytes.begin());
  RestoreSummary(reader, approval.summary);
  const uint8_t decision = reader.U8();
  if (decision < 1 || decision > 3) reader.Fail("unknown decision");
  approval.decision = static_cast<Decision>(decision);
  approval.who = reader.Text(Approvals::kWhoMax);
  approval.when.micros = reader.I64();
  approval.why = reader.Text(Approvals::kWhyMax);
  if (!base::CheckName("job", approval.job.text()).ok()) reader.Fail("no job's name");
  if (IsPending(approval) != approval.who.empty()) reader.Fail("a decision by nobody");
  return approval;
}

}  // namespace

const char* DecisionName(Decision decision) {
  switch (decision) {
    case Decision::kPending:
      return "pending";
    case Decision::kApproved:
      return "approved";
    case Decision::kRefused:
      return "refused";
  }
  return "?";
}

std::vector<Change> Changes(const Summary& before, const Summary& after) {
  std::vector<Change> changes;
  const auto text = [](const Summary& summary, const std::string& name) {
    const auto found = summary.find(name);
    return found == summary.end() ? std::string() : found->second;
  };
  std::set<std::string> names;
  for (const auto& [name, value] : before) names.insert(name);
  for (const auto& [name, value] : after) names.insert(name);
  for (const std::string& name : names) {
    Change change{name, text(before, name), text(after, name)};
    if (change.before != change.after) changes.push_back(std::move(change));
  }
  return changes;
}

const Approval* Approvals::Find(const JobId& job, const PlanHash& plan) const {
  const auto found =
      std::ranges::find_if(approvals_, [&](const Approval& a) { return Is(a, job, plan); });
  return found == approvals_.end() ? nullptr : &*found;
}

bool Approvals::Ask(const JobId& job, const PlanHash& plan, Summary summary) {
  if (Find(job, plan) != nullptr) return false;
  const auto pending = static_cast<size_t>(std::ranges::count_if(approvals_, IsPending));
  if (pending >= kPendingMax) approvals_.erase(std::ranges::find_if(approvals_, IsPending));
  Approval approval;
  approval.job = job;
  approval.plan = plan;
  approval.summary = Bounded(std::move(summary));
  approvals_.push_back(std::move(approval));
  return true;
}

Status Approvals::Decide(const JobId& job, const PlanHash& plan, Decision decision, std::string who,
                         Time when, std::string why) {
  auto found =
      std::ranges::find_if(approvals_, [&](const Approval& a) { return Is(a, job, plan); });
  if (found == approvals_.end() && decision != Decision::kRefused) {
    return Fault(base::Kind::kNotFound, "APPROVAL-UNKNOWN", job, plan,
                 "nobody asked for it; expected one of the plans that were offered.");
  }
  if (decision == Decision::kPending || who.empty() || who.size() > kWhoMax) {
    return Fault(base::Kind::kUsage, "APPROVAL-WHO", job, plan,
                 "expected a yes or a no, and by whom (1 to 128 bytes).");
  }
  if (why.size() > kWhyMax) {
    return Fault(base::Kind::kUsage, "APPROVAL-WHY", job, plan,
                 "expected a reason of at most 2048 bytes.");
  }
  if (approvals_.size() >= kApprovalsMax) {
    return Fault(base::Kind::kConflict, "APPROVAL-FULL", job, plan,
                 "65536 plans are decided; start a new list.");
  }
  Approval approval;
  if (found != approvals_.end()) {
    approval = std::move(*found);
    approvals_.erase(found);
  }
  approval.job = job;
  approval.plan = plan;
  approval.decision = decision;
  approval.who = std::move(who);
  approval.when = when;
  approval.why = std::move(why);
  approvals_.push_back(std::move(approval));
  return {};
}

const Approval* Approvals::LastApproved(const JobId& job) const {
  for (auto at = approvals_.rbegin(); at != approvals_.rend(); ++at) {
    if (at->job == job && at->decision == Decision::kApproved) return &*at;
  }
  return nullptr;
}

std::vector<Change> Approvals::ChangesSinceApproved(const Approval& approval) const {
  const Approval* last = LastApproved(approval.job);
  return Changes(last == nullptr ? Summary() : last->summary, approval.summary);
}

void Approvals::Save(base::Writer& writer) const {
  writer.U8(kVersion).Varint(approvals_.size());
  for (const Approval& approval : approvals_) SaveOne(approval, writer);
}

Result<Approvals> Approvals::Restore(base::Reader& reader) {
  Approvals approvals;
  if (reader.U8() != kVersion) reader.Fail("unknown version of approvals");
  const uint64_t count = reader.Varint();
  if (count > kApprovalsMax + kPendingMax) reader.Fail("too many approvals");
  std::set<std::pair<JobId, PlanHash>> known;
  size_t pending = 0;
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    Approval approval = RestoreOne(reader);
    pending += IsPending(approval) ? 1 : 0;
    if (pending > kPendingMax) reader.Fail("too many pending approvals");
    if (!known.emplace(approval.job, approval.plan).second) reader.Fail("one plan twice");
    approvals.approvals_.push_back(std::move(approval));
  }
  if (!reader.ok()) return reader.Finish("approvals");
  return approvals;
}

}  // namespace florin::govern
