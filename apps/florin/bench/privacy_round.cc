// One round of secure aggregation, every party in this process, one after the other.
#include <malloc.h>

#include <algorithm>
#include <fstream>
#include <numeric>
#include <string>

#include "florin/base/rng.h"
#include "florin/crypto/ed25519.h"
#include "florin/protocol/pack.h"
#include "privacy.h"

namespace florin::apps::bench {
namespace {

using protocol::Message;
using protocol::Party;
using protocol::PartyId;
using protocol::secagg::kMaskedInput;
using protocol::secagg::kShares;
using protocol::secagg::kSteps;

// Runs body, adds the time it took.
template <typename Body>
auto Timed(double& seconds, const Body& body) {
  struct Clock {
    double& seconds;
    double start = CpuSeconds();
    ~Clock() { seconds += CpuSeconds() - start; }
  } clock{seconds};
  return body();
}

size_t HeapBytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Of /proc/self/status, in bytes; 0 where there is none.
size_t StatusBytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key)) return std::stoull(line.substr(key.size())) * 1024;
  }
  return 0;
}

// What one call needs at most beside what was resident before it.
class Watch {
 public:
  Watch() {
    std::ofstream("/proc/self/clear_refs") << "5";  // VmHWM counts from here on
    before_ = StatusBytes("VmHWM:");
  }
  size_t Most() const { return StatusBytes("VmHWM:") - before_; }

 private:
  size_t before_ = 0;
};

crypto::Ed25519Seed IdentityOf(uint32_t place) {
  crypto::Ed25519Seed seed{};
  base::SeededRng rng(place, 7);
  for (uint8_t& byte : seed) byte = static_cast<uint8_t>(rng.Next());
  return seed;
}

protocol::ProtocolSetup SetupOf(const RoundShape& shape) {
  protocol::ProtocolSetup setup;
  setup.vector_size = setup.narrow_size = shape.entries;
  setup.narrow_bits = 32;
  setup.contributors_max = shape.contributors;
  setup.contributors_min = 2;
  setup.degree = shape.degree;
  setup.threshold = shape.threshold;
  setup.context.fill(0x5a);
  for (uint32_t place = 1; place <= shape.contributors; ++place) {
    setup.cohort.push_back({.place = {place},
                            .name = "site-" + std::to_string(place),
                            .identity = crypto::PublicKeyOf(IdentityOf(place))});
  }
  return setup;
}

class Round {
 public:
  explicit Round(const RoundShape& shape) : shape_(shape), setup_(SetupOf(shape)) {}

  Result<RoundTimes> Play() {
    const auto* kind = protocol::FindProtocol("secagg");
    const size_t before = HeapBytes();
    FLORIN_ASSIGN(aggregator_, kind->make_aggregator(setup_));
    kept_ += HeapBytes() - before;
    FLORIN_ASSIGN(const auto nothing, aggregator_->Start());
    protocol::ProtocolSetup told = setup_;
    told.cohort.clear();
    base::SeededRng rng(5);
    for (uint32_t place = 1; place <= shape_.contributors; ++place) {
      protocol::Self self{.place = {place}, .identity = IdentityOf(place), .accept = {}};
      FLORIN_ASSIGN(auto party, kind->make_contributor(told, std::move(self), rng));
      contributors_.push_back(std::move(party));
    }
    for (step_ = 0; step_ < kSteps; ++step_) FLORIN_TRY(PlayStep());
    FLORIN_ASSIGN(const num::RingVector sum, std::move(*aggregator_).TakeResult());
    FLORIN_TRY(CheckSum(sum));
    const size_t vector = 8 * shape_.entries;
    times_.memory_megabytes = static_cast<double>(most_ - std::min(most_, vector)) / 1e6;
    return times_;
  }

 private:
  uint32_t Answering() const {
    return shape_.contributors - (step_ > kShares ? shape_.dropouts : 0);
  }

