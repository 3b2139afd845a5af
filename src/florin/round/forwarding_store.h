// ForwardingStore: passes every call on to another store; who derives changes the one that matters.
#pragma once

#include "florin/round/ports.h"

namespace florin::round {

class ForwardingStore : public Store {
 public:
  explicit ForwardingStore(Store& store) : store_(store) {}  // outlives this one

  Status Save(const JobId& job, Commit commit) override {
    return store_.Save(job, std::move(commit));
  }
  Result<std::optional<RoundState>> Load(const JobId& job) override { return store_.Load(job); }
  Result<std::vector<Effect>> Outbox(const JobId& job) override { return store_.Outbox(job); }
  Result<Bytes> LoadCheckpoint(const JobId& job) override { return store_.LoadCheckpoint(job); }
  Result<std::optional<job::Version>> FindVersion(const VersionId& id) override {
    return store_.FindVersion(id);
  }
  Result<std::vector<PublishedVersion>> Versions(const JobId& job) override {
    return store_.Versions(job);
  }
  Result<std::vector<std::string>> AuditTrail(const JobId& job) override {
    return store_.AuditTrail(job);
  }

 private:
  Store& store_;
};

}  // namespace florin::round
