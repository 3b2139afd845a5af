// For this room's tests without a network: both ends of a connection, frames carried by hand.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "florin/transport/grpc/agent_end.h"
#include "florin/transport/grpc/coordinator_end.h"
#include "florin/transport/grpc/parcel_testing.h"
#include "florin/transport/grpc/transport_testing.h"

namespace florin::transport {

constexpr uint64_t kParcelMax = uint64_t{1} << 26;
inline const SiteId kSite("eu");

class CoordinatorRecord final : public CoordinatorEvents {
 public:
  void Arrived(const v1::Hello&) override { ++arrivals; }
  void Contributed(job::Contribution contribution) override {
    contributions.push_back(std::move(contribution));
  }
  void Refused(job::Refusal refusal) override { refusals.push_back(std::move(refusal)); }

  int arrivals = 0;
  std::vector<job::Contribution> contributions;
  std::vector<job::Refusal> refusals;
};

class AgentRecord final : public AgentEvents {
 public:
  void Welcomed(const v1::Hello&) override { ++welcomes; }
  void Offered(job::Offer offer) override { offers.push_back(std::move(offer)); }
  void Received(job::Receipt receipt) override { receipts.push_back(std::move(receipt)); }

  int welcomes = 0;
  std::vector<job::Offer> offers;
  std::vector<job::Receipt> receipts;
};

inline LoadedOffer Loaded(job::Offer offer) {
  base::Writer plan;
  offer.plan->spec.Save(plan);
  base::Writer state;
  offer.state->Save(state);
  LoadedOffer loaded;
  loaded.plan = MakeLoad(std::make_shared<const Bytes>(std::move(plan).Take()));
  loaded.state = MakeLoad(std::make_shared<const Bytes>(std::move(state).Take()));
  loaded.offer = std::move(offer);
  return loaded;
}

// A pair of ends whose memories outlive the connection.
class EndsTest : public testing::Test {
 protected:
  EndsTest() { Connect(); }

  void Connect() {
    coordinator_ = std::make_unique<CoordinatorEnd>(kSite, bulk_, coordinator_events_);
    agent_ = std::make_unique<AgentEnd>(kSite, memory_, agent_events_, Time{});
  }
  // Frames in both directions until neither has more to say; how many went, at most `frames_max`.
  size_t Carry(size_t frames_max = SIZE_MAX) {
    size_t carried = 0;
    for (bool is_moving = true; is_moving && carried < frames_max;) {
      is_moving = false;
      v1::Frame frame;
      if (carried < frames_max && NextFrame(agent_->outbox(), frame)) {
        EXPECT_LE(frame.ByteSizeLong(), kFrameBytesMax);
        coordinator_status_ = coordinator_->Receive(frame, Time{});
        is_moving = coordinator_status_.ok();
        ++carried;
      }
      if (carried < frames_max && NextFrame(coordinator_->outbox(), frame)) {
        EXPECT_LE(frame.ByteSizeLong(), kFrameBytesMax);
        agent_status_ = agent_->Receive(frame);
        is_moving = agent_status_.ok();
        ++carried;
      }
    }
    return carried;
  }
  std::string CoordinatorCodeAfter(const v1::Frame& frame) {
    return std::string(coordinator_->Receive(frame, Time{}).code());
  }
  std::string AgentCodeAfter(const v1::Frame& frame) {
    return std::string(agent_->Receive(frame).code());
  }
  void SendContribution(const job::Contribution& contribution) {
    agent_->Send(std::make_shared<const job::Contribution>(contribution));
  }

  CoordinatorRecord coordinator_events_;
  AgentRecord agent_events_;
  Assembler bulk_;
  AgentMemory memory_{kParcelMax};
  std::unique_ptr<CoordinatorEnd> coordinator_;
  std::unique_ptr<AgentEnd> agent_;
  Status coordinator_status_;
  Status agent_status_;
};

}  // namespace florin::transport
