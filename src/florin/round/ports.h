// The two ports of the coordinator's engine.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "florin/base/status.h"
#include "florin/job/exchange.h"
#include "florin/job/version.h"
#include "florin/round/event.h"
#include "florin/round/state.h"

namespace florin::round {

// One atomic unit: all of it is durable, or none.
struct Commit {
  RoundState state;
  std::vector<Effect> outbox;              // effects not yet carried out
  std::vector<std::string> audit;
  std::optional<job::Version> version;     // a new version, unpublished or published
  std::optional<VersionId> published;      // the job's current version from now on
};

class Store {
 public:
  virtual ~Store() = default;
  virtual Status Save(const JobId& job, Commit commit) = 0;
  virtual Result<std::optional<RoundState>> Load(const JobId& job) = 0;
  virtual Result<std::vector<Effect>> Outbox(const JobId& job) = 0;
  virtual Result<std::optional<job::Version>> FindVersion(const VersionId& id) = 0;
  virtual Result<std::vector<job::Version>> Versions(const JobId& job) = 0;  // oldest first
  virtual Result<std::vector<std::string>> AuditTrail(const JobId& job) = 0;
  // The running sums of the open parties, at phase ends and now and then (HOUSE law 3).
  virtual Status SaveCheckpoint(const JobId& job, ByteView bytes) = 0;
  virtual Result<Bytes> LoadCheckpoint(const JobId& job) = 0;  // empty when there is none
};

// Delivery to sites. Never blocks on a site; what comes back arrives as runner input.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual void Send(job::Offer offer) = 0;
  virtual void Send(job::Receipt receipt) = 0;
};

}  // namespace florin::round
