// Site: an offer becomes a contribution, beside the rows it is made of.
//
// offer -> checks -> gate -> scan -> task -> bound -> encode -> party -> contribution. The same
// offer twice gives the same contribution (same id, same bytes): it is kept in the SiteStore until
// the round's receipt, and shuffles and rounding bits come from a stream keyed by the site's secret
// and the contribution's id, so it can also be made again. Changes of the private state are saved
// together with the contribution. One Site is used by one thread at a time; many run in parallel.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "florin/base/status.h"
#include "florin/crypto/ed25519.h"
#include "florin/crypto/random.h"
#include "florin/data/batch.h"
#include "florin/data/features/featurise.h"
#include "florin/govern/gate.h"
#include "florin/job/exchange.h"
#include "florin/job/kit.h"
#include "florin/model/state.h"
#include "florin/protocol/party.h"

namespace florin::site {

// The owner's rows, by the name of a view. [VIEW-NAME] when the site has no such view.
class Rows {
 public:
  virtual ~Rows() = default;
  virtual Result<std::unique_ptr<data::BatchReader>> Open(const std::string& view,
                                                          const data::Schema& schema,
                                                          data::Part part) = 0;
};

// A party between two of its answers. Its bytes are secret.
struct SavedParty {
  uint32_t step = 0;  // that it has answered last
  Bytes bytes;
  bool operator==(const SavedParty&) const = default;
};

// What a site must not lose. Implementations are durable where the site is.
class SiteStore {
 public:
  virtual ~SiteStore() = default;
  virtual Result<std::optional<job::Contribution>> FindContribution(const ContributionId& id) = 0;
  // What the party of a round has become by its last answer; empty when there is none.
  virtual Result<std::optional<SavedParty>> FindParty(const JobId& job, RoundId round,
                                                      job::Work work) = 0;
  // One transaction: the contribution (or what was said beside it), and what it changed: the
  // private state (nullptr: nothing) and the party (nullptr: it has no state).
  virtual Status KeepContribution(const job::Contribution& contribution,
                                  const model::PrivateState* own, const SavedParty* party) = 0;
  // With the parties of the same rounds.
  virtual Status ForgetContributions(const JobId& job, RoundId round, job::Work work) = 0;
  // Those of rounds before `round`.
  virtual Status ForgetContributionsBefore(const JobId& job, RoundId round, job::Work work) = 0;
  // Empty when none is saved.
  virtual Result<model::PrivateState> LoadPrivate(const JobId& job) = 0;
  virtual Status SavePrivate(const JobId& job, const model::PrivateState& own) = 0;
};

// What all sites of a process have in common: kits, built once per plan, and states, hashed once.
// A plan or state is checked once per object and known by its address afterwards, since both are
// immutable. Thread-safe.
class KitCache {
 public:
  virtual ~KitCache() = default;
  // The kit of a plan resolved anew from the offered plan's spec; nothing else of it is trusted.
  // [OFFER-PLAN] there is no plan, its spec does not resolve, or not to its hash.
  virtual Result<std::shared_ptr<const job::SiteKit>> Get(
      const std::shared_ptr<const job::Plan>& plan) = 0;
  // [OFFER-MODEL] there is no state, its parameters do not fit its layout, or it has another hash.
  virtual Status CheckState(const std::shared_ptr<const model::State>& state,
                            const ModelHash& hash) = 0;
};
std::unique_ptr<KitCache> MakeKitCache();

class Site {
 public:
  struct Options {
    SiteId id;
    crypto::SecretKey secret;         // keys rounding streams and shuffles; never leaves
    bool keeps_contributions = true;  // false: a virtual device that recomputes instead
    // The owner's word on every offer; none: whatever the checks let through. Outlives the site.
    govern::Gate* gate = nullptr;
    // Signs for the site in sealed protocols: the key of its enrolment.
    crypto::Ed25519Seed identity = {};
    // Fingerprint of the root that vouches for who sends the offers, lower-case hex; "" = not
    // known.
    std::string coordinator = {};
  };
  // The ports must outlive the site.
  Site(Options options, Rows& rows, SiteStore& store, KitCache& kits);

