#include <array>
#include <utility>

#include "florin/protocol/party.h"
#include "florin/protocol/plain/plain.h"

namespace florin::protocol {

Span<const ProtocolKind> ProtocolKinds() {
  static constexpr std::array kKinds{
      ProtocolKind{.name = "plain",
                   .help = "The coordinator sees each contribution and adds it up.",
                   .is_sealed = false,
                   .make_contributor = plain::MakeContributor,
                   .make_aggregator = plain::MakeAggregator,
                   .restore_aggregator = plain::RestoreAggregator},
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
