#include "florin/protocol/recovery.h"

#include <algorithm>
#include <string>
#include <utility>

#include "florin/base/rng.h"
#include "florin/protocol/checks.h"

namespace florin::protocol {
namespace {

// Enough to meet an honest set with near certainty while a fifth of the holders lie and a quarter
// of the shares are spare; more liars than that end the round.
constexpr int kTriesMax = 2000;

}  // namespace

crypto::SecretBytes Recovery::Try(const Shares& shares,
                                  const std::function<bool(const crypto::SecretBytes&)>& is_right) {
  std::vector<uint32_t> indices;
  std::vector<ByteView> views;
  for (const HeldShare& share : shares) {
    indices.push_back(share.index);
    views.push_back(share.share);
  }
  if (last_opener_.empty() || indices != last_indices_) {
    auto opener = crypto::ShareOpener::Make(indices);
    if (!opener.ok()) return {};
    last_opener_.clear();
    last_opener_.push_back(std::move(*opener));
    last_indices_ = std::move(indices);
  }
  auto secret = last_opener_.front().Open(views);
  if (!secret.ok() || !is_right(*secret)) return {};
  return std::move(*secret);
}

// A share is right when it opens the secret together with right ones.
void Recovery::NameLiars(PartyId dealer, const Shares& shares, const Shares& good,
                         const std::function<bool(const crypto::SecretBytes&)>& is_right) {
  for (const HeldShare& share : shares) {
    const auto same = [&](const HeldShare& one) { return one.index == share.index; };
    if (std::ranges::any_of(good, same) || liars_.contains(share.holder)) continue;
    Shares trial = good;
    trial.back() = share;
    if (!Try(trial, is_right).view().empty()) continue;
    liars_.insert(share.holder);
    blames_.push_back({share.holder, Name(share.holder) + " gave back another share of " +
                                         Name(dealer) +
                                         "'s secret than it was dealt. "
                                         "[PROTO-SHARE]"});
  }
}

Result<crypto::SecretBytes> Recovery::Open(
    PartyId dealer, std::vector<HeldShare> shares, uint32_t threshold,
    const std::function<bool(const crypto::SecretBytes&)>& is_right) {
  std::erase_if(shares, [&](const HeldShare& one) { return liars_.contains(one.holder); });
  if (shares.size() < threshold || threshold == 0) {
    return Fault("PROTO-SHARES", std::to_string(shares.size()) + " shares of " + Name(dealer) +
                                     "'s secret, " + std::to_string(threshold) +
                                     " needed; nothing opened.");
  }
  const Shares all = shares;
  base::SeededRng rng(dealer.index);  // which sets are tried is no secret
  for (int tries = 0; tries < kTriesMax; ++tries) {
    const Shares some(shares.begin(), shares.begin() + threshold);
    crypto::SecretBytes secret = Try(some, is_right);
    if (!secret.view().empty()) {
      if (tries > 0) NameLiars(dealer, all, some, is_right);
      return secret;
    }
    if (shares.size() == threshold) break;
    for (size_t i = 0; i < threshold; ++i) {
      std::swap(shares[i], shares[i + rng.Next() % (shares.size() - i)]);
    }
  }
  return Fault("PROTO-SHARES",
               "no shares open the secret of " + Name(dealer) +
                   ": it dealt wrong ones, or too many holders gave back wrong ones; nothing "
                   "opened.");
}

}  // namespace florin::protocol
