// PartyHost: holds the aggregating party of the open round, then its opened sum, and nothing else;
// the one place of this room where contributions are seen. One kind of work is open at a time.
// Memory is O(vector), whatever the cohort. Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "florin/base/status.h"
#include "florin/job/plan.h"
#include "florin/model/state.h"
#include "florin/protocol/party.h"

namespace florin::round {

class PartyHost {
 public:
  // What the protocol is told of the present round.
  using SetupOf = std::function<protocol::ProtocolSetup(job::Work)>;
  PartyHost(std::shared_ptr<const job::Plan> plan, SetupOf setup_of)
      : plan_(std::move(plan)), setup_of_(std::move(setup_of)) {}

  // A fresh aggregator; whatever was held before is dropped.
  Status Open(job::Work work);
  // What the present step asks of a member. [PROTO-*]
  Result<Bytes> Ask(job::Work work, uint32_t member) const;
  // One contribution, or what is said beside it. A message the party rejects leaves everything as
  // it was, and so does one that is not sealed and claims more than its plan allows. [PROTO-*],
  // [ROUND-CLAIM]
  Status Fold(job::Work work, protocol::Message message);
  // Could the present step close now?
  bool IsEnough(job::Work work) const;
  // Proceed to the step after `step`; where that is the present one, nothing: a replay. [PROTO-*]
  Status CloseStep(job::Work work, uint32_t step, const std::vector<uint32_t>& dropouts);
  // Proceed and take the sum, which stays here. Closing again changes nothing: a replay may ask
  // twice. dropouts: cohort indices. [PROTO-*]
  Status Close(job::Work work, const std::vector<uint32_t>& dropouts);
  // Whoever was found out when the sum was opened; once.
  std::vector<protocol::Blame> TakeBlamed() { return std::exchange(blamed_, {}); }
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
  std::shared_ptr<const job::Plan> plan_;
  SetupOf setup_of_;
  job::Work work_ = job::Work::kUpdate;
  uint32_t step_ = 0;                       // of party_
  std::unique_ptr<protocol::Party> party_;  // until it is closed
  bool is_sealed_ = false;                  // of party_: nothing of a message can be looked at
  std::optional<num::RingVector> sum_;      // from then on
  std::vector<protocol::Blame> blamed_;
  bool is_dirty_ = false;
};

// The setup of a protocol that binds nothing to the round.
protocol::ProtocolSetup OpenSetup(const job::Plan& plan, job::Work work);

}  // namespace florin::round
