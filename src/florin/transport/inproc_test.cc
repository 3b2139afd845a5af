#include "florin/transport/inproc.h"

#include <gtest/gtest.h>

namespace florin::transport {
namespace {

TEST(InprocTransport, WhatWasSentIsTakenOnceInOrder) {
  InprocTransport transport;
  for (uint32_t round = 1; round <= 3; ++round) {
    job::Offer offer;
    offer.round = RoundId{round};
    transport.Send(std::move(offer));
    job::Receipt receipt;
    receipt.round = RoundId{10 + round};
    transport.Send(std::move(receipt));
  }
  const auto offers = transport.TakeOffers();
  const auto receipts = transport.TakeReceipts();
  ASSERT_EQ(offers.size(), 3U);
  ASSERT_EQ(receipts.size(), 3U);
  EXPECT_EQ(offers[0].round.number, 1U);
  EXPECT_EQ(offers[2].round.number, 3U);
  EXPECT_EQ(receipts[1].round.number, 12U);
  EXPECT_TRUE(transport.TakeOffers().empty());
  EXPECT_TRUE(transport.TakeReceipts().empty());
}

}  // namespace
}  // namespace florin::transport
