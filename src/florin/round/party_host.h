// PartyHost: holds the aggregating parties of the open round and nothing else; the one place of
// this room where contributions are seen. Memory is O(vector), whatever the cohort.
#pragma once

#include <memory>

#include "florin/base/status.h"
#include "florin/job/plan.h"
#include "florin/model/state.h"
#include "florin/protocol/party.h"

namespace florin::round {

class PartyHost {
 public:
  explicit PartyHost(std::shared_ptr<const job::Plan> plan);

  Status Open(job::Work work);                                    // a fresh aggregator
  Status Fold(job::Work work, protocol::Message message);         // one contribution
  Result<model::Aggregate> Close(job::Work work, const std::vector<uint32_t>& dropouts,
                                 uint64_t contribution_count);    // Proceed, take, decode
  void Drop();

  Bytes Save() const;
  Status Restore(ByteView bytes);

 private:
  std::shared_ptr<const job::Plan> plan_;
  std::unique_ptr<protocol::Party> update_;
  std::unique_ptr<protocol::Party> evaluation_;
};

}  // namespace florin::round