  const SiteId& id() const { return options_.id; }

  // The contribution an offer asks for, or why this site says no: [OFFER-SITE] not meant for us,
  // [OFFER-PLAN] the plan's bytes do not have its hash, or it is another job's, [OFFER-MODEL] the
  // state does not have the offered hash or the model's layout, [OFFER-WORK] nothing to evaluate,
  // [OFFER-PROTOCOL] unknown here, [TASK-NO-ROWS], errors of the view, clip, encoder and party.
  // Of a protocol with several steps also [OFFER-STEP] the step before was not answered here, or
  // the round begins anew after this site has contributed to it.
  //
  // With a gate also [POLICY-*], [APPROVAL-PENDING], [APPROVAL-REFUSED]. It is asked about the plan
  // as resolved here, before a row is read or a kept contribution is given again; then once more,
  // with the number of rows read, before anything of them is kept or leaves. An offer may then ask
  // for less local work than its plan, not for more. [OFFER-PLAN]
  //
  // An update is clipped to the smaller of the plan's and the offer's clipping norm and counts for
  // at most the plan's weight_max rows. It reads the training rows, an evaluation the test rows.
  // What was kept for earlier rounds of the same job and work is dropped: the coordinator has gone
  // on, and the receipt that ended them may never have come.
  Result<job::Contribution> Accept(const job::Offer& offer);

  // kCommitted and kAbandoned end a round: what was kept for it, of any work, is dropped. Anything
  // else is a notice. Unknown rounds are ignored. [RECEIPT-SITE] not meant for us.
  Status Receive(const job::Receipt& receipt);

  // Fits the private state to this site's own training rows under a committed state
  // (Model::Personalise) and saves it. Does nothing for a job that does not personalise, and for a
  // site without training rows.
  Status Personalise(const job::SiteKit& kit, const model::State& state);

 private:
  Status CheckOffer(const job::Offer& offer) const;
  // What the gate says, rows read or not yet. Ok without a gate.
  Status AskGate(const job::Offer& offer, const job::Plan& plan, std::optional<uint64_t> rows);
  Result<govern::Passage> PassageOf(const job::Offer& offer, const job::Plan& plan) const;
  Status AskGateOfPeers(const job::Offer& offer, const job::Plan& plan,
                        const std::vector<protocol::Participant>& peers);
  Result<job::Contribution> Make(const job::Offer& offer, const job::SiteKit& kit,
                                 const ContributionId& id);
  Result<std::unique_ptr<protocol::Party>> MakeParty(const job::Offer& offer, const job::Plan& plan,
                                                     const protocol::ProtocolKind& kind);
  Result<num::RingVector> MakeVector(const job::Offer& offer, const job::SiteKit& kit,
                                     model::PrivateState& own);
  Status Keep(const job::Contribution& contribution, const model::PrivateState* own,
              const protocol::Party& party, bool is_sealed);
  Result<model::Yield> Run(const job::Offer& offer, const job::SiteKit& kit,
                           model::PrivateState& own, Rng& rng);
  Result<model::Yield> RunTask(const job::Offer& offer, const job::SiteKit& kit,
                               model::PrivateState& own, data::BatchReader& rows, Rng& rng);

  Options options_;
  Rows& rows_;
  SiteStore& store_;
  KitCache& kits_;
};

// HMAC-SHA-256 under the secret over job, round, work, place in the cohort, plan hash and model
// hash, and for sealed protocols cohort, step and what is asked: the same offer, the same id. Tells
// nobody else anything about the site.
ContributionId NameContribution(const crypto::SecretKey& secret, const job::Offer& offer);

}  // namespace florin::site
