// Simulator: the production engines over virtual sites, a virtual clock and a seeded network.
//
// Sites compute when their contribution is due, in parallel and only as many as there are threads,
// so memory stays O(threads x d) for any cohort. The model hash depends on the plan, the rows and
// the seed alone: not on the thread count, nor on the order in which contributions arrive.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "florin/base/status.h"
#include "florin/base/time.h"
#include "florin/job/event.h"
#include "florin/job/kit.h"
#include "florin/job/plan.h"
#include "florin/job/version.h"
#include "florin/sim/sites.h"

namespace florin::sim {

// What the network and the sites may do wrong. Shares are probabilities per message.
struct Faults {
  double drop = 0;       // an offer or a contribution never arrives
  double duplicate = 0;  // a contribution arrives twice
  double leave = 0;      // a site goes away when it gets an offer, and comes back later
  double restart = 0;    // the coordinator dies after a step, and resumes from its store
  Duration delay_max;    // each message takes up to this long: arrivals are reordered
};

struct SimulationOptions {
  uint64_t seed = 1;  // of site secrets, delays and faults; the plan has its own
  Faults faults;
  bool measures_bytes = true;  // counts the wire size of every contribution
};

struct Traffic {
  uint64_t offers = 0;
  uint64_t contributions = 0;
  uint64_t bytes_down = 0;  // parameters sent to sites
  uint64_t bytes_up = 0;    // contributions as they would be serialised
};

struct SimulationResult {
  std::vector<job::Version> versions;               // oldest first; [0] is the initial state
  std::vector<model::PrivateState> private_states;  // per site, in the order given
  std::vector<model::PrivateState> personalised;    // the same, fitted to the last version at each
                                                    // site; empty unless the job personalises
  Traffic traffic;
  Duration virtual_time;
  const job::Version& last() const { return versions.back(); }
};

// Runs the plan's job to its end over `sites`. The rows must outlive the call. [SIM-FAILED] when
// the job ends otherwise than done: carries the engine's reason.
Result<SimulationResult> Simulate(const std::shared_ptr<const job::Plan>& plan,
                                  const std::vector<SiteRows>& sites,
                                  const SimulationOptions& options, job::EventSink& events);

}  // namespace florin::sim
