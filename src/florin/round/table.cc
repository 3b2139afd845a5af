#include "florin/round/table.h"

#include "florin/base/text.h"
#include "florin/job/sealing.h"

namespace florin::round {
namespace {

constexpr size_t kBriefMax = 500;

using enum Phase;

// clang-format off
constexpr Row kTable[] = {
// phase         enter            handle            close            next            on failure
{kPlanned,       EnterPlanned,    HandlePlanned,    ClosePlanned,    kSelection,     kAbandoned},
{kSelection,     EnterSelection,  nullptr,          nullptr,         kConfiguration, kAbandoned},
{kConfiguration, EnterSetup,      HandleSetup,      CloseSetup,      kReporting,     kAbandoned},
{kReporting,     EnterReporting,  nullptr,          CloseReporting,  kOpening,       kAbandoned},
{kOpening,       EnterOpening,    HandleOpening,    CloseOpening,    kApplying,      kAbandoned},
{kApplying,      EnterApplying,   HandleApplying,   nullptr,         kEvaluating,    kFailed},
{kEvaluating,    EnterEvaluating, HandleEvaluating, CloseEvaluating, kCommitted,     kAbandoned},
{kCommitted,     EnterCommitted,  nullptr,          nullptr,         kPlanned,       kFailed},
{kAbandoned,     EnterAbandoned,  nullptr,          nullptr,         kPlanned,       kFailed},
{kFailed,        EnterFailed,     nullptr,          nullptr,         kFailed,        kFailed},
};
// clang-format on

constexpr bool IsInOrder() {
  size_t index = 0;
  for (const Row& row : kTable) {
    if (static_cast<size_t>(row.phase) != index++) return false;
  }
  return index == static_cast<size_t>(Phase::kFailed) + 1;
}
static_assert(IsInOrder(), "one row a phase, in the order of the enumeration");

}  // namespace

const Row& RowOf(Phase phase) { return kTable[static_cast<size_t>(phase)]; }

void Step::WaitUntil(Time at) {
  state.deadline = at;
  if (at != kNever) Do(SetDeadline{at});
}

void Step::Enter(Phase phase) {
  state.phase = phase;
  state.deadline = kNever;
  RowOf(phase).enter(*this);
}

void Step::End(Phase phase, std::string_view why, std::string_view code) {
  const char* verb = phase == Phase::kFailed ? " failed in " : " abandoned in ";
  state.reason = RoundText(state.round) + verb + PhaseName(state.phase) + ": " + std::string(why) +
                 ". [" + std::string(code) + "]";
  Enter(phase);
}

void Step::Record(std::string_view name, std::string text,
                  std::vector<std::pair<std::string, double>> numbers) {
  const std::string stable(name);
  Do(Audit{now.ToString() + " " + stable + " " + text});
  Do(Emit{{now, stable, state.job, state.round, SiteId(), std::move(text), std::move(numbers)}});
}

void Step::Notice(std::string_view name, const SiteId& site, std::string text) {
  Do(Emit{{now, std::string(name), state.job, state.round, site, std::move(text), {}}});
}

std::string Counted(uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string RoundText(RoundId round) { return "round " + std::to_string(round.number); }

std::string Brief(std::string_view text) {
  if (text.size() <= kBriefMax) return std::string(text);
  return std::string(base::Cut(text, kBriefMax)) + "...";
}

uint32_t UpdatesNeeded(const job::Plan& plan) {
  return job::LeastOpened(plan.spec, job::Work::kUpdate);
}

uint32_t EvaluationsNeeded(const job::Plan& plan) {
  return job::LeastOpened(plan.spec, job::Work::kEvaluate);
}

}  // namespace florin::round
