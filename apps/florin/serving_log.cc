#include "serving_log.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace florin::apps {
namespace {

// Steps on the way, which matter to nobody unless something is wrong.
constexpr std::array<std::string_view, 5> kQuiet = {
    "round.applying", "round.evaluating", "round.opening", "round.scoring", "site.contributed"};

}  // namespace

void ServingLog::Emit(const job::Event& event) {
  const std::lock_guard guard(lock_);
  if (is_json_) return json_.Emit(event);
  if (std::ranges::find(kQuiet, event.name) != kQuiet.end()) return;
  out_ << event.at.ToString().substr(0, 19) << "Z " << event.name;
  if (!event.job.empty()) out_ << " " << event.job.text();
  if (event.round.number > 0) out_ << " round " << event.round.number;
  if (!event.site.empty()) out_ << " site " << event.site.text();
  // A peer's words may be among them: nothing in them may look like a line of ours, or move a
  // terminal.
  std::string text = event.text;
  std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  if (!text.empty()) out_ << ": " << text;
  out_ << "\n" << std::flush;
}

}  // namespace florin::apps
