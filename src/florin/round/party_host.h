// PartyHost: holds the aggregating party of the open round, then its opened sum, and nothing else;
// the one place of this room where contributions are seen. One kind of work is open at a time.
// Memory is O(vector), whatever the cohort. Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "florin/base/status.h"
#include "florin/job/plan.h"
#include "florin/model/state.h"
#include "florin/protocol/party.h"

namespace florin::round {

class PartyHost {
 public:
  explicit PartyHost(std::shared_ptr<const job::Plan> plan) : plan_(std::move(plan)) {}

  // A fresh aggregator; whatever was held before is dropped.
  Status Open(job::Work work);
  // One contribution. A message the party rejects leaves everything as it was, and so does one that
  // is not sealed and claims more than its plan allows. [PROTO-*], [ROUND-CLAIM]
  Status Fold(job::Work work, protocol::Message message);
  // Proceed and take the sum, which stays here. Closing again changes nothing: a replay may ask
  // twice. dropouts: cohort indices. [PROTO-*]
  Status Close(job::Work work, const std::vector<uint32_t>& dropouts);
  // The opened sum, decoded. [ROUND-PARTY] nothing is open.
  Result<model::Aggregate> Sum(job::Work work, uint64_t contribution_count) const;
  void Drop();

  // Has anything changed since the last Save?
  bool is_dirty() const { return is_dirty_; }
  Bytes Save();  // empty when nothing is held
  // [CODEC], [ROUND-PARTY] saved under another plan
  Status Restore(ByteView bytes);

 private:
  bool Holds(job::Work work) const { return work_ == work && (party_ != nullptr || sum_); }
  protocol::ProtocolSetup SetupOf(job::Work work) const;

  std::shared_ptr<const job::Plan> plan_;
  job::Work work_ = job::Work::kUpdate;
  std::unique_ptr<protocol::Party> party_;  // until it is closed
  bool is_sealed_ = false;                  // of party_: nothing of a message can be looked at
  std::optional<num::RingVector> sum_;      // from then on
  bool is_dirty_ = false;
};

}  // namespace florin::round
