// The event stream: what happened, for logs, progress lines, metrics and screens. Names are stable.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "florin/base/ids.h"
#include "florin/base/time.h"

namespace florin::job {

struct Event {
  Time at;
  std::string name;  // "round.started", "round.committed", "contribution.rejected", "job.done" ...
  JobId job;
  RoundId round;
  SiteId site;                                          // empty when no site is meant
  std::string text;                                     // one sentence for people
  std::vector<std::pair<std::string, double>> numbers;  // "accepted", "loss", "auc" ...
};

class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void Emit(const Event& event) = 0;  // must not throw, block long or call back
};

}  // namespace florin::job
