#include "florin/store/memory.h"

#include <algorithm>
#include <utility>

namespace florin::store {

Status MemoryStore::Save(const JobId& job, round::Commit commit) {
  // Everything that can be refused is refused before anything is written.
  Record& record = records_[job];
  const job::Version* version = commit.version ? &*commit.version : nullptr;
  if (version == nullptr && record.candidate) version = &*record.candidate;
  if (commit.published && !HasModel(*commit.published) &&
      (version == nullptr || version->id != *commit.published)) {
    return Status(Kind::kConflict, "STORE-VERSION",
                  "job \"" + job.text() + "\": version " + commit.published->Short() +
                      " cannot be published, it is not in the store");
  }
  record.state = std::move(commit.state);
  record.outbox = std::move(commit.outbox);
  for (std::string& entry : commit.audit) record.audit.push_back(std::move(entry));
  if (commit.checkpoint) record.checkpoint = std::move(*commit.checkpoint);
  if (commit.version) record.candidate = std::move(commit.version);
  if (commit.published) {
    if (record.candidate && record.candidate->id == *commit.published) {
      versions_.insert_or_assign(*commit.published, std::move(*record.candidate));
      record.candidate.reset();
    }
    record.published.push_back(*commit.published);
    DropModel(record);
  }
  return {};
}

bool MemoryStore::HasModel(const VersionId& id) const {
  const auto found = versions_.find(id);
  return found != versions_.end() && found->second.state != nullptr;
}

// Of the version whose place has just become too old, unless a newer place has it, too.
void MemoryStore::DropModel(const Record& record) {
  if (record.published.size() <= kept_versions_) return;
  const auto kept = record.published.end() - static_cast<ptrdiff_t>(kept_versions_);
  const VersionId& old = *(kept - 1);
  if (record.candidate && record.candidate->id == old) return;
  if (std::find(kept, record.published.end(), old) == record.published.end()) {
    versions_.at(old).state.reset();
  }
}

const MemoryStore::Record* MemoryStore::Find(const JobId& job) const {
  const auto found = records_.find(job);
  return found == records_.end() ? nullptr : &found->second;
}

Result<std::optional<round::RoundState>> MemoryStore::Load(const JobId& job) {
  const Record* record = Find(job);
  if (record == nullptr) return std::optional<round::RoundState>();
  return std::optional(record->state);
}

Result<std::vector<round::Effect>> MemoryStore::Outbox(const JobId& job) {
  const Record* record = Find(job);
  return record == nullptr ? std::vector<round::Effect>() : record->outbox;
}

Result<Bytes> MemoryStore::LoadCheckpoint(const JobId& job) {
  const Record* record = Find(job);
  return record == nullptr ? Bytes() : record->checkpoint;
}

Result<std::optional<job::Version>> MemoryStore::FindVersion(const VersionId& id) {
  if (HasModel(id)) return std::optional(versions_.at(id));
  for (const auto& [job, record] : records_) {
    if (record.candidate && record.candidate->id == id) return record.candidate;
  }
  return std::optional<job::Version>();
}

Result<std::vector<round::PublishedVersion>> MemoryStore::Versions(const JobId& job) {
  std::vector<round::PublishedVersion> versions;
  if (const Record* record = Find(job)) {
    for (const VersionId& id : record->published)
      versions.push_back({versions_.at(id), HasModel(id)});
  }
  return versions;
}

Result<std::vector<std::string>> MemoryStore::AuditTrail(const JobId& job) {
  const Record* record = Find(job);
  return record == nullptr ? std::vector<std::string>() : record->audit;
}

Result<std::optional<job::Contribution>> MemorySiteStore::FindContribution(
    const ContributionId& id) {
  const auto found = contributions_.find(id);
  if (found == contributions_.end()) return std::optional<job::Contribution>();
  return std::optional(found->second);
}

Result<std::optional<site::SavedParty>> MemorySiteStore::FindParty(const JobId& job, RoundId round,
                                                                   job::Work work) {
  const auto found = parties_.find({job, work, round});
  if (found == parties_.end()) return std::optional<site::SavedParty>();
  return std::optional(found->second);
}

Status MemorySiteStore::KeepContribution(const job::Contribution& contribution,
                                         const model::PrivateState* own,
                                         const site::SavedParty* party) {
  contributions_.insert_or_assign(contribution.id, contribution);
  if (party != nullptr) {
    parties_.insert_or_assign({contribution.job, contribution.work, contribution.round}, *party);
  }
  return own == nullptr ? Status() : SavePrivate(contribution.job, *own);
}

Status MemorySiteStore::ForgetContributions(const JobId& job, RoundId round, job::Work work) {
  std::erase_if(contributions_, [&](const auto& kept) {
    const job::Contribution& contribution = kept.second;
    return contribution.job == job && contribution.round == round && contribution.work == work;
  });
  parties_.erase({job, work, round});
  return {};
}

Status MemorySiteStore::ForgetContributionsBefore(const JobId& job, RoundId round, job::Work work) {
  std::erase_if(contributions_, [&](const auto& kept) {
    const job::Contribution& contribution = kept.second;
    return contribution.job == job && contribution.round < round && contribution.work == work;
  });
  parties_.erase(parties_.lower_bound({job, work, RoundId{}}),
                 parties_.lower_bound({job, work, round}));
  return {};
}

Result<model::PrivateState> MemorySiteStore::LoadPrivate(const JobId& job) {
  const auto found = private_.find(job);
  return found == private_.end() ? model::PrivateState() : found->second.Clone();
}

Status MemorySiteStore::SavePrivate(const JobId& job, const model::PrivateState& own) {
  private_.insert_or_assign(job, own.Clone());
  return {};
}

}  // namespace florin::store
