// ServingLog: what a serving process says on its standard error: a line an event, or JSON.
#pragma once

#include <mutex>
#include <ostream>

#include "florin/job/event.h"
#include "florin/telemetry/json_log.h"

namespace florin::apps {

// Thread-safe. Quiet by default: a round says that it started and how it ended, connections come
// and go, and what went wrong says why.
class ServingLog final : public job::EventSink {
 public:
  ServingLog(std::ostream& out, bool is_json) : out_(out), json_(out), is_json_(is_json) {}
  void Emit(const job::Event& event) override;

 private:
  std::mutex lock_;
  std::ostream& out_;
  telemetry::JsonLog json_;
  bool is_json_;
};

}  // namespace florin::apps
