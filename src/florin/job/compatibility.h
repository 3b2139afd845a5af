// The cross-room facts, in one table: which choices of a job cannot stand together, and the remedy.
#pragma once

#include <string>
#include <vector>

#include "florin/job/spec.h"

namespace florin::job {

struct Conflict {
  std::string key;      // the key to point at, "strategy.kind"
  std::string message;  // what does not fit, and what to use
  std::string code;     // "JOB-COMPAT-03", the rule's stable number
};

std::vector<Conflict> FindConflicts(const JobSpec& spec);

}  // namespace florin::job
