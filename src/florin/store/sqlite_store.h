// The engines' stores on disk: views of a Directory, which must outlive them. Every call is one
// transaction, durable when it returns. Thread-safe; one call at a time goes in.
//
// Errors: those of directory.h, of the codecs ([CODEC], [MODEL-FILE] ...) where a row says what no
// writer wrote, and those of the ports.
#pragma once

#include "florin/round/ports.h"
#include "florin/site/site.h"
#include "florin/store/directory.h"
#include "florin/store/vault.h"

namespace florin::store {

// A coordinator's. Checkpoints and model files over Unit::kInlineMax are blobs.
class SqliteStore : public round::Store {
 public:
  explicit SqliteStore(Directory& directory, uint32_t kept_versions = round::kKeepAll)
      : directory_(directory), kept_versions_(kept_versions) {}
  Status Save(const JobId& job, round::Commit commit) override;
  Result<std::optional<round::RoundState>> Load(const JobId& job) override;
  Result<std::vector<round::Effect>> Outbox(const JobId& job) override;
  Result<Bytes> LoadCheckpoint(const JobId& job) override;
  Result<std::optional<job::Version>> FindVersion(const VersionId& id) override;
  Result<std::vector<round::PublishedVersion>> Versions(const JobId& job) override;
  Result<std::vector<std::string>> AuditTrail(const JobId& job) override;

 private:
  Directory& directory_;
  const uint32_t kept_versions_;
};

// An agent's. The bulk of a contribution over Unit::kInlineMax is a blob. With a vault, which has a
// key and outlives it, the state of a party is sealed. [KEYS-OPEN]
class SqliteSiteStore : public site::SiteStore {
 public:
  explicit SqliteSiteStore(Directory& directory, const Vault* vault = nullptr)
      : directory_(directory), vault_(vault) {}
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
  Directory& directory_;
  const Vault* vault_;
};

}  // namespace florin::store
