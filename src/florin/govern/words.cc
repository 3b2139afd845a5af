#include "florin/govern/words.h"

namespace florin::govern {
namespace {

constexpr std::string_view kProtocols[] = {"plain", "secagg", "threshold_he"};

// IAB Europe TCF 2.3, purposes 2-11 and special purpose 1, under names of their own. Purpose 1
// (storing on a device) is no reason to compute.
constexpr Purpose kPurposes[] = {
    {"unspecified", "nothing was said"},
    {"contextual-ads", "choosing ads without a profile, capping how often (TCF 2)"},
    {"ad-profiles", "learning ad interests, lookalikes, cohorts (TCF 3)"},
    {"ad-selection", "scoring ads by a profile (TCF 4)"},
    {"content-profiles", "learning interests for content and offers (TCF 5)"},
    {"content-selection", "recommending content and offers by a profile (TCF 6)"},
    {"ad-measurement", "attribution, reach and uplift of ads (TCF 7)"},
    {"content-measurement", "how content and offers perform (TCF 8)"},
    {"audience-statistics", "statistics of audiences, no person singled out (TCF 9)"},
    {"service-improvement", "improving models and services, A/B tests (TCF 10)"},
    {"contextual-content", "choosing content without a profile (TCF 11)"},
    {"fraud-prevention", "security and fraud (TCF special purpose 1)"},
};

}  // namespace

Span<const std::string_view> Protocols() { return kProtocols; }
Span<const Purpose> Purposes() { return kPurposes; }

// Backtracks to the last '*' alone: quadratic at worst, whatever the pattern.
bool Matches(std::string_view pattern, std::string_view name) {
  size_t p = 0;
  size_t star = std::string_view::npos;
  size_t resume = 0;
  for (size_t n = 0; n < name.size();) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace florin::govern
