#include <array>
#include <utility>

#include "florin/protocol/party.h"
#include "florin/protocol/plain/plain.h"
#include "florin/protocol/secagg/secagg.h"

namespace florin::protocol {
namespace {

size_t VectorSize(const ProtocolSetup& setup) { return setup.vector_size; }

}  // namespace

Span<const ProtocolKind> ProtocolKinds() {
  static constexpr std::array kKinds{
      ProtocolKind{.name = "plain",
                   .help = "The coordinator sees each contribution and adds it up.",
                   .is_sealed = false,
                   .steps = 1,
                   .contribution_step = 0,
                   .bulk_size = VectorSize,
                   .make_contributor = plain::MakeContributor,
                   .restore_contributor = plain::RestoreContributor,
                   .make_aggregator = plain::MakeAggregator,
                   .restore_aggregator = plain::RestoreAggregator},
      ProtocolKind{.name = "secagg",
                   .help = "The coordinator sees the sum: pairwise masks, which survive dropouts.",
                   .is_sealed = true,
                   .steps = secagg::kSteps,
                   .contribution_step = secagg::kMaskedInput,
                   .bulk_size = VectorSize,
                   .make_contributor = secagg::MakeContributor,
                   .restore_contributor = secagg::RestoreContributor,
                   .make_aggregator = secagg::MakeAggregator,
                   .restore_aggregator = secagg::RestoreAggregator},
  };
  return kKinds;
}

const ProtocolKind* FindProtocol(std::string_view name) {
  for (const ProtocolKind& kind : ProtocolKinds()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

Bytes SavedBytes(const Party& party) {
  base::Writer writer;
  party.Save(writer);
  return std::move(writer).Take();
}

}  // namespace florin::protocol
