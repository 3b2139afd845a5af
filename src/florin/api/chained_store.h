// ChainedStore: a coordinator's store whose audit entries are linked into one signed chain, in the
// very transaction that saves what they tell.
//
// The chain is the log "rounds" among the records, a line of govern/audit_file.h each; the newest
// signed head is the record ("audit-head", "rounds"). Thread-safe as the stores are.
#pragma once

#include <mutex>
#include <optional>
#include <string_view>

#include "florin/crypto/ed25519.h"
#include "florin/govern/audit.h"
#include "florin/round/ports.h"
#include "florin/store/records.h"

namespace florin::api {

inline constexpr std::string_view kRoundsLog = "rounds";
inline constexpr std::string_view kHeadKind = "audit-head";

class ChainedStore final : public round::Store {
 public:
  // records and store must share their transactions; both outlive this. seed: signs the heads.
  ChainedStore(round::Store& store, store::Records& records, const crypto::Ed25519Seed& seed,
               base::Clock& clock)
      : store_(store), records_(records), seed_(seed), clock_(clock) {}

  Status Save(const JobId& job, round::Commit commit) override;
  Result<std::optional<round::RoundState>> Load(const JobId& job) override {
    return store_.Load(job);
  }
  Result<std::vector<round::Effect>> Outbox(const JobId& job) override {
    return store_.Outbox(job);
  }
  Result<Bytes> LoadCheckpoint(const JobId& job) override { return store_.LoadCheckpoint(job); }
  Result<std::optional<job::Version>> FindVersion(const VersionId& id) override {
    return store_.FindVersion(id);
  }
  Result<std::vector<job::Version>> Versions(const JobId& job) override {
    return store_.Versions(job);
  }
  Result<std::vector<std::string>> AuditTrail(const JobId& job) override {
    return store_.AuditTrail(job);
  }

 private:
  Result<govern::Chain> Link(store::Transaction& change, const JobId& job,
                             const std::vector<std::string>& entries);

  round::Store& store_;
  store::Records& records_;
  crypto::Ed25519Seed seed_;
  base::Clock& clock_;
  std::mutex lock_;
  std::optional<govern::Chain> chain_;  // what is durable; none: to be read first
};

}  // namespace florin::api
