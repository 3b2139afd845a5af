// Any bytes: Restore refuses them or gives a state that saves to the same bytes, unless they are of
// an older format, and that Decide takes any input for.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "florin/round/decide.h"

using florin::SiteId;
using florin::Time;
namespace base = florin::base;
namespace round = florin::round;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const florin::ByteView bytes(data, size);
  base::Reader reader(bytes);
  auto restored = round::RoundState::Restore(reader);
  if (!restored.ok()) return 0;
  base::Writer writer;
  restored->Save(writer);
  const florin::ByteView read = bytes.first(size - reader.remaining());
  const florin::ByteView saved = writer.view();
  FLORIN_CHECK(read[0] != saved[0] || std::ranges::equal(read, saved));

  // Small enough for a fuzzer: a large cohort only takes time.
  if (restored->present.size() > 100 || restored->cohort.size() > 100) return 0;
  florin::job::Plan plan;
  plan.hash = restored->plan;
  const SiteId site = restored->cohort.empty() ? SiteId("a") : restored->cohort[0].site;
  const auto number = restored->round;
  const round::Input inputs[] = {
      round::JobStarted{},
      round::SiteArrived{site},
      round::SiteLeft{site},
      round::ContributionArrived{site, number, florin::job::Work::kUpdate, plan.hash, {}, {}},
      round::ContributionFolded{site, number},
      round::ContributionFailed{site, number, florin::job::Work::kEvaluate, "bad"},
      round::SiteRefused{site, number, florin::job::Work::kUpdate, "NO", "no"},
      round::DeadlinePassed{},
      round::SumOpened{number},
      round::SumFailed{number, florin::job::Work::kEvaluate, "bad"},
      round::StateApplied{},
      round::VersionScored{number, {}, {}, "few"},
      round::ApplyFailed{"bug"},
      round::PauseAsked{},
      round::ResumeAsked{},
      round::CoordinatorRestarted{},
      round::CancelAsked{"no"},
  };
  for (const round::Input& input : inputs) {
    *restored = round::Decide(plan, std::move(*restored), input, Time{0}).state;
  }
  return 0;
}
