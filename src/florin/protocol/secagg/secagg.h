// secagg: sums under pairwise masks that survive dropouts (Bonawitz et al. 2017, ia.cr/2017/281;
// Bell et al. 2020, ia.cr/2020/704, for its sparse graph). The aggregator learns the sum of those
// who sent their vectors, and which ones did. docs/spec/protocols.md, section 5.
//
//   step          asked with                         answered with
//   Advertise     -                                  two fresh public keys, signed
//   Shares        keys of the neighbours, signed     for each neighbour a box with two shares, and
//                                                    a commitment to the own mask
//   MaskedInput   boxes of the neighbours            the vector under all masks, signed
//   Consistency   who is in the sum                  a signature of that
//   Unmask        signatures of neighbours           of each neighbour one share: of its own mask's
//                                                    seed if it is in the sum, else of its mask key
//
// A contributor answers every step once, and never gives both shares of one neighbour. All keys
// hang on setup.context: masks of contributors that were given other models do not cancel.
//
// contributor: O(k) state, O(k d) work for k neighbours. aggregator: memory is one vector and what
// the headers hold; it adds on arrival, and the sum does not depend on the order of arrival. Its
// IsEnough() tells when dropouts no longer matter.
#pragma once

#include <memory>

#include "florin/protocol/party.h"

namespace florin::protocol::secagg {

enum Step : uint8_t { kAdvertise, kShares, kMaskedInput, kConsistency, kUnmask, kSteps };

// setup: context, cohort (aggregator), and at least 2 contributors_min.
Result<std::unique_ptr<Party>> MakeContributor(const ProtocolSetup& setup, Self self,
                                               base::Rng& rng);
Result<std::unique_ptr<Party>> RestoreContributor(const ProtocolSetup& setup, Self self,
                                                  ByteView saved);
Result<std::unique_ptr<Party>> MakeAggregator(const ProtocolSetup& setup);
Result<std::unique_ptr<Party>> RestoreAggregator(const ProtocolSetup& setup, ByteView saved);

}  // namespace florin::protocol::secagg
