#include "florin/telemetry/progress.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "florin/base/text.h"

namespace florin::telemetry {
namespace {

constexpr std::string_view kTold[] = {"round.waiting", "round.abandoned",       "round.failed",
                                      "site.refused",  "contribution.rejected", "job.failed",
                                      "site.log"};

// Numbers of round.committed that count sites and rounds; the others are figures.
// clang-format off
constexpr std::string_view kCounts[] = {
    "committed", "rounds", "rows", "asked", "accepted", "rejected", "refused", "left", "discarded",
    "evaluation_asked", "evaluation_accepted", "metrics_withheld"};
// clang-format on

bool IsIn(const auto& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

uint64_t Count(const job::Event& event, std::string_view name) {
  for (const auto& [key, value] : event.numbers) {
    if (key == name) return static_cast<uint64_t>(value);
  }
  return 0;
}

}  // namespace

std::string Progress::CommittedLine(const job::Event& event) const {
  std::string line = "round " + std::to_string(Count(event, "committed")) + "/" +
                     std::to_string(rounds_) +
                     " committed: " + std::to_string(Count(event, "accepted")) + " of " +
                     std::to_string(Count(event, "asked")) + " sites";
  size_t figures_left = 2;  // the training loss and the headline metric; the rest is in the version
  for (const auto& [name, value] : event.numbers) {
    if (IsIn(kCounts, name) || figures_left == 0) continue;
    line += ", " + name + " " + base::Fixed(value, 3);
    --figures_left;
  }
  return line + (Count(event, "metrics_withheld") > 0 ? ", metrics withheld" : "");
}

bool Progress::IsShown(uint64_t committed) const {
  constexpr uint32_t kLines = 10;
  const uint32_t step = (rounds_ + kLines - 1) / kLines;
  return rounds_ <= kLines || committed == 1 || committed % step == 0 || committed == rounds_;
}

// Two refusals are the same when they differ in their round alone: "round 3: site ...".
bool Progress::IsNews(const job::Event& refusal) {
  const std::string round = "round " + std::to_string(refusal.round.number) + ": ";
  std::string text = refusal.text;
  if (text.starts_with(round)) text.erase(0, round.size());
  std::string& last = refusals_[refusal.site];
  return std::exchange(last, text) != text;
}

void Progress::Emit(const job::Event& event) {
  if (event.name == "round.committed") {
    const std::string line = CommittedLine(event) + "\n";
    const bool is_shown = IsShown(Count(event, "committed"));
    unshown_ = is_shown ? "" : line;
    if (is_shown) out_ << line << std::flush;
  } else if (event.name == "job.done") {  // converged between two lines
    out_ << std::exchange(unshown_, "") << std::flush;
  } else if (event.name == "site.refused" && !IsNews(event)) {
    return;
  } else if (IsIn(kTold, event.name)) {
    out_ << event.text + "\n" << std::flush;
  }
}

}  // namespace florin::telemetry
