#include "florin/telemetry/metrics.h"

#include <algorithm>
#include <iterator>

#include "florin/base/text.h"

namespace florin::telemetry {
namespace {

constexpr std::string_view kJobOutcomes[] = {"done", "failed", "cancelled"};
constexpr std::string_view kRoundOutcomes[] = {"committed", "abandoned", "failed"};
// Numbers of the events that end a round.
constexpr std::string_view kOutcomes[] = {"accepted", "rejected", "refused", "left", "discarded"};

// The event with which a phase begins. A phase ends where the next begins.
constexpr std::pair<std::string_view, std::string_view> kPhases[] = {
    {"round.started", "reporting"}, {"round.opening", "opening"},
    {"round.applying", "applying"}, {"round.evaluating", "evaluating"},
    {"round.scoring", "scoring"},
};

double Number(const job::Event& event, std::string_view name) {
  for (const auto& [key, value] : event.numbers) {
    if (key == name) return value;
  }
  return 0;
}

// "... no. [POLICY-JOB]" -> "POLICY-JOB"
std::string_view CodeAtEnd(std::string_view text) {
  const size_t open = text.rfind('[');
  if (open == std::string_view::npos || !text.ends_with(']')) return {};
  return text.substr(open + 1, text.size() - open - 2);
}

// Codes come from sites: only what looks like one becomes a label.
bool IsCode(std::string_view text) {
  return !text.empty() && text.size() <= 40 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

void Head(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  out.append("# TYPE ").append(name).append(" ").append(type).append("\n# HELP ");
  out.append(name).append(" ").append(help).append("\n");
}

void Sample(std::string& out, std::string_view name, std::string_view label, std::string_view value,
            const std::string& number) {
  out.append(name);
  if (!label.empty()) out.append("{").append(label).append("=\"").append(value).append("\"}");
  out.append(" ").append(number).append("\n");
}

}  // namespace

Metrics::Metrics() {
  for (const std::string_view outcome : kJobOutcomes) jobs_.emplace(outcome, 0);
  for (const std::string_view outcome : kRoundOutcomes) rounds_.emplace(outcome, 0);
  for (const std::string_view outcome : kOutcomes) contributions_.emplace(outcome, 0);
  for (const auto& [event, phase] : kPhases) phases_.emplace(phase, Phase());
}

void Metrics::Emit(const job::Event& event) {
  const std::lock_guard guard(lock_);
  const std::string_view name = event.name;
  if (name.starts_with("round.")) {
    CountPhase(event);
    CountRound(event, name.substr(6));
  } else if (name.starts_with("job.")) {
    const auto found = jobs_.find(name.substr(4));
    if (found == jobs_.end()) return;
    ++found->second;
    open_.erase(event.job);
  } else if (name == "site.refused") {
    CountCode(refusals_, CodeAtEnd(event.text));
  }
}

void Metrics::CountRound(const job::Event& event, std::string_view outcome) {
  const auto round = rounds_.find(outcome);
  if (round == rounds_.end()) return;
  ++round->second;
  for (auto& [name, count] : contributions_) count += static_cast<uint64_t>(Number(event, name));
}

void Metrics::CountPhase(const job::Event& event) {
  const auto* const begins =
      std::find_if(std::begin(kPhases), std::end(kPhases),
                   [&](const auto& phase) { return phase.first == event.name; });
  const bool is_end =
      event.name == "round.replanned" || rounds_.contains(std::string_view(event.name).substr(6));
  if (begins == std::end(kPhases) && !is_end) return;
  if (const auto open = open_.find(event.job); open != open_.end()) {
    Phase& phase = phases_[open->second.phase];
    ++phase.count;
    phase.seconds +=
        static_cast<double>(std::max<int64_t>(0, (event.at - open->second.since).micros)) / 1e6;
    open_.erase(open);
  }
  if (!is_end) open_[event.job] = {begins->second, event.at};
}

void Metrics::CountCode(Counts& counts, std::string_view code) {
  if (!IsCode(code)) code = "other";
  const auto found = counts.find(code);
  if (found != counts.end()) {
    ++found->second;
  } else {
    ++counts[std::string(counts.size() < kCodesMax ? code : "other")];
  }
}

void Metrics::ConnectionRefused(std::string_view code) {
  const std::lock_guard guard(lock_);
  CountCode(connections_refused_, code);
}

void Metrics::SetSitesConnected(size_t count) {
  const std::lock_guard guard(lock_);
  sites_connected_ = count;
}

void Metrics::SetCertificateEnd(Time not_after) {
  const std::lock_guard guard(lock_);
  certificate_end_ = not_after;
}

std::string Metrics::Render(Time now) const {
  const std::lock_guard guard(lock_);
  std::string out;
  const auto counter = [&](const std::string& name, std::string_view label, const Counts& counts,
                           std::string_view help) {
    Head(out, name, "counter", help);
    for (const auto& [value, count] : counts) {
      Sample(out, name + "_total", label, value, std::to_string(count));
    }
  };
  counter("florin_jobs", "outcome", jobs_, "Jobs that are over.");
  counter("florin_rounds", "outcome", rounds_, "Rounds that ended.");
  counter("florin_contributions", "outcome", contributions_,
          "Members of rounds that ended, by what came of them.");
  counter("florin_refusals", "code", refusals_, "Offers that sites refused.");
  counter("florin_connections_refused", "code", connections_refused_,
          "Connections that were turned away.");
  Head(out, "florin_phase_seconds", "summary", "Time that rounds spent in each phase.");
  out += "# UNIT florin_phase_seconds seconds\n";
  for (const auto& [name, phase] : phases_) {
    Sample(out, "florin_phase_seconds_count", "phase", name, std::to_string(phase.count));
    Sample(out, "florin_phase_seconds_sum", "phase", name, base::Shortest(phase.seconds));
  }
  Head(out, "florin_sites_connected", "gauge", "Sites with a connection now.");
  Sample(out, "florin_sites_connected", "", "", std::to_string(sites_connected_));
  if (certificate_end_) {
    Head(out, "florin_certificate_days_left", "gauge",
         "Days until the coordinator's own certificate ends.");
    const double days = static_cast<double>((*certificate_end_ - now).micros) / 86'400e6;
    Sample(out, "florin_certificate_days_left", "", "", base::Fixed(days, 2));
  }
  return out + "# EOF\n";
}

}  // namespace florin::telemetry
