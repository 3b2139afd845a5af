#include "florin/transport/inproc.h"

#include <utility>

namespace florin::transport {

void InprocTransport::Send(job::Offer offer) { offers_.push_back(std::move(offer)); }

void InprocTransport::Send(job::Receipt receipt) { receipts_.push_back(std::move(receipt)); }

std::vector<job::Offer> InprocTransport::TakeOffers() { return std::exchange(offers_, {}); }

std::vector<job::Receipt> InprocTransport::TakeReceipts() { return std::exchange(receipts_, {}); }

}  // namespace florin::transport
