// Runner: load, Decide, save, then act. One runner drives one job; the caller owns time and
// delivery. A crash between any two lines is a replay of the outbox. Not thread-safe.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "florin/job/event.h"
#include "florin/job/round_kit.h"
#include "florin/round/decide.h"
#include "florin/round/ports.h"
#include "florin/round/party_host.h"

namespace florin::round {

class Runner {
 public:
  // Creates the job's first version (seeded initial state) in the store, or resumes the job where
  // the store has it. Ports must outlive the runner.
  static Result<std::unique_ptr<Runner>> Make(std::shared_ptr<const job::RoundKit> kit,
                                              Store& store, Transport& transport,
                                              job::EventSink& events);

  // Inputs from outside. A broken store is the only error: everything else is an outcome.
  Status Handle(const Input& input, Time now);
  Status Handle(job::Contribution contribution, Time now);
  Status Handle(const job::Refusal& refusal, Time now);

  const RoundState& state() const { return state_; }
  bool is_over() const;  // done, cancelled or failed
  const job::Version& current() const { return current_; }

 private:
  Runner(std::shared_ptr<const job::RoundKit> kit, Store& store, Transport& transport,
         job::EventSink& events);

  std::shared_ptr<const job::RoundKit> kit_;
  Store& store_;
  Transport& transport_;
  job::EventSink& events_;
  PartyHost host_;
  RoundState state_;
  job::Version current_;
  std::optional<job::Version> candidate_;  // applied, not yet published
  std::deque<Input> inputs_;               // raised by effects, handled before returning
  std::map<ContributionId, protocol::Message> waiting_;  // arrived, not yet folded
};

}  // namespace florin::round
