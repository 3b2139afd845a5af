// threshold_he: sums that decryptors open (one-shot lattice encryption, docs/spec/rlwe.md). A
// contributor speaks once and may leave; the aggregator adds sealed vectors, and learns their sum
// when t of m decryptors have opened the sum of the sealed keys. docs/spec/protocols.md, section 6;
// ADR-0011.
//
//   step        who          asked with                      answered with
//   Contribute  contributor  -                               sealed key, sealed vector, signed
//   Open        decryptor    who is in the sum, with each    its partial opening of the sum that it
//                            one's signature and sealed key  added up itself, signed
//   Recover     decryptor    which decryptors are missing    its shares of their seeds, signed;
//               that opened                                  their keys and the epoch end
//
// A decryptor's party lives for an epoch. It opens one sum in each context, never a sum of fewer
// than contributors_min or of contributions that are not signed for this context and committee, and
// gives shares of one set of missing ones. It keeps what it did, saved before an answer leaves.
//
// contributor: O(d) work, speaks once, draws its key from rng. aggregator: memory is one sealed sum
// (32 bytes for a polynomial's coefficient) and 197 kB a contributor, until the decryptors have
// added these up.
#pragma once

#include <memory>

#include "florin/protocol/party.h"

namespace florin::protocol::threshold_he {

enum Step : uint8_t { kContribute, kOpen, kRecover, kSteps };

// Their sealed keys are kept and sent to each decryptor: 805 MB.
constexpr uint32_t kContributorsMax = 1U << 12;
// Contexts that one key opens; each flood is off by less than 2^-41 (rlwe.md).
constexpr size_t kOpeningsMax = 1024;

// Not in ProtocolKinds(): no engine asks decryptors yet.
const ProtocolKind& Kind();

// Room for what a setup needs. [PROTO-SETUP]; [PROTO-COMMITTEE] the committee is none.
Status CheckSealed(const ProtocolSetup& setup);

Result<std::unique_ptr<Party>> MakeContributor(const ProtocolSetup& setup, Self self, Rng& rng);
Result<std::unique_ptr<Party>> RestoreContributor(const ProtocolSetup& setup, Self self,
                                                  ByteView saved);
Result<std::unique_ptr<Party>> MakeAggregator(const ProtocolSetup& setup);
Result<std::unique_ptr<Party>> RestoreAggregator(const ProtocolSetup& setup, ByteView saved);
// key: of KeySetup. self.accept: the owner's word on who may contribute.
Result<std::unique_ptr<Party>> MakeDecryptor(const ProtocolSetup& setup, Self self, ByteView key);
Result<std::unique_ptr<Party>> RestoreDecryptor(const ProtocolSetup& setup, Self self,
                                                ByteView saved);

}  // namespace florin::protocol::threshold_he
