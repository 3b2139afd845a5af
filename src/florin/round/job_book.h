// JobBook: the jobs a coordinator was given, as they were given. A port; entries never change.
#pragma once

#include <string>
#include <vector>

#include "florin/base/bytes.h"
#include "florin/base/ids.h"
#include "florin/base/status.h"
#include "florin/base/time.h"

namespace florin::round {

struct JobEntry {
  JobId id;
  Bytes spec;                // JobSpec::Save: what is resolved, on every start, to the same plan
  std::string text;          // the job file verbatim, for people
  std::string submitted_by;  // an operator
  Time submitted_at;
  bool operator==(const JobEntry&) const = default;

  Bytes Save() const;
  static Result<JobEntry> Restore(ByteView bytes);  // [CODEC]
};

class JobBook {
 public:
  virtual ~JobBook() = default;
  virtual Status Add(const JobEntry& entry) = 0;     // [JOB-EXISTS]
  virtual Result<std::vector<JobEntry>> Jobs() = 0;  // by id
};

}  // namespace florin::round
