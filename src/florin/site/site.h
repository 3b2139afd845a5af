// Site: an offer becomes a contribution, beside the rows it is made of.
//
// offer -> checks -> scan -> task -> bound -> encode -> party -> contribution. The same offer twice
// gives the same contribution (same id, same bytes): it is kept in the SiteStore until the round's
// receipt, and rounding bits come from a stream keyed by the site's secret and (job, round, work).
// Private state changes are saved together with the contribution. One Site is used by one thread at
// a time; many Sites of one process run in parallel.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "florin/base/status.h"
#include "florin/crypto/random.h"
#include "florin/data/batch.h"
#include "florin/data/features/featurise.h"
#include "florin/job/exchange.h"
#include "florin/job/kit.h"
#include "florin/model/state.h"

namespace florin::site {

// The owner's rows, by the name of a view. [VIEW-NAME] when the site has no such view.
class Rows {
 public:
  virtual ~Rows() = default;
  virtual Result<std::unique_ptr<data::BatchReader>> Open(const std::string& view,
                                                          const data::Schema& schema,
                                                          data::Part part) = 0;
};

// What a site must not lose. Implementations are durable where the site is.
class SiteStore {
 public:
  virtual ~SiteStore() = default;
  virtual Result<std::optional<job::Contribution>> FindContribution(const ContributionId& id) = 0;
  // One transaction: the contribution, and the private state it was made with.
  virtual Status KeepContribution(const job::Contribution& contribution,
                                  const model::PrivateState& own) = 0;
  virtual Status ForgetContributions(const JobId& job, RoundId round, job::Work work) = 0;
  virtual Result<model::PrivateState> LoadPrivate(const JobId& job) = 0;
  virtual Status SavePrivate(const JobId& job, const model::PrivateState& own) = 0;
};

// Builds SiteKits once per plan; shared by all sites of a process. Thread-safe.
class KitCache {
 public:
  virtual ~KitCache() = default;
  virtual Result<std::shared_ptr<const job::SiteKit>> Get(
      const std::shared_ptr<const job::Plan>& plan) = 0;
};
std::unique_ptr<KitCache> MakeKitCache();

class Site {
 public:
  struct Options {
    SiteId id;
    crypto::SecretKey secret;  // keys rounding streams and shuffles; never leaves
    bool keeps_contributions = true;  // false: a virtual device that recomputes instead
  };
  // The ports must outlive the site.
  Site(Options options, Rows& rows, SiteStore& store, KitCache& kits);

  const SiteId& id() const { return options_.id; }

  // The contribution an offer asks for, or why this site says no: [OFFER-SITE] not meant for us,
  // [OFFER-PLAN] the plan's bytes do not have its hash, [OFFER-MODEL] the state does not have the
  // offered hash or layout, [TASK-NO-ROWS], errors of the view, clip and encoder.
  Result<job::Contribution> Accept(const job::Offer& offer);

  // kCommitted and kAbandoned end a round: what was kept for it is dropped. Anything else is a
  // notice. Unknown rounds are ignored.
  Status Receive(const job::Receipt& receipt);

  // Fits the private state to this site's own training rows under a committed state
  // (Model::Personalise) and saves it.
  Status Personalise(const job::SiteKit& kit, const model::State& state);

 private:
  Options options_;
  Rows& rows_;
  SiteStore& store_;
  KitCache& kits_;
};

// SHA-256 of (secret, job, round, work, plan hash, model hash): the same offer, the same id.
ContributionId NameContribution(const crypto::SecretKey& secret, const job::Offer& offer);

}  // namespace florin::site
