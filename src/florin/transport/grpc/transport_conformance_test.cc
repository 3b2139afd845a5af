// One suite for every way of delivery: values moved in one process, both ends of the wire without a
// network, and gRPC over mutual TLS on loopback.
#include "florin/transport/transport_conformance.h"

#include <deque>
#include <map>

#include "florin/transport/grpc/ends_testing.h"
#include "florin/transport/grpc/grpc_testing.h"
#include "florin/transport/inproc.h"

namespace florin::transport {
namespace {

template <typename Item>
std::optional<Item> PopFront(std::deque<Item>& items) {
  if (items.empty()) return std::nullopt;
  std::optional<Item> item = std::move(items.front());
  items.pop_front();
  return item;
}

// Who drives the sites takes what is theirs; what they say is an arrival at once.
class InprocRig final : public Rig {
 public:
  round::Transport& down() override { return *transport_; }
  void Flush() override {
    for (job::Offer& offer : transport_->TakeOffers()) {
      const auto site = sites_.find(offer.site);
      if (site != sites_.end()) site->second.offers.push_back(std::move(offer));
    }
    for (job::Receipt& receipt : transport_->TakeReceipts()) {
      const auto site = sites_.find(receipt.site);
      if (site != sites_.end()) site->second.receipts.push_back(std::move(receipt));
    }
  }
  std::optional<Arrival> TakeArrival() override { return PopFront(arrivals_); }
  std::optional<job::Offer> TakeOffer(const SiteId& site) override {
    return PopFront(sites_[site].offers);
  }
  std::optional<job::Receipt> TakeReceipt(const SiteId& site) override {
    return PopFront(sites_[site].receipts);
  }
  void Say(const job::Contribution& contribution) override { arrivals_.emplace_back(contribution); }
  void Say(const job::Refusal& refusal) override { arrivals_.emplace_back(refusal); }
  void StartSite(const SiteId& site) override {
    sites_[site] = {};
    arrivals_.emplace_back(round::SiteArrived{site});
  }
  void StopSite(const SiteId& site) override {
    sites_.erase(site);
    arrivals_.emplace_back(round::SiteLeft{site});
  }
  void RestartCoordinator() override {
    transport_ = std::make_unique<InprocTransport>();
    arrivals_.clear();
    for (auto& [site, mail] : sites_) {
      mail = {};
      arrivals_.emplace_back(round::SiteArrived{site});
    }
  }

 private:
  struct Mail {
    std::deque<job::Offer> offers;
    std::deque<job::Receipt> receipts;
  };
  std::unique_ptr<InprocTransport> transport_ = std::make_unique<InprocTransport>();
  std::map<SiteId, Mail> sites_;
  std::deque<Arrival> arrivals_;
};

// Both ends of the wire; frames are carried by hand, serialised on the way.
class WireRig final : public Rig, public round::Transport {
 public:
  round::Transport& down() override { return *this; }
  void Send(job::Offer offer) override {
    const auto link = links_.find(offer.site);
    if (link != links_.end()) link->second->coordinator->Send(Loaded(std::move(offer)));
  }
  void Send(job::Receipt receipt) override {
    const auto link = links_.find(receipt.site);
    if (link != links_.end()) link->second->coordinator->Send(receipt);
  }
  void Flush() override {
    for (auto& [site, link] : links_) Carry(*link);
  }
  std::optional<Arrival> TakeArrival() override { return PopFront(arrivals_); }
  std::optional<job::Offer> TakeOffer(const SiteId& site) override {
    return PopFront(links_.at(site)->offers);
  }
  std::optional<job::Receipt> TakeReceipt(const SiteId& site) override {
    return PopFront(links_.at(site)->receipts);
  }
  void Say(const job::Contribution& contribution) override {
    Link& link = *links_.at(contribution.site);
    link.agent->Send(std::make_shared<const job::Contribution>(contribution));
    Carry(link);
  }
  void Say(const job::Refusal& refusal) override {
    links_.at(refusal.site)->agent->Send(refusal);
    Flush();
  }
  void StartSite(const SiteId& site) override {
    links_[site] = std::make_unique<Link>(arrivals_);
    Connect(site);
  }
  void StopSite(const SiteId& site) override {
    links_.erase(site);
    arrivals_.emplace_back(round::SiteLeft{site});
  }
  void RestartCoordinator() override {
    arrivals_.clear();
    for (auto& [site, link] : links_) {
      link->bulk = Assembler();
      link->offers.clear();
      Connect(site);
    }
  }

