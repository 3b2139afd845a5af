// A committee whose decryptors have gone through the key setup, for tests.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "florin/base/rng.h"
#include "florin/crypto/secret.h"
#include "florin/protocol/threshold_he/key_setup.h"

namespace florin::protocol::threshold_he {

struct TestCommittee {
  std::shared_ptr<const Committee> committee;
  std::vector<crypto::SecretBytes> keys;
};

inline crypto::Ed25519Seed DecryptorIdentity(size_t member) {
  crypto::Ed25519Seed seed{};
  base::SeededRng rng(member, 8);
  for (uint8_t& byte : seed) byte = static_cast<uint8_t>(rng.Next());
  return seed;
}

// Who is in it, nothing shown yet.
inline Committee MembersOf(size_t count, uint32_t threshold) {
  Committee committee;
  committee.epoch.fill(0x77);
  committee.threshold = threshold;
  for (size_t i = 0; i < count; ++i) {
    committee.members.push_back({.name = "decryptor-" + std::to_string(i + 1),
                                 .identity = crypto::PublicKeyOf(DecryptorIdentity(i))});
  }
  return committee;
}

inline TestCommittee MakeCommittee(size_t count, uint32_t threshold) {
  base::SeededRng rng(count, threshold);
  std::vector<KeySetup> setups;
  setups.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    setups.push_back(
        KeySetup::Make(MembersOf(count, threshold), i, DecryptorIdentity(i), rng).value());
  }
  std::vector<Bytes> pledges;
  pledges.reserve(count);
  std::vector<Bytes> reveals;
  reveals.reserve(count);
  std::vector<Bytes> confirmations;
  confirmations.reserve(count);
  for (KeySetup& one : setups) pledges.push_back(one.Pledge().value());
  for (KeySetup& one : setups) reveals.push_back(one.Reveal(pledges).value());
  for (KeySetup& one : setups) confirmations.push_back(one.Confirm(reveals).value());
  TestCommittee made;
  made.committee = std::make_shared<const Committee>(
      Assemble(MembersOf(count, threshold), reveals, confirmations).value());
  for (KeySetup& one : setups) made.keys.push_back(std::move(one).TakeSecret().value());
  return made;
}

// Two of three, made once.
inline const TestCommittee& ThreeDecryptors() {
  static const TestCommittee kCommittee = MakeCommittee(3, 2);
  return kCommittee;
}

}  // namespace florin::protocol::threshold_he
