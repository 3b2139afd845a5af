#include "florin/telemetry/metrics.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace florin::telemetry {
namespace {

job::Event At(int64_t seconds, const std::string& name, const std::string& job = "hotels") {
  job::Event event;
  event.at = Time{seconds * 1'000'000};
  event.name = name;
  event.job = JobId(job);
  return event;
}

job::Event Refused(const std::string& text) {
  job::Event event = At(3, "site.refused");
  event.text = text;
  return event;
}

TEST(MetricsTest, ANewProcessShowsZeros) {
  const Metrics metrics;
  EXPECT_EQ(metrics.Render(Time{}),
            R"(# TYPE florin_jobs counter
# HELP florin_jobs Jobs that are over.
florin_jobs_total{outcome="cancelled"} 0
florin_jobs_total{outcome="done"} 0
florin_jobs_total{outcome="failed"} 0
# TYPE florin_rounds counter
# HELP florin_rounds Rounds that ended.
florin_rounds_total{outcome="abandoned"} 0
florin_rounds_total{outcome="committed"} 0
florin_rounds_total{outcome="failed"} 0
# TYPE florin_contributions counter
# HELP florin_contributions Members of rounds that ended, by what came of them.
florin_contributions_total{outcome="accepted"} 0
florin_contributions_total{outcome="discarded"} 0
florin_contributions_total{outcome="left"} 0
florin_contributions_total{outcome="refused"} 0
florin_contributions_total{outcome="rejected"} 0
# TYPE florin_refusals counter
# HELP florin_refusals Offers that sites refused.
# TYPE florin_connections_refused counter
# HELP florin_connections_refused Connections that were turned away.
# TYPE florin_phase_seconds summary
# HELP florin_phase_seconds Time that rounds spent in each phase.
# UNIT florin_phase_seconds seconds
florin_phase_seconds_count{phase="applying"} 0
florin_phase_seconds_sum{phase="applying"} 0
florin_phase_seconds_count{phase="evaluating"} 0
florin_phase_seconds_sum{phase="evaluating"} 0
florin_phase_seconds_count{phase="opening"} 0
florin_phase_seconds_sum{phase="opening"} 0
florin_phase_seconds_count{phase="reporting"} 0
florin_phase_seconds_sum{phase="reporting"} 0
florin_phase_seconds_count{phase="scoring"} 0
florin_phase_seconds_sum{phase="scoring"} 0
# TYPE florin_sites_connected gauge
# HELP florin_sites_connected Sites with a connection now.
florin_sites_connected 0
# EOF
)");
}

// The lines that are not there, or not the same, in a new process's text.
std::string Changed(const Metrics& metrics, Time now = Time{}) {
  const std::string before = Metrics().Render(now);
  const std::string after = metrics.Render(now);
  std::string changed;
  for (size_t at = 0; at < after.size();) {
    const size_t end = after.find('\n', at) + 1;
    const std::string line = after.substr(at, end - at);
    if (!line.starts_with('#') && before.find(line) == std::string::npos) changed += line;
    at = end;
  }
  return changed;
}

TEST(MetricsTest, RoundsContributionsAndPhases) {
  Metrics metrics;
  metrics.Emit(At(10, "round.started"));
  metrics.Emit(At(11, "round.started", "other"));  // jobs do not mix
  metrics.Emit(At(40, "round.opening"));
  metrics.Emit(At(41, "round.applying"));
  metrics.Emit(At(43, "round.evaluating"));
  metrics.Emit(At(53, "round.scoring"));
  job::Event committed = At(54, "round.committed");
  committed.numbers = {{"asked", 5}, {"accepted", 3}, {"refused", 1}, {"left", 1}, {"loss", 0.5}};
  metrics.Emit(committed);
  job::Event abandoned = At(61, "round.abandoned", "other");
  abandoned.numbers = {{"accepted", 1}, {"discarded", 2}};
  metrics.Emit(abandoned);
  metrics.Emit(At(60, "job.done"));
  metrics.Emit(At(60, "job.paused"));
  EXPECT_EQ(Changed(metrics),
            R"(florin_jobs_total{outcome="done"} 1
florin_rounds_total{outcome="abandoned"} 1
florin_rounds_total{outcome="committed"} 1
florin_contributions_total{outcome="accepted"} 4
florin_contributions_total{outcome="discarded"} 2
florin_contributions_total{outcome="left"} 1
florin_contributions_total{outcome="refused"} 1
florin_phase_seconds_count{phase="applying"} 1
florin_phase_seconds_sum{phase="applying"} 2
florin_phase_seconds_count{phase="evaluating"} 1
florin_phase_seconds_sum{phase="evaluating"} 10
florin_phase_seconds_count{phase="opening"} 1
florin_phase_seconds_sum{phase="opening"} 1
florin_phase_seconds_count{phase="reporting"} 2
florin_phase_seconds_sum{phase="reporting"} 80
florin_phase_seconds_count{phase="scoring"} 1
florin_phase_seconds_sum{phase="scoring"} 1
)");
}

// Days that an owner takes are no part of a phase.
TEST(MetricsTest, WaitingForOwnersIsNotReporting) {
  Metrics metrics;
  metrics.Emit(At(10, "round.started"));
  metrics.Emit(At(12, "round.replanned"));
  metrics.Emit(At(12, "round.waiting"));
  metrics.Emit(At(50, "round.started"));
  metrics.Emit(At(55, "round.opening"));
  EXPECT_EQ(Changed(metrics),
            "florin_phase_seconds_count{phase=\"reporting\"} 2\n"
            "florin_phase_seconds_sum{phase=\"reporting\"} 7\n");
}

TEST(MetricsTest, RefusalsByCodeStayFew) {
  Metrics metrics;
  metrics.Emit(Refused("round 3: site \"eu\" refused: no. [POLICY-JOB]"));
  metrics.Emit(Refused("round 4: site \"eu\" refused: no. [POLICY-JOB]"));
  metrics.Emit(Refused("round 4: site \"us\" refused: no. [\"} evil{\"]"));
  metrics.Emit(Refused("no code"));
  metrics.ConnectionRefused("PEER-REVOKED");
  EXPECT_EQ(Changed(metrics),
            "florin_refusals_total{code=\"POLICY-JOB\"} 2\n"
            "florin_refusals_total{code=\"other\"} 2\n"
            "florin_connections_refused_total{code=\"PEER-REVOKED\"} 1\n");
  for (int i = 0; i < 500; ++i) metrics.ConnectionRefused("MADE-UP-" + std::to_string(i));
  const std::string text = Changed(metrics);
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'),
            static_cast<ptrdiff_t>(Metrics::kCodesMax) + 4);
  EXPECT_NE(text.find("florin_connections_refused_total{code=\"other\"} 451\n"), std::string::npos);
}

TEST(MetricsTest, Gauges) {
  Metrics metrics;
  metrics.SetSitesConnected(4);
  metrics.SetCertificateEnd(Time{30 * 86'400'000'000});
  EXPECT_EQ(Changed(metrics, Time{86'400'000'000 / 4}),
            "florin_sites_connected 4\n"
            "florin_certificate_days_left 29.75\n");
}

}  // namespace
}  // namespace florin::telemetry
