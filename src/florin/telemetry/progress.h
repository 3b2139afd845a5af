// Progress writes what a person waiting wants to know: a line a committed round (of a long job, the
// first, some ten between and the last), and a line for everything that went otherwise; a site's
// refusal once, while it stays the same. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <ostream>
#include <string>

#include "florin/job/event.h"

namespace florin::telemetry {

class Progress final : public job::EventSink {
 public:
  // rounds: that the job asks for. The stream must outlive the sink.
  Progress(std::ostream& out, uint32_t rounds) : out_(out), rounds_(rounds) {}
  void Emit(const job::Event& event) override;

 private:
  // "round 12/50 committed: 4 of 4 sites, loss 0.412, auc 0.731"
  std::string CommittedLine(const job::Event& event) const;
  bool IsShown(uint64_t committed) const;
  bool IsNews(const job::Event& refusal);

  std::ostream& out_;
  uint32_t rounds_;
  std::map<SiteId, std::string> refusals_;  // what each site last said no with
  std::string unshown_;                     // the newest committed line that was left out
};

}  // namespace florin::telemetry
