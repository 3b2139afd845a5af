// What `florin bench privacy` is made of, and a round of secure aggregation in one process with the
// time of each part. All times are CPU seconds.
#pragma once

#include <array>

#include "bench.h"
#include "florin/protocol/party.h"
#include "florin/protocol/secagg/secagg.h"

namespace florin::apps::bench {

Result<std::vector<Measurement>> MeasureLattice(const Options& options);
Result<std::vector<Measurement>> MeasureSecagg(const Options& options);

struct RoundShape {
  uint32_t contributors = 0;
  uint32_t dropouts = 0;  // deal shares and send nothing after
  uint32_t degree = 0;    // as in ProtocolSetup, and the next
  uint32_t threshold = 0;
  size_t entries = 0;  // of the vector, all of 32 bits
};

using StepTimes = std::array<double, protocol::secagg::kSteps>;

struct RoundTimes {
  uint32_t neighbours = 0;      // that a contributor was given
  StepTimes contributor{};      // of one, on average over those that answer the step
  StepTimes asking{};           // the aggregator's, for all contributors
  StepTimes receiving{};        // without the check below
  StepTimes closing{};          // the last one opens the sum
  double checking = 0;          // of the vectors' bytes, as they arrive
  size_t message_bytes = 0;     // of a masked vector
  double memory_megabytes = 0;  // of the aggregator at most, without the sum and what it is sent
  double Contributor() const;
  double Aggregator() const;
};

// Plays the round with one core, and checks the sum. Fails where the protocol does.
Result<RoundTimes> PlayRound(const RoundShape& shape);

}  // namespace florin::apps::bench
