// Jobs, versions and members in the words of the wire. Internal to this room; pure functions.
#pragma once

#include <string>

#include "florin/identity/roster.h"
#include "florin/job/version.h"
#include "florin/round/job_book.h"
#include "florin/round/runner.h"
#include "florin/v1/operator.pb.h"

namespace florin::api {

// What never changes of a job, without its bulky spec.
struct JobFacts {
  std::string description;
  std::string text;
  std::string submitted_by;
  Time submitted_at;
  uint32_t rounds = 0;

  static Result<JobFacts> Of(const round::JobEntry& entry);  // [CODEC]
};

v1::Job DescribeJob(const JobFacts& facts, const round::Runner& runner);
// Counts, cohort and who is there; the caller adds the versions.
v1::JobDetail DescribeRound(const JobFacts& facts, const round::Runner& runner);
v1::Version DescribeVersion(const round::PublishedVersion& version);
v1::Event DescribeEvent(const job::Event& event, uint64_t number);
v1::Root DescribeRoot(const crypto::Certificate& root);
v1::Member DescribeMember(const identity::RosterEntry& entry);

template <typename Id>
std::string IdBytes(const Id& id) {
  return id.empty() ? std::string() : std::string(id.bytes.begin(), id.bytes.end());
}

}  // namespace florin::api
