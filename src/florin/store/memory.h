// Stores in memory: for simulations and tests, and the reference for what the ports mean. Durable
// as long as the object. Not thread-safe.
#pragma once

#include <map>
#include <tuple>
#include <unordered_map>

#include "florin/round/ports.h"
#include "florin/site/site.h"

namespace florin::store {

class MemoryStore final : public round::Store {
 public:
  explicit MemoryStore(uint32_t kept_versions = round::kKeepAll) : kept_versions_(kept_versions) {}
  Status Save(const JobId& job, round::Commit commit) override;
  Result<std::optional<round::RoundState>> Load(const JobId& job) override;
  Result<std::vector<round::Effect>> Outbox(const JobId& job) override;
  Result<Bytes> LoadCheckpoint(const JobId& job) override;
  Result<std::optional<job::Version>> FindVersion(const VersionId& id) override;
  Result<std::vector<round::PublishedVersion>> Versions(const JobId& job) override;
  Result<std::vector<std::string>> AuditTrail(const JobId& job) override;

 private:
  struct Record {
    round::RoundState state;
    std::vector<round::Effect> outbox;
    std::vector<std::string> audit;
    Bytes checkpoint;
    std::vector<VersionId> published;       // in order; an id may come again
    std::optional<job::Version> candidate;  // not published yet
  };
  const Record* Find(const JobId& job) const;
  bool HasModel(const VersionId& id) const;
  void DropModel(const Record& record);

  const uint32_t kept_versions_;
  std::map<JobId, Record> records_;
  std::unordered_map<VersionId, job::Version> versions_;  // published; no state: it was dropped
};

class MemorySiteStore final : public site::SiteStore {
 public:
  Result<std::optional<job::Contribution>> FindContribution(const ContributionId& id) override;
  Status KeepContribution(const job::Contribution& contribution, const model::PrivateState* own,
                          const site::SavedParty* party) override;
  Result<std::optional<site::SavedParty>> FindParty(const JobId& job, RoundId round,
                                                    job::Work work) override;
  Status ForgetContributions(const JobId& job, RoundId round, job::Work work) override;
  Status ForgetContributionsBefore(const JobId& job, RoundId round, job::Work work) override;
  Result<model::PrivateState> LoadPrivate(const JobId& job) override;
  Status SavePrivate(const JobId& job, const model::PrivateState& own) override;

 private:
  std::map<ContributionId, job::Contribution> contributions_;
  std::map<std::tuple<JobId, job::Work, RoundId>, site::SavedParty> parties_;
  std::map<JobId, model::PrivateState> private_;
};

}  // namespace florin::store
