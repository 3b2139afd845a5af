// The byte forms of Offer, Contribution, Refusal and Receipt: docs/spec/wire.md, "Envelopes". What
// a network adapter sends and a store keeps.
//
// Saving and restoring are inverse on everything either accepts. Restore never trusts its bytes: it
// allocates no more than they fill, save the bulk of a sparse contribution, for which the caller
// gives a bound. All refusals are [WIRE-ENVELOPE]. Functions without state: any thread.
#pragma once

#include "florin/base/bytes.h"
#include "florin/base/status.h"
#include "florin/crypto/kt128.h"
#include "florin/job/exchange.h"

namespace florin::job {

enum class EnvelopeKind : uint8_t { kOffer = 1, kContribution = 2, kRefusal = 3, kReceipt = 4 };

// The kind an envelope says it is, from its first byte; the rest is not looked at.
Result<EnvelopeKind> KindOfEnvelope(ByteView bytes);

// An offer without plan and state: both travel apart, once, and are found again by their hashes.
struct OfferEnvelope {
  Offer offer;  // plan and state are null
  PlanHash plan_hash;
};
// `offer` has a plan (FLORIN_CHECK).
Bytes SaveOffer(const Offer& offer);
Result<OfferEnvelope> RestoreOffer(ByteView bytes);

// `head` is the contribution's header.
protocol::MessageParts SaveContribution(const Contribution& contribution);

constexpr size_t kContributionHeaderMax = size_t{2} << 20;  // bytes

// What a header tells before the bulk is there: decide here, then take the bulk.
struct ContributionHeader {
  Contribution contribution;  // its message is still in `head`
  protocol::MessageHead head;
};
// bulk_max: the most entries the bulk may have, BulkMax (sealing.h) where the plan is known.
Result<ContributionHeader> RestoreHeader(ByteView header, size_t bulk_max);
Result<Contribution> RestoreContribution(ContributionHeader header, Bytes bulk);
Result<Contribution> RestoreContribution(ByteView header, Bytes bulk, size_t bulk_max);

// What a contribution's body is told apart by: header and bulk, the bulk by its own SHA-256, which
// a receiver has from checking it.
BodyDigest DigestBody(ByteView header, const crypto::Kt128Digest& bulk);

Bytes SaveRefusal(const Refusal& refusal);
Result<Refusal> RestoreRefusal(ByteView bytes);

Bytes SaveReceipt(const Receipt& receipt);
Result<Receipt> RestoreReceipt(ByteView bytes);

}  // namespace florin::job
