// Tee passes every event on to several sinks, in the order given. The sinks must outlive it.
#pragma once

#include <utility>
#include <vector>

#include "florin/job/event.h"

namespace florin::telemetry {

class Tee final : public job::EventSink {
 public:
  explicit Tee(std::vector<job::EventSink*> sinks) : sinks_(std::move(sinks)) {}
  void Emit(const job::Event& event) override {
    for (job::EventSink* sink : sinks_) sink->Emit(event);
  }

 private:
  std::vector<job::EventSink*> sinks_;
};

}  // namespace florin::telemetry
