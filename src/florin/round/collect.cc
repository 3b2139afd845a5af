#include "florin/round/collect.h"

#include <algorithm>
#include <optional>

#include "florin/govern/policy.h"
#include "florin/protocol/party.h"

namespace florin::round {
namespace {

const protocol::ProtocolKind* KindOf(const Step& step) {
  return protocol::FindProtocol(step.plan.spec.privacy.protocol);
}

uint32_t ContributionStep(const Step& step) {
  const protocol::ProtocolKind* kind = KindOf(step);
  return kind == nullptr ? 0 : kind->contribution_step;
}

bool IsLast(const Step& step) {
  const protocol::ProtocolKind* kind = KindOf(step);
  return kind == nullptr || step.state.step + 1 >= kind->steps;
}

// Of the present step.
Turn& TurnOf(const Step& step, Member& member, job::Work work) {
  return IsContribution(step) ? member.turn(work) : member.aside;
}

// Once the party can do without them, how long those are waited for that are there and say nothing.
constexpr Duration kPatience = Duration::Seconds(5);

// The work whose answers are counted now.
std::optional<job::Work> Collecting(Step& step) {
  const RoundState& state = step.state;
  if (state.status != JobStatus::kRunning) return std::nullopt;
  std::optional<job::Work> work;
  if (state.phase == Phase::kEvaluating) work = job::Work::kEvaluate;
  if (state.phase >= Phase::kConfiguration && state.phase <= Phase::kOpening) {
    work = job::Work::kUpdate;
  }
  if (work && TallyOf(step, *work).is_closed) return std::nullopt;
  return work;
}

const char* WorkNoun(job::Work work) {
  return work == job::Work::kUpdate ? "contribution" : "evaluation";
}

const char* AnswerNoun(bool is_contribution, job::Work work) {
  return is_contribution ? WorkNoun(work) : "answer";
}

// The member an answer comes from, when answers of its round, work and step are counted now.
template <typename Input>
Member* Answering(Step& step, const Input& input) {
  if (input.round != step.state.round || input.step != step.state.step ||
      Collecting(step) != input.work) {
    return nullptr;
  }
  const size_t index = step.state.FindMember(input.site);
  return index < step.state.cohort.size() ? &step.state.cohort[index] : nullptr;
}

// Behind the contributions the sum is what it is: whoever is away then is not waited for, if the
// party can do without.
void CloseWhenAnswered(Step& step, job::Work work) {
  const Counters& counters = TallyOf(step, work);
  const bool may_do_without = counters.is_enough && step.state.step > ContributionStep(step);
  if (counters.accepted >= counters.goal || counters.pending() == 0 ||
      (may_do_without && counters.pending() == counters.left)) {
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
  const bool is_contribution = input.step == ContributionStep(step);
  if (input.round == step.state.round) {
    ++(is_contribution ? step.state.tally(input.work) : step.state.aside).discarded;
  }
  step.Notice("contribution.discarded", input.site,
              RoundText(input.round) + ": " + AnswerNoun(is_contribution, input.work) +
                  " from site \"" + input.site.text() + "\" discarded: " + why +
                  ". [ROUND-DISCARDED]");
  GiveReceipt(step, input, job::Verdict::kDiscarded, why);
}

// The id is the one that was taken, the body is not: the first counts, and the site is told so.
void Conflict(Step& step, const ContributionArrived& input) {
  ++TallyOf(step, input.work).discarded;
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

bool IsContribution(const Step& step) { return step.state.step == ContributionStep(step); }

bool HasSetup(const Step& step) { return ContributionStep(step) > 0; }

Counters& TallyOf(Step& step, job::Work work) {
  return IsContribution(step) ? step.state.tally(work) : step.state.aside;
}

bool IsShortOfOwners(const RoundState& state) {
  return std::any_of(state.undecided.begin(), state.undecided.end(), [&](const SiteId& site) {
    return state.FindMember(site) != state.cohort.size();
  });
}

namespace {

void Ask(Step& step, job::Work work, const std::vector<size_t>& members, uint32_t goal) {
  RoundState& state = step.state;
  Counters& counters = TallyOf(step, work);
  counters = {};
  for (Member& member : state.cohort) TurnOf(step, member, work) = {};
  for (const size_t i : members) {
    const bool is_here =
        std::binary_search(state.present.begin(), state.present.end(), state.cohort[i].site);
    TurnOf(step, state.cohort[i], work).standing = is_here ? Standing::kOffered : Standing::kLeft;
    counters.left += is_here ? 0 : 1;
    ++counters.asked;
    Offer(step, work, i);
  }
  counters.goal = goal == 0 ? counters.asked : std::min(goal, counters.asked);
  step.WaitUntil(step.now + step.plan.spec.cohort.deadline);
}

// Cohort indices of the members that did not answer the present step.
std::vector<uint32_t> Dropouts(Step& step, job::Work work) {
  std::vector<uint32_t> dropouts;
  for (size_t i = 0; i < step.state.cohort.size(); ++i) {
    if (TurnOf(step, step.state.cohort[i], work).standing != Standing::kContributed) {
      dropouts.push_back(static_cast<uint32_t>(i));
    }
  }
  return dropouts;
}

}  // namespace

void Begin(Step& step, job::Work work, bool (*is_asked)(const Member&), uint32_t goal) {
  step.state.step = 0;
  step.Do(OpenParty{work});
  std::vector<size_t> members;
  for (size_t i = 0; i < step.state.cohort.size(); ++i) {
    if (is_asked(step.state.cohort[i])) members.push_back(i);
  }
  Ask(step, work, members, goal);
}

void AskNext(Step& step, job::Work work, uint32_t goal) {
  --step.state.step;  // of those that answered it
  std::vector<size_t> members;
  for (size_t i = 0; i < step.state.cohort.size(); ++i) {
    if (TurnOf(step, step.state.cohort[i], work).standing == Standing::kContributed) {
      members.push_back(i);
    }
  }
  ++step.state.step;
  Ask(step, work, members, goal);
  step.Do(Keep{});
}

void End(Step& step, job::Work work) {
  TallyOf(step, work).is_closed = true;
  step.WaitUntil(kNever);
  if (IsLast(step)) {
    step.Do(CloseParty{work, Dropouts(step, work)});
  } else {
    step.Do(CloseStep{work, Dropouts(step, work)});
  }
}

void Collect(Step& step, const ContributionArrived& input) {
  RoundState& state = step.state;
  if (std::string why = Foreign(step, input); !why.empty()) return Discard(step, input, why);
  const size_t index = state.FindMember(input.site);
  Member& member = state.cohort[index];
  const bool is_contribution = input.step == ContributionStep(step);
  if (!is_contribution && input.step != state.step) {
    return Discard(step, input, "its step of the protocol is not asked for now");
  }
  Turn& turn = is_contribution ? member.turn(input.work) : member.aside;
  const bool is_same = turn.id == input.id;
  const bool is_taken =
      turn.standing == Standing::kContributed || turn.standing == Standing::kArrived;
  if (is_taken && is_same && HasOtherBody(turn, input)) return Conflict(step, input);
  if (turn.standing == Standing::kContributed) {
    if (is_same) return GiveReceipt(step, input, job::Verdict::kAccepted);
    return Discard(step, input, "another one of the site is counted");
  }
  if (Collecting(step) != input.work || input.step != state.step) {
    return Discard(step, input, std::string("the round is in ") + PhaseName(state.phase));
  }
  if (turn.standing == Standing::kArrived && is_same) return;  // its receipt is on the way
  if (turn.standing != Standing::kOffered && turn.standing != Standing::kLeft) {
    return Discard(step, input, "the site has no open offer");
  }
  TallyOf(step, input.work).left -= turn.standing == Standing::kLeft;
  turn = {Standing::kArrived, input.id, input.body};
  step.Do(Fold{input.id, input.work, static_cast<uint32_t>(index)});
}

void Collect(Step& step, const ContributionFolded& input) {
  Member* member = Answering(step, input);
  if (member == nullptr) return;
  Turn& turn = TurnOf(step, *member, input.work);
  if (turn.standing != Standing::kArrived) return;
  turn.standing = Standing::kContributed;
  Counters& counters = TallyOf(step, input.work);
  ++counters.accepted;
  counters.is_enough = input.is_enough;
  const Time soon = step.now + kPatience;
  const bool is_behind = step.state.step > ContributionStep(step);
  if (is_behind && input.is_enough && step.state.deadline > soon) step.WaitUntil(soon);
  step.Do(SendReceipt{input.site, input.round, input.work, turn.id, job::Verdict::kAccepted, {}});
  CloseWhenAnswered(step, input.work);
}

void Collect(Step& step, const ContributionFailed& input) {
  Member* member = Answering(step, input);
  if (member == nullptr) return;
  Turn& turn = TurnOf(step, *member, input.work);
  if (turn.standing != Standing::kArrived) return;
  turn.standing = Standing::kRejected;
  ++TallyOf(step, input.work).rejected;
  const std::string why = Brief(input.reason);
  step.Notice("contribution.rejected", input.site,
              RoundText(input.round) + ": " + AnswerNoun(IsContribution(step), input.work) +
                  " from site \"" + input.site.text() + "\" rejected: " + why);
  step.Do(SendReceipt{input.site, input.round, input.work, turn.id, job::Verdict::kRejected, why});
  CloseWhenAnswered(step, input.work);
}

void Collect(Step& step, const SiteRefused& input) {
  Member* member = Answering(step, input);
  if (member == nullptr) return;
  Turn& turn = TurnOf(step, *member, input.work);
  if (turn.standing != Standing::kOffered && turn.standing != Standing::kLeft) return;
  Counters& counters = TallyOf(step, input.work);
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
  const auto work = Collecting(step);
  const size_t index = step.state.FindMember(input.site);
  if (!work || index == step.state.cohort.size()) return;
  Turn& turn = TurnOf(step, step.state.cohort[index], *work);
  Counters& counters = TallyOf(step, *work);
  if (turn.standing == Standing::kLeft) {
    turn.standing = Standing::kOffered;
    --counters.left;
    step.Notice("site.returned", input.site,
                RoundText(step.state.round) + ": site \"" + input.site.text() + "\" came back.");
  }
  if (turn.standing == Standing::kRefused && was_undecided) {
    turn.standing = Standing::kOffered;
    --counters.refused;
  }
  if (turn.standing == Standing::kOffered) Offer(step, *work, index);
}

void Collect(Step& step, const SiteLeft& input) {
  const auto work = Collecting(step);
  const size_t index = step.state.FindMember(input.site);
  if (!work || index == step.state.cohort.size()) return;
  Turn& turn = TurnOf(step, step.state.cohort[index], *work);
  if (turn.standing != Standing::kOffered) return;
  turn.standing = Standing::kLeft;
  ++TallyOf(step, *work).left;
  step.Notice("site.left", input.site,
              RoundText(step.state.round) + ": site \"" + input.site.text() +
                  "\" left before it answered.");
  CloseWhenAnswered(step, *work);
}

void Collect(Step& step, const CoordinatorRestarted&) {
  const auto work = Collecting(step);
  if (!work) return;
  for (size_t i = 0; i < step.state.cohort.size(); ++i) {
    Turn& turn = TurnOf(step, step.state.cohort[i], *work);
    if (turn.standing == Standing::kArrived) turn = {Standing::kOffered, {}, {}};
    if (turn.standing == Standing::kOffered || turn.standing == Standing::kLeft) {
      Offer(step, *work, i);
    }
  }
}

void Collect(Step& step, const MemberBlamed& input) {
  if (input.round != step.state.round) return;
  step.Record("member.blamed", RoundText(input.round) + ": site \"" + input.site.text() +
                                   "\": " + Brief(input.reason));
}

std::string AnswersText(Step& step, job::Work work) {
  const Counters& counters = TallyOf(step, work);
  std::string text = Counted(counters.accepted, AnswerNoun(IsContribution(step), work));
  return text + (counters.pending() == 0 ? " and nobody left to wait for" : " by the deadline");
}

}  // namespace florin::round
