// A federation of processes on loopback for as long as one job lasts: a coordinator on SQLite,
// agents that dial in, mutual TLS. What is measured is seen from outside, or told over pipes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "florin/job/spec.h"
#include "florin/site/site.h"

namespace florin::apps::bench {

struct Deployment {
  job::JobSpec spec;
  std::vector<SiteId> sites;
  uint32_t processes = 1;  // that the sites' agents are spread over, evenly
  // Called in the agents' processes.
  std::function<std::unique_ptr<site::Rows>(const SiteId&)> rows;
  bool is_on_disk = true;     // the agents' stores; false: in memory
  uint32_t first_sample = 0;  // after so many rounds; 0: none
};

// What a process holds.
struct Holding {
  double megabytes = 0;    // resident
  double descriptors = 0;  // open
  double disk = 0;         // megabytes of its folder
};

struct Outcome {
  std::vector<double> laps;     // ms from a round's end to the next one's; sorted
  std::vector<double> uploads;  // ms from a round's first answer until its sum is opened; sorted
  double submitted = 0;         // ms from the job's arrival to the end of its last round
  double seconds = 0;           // from the end of the first round to that of the last
  Holding idle_coordinator, idle_agents;    // all connected, nothing to do; agents together
  Holding first_coordinator, first_agents;  // after `first_sample` rounds
  Holding last_coordinator, last_agents;    // after the last
};

// [BENCH-CHILD] a process ended early, or the job did.
Result<Outcome> Deploy(const Deployment& deployment);

}  // namespace florin::apps::bench
