// Checks a job that comes over the wire by the code the operator's program ran: parse, rules, plan.
// Pure.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "florin/job/spec.h"
#include "florin/round/job_book.h"

namespace florin::api {

struct JobFiles {
  std::string file;                         // as faults name it
  std::string text;                         // the job file verbatim
  std::map<std::string, std::string> read;  // the files it names, by the names it gives them
  bool operator==(const JobFiles&) const = default;
};

// What a job's files resolve to. Faults with file:line:column, all of them: [JOB-*], [YAML-*];
// [SUBMIT-FILE] the job names a file that is not there; what MakePlan says.
Result<job::JobSpec> ResolveJob(const JobFiles& files);

// spec: JobSpec::Save of what the client resolved. [SUBMIT-SPEC] it is not what the files resolve
// to here: the two programs differ.
Result<round::JobEntry> CheckSubmission(const JobFiles& files, ByteView spec,
                                        const std::string& operator_name, Time now);

}  // namespace florin::api
