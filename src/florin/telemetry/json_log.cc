#include "florin/telemetry/json_log.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "florin/base/text.h"

namespace florin::telemetry {
namespace {

std::string Quote(const std::string& text) {
  if (base::IsUtf8(text)) return base::JsonQuote(text);
  std::string ascii = text;
  std::replace_if(
      ascii.begin(), ascii.end(), [](char c) { return static_cast<unsigned char>(c) > 127; }, '?');
  return base::JsonQuote(ascii);
}

}  // namespace

std::string ToJson(const job::Event& event) {
  std::string json =
      "{\"at\":" + Quote(event.at.ToString()) + ",\"name\":" + Quote(event.name) +
      ",\"job\":" + Quote(event.job.text()) + ",\"round\":" + std::to_string(event.round.number) +
      ",\"site\":" + Quote(event.site.text()) + ",\"text\":" + Quote(event.text) + ",\"numbers\":{";
  bool is_first = true;
  for (const auto& [name, value] : event.numbers) {
    if (!std::exchange(is_first, false)) json += ',';
    json += Quote(name);
    json += ':';
    json += std::isfinite(value) ? base::Shortest(value) : "null";
  }
  return json + "}}";
}

void JsonLog::Emit(const job::Event& event) { out_ << ToJson(event) + "\n" << std::flush; }

}  // namespace florin::telemetry
