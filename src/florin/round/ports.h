// The three ports of the coordinator's engine.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "florin/base/status.h"
#include "florin/crypto/ed25519.h"
#include "florin/job/exchange.h"
#include "florin/job/version.h"
#include "florin/round/event.h"
#include "florin/round/published.h"
#include "florin/round/state.h"

namespace florin::round {

// One atomic unit: all of it is durable, or none. HOUSE law 3.
struct Commit {
  RoundState state;
  std::vector<Effect> outbox;           // to be carried out; replaces the last commit's
  std::vector<std::string> audit;       // appended to the trail
  std::optional<Bytes> checkpoint;      // replaces the last one: the sums that match `state`
  std::optional<job::Version> version;  // a candidate; replaces one that was not published
  std::optional<VersionId> published;   // the job's current version from now on
};

// Ids that are not there are an empty answer, never an error; an error is a broken store.
class Store {
 public:
  virtual ~Store() = default;
  // Refuses to publish a version whose model it does not have, and then saves nothing.
  // [STORE-VERSION] What is published drops the models that are no longer among the job's newest,
  // in the same unit; a candidate's stays, and so do all lineages.
  virtual Status Save(const JobId& job, Commit commit) = 0;
  virtual Result<std::optional<RoundState>> Load(const JobId& job) = 0;
  virtual Result<std::vector<Effect>> Outbox(const JobId& job) = 0;
  virtual Result<Bytes> LoadCheckpoint(const JobId& job) = 0;  // empty when there is none
  // Empty, too, once its model is dropped.
  virtual Result<std::optional<job::Version>> FindVersion(const VersionId& id) = 0;
  // Of the published versions, old first: no state is read.
  virtual Result<std::vector<PublishedVersion>> Versions(const JobId& job) = 0;
  virtual Result<std::vector<std::string>> AuditTrail(const JobId& job) = 0;  // old first
};

// Who signs for a site; nothing for one that was never enrolled, or is not any more.
class Identities {
 public:
  virtual ~Identities() = default;
  virtual std::optional<crypto::Ed25519PublicKey> IdentityOf(const SiteId& site) = 0;
};

// Of a coordinator that enrols nobody.
class NoIdentities final : public Identities {
 public:
  std::optional<crypto::Ed25519PublicKey> IdentityOf(const SiteId&) override {
    return std::nullopt;
  }
};

// Delivery to sites. Never blocks on a site; what comes back arrives as runner input.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual void Send(job::Offer offer) = 0;
  virtual void Send(job::Receipt receipt) = 0;
};

}  // namespace florin::round
