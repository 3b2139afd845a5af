// Contributions folded on arrival: bandwidth, and memory that must not grow with the cohort.
#include <algorithm>

#include "bench.h"
#include "florin/base/rng.h"
#include "florin/protocol/party.h"

namespace florin::apps::bench {
namespace {

constexpr size_t kEntries = 1'000'000;
constexpr size_t kDistinct = 4;  // vectors that messages are made of
constexpr size_t kArrived = 24;  // messages in memory at once: 192 MB, several times the caches

struct Folded {
  double seconds = 0;  // inside Receive alone
  double megabytes = 0;
};

// Folds so many contributions, `arrived` of them in memory at a time. What the first of them left
// in the caches is gone when the last is written, so with many of them every fold reads memory.
Result<Folded> Fold(uint32_t contributions, size_t arrived,
                    const std::vector<num::RingVector>& vectors) {
  protocol::ProtocolSetup setup;
  setup.vector_size = kEntries;
  setup.contributors_max = contributions;
  FLORIN_ASSIGN(auto aggregator, protocol::FindProtocol("plain")->make_aggregator(setup));
  FLORIN_ASSIGN(auto started, aggregator->Start());
  Folded folded;
  for (uint32_t first = 0; first < contributions; first += static_cast<uint32_t>(arrived)) {
    std::vector<protocol::Message> messages(std::min<size_t>(arrived, contributions - first));
    for (size_t i = 0; i < messages.size(); ++i) {
      messages[i].from = {first + static_cast<uint32_t>(i) + 1};
      messages[i].to = protocol::kAggregator;
      messages[i].bulk = vectors[i % kDistinct];
    }
    const double start = Seconds();
    for (protocol::Message& message : messages) {
      auto answered = aggregator->Receive(std::move(message));
      if (!answered.ok()) return answered.status();
    }
    folded.seconds += Seconds() - start;
  }
  folded.megabytes = ResidentMegabytes();
  return folded;
}

}  // namespace

Result<std::vector<Measurement>> BenchFold(const Options& options) {
  std::vector<num::RingVector> vectors(kDistinct);
  base::SeededRng rng(3);
  for (num::RingVector& vector : vectors) {
    vector.words.resize(kEntries);
    rng.Fill(vector.words);
  }
  const uint32_t many = options.is_quick ? 100 : 10'000;
  FLORIN_ASSIGN(const Folded few, Fold(10, 1, vectors));
  FLORIN_ASSIGN(const Folded all, Fold(many, 1, vectors));
  FLORIN_ASSIGN(const Folded cold, Fold(many, kArrived, vectors));
  // A fold reads the contribution, reads the sum and writes the sum: three streams of 8 bytes.
  const double bandwidth = 24.0 * kEntries * many / cold.seconds / 1e9;
  return std::vector<Measurement>{
      {"fold.bandwidth", bandwidth, "GB/s", "",
       std::to_string(many) + " contributions of d = 1e6, one core, each read from memory"},
      {"fold.bandwidth_share", bandwidth / CopyBandwidth(), "share", ">= 0.6",
       "of a += b over 256 MiB arrays; the sum, 8 MB, may stay in a cache"},
      {"fold.memory_ratio", all.megabytes / few.megabytes, "x", "<= 1.1",
       "resident memory after " + std::to_string(many) + " contributions against after 10"},
  };
}

}  // namespace florin::apps::bench
