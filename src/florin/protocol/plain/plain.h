// plain: contributors send their vectors in the open and the aggregator adds them up on arrival.
// It hides nothing from the aggregator: the protocol of one's own branches and of trials, and the
// reference for the sealed ones. docs/spec/protocols.md, section 3.
//
// contributor: Start sends the vector and is done. aggregator: memory is one vector and one bit a
// contributor, whatever the cohort; ring addition makes the sum independent of arrival order.
#pragma once

#include <memory>

#include "florin/protocol/party.h"

namespace florin::protocol::plain {

Result<std::unique_ptr<Party>> MakeContributor(const ProtocolSetup& setup, Self self,
                                               base::Rng& rng);
Result<std::unique_ptr<Party>> RestoreContributor(const ProtocolSetup& setup, Self self,
                                                  ByteView saved);
Result<std::unique_ptr<Party>> MakeAggregator(const ProtocolSetup& setup);
Result<std::unique_ptr<Party>> RestoreAggregator(const ProtocolSetup& setup, ByteView saved);

}  // namespace florin::protocol::plain