  // Entry i of a contributor's vector.
  static uint64_t Entry(uint32_t place, size_t i) { return (i * 7 + place) % 20'001 - 10'000; }

  Status PlayStep() {
    for (uint32_t place = 1; place <= Answering(); ++place) FLORIN_TRY(Exchange(place));
    times_.contributor[step_] /= Answering();
    std::vector<PartyId> dropouts;
    for (uint32_t place = Answering() + 1; place <= shape_.contributors; ++place) {
      dropouts.push_back({place});
    }
    return Call(times_.closing[step_], [&] { return aggregator_->Proceed(dropouts); });
  }

  // One contributor is asked and answers.
  Status Exchange(uint32_t place) {
    FLORIN_ASSIGN(Message asked,
                  Timed(times_.asking[step_], [&] { return aggregator_->Ask({place}); }));
    Party& party = *contributors_[place - 1];
    num::RingVector vector;
    if (step_ == kMaskedInput) {
      vector.words.resize(shape_.entries);
      for (size_t i = 0; i < shape_.entries; ++i) vector.words[i] = Entry(place, i);
    }
    auto answer = Timed(times_.contributor[step_], [&]() -> Result<protocol::Messages> {
      if (step_ == 0) return party.Start();
      if (step_ == kMaskedInput) FLORIN_TRY(party.Contribute(std::move(vector)));
      return party.Receive(std::move(asked));
    });
    if (!answer.ok()) return answer.status();
    Message message = std::move(answer->front());
    if (step_ == kShares) {
      times_.neighbours = static_cast<uint32_t>((message.header.size() - 34) / 96);
    }
    if (step_ == kMaskedInput) {
      times_.message_bytes = protocol::EncodedSize(message);
      FLORIN_TRY(Timed(times_.checking, [&] {
        return protocol::CheckPacked(message.packed.bytes, message.packed.size);
      }));
    }
    const size_t arrived = message.header.size() + message.packed.bytes.size();
    return Call(
        times_.receiving[step_], [&] { return aggregator_->Receive(std::move(message)).status(); },
        arrived);
  }

  // A call of the aggregator, given so many bytes that it frees or keeps.
  template <typename Body>
  Status Call(double& seconds, const Body& body, size_t given = 0) {
    const size_t before = HeapBytes();
    const Watch watch;
    Status status = Timed(seconds, body);
    most_ = std::max(most_, kept_ + watch.Most());
    kept_ += HeapBytes() + given - before;
    return status;
  }

  Status CheckSum(const num::RingVector& sum) const {
    const uint32_t count = shape_.contributors - shape_.dropouts;
    for (size_t i = 0; i < sum.size(); i += 997) {
      uint64_t expected = 0;
      for (uint32_t place = 1; place <= count; ++place) expected += Entry(place, i);
      // In 32 bits, however the protocol carries them.
      if (static_cast<uint32_t>(sum.words[i]) != static_cast<uint32_t>(expected)) {
        return {Kind::kFailed, "BENCH-SUM", "privacy: a round of secagg gave a wrong sum."};
      }
    }
    return {};
  }

  RoundShape shape_;
  protocol::ProtocolSetup setup_;
  uint32_t step_ = 0;
  std::unique_ptr<Party> aggregator_;
  std::vector<std::unique_ptr<Party>> contributors_;
  RoundTimes times_;
  size_t kept_ = 0;  // heap of the aggregator, in bytes
  size_t most_ = 0;  // with what it needed within a call
};

double Sum(const StepTimes& times) { return std::accumulate(times.begin(), times.end(), 0.0); }

}  // namespace

double RoundTimes::Contributor() const { return Sum(contributor); }
double RoundTimes::Aggregator() const {
  return Sum(asking) + Sum(receiving) + Sum(closing) + checking;
}

Result<RoundTimes> PlayRound(const RoundShape& shape) { return Round(shape).Play(); }

}  // namespace florin::apps::bench
