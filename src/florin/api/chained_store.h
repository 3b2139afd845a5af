// ChainedStore: a coordinator's store whose audit entries are linked into the chain of rounds, in
// the very transaction that saves what they tell. Thread-safe as the stores are.
#pragma once

#include "florin/base/time.h"
#include "florin/round/forwarding_store.h"
#include "florin/store/records.h"

namespace florin::api {

class ChainedStore final : public round::ForwardingStore {
 public:
  // records and store share their transactions; all of these outlive this.
  ChainedStore(round::Store& store, store::Records& records, base::Clock& clock)
      : ForwardingStore(store), records_(records), clock_(clock) {}

  Status Save(const JobId& job, round::Commit commit) override;

 private:
  store::Records& records_;
  base::Clock& clock_;
};

}  // namespace florin::api
