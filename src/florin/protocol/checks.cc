#include "florin/protocol/checks.h"

#include <utility>

namespace florin::protocol {
namespace {

const char* PhaseName(PartyPhase phase) {
  switch (phase) {
    case PartyPhase::kFresh:
      return "fresh";
    case PartyPhase::kWaiting:
      return "waiting";
    case PartyPhase::kReady:
      return "ready";
    case PartyPhase::kDone:
      return "done";
  }
  return "?";
}

}  // namespace

Status WrongPhase(const char* what, PartyPhase expected, PartyPhase found) {
  return Status(Kind::kConflict, "PROTO-PHASE",
                std::string(what) + ": expected a party that is " + PhaseName(expected) +
                    ", found one that is " + PhaseName(found) + ".");
}

Status CheckSetup(const char* protocol, const ProtocolSetup& setup) {
  if (setup.vector_size > 0 && setup.contributors_min > 0 &&
      setup.contributors_min <= setup.contributors_max &&
      setup.contributors_max <= ProtocolSetup::kContributorsMax) {
    return {};
  }
  return Status(Kind::kConfig, "PROTO-SETUP",
                std::string(protocol) +
                    ": expected a vector of at least 1 entry and 1 <= contributors_min <= "
                    "contributors_max <= " +
                    std::to_string(ProtocolSetup::kContributorsMax) + ", found " +
                    std::to_string(setup.vector_size) + " entries, " +
                    std::to_string(setup.contributors_min) + " and " +
                    std::to_string(setup.contributors_max) + ".");
}

Status CheckSelf(const ProtocolSetup& setup, PartyId self) {
  if (IsContributor(setup, self)) return {};
  return Fault("PROTO-SENDER", Name(self) + " is no contributor of a cohort of " +
                                   std::to_string(setup.contributors_max) + ".");
}

Status CheckLength(const ProtocolSetup& setup, PartyId from, size_t size) {
  if (size == setup.vector_size) return {};
  return Fault("PROTO-LENGTH", Name(from) + ": vector length " + std::to_string(size) +
                                   ", expected " + std::to_string(setup.vector_size) + ".");
}

Status CheckRoute(const ProtocolSetup& setup, const Message& message) {
  if (IsContributor(setup, message.from) && message.to == kAggregator) return {};
  return Fault("PROTO-SENDER", "message from " + Name(message.from) + " to " + Name(message.to) +
                                   ": expected one of the parties 1 to " +
                                   std::to_string(setup.contributors_max) + ", to party 0.");
}

Status NotADropout(PartyId party) {
  return Fault("PROTO-SENDER", Name(party) +
                                   " cannot have dropped out: it is not asked, or has "
                                   "answered.");
}

}  // namespace florin::protocol
