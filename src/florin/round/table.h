// The phase table, and Step: one decision in the making. Internal to this room.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "florin/round/decide.h"

namespace florin::round {

struct Step;

// One row of the table of docs/ARCHITECTURE.md section 4.
struct Row {
  Phase phase;
  void (*enter)(Step&);                 // what the phase does first; may move on at once
  void (*handle)(Step&, const Input&);  // answers it waits for; nullptr: none
  void (*close)(Step&);                 // the wait for sites is over; nullptr: it does not wait
  Phase next;
  Phase on_failure;
};
const Row& RowOf(Phase phase);

struct Step {
  const job::Plan& plan;
  RoundState state;
  Time now;
  std::vector<Effect> effects;

  template <typename T>
  void Do(T effect) {
    effects.emplace_back(std::in_place_type<T>, std::move(effect));
  }
  void WaitUntil(Time at);  // of the phase; kNever: for no site
  void Enter(Phase phase);
  void Next() { Enter(RowOf(state.phase).next); }
  // The round ends without a version, as the phase's row says:
  // "round 17 abandoned in Reporting: `why`. [CODE]"
  void Fail(std::string_view why, std::string_view code) {
    End(RowOf(state.phase).on_failure, why, code);
  }
  void End(Phase phase, std::string_view why, std::string_view code);

  // Something durable: an audit entry and an event, under one stable name.
  void Record(std::string_view name, std::string text,
              std::vector<std::pair<std::string, double>> numbers = {});
  // A notice: an event alone.
  void Notice(std::string_view name, const SiteId& site, std::string text);
};

// "3 contributions", "1 contribution".
std::string Counted(uint64_t count, std::string_view noun);
// "round 17"
std::string RoundText(RoundId round);
// A text from outside, cut to a length that may be stored.
std::string Brief(std::string_view text);

// The fewest sites and contributions an update round can do with; at least 1.
uint32_t UpdatesNeeded(const job::Plan& plan);
// The fewest evaluations whose sum may be opened; at least 1.
uint32_t EvaluationsNeeded(const job::Plan& plan);

// -- ended.cc: between two rounds
void StartRound(Step& step);
// The same round once more, from its plan: it was short of sites whose owner has not decided, and
// that is no failure of the round. Its number stays, so sites answer with the bytes they have, and
// the model is the one it would have been.
void PlanAgain(Step& step);
void Pause(Step& step);

// -- phases/*.cc
void EnterPlanned(Step& step);
void HandlePlanned(Step& step, const Input& input);
void ClosePlanned(Step& step);
void EnterSelection(Step& step);
void EnterSetup(Step& step);
void HandleSetup(Step& step, const Input& input);
void CloseSetup(Step& step);
void EnterReporting(Step& step);
void CloseReporting(Step& step);
void EnterOpening(Step& step);
void HandleOpening(Step& step, const Input& input);
void CloseOpening(Step& step);
void EnterApplying(Step& step);
void HandleApplying(Step& step, const Input& input);
void EnterEvaluating(Step& step);
void HandleEvaluating(Step& step, const Input& input);
void CloseEvaluating(Step& step);
void EnterCommitted(Step& step);
void EnterAbandoned(Step& step);
void EnterFailed(Step& step);

}  // namespace florin::round
