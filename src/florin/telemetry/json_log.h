// JsonLog writes one JSON object a line: at, name, job, round, site, text, numbers. Every key is
// always there. Writes whole lines and flushes them; a stream that fails is left alone. Not
// thread-safe.
#pragma once

#include <ostream>
#include <string>

#include "florin/job/event.h"

namespace florin::telemetry {

// Without the line's end. Text that is not UTF-8 loses its bytes above 127; a number that is not
// finite becomes null.
std::string ToJson(const job::Event& event);

class JsonLog final : public job::EventSink {
 public:
  // The stream must outlive the sink.
  explicit JsonLog(std::ostream& out) : out_(out) {}
  void Emit(const job::Event& event) override;

 private:
  std::ostream& out_;
};

}  // namespace florin::telemetry
