// The policy file of a site's owner: YAML in, govern::SitePolicy out.
#pragma once

#include <string>
#include <string_view>

#include "florin/govern/policy.h"
#include "florin/job/parse.h"

namespace florin::job {

// Reads a policy by the field table; every rule keeps the line of its key. All faults are told at
// once, each with file:line:column: [POLICY-KEY], [POLICY-TYPE], [POLICY-RANGE], [POLICY-CHOICE],
// [POLICY-MISSING], [POLICY-VALUE], [POLICY-UNUSED], [NAME], [YAML-*]. A faulty policy is not to be
// used: a site whose policy cannot be read takes no offer.
Parsed<govern::SitePolicy> ParsePolicy(std::string_view yaml, const std::string& file);

}  // namespace florin::job
