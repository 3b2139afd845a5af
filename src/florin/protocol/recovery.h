// Opens the secrets that contributors have dealt, of the shares that others give back, some of
// which may be wrong: who opens knows what is right, so liars are found and named.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "florin/crypto/shamir.h"
#include "florin/protocol/party.h"

namespace florin::protocol {

struct HeldShare {
  PartyId holder;
  uint32_t index = 0;  // of the share
  ByteView share;
};

class Recovery {
 public:
  // The secret of `dealer`: `threshold` of the shares open to what `is_right` accepts. Takes those
  // of holders that have not lied before. [PROTO-SHARES] there are fewer, or no set that was tried
  // opens it: the dealer dealt wrongly, or too many lie.
  Result<crypto::SecretBytes> Open(PartyId dealer, std::vector<HeldShare> shares,
                                   uint32_t threshold,
                                   const std::function<bool(const crypto::SecretBytes&)>& is_right);
  const std::vector<Blame>& blames() const { return blames_; }

 private:
  using Shares = std::vector<HeldShare>;
  // Empty when they do not open to a secret that is right.
  crypto::SecretBytes Try(const Shares& shares,
                          const std::function<bool(const crypto::SecretBytes&)>& is_right);
  void NameLiars(PartyId dealer, const Shares& shares, const Shares& good,
                 const std::function<bool(const crypto::SecretBytes&)>& is_right);

  std::vector<uint32_t> last_indices_;  // in a complete graph they are the same for all dealers
  std::vector<crypto::ShareOpener> last_opener_;  // none or one
  std::set<PartyId> liars_;
  std::vector<Blame> blames_;
};

}  // namespace florin::protocol
