// In-process transport: offers and receipts wait, as values, until whoever drives the sites takes
// them. Not thread-safe.
#pragma once

#include <vector>

#include "florin/round/ports.h"

namespace florin::transport {

class InprocTransport final : public round::Transport {
 public:
  void Send(job::Offer offer) override;
  void Send(job::Receipt receipt) override;

  // What was sent since the last call, in order.
  std::vector<job::Offer> TakeOffers();
  std::vector<job::Receipt> TakeReceipts();

 private:
  std::vector<job::Offer> offers_;
  std::vector<job::Receipt> receipts_;
};

}  // namespace florin::transport
