// Metrics: the event stream as counters and gauges, in the text form of OpenMetrics 1.0 that
// Prometheus reads. The program serves the text; this class only counts.
//
// Cardinality stays low: no label holds a job, a site or a person, and refusal codes beyond the
// first kCodesMax count as "other". Counters start with the process. All functions are thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "florin/job/event.h"

namespace florin::telemetry {

class Metrics final : public job::EventSink {
 public:
  static constexpr size_t kCodesMax = 50;

  Metrics();

  void Emit(const job::Event& event) override;
  // What no event says. A connection that was turned away counts by its code, as a refusal does.
  void ConnectionRefused(std::string_view code);
  void SetSitesConnected(size_t count);
  void SetCertificateEnd(Time not_after);  // of the coordinator's own certificate

  // now: for the days that are left. Families, and labels in each, in a stable order.
  std::string Render(Time now) const;

 private:
  using Counts = std::map<std::string, uint64_t, std::less<>>;  // by the value of the one label
  struct Phase {
    uint64_t count = 0;
    double seconds = 0;
  };
  struct Open {  // of the round in progress
    std::string_view phase;
    Time since;
  };
  void CountRound(const job::Event& event, std::string_view outcome);
  void CountPhase(const job::Event& event);
  void CountCode(Counts& counts, std::string_view code);

  mutable std::mutex lock_;
  Counts jobs_;           // by outcome
  Counts rounds_;         // by outcome
  Counts contributions_;  // by outcome
  Counts refusals_;       // by code
  Counts connections_refused_;
  std::map<std::string_view, Phase> phases_;
  std::map<JobId, Open> open_;  // jobs with a round in progress
  size_t sites_connected_ = 0;
  std::optional<Time> certificate_end_;
};

}  // namespace florin::telemetry
