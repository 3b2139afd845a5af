// Contributions folded on arrival: bandwidth, and memory that must not grow with the cohort.
#include "bench.h"
#include "florin/base/rng.h"
#include "florin/protocol/party.h"

namespace florin::apps::bench {
namespace {

constexpr size_t kEntries = 1'000'000;
constexpr size_t kDistinct = 4;  // vectors cycled through, together larger than the caches

struct Folded {
  double seconds = 0;  // inside Receive alone
  double megabytes = 0;
};

Result<Folded> Fold(uint32_t contributions, const std::vector<num::RingVector>& vectors) {
  const protocol::ProtocolSetup setup{kEntries, contributions, 1};
  FLORIN_ASSIGN(auto aggregator, protocol::FindProtocol("plain")->make_aggregator(setup));
  FLORIN_ASSIGN(auto started, aggregator->Start());
  Folded folded;
  for (uint32_t i = 0; i < contributions; ++i) {
    protocol::Message message;
    message.from = {i + 1};
    message.to = protocol::kAggregator;
    message.bulk = vectors[i % kDistinct];  // as if it had just arrived: not timed
    const double start = Seconds();
    auto answered = aggregator->Receive(std::move(message));
    folded.seconds += Seconds() - start;
    if (!answered.ok()) return answered.status();
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
  FLORIN_ASSIGN(const Folded few, Fold(10, vectors));
  FLORIN_ASSIGN(const Folded all, Fold(many, vectors));
  // A fold reads the contribution, reads the sum and writes the sum: three streams of 8 bytes.
  const double bandwidth = 24.0 * kEntries * many / all.seconds / 1e9;
  return std::vector<Measurement>{
      {"fold.bandwidth", bandwidth, "GB/s", "",
       std::to_string(many) + " contributions of d = 1e6, one core"},
      {"fold.bandwidth_share", bandwidth / CopyBandwidth(), "share", ">= 0.6",
       "of a += b over 256 MiB arrays; above 1 because the sum, and the vector just written as a "
       "network reader would, are still in the caches"},
      {"fold.memory_ratio", all.megabytes / few.megabytes, "x", "<= 1.1",
       "resident memory after " + std::to_string(many) + " contributions against after 10"},
  };
}

}  // namespace florin::apps::bench
