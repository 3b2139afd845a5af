#include "florin/round/collect.h"

#include <algorithm>
#include <optional>

#include "florin/govern/policy.h"

namespace florin::round {
namespace {

// The work whose answers are counted now.
std::optional<job::Work> Collecting(const RoundState& state) {
  if (state.status != JobStatus::kRunning) return std::nullopt;
  if (state.phase == Phase::kReporting) return job::Work::kUpdate;
  if (state.phase == Phase::kEvaluating && !state.evaluation.is_closed) return job::Work::kEvaluate;
  return std::nullopt;
}

const char* WorkNoun(job::Work work) {
  return work == job::Work::kUpdate ? "contribution" : "evaluation";
}

// The member an answer comes from, when answers of its round and work are counted now.
Member* Answering(Step& step, const SiteId& site, RoundId round, job::Work work) {
  if (round != step.state.round || Collecting(step.state) != work) return nullptr;
  const size_t index = step.state.FindMember(site);
  return index < step.state.cohort.size() ? &step.state.cohort[index] : nullptr;
}

void CloseWhenAnswered(Step& step, job::Work work) {
  const Counters& counters = step.state.tally(work);
  if (counters.accepted >= counters.goal || counters.pending() == 0) {
    RowOf(step.state.phase).close(step);
  }
}

void GiveReceipt(Step& step, const ContributionArrived& input, job::Verdict verdict,
                 std::string reason = {}) {
  step.Do(SendReceipt{input.site, input.round, input.work, input.id, verdict, std::move(reason)});
}

// Why a contribution cannot be of this round, or "".
std::string Foreign(const Step& step, const ContributionArrived& input) {
  const RoundState& state = step.state;
  if (input.plan != state.plan) return "it was made under another plan";
  if (input.round != state.round) {
    return RoundText(input.round) + (input.round < state.round ? " is over" : " has not begun");
  }
  if (state.FindMember(input.site) == state.cohort.size()) {
    return "the site is not of the cohort of " + RoundText(state.round);
  }
  return {};
}

void Discard(Step& step, const ContributionArrived& input, const std::string& why) {
  if (input.round == step.state.round) ++step.state.tally(input.work).discarded;
  step.Notice("contribution.discarded", input.site,
              RoundText(input.round) + ": " + WorkNoun(input.work) + " from site \"" +
                  input.site.text() + "\" discarded: " + why + ". [ROUND-DISCARDED]");
  GiveReceipt(step, input, job::Verdict::kDiscarded, why);
}

// The id is the one that was taken, the body is not: the first counts, and the site is told so.
void Conflict(Step& step, const ContributionArrived& input) {
  ++step.state.tally(input.work).discarded;
  const std::string why =
      "another body came under the id " + input.id.Short() +
      "; the first one counts. Does a second agent run with this site's secret? [ROUND-CONFLICT]";
  step.Notice("contribution.rejected", input.site,
              RoundText(input.round) + ": " + WorkNoun(input.work) + " from site \"" +
                  input.site.text() + "\" rejected: " + why);
  GiveReceipt(step, input, job::Verdict::kRejected, why);
}

// A body that is not known, of a state saved before bodies were kept, is taken for any.
bool HasOtherBody(const Turn& turn, const ContributionArrived& input) {
  return !turn.body.empty() && !input.body.empty() && turn.body != input.body;
}

void Offer(Step& step, job::Work work, size_t member) {
  step.Do(SendOffer{work, static_cast<uint32_t>(member)});
}

}  // namespace

bool Insert(std::vector<SiteId>& sites, const SiteId& site) {
  const auto at = std::lower_bound(sites.begin(), sites.end(), site);
  if (at != sites.end() && *at == site) return false;
  sites.insert(at, site);
  return true;
}

bool Erase(std::vector<SiteId>& sites, const SiteId& site) {
  const auto at = std::lower_bound(sites.begin(), sites.end(), site);
  if (at == sites.end() || *at != site) return false;
  sites.erase(at);
  return true;
}

void Ask(Step& step, job::Work work, bool (*is_asked)(const Member&), uint32_t goal) {
  RoundState& state = step.state;
  Counters& counters = state.tally(work);
  counters = {};
  step.Do(OpenParty{work});
  for (size_t i = 0; i < state.cohort.size(); ++i) {
    if (!is_asked(state.cohort[i])) continue;
    state.cohort[i].turn(work).standing = Standing::kOffered;
    ++counters.asked;
    Offer(step, work, i);
  }
  counters.goal = goal == 0 ? counters.asked : goal;
  step.WaitUntil(step.now + step.plan.spec.cohort.deadline);
}

void Collect(Step& step, const ContributionArrived& input) {
  RoundState& state = step.state;
  if (std::string why = Foreign(step, input); !why.empty()) return Discard(step, input, why);
  const size_t index = state.FindMember(input.site);
  Turn& turn = state.cohort[index].turn(input.work);
  const bool is_same = turn.id == input.id;
  const bool is_taken =
      turn.standing == Standing::kContributed || turn.standing == Standing::kArrived;
  if (is_taken && is_same && HasOtherBody(turn, input)) return Conflict(step, input);
  if (turn.standing == Standing::kContributed) {
    if (is_same) return GiveReceipt(step, input, job::Verdict::kAccepted);
    return Discard(step, input, "another one of the site is counted");
  }
  if (Collecting(state) != input.work) {
    return Discard(step, input, std::string("the round is in ") + PhaseName(state.phase));
  }
  if (turn.standing == Standing::kArrived && is_same) return;  // its receipt is on the way
  if (turn.standing != Standing::kOffered && turn.standing != Standing::kLeft) {
    return Discard(step, input, "the site has no open offer");
  }
  state.tally(input.work).left -= turn.standing == Standing::kLeft;
  turn = {Standing::kArrived, input.id, input.body};
  step.Do(Fold{input.id, input.work, static_cast<uint32_t>(index)});
}

void Collect(Step& step, const ContributionFolded& input) {
  Member* member = Answering(step, input.site, input.round, input.work);
  if (member == nullptr || member->turn(input.work).standing != Standing::kArrived) return;
  Turn& turn = member->turn(input.work);
  turn.standing = Standing::kContributed;
  ++step.state.tally(input.work).accepted;
  step.Do(SendReceipt{input.site, input.round, input.work, turn.id, job::Verdict::kAccepted, {}});
  CloseWhenAnswered(step, input.work);
}

void Collect(Step& step, const ContributionFailed& input) {
  Member* member = Answering(step, input.site, input.round, input.work);
  if (member == nullptr || member->turn(input.work).standing != Standing::kArrived) return;
  Turn& turn = member->turn(input.work);
  turn.standing = Standing::kRejected;
  ++step.state.tally(input.work).rejected;
  const std::string why = Brief(input.reason);
  step.Notice("contribution.rejected", input.site,
              RoundText(input.round) + ": " + WorkNoun(input.work) + " from site \"" +
                  input.site.text() + "\" rejected: " + why);
  step.Do(SendReceipt{input.site, input.round, input.work, turn.id, job::Verdict::kRejected, why});
  CloseWhenAnswered(step, input.work);
}

void Collect(Step& step, const SiteRefused& input) {
  Member* member = Answering(step, input.site, input.round, input.work);
  if (member == nullptr) return;
  Turn& turn = member->turn(input.work);
  if (turn.standing != Standing::kOffered && turn.standing != Standing::kLeft) return;
  Counters& counters = step.state.tally(input.work);
  counters.left -= turn.standing == Standing::kLeft;
  turn.standing = Standing::kRefused;
  ++counters.refused;
  if (input.code == govern::kApprovalPending) Insert(step.state.undecided, input.site);
  if (input.code == govern::kApprovalRefused) Insert(step.state.declined, input.site);
  step.Notice("site.refused", input.site,
              RoundText(input.round) + ": site \"" + input.site.text() +
                  "\" refused: " + Brief(input.reason) + " [" + Brief(input.code) + "]");
  CloseWhenAnswered(step, input.work);
}

void Collect(Step& step, const SiteArrived& input) {
  const bool was_undecided = Erase(step.state.undecided, input.site);
  Erase(step.state.declined, input.site);
  const auto work = Collecting(step.state);
  const size_t index = step.state.FindMember(input.site);
  if (!work || index == step.state.cohort.size()) return;
  Turn& turn = step.state.cohort[index].turn(*work);
  if (turn.standing == Standing::kLeft) {
    turn.standing = Standing::kOffered;
    --step.state.tally(*work).left;
    step.Notice("site.returned", input.site,
                RoundText(step.state.round) + ": site \"" + input.site.text() + "\" came back.");
  }
  if (turn.standing == Standing::kRefused && was_undecided) {
    turn.standing = Standing::kOffered;
    --step.state.tally(*work).refused;
  }
  if (turn.standing == Standing::kOffered) Offer(step, *work, index);
}

void Collect(Step& step, const SiteLeft& input) {
  const auto work = Collecting(step.state);
  const size_t index = step.state.FindMember(input.site);
  if (!work || index == step.state.cohort.size()) return;
  Turn& turn = step.state.cohort[index].turn(*work);
  if (turn.standing != Standing::kOffered) return;
  turn.standing = Standing::kLeft;
  ++step.state.tally(*work).left;
  step.Notice("site.left", input.site,
              RoundText(step.state.round) + ": site \"" + input.site.text() +
                  "\" left before it answered.");
}

void Collect(Step& step, const CoordinatorRestarted&) {
  const auto work = Collecting(step.state);
  if (!work) return;
  for (size_t i = 0; i < step.state.cohort.size(); ++i) {
    Turn& turn = step.state.cohort[i].turn(*work);
    if (turn.standing == Standing::kArrived) turn = {Standing::kOffered, {}, {}};
    if (turn.standing == Standing::kOffered || turn.standing == Standing::kLeft) {
      Offer(step, *work, i);
    }
  }
}

std::vector<uint32_t> Dropouts(const RoundState& state, job::Work work) {
  std::vector<uint32_t> dropouts;
  for (size_t i = 0; i < state.cohort.size(); ++i) {
    if (state.cohort[i].turn(work).standing != Standing::kContributed) {
      dropouts.push_back(static_cast<uint32_t>(i));
    }
  }
  return dropouts;
}

std::string AnswersText(const Step& step, job::Work work) {
  const Counters& counters = step.state.tally(work);
  std::string text = Counted(counters.accepted, WorkNoun(work));
  return text + (counters.pending() == 0 ? " and nobody left to wait for" : " by the deadline");
}

}  // namespace florin::round