 private:
  struct Link final : CoordinatorEvents, AgentEvents {
    explicit Link(std::deque<Arrival>& up) : arrivals(up) {}
    void Arrived(const v1::Hello&) override { arrivals.emplace_back(round::SiteArrived{site}); }
    void Contributed(job::Contribution contribution) override {
      arrivals.emplace_back(std::move(contribution));
    }
    void Refused(job::Refusal refusal) override { arrivals.emplace_back(std::move(refusal)); }
    void Welcomed(const v1::Hello&) override {}
    void Offered(job::Offer offer) override { offers.push_back(std::move(offer)); }
    void Received(job::Receipt receipt) override { receipts.push_back(std::move(receipt)); }

    std::deque<Arrival>& arrivals;
    SiteId site;
    AgentMemory memory{kParcelMax};
    Assembler bulk;
    std::unique_ptr<CoordinatorEnd> coordinator;
    std::unique_ptr<AgentEnd> agent;
    std::deque<job::Offer> offers;
    std::deque<job::Receipt> receipts;
  };

  void Connect(const SiteId& site) {
    Link& link = *links_.at(site);
    link.site = site;
    link.coordinator = std::make_unique<CoordinatorEnd>(site, link.bulk, link);
    link.agent = std::make_unique<AgentEnd>(site, link.memory, link, Time{});
    Carry(link);
  }
  static void Carry(Link& link) {
    v1::Frame frame;
    v1::Frame carried;
    for (bool is_moving = true; is_moving;) {
      is_moving = false;
      if (NextFrame(link.agent->outbox(), frame)) {
        EXPECT_TRUE(carried.ParseFromString(frame.SerializeAsString()));
        const Status status = link.coordinator->Receive(carried, Time{});
        EXPECT_TRUE(status.ok()) << status.ToString();
        is_moving = true;
      }
      if (NextFrame(link.coordinator->outbox(), frame)) {
        EXPECT_TRUE(carried.ParseFromString(frame.SerializeAsString()));
        const Status status = link.agent->Receive(carried);
        EXPECT_TRUE(status.ok()) << status.ToString();
        is_moving = true;
      }
    }
  }

  std::map<SiteId, std::unique_ptr<Link>> links_;
  std::deque<Arrival> arrivals_;
};

class GrpcRig final : public Rig, Loopback {
 public:
  round::Transport& down() override { return *server_; }
  void Flush() override { server_->Flush(); }
  std::optional<Arrival> TakeArrival() override { return inbox_.Pop({}); }
  std::optional<job::Offer> TakeOffer(const SiteId& site) override {
    auto taken = sites_.at(site)->heard.TakeOffer();
    if (!taken) return std::nullopt;
    sites_.at(site)->asked_on = taken->second;
    return std::move(taken->first);
  }
  std::optional<job::Receipt> TakeReceipt(const SiteId& site) override {
    return sites_.at(site)->heard.TakeReceipt();
  }
  void Say(const job::Contribution& contribution) override {
    const End& end = *sites_.at(contribution.site);
    end.client->Send(std::make_shared<const job::Contribution>(contribution), end.asked_on);
  }
  void Say(const job::Refusal& refusal) override {
    const End& end = *sites_.at(refusal.site);
    end.client->Send(refusal, end.asked_on);
  }
  void StartSite(const SiteId& site) override {
    ClientOptions options = OptionsOf(site.text());
    options.retry_max = Duration::Millis(50);
    auto end = std::make_unique<End>();
    end->client = std::make_unique<Client>(std::move(options), end->heard, clock_);
    sites_[site] = std::move(end);
  }
  void StopSite(const SiteId& site) override { sites_.erase(site); }
  void RestartCoordinator() override {
    server_.reset();
    while (inbox_.Pop({})) {
    }
    Serve("127.0.0.1:" + std::to_string(port_));
  }

 private:
  struct End {
    Heard heard;
    std::unique_ptr<Client> client;
    ConnectionNumber asked_on = 0;
  };
  std::map<SiteId, std::unique_ptr<End>> sites_;
};

template <typename Kind>
std::unique_ptr<Rig> Make() {
  return std::make_unique<Kind>();
}
INSTANTIATE_TEST_SUITE_P(Inproc, TransportConformance, testing::Values(Make<InprocRig>));
INSTANTIATE_TEST_SUITE_P(Wire, TransportConformance, testing::Values(Make<WireRig>));
INSTANTIATE_TEST_SUITE_P(Grpc, TransportConformance, testing::Values(Make<GrpcRig>));

}  // namespace
}  // namespace florin::transport
