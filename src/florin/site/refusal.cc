#include "florin/site/refusal.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace florin::site {
namespace {

// Families of codes whose messages speak of the offer, never of rows.
constexpr std::array<std::string_view, 4> kAboutOffers = {"OFFER-", "PROTO-", "POLICY-",
                                                          "APPROVAL-"};
// Says how many rows the site has.
constexpr std::string_view kAboutRows = "POLICY-ROWS";

}  // namespace

job::Refusal Refuse(const job::Offer& offer, const Status& why) {
  const bool is_about_offer =
      why.code() != kAboutRows &&
      std::any_of(kAboutOffers.begin(), kAboutOffers.end(),
                  [&](std::string_view family) { return why.code().starts_with(family); });
  job::Refusal refusal;
  refusal.job = offer.job;
  refusal.round = offer.round;
  refusal.work = offer.work;
  refusal.site = offer.site;
  refusal.step = offer.step;
  refusal.code = std::string(why.code());
  refusal.reason = is_about_offer ? std::string(why.message()) : "the site's own log says why";
  return refusal;
}

}  // namespace florin::site
