#include "florin/round/state.h"

#include <algorithm>
#include <iterator>

#include "florin/base/ids_codec.h"

namespace florin::round {
namespace {

constexpr uint8_t kFormat = 3;   // 1 had no digests of bodies, nothing about owners; 2 no steps
constexpr size_t kNameMax = 64;  // of a site or job
constexpr size_t kSitesMax = 10'000'000;
constexpr size_t kFiguresMax = 256;
constexpr size_t kTextMax = 1 << 16;  // of a reason

template <typename Id>
void SaveDigest(base::Writer& writer, const Id& id) {
  writer.Fixed({id.bytes.data(), id.bytes.size()});
}

// A list of at most count_max items; every item takes at least one byte.
template <typename Item, typename ReadItem>
std::vector<Item> RestoreList(base::Reader& reader, size_t count_max, const ReadItem& read) {
  const uint64_t count = reader.Varint();
  if (count > count_max || count > reader.remaining()) reader.Fail("list longer than its bytes");
  std::vector<Item> items;
  for (uint64_t i = 0; reader.ok() && i < count; ++i) items.push_back(read(reader));
  return items;
}

// Whether a later message may be compared with this one's.
bool HasBody(Standing standing) {
  return standing == Standing::kArrived || standing == Standing::kContributed;
}

void SaveTurn(base::Writer& writer, const Turn& turn) {
  writer.U8(static_cast<uint8_t>(turn.standing));
  SaveDigest(writer, turn.id);
  if (HasBody(turn.standing)) SaveDigest(writer, turn.body);
}

Turn RestoreTurn(base::Reader& reader, uint8_t format) {
  Turn turn;
  turn.standing = base::ReadEnum(reader, Standing::kIdle, Standing::kLeft);
  turn.id = base::ReadDigest<ContributionId>(reader);
  if (format > 1 && HasBody(turn.standing)) turn.body = base::ReadDigest<BodyDigest>(reader);
  return turn;
}

void SaveCounters(base::Writer& writer, const Counters& counters) {
  for (const uint32_t count : {counters.asked, counters.goal, counters.accepted, counters.rejected,
                               counters.refused, counters.left, counters.discarded}) {
    writer.Varint(count);
  }
  writer.Bool(counters.is_closed).Bool(counters.is_enough);
}

Counters RestoreCounters(base::Reader& reader, uint8_t format) {
  Counters counters;
  for (uint32_t* count : {&counters.asked, &counters.goal, &counters.accepted, &counters.rejected,
                          &counters.refused, &counters.left, &counters.discarded}) {
    *count = base::ReadCount(reader);
  }
  counters.is_closed = reader.Bool();
  if (format > 2) counters.is_enough = reader.Bool();
  return counters;
}

SiteId RestoreSite(base::Reader& reader) { return SiteId(reader.Text(kNameMax)); }

Member RestoreMember(base::Reader& reader, uint8_t format, bool has_aside) {
  Member member;
  member.site = RestoreSite(reader);
  member.update = RestoreTurn(reader, format);
  member.evaluation = RestoreTurn(reader, format);
  if (has_aside) member.aside = RestoreTurn(reader, format);
  return member;
}

model::Figure RestoreFigure(base::Reader& reader) {
  model::Figure figure;
  figure.name = reader.Text(kNameMax);
  figure.value = reader.F64();
  return figure;
}

// The counters say of the cohort what its standings say.
bool Matches(const RoundState& state, const Counters& told, Turn Member::* turn) {
  Counters seen;
  for (const Member& member : state.cohort) {
    const Standing standing = (member.*turn).standing;
    seen.asked += standing != Standing::kIdle;
    seen.accepted += standing == Standing::kContributed;
    seen.rejected += standing == Standing::kRejected;
    seen.refused += standing == Standing::kRefused;
    seen.left += standing == Standing::kLeft;
  }
  return seen.asked == told.asked && seen.accepted == told.accepted &&
         seen.rejected == told.rejected && seen.refused == told.refused && seen.left == told.left;
}

void SaveSites(base::Writer& writer, const std::vector<SiteId>& sites) {
  writer.Varint(sites.size());
  for (const SiteId& site : sites) writer.Text(site.text());
}

bool IsSorted(const std::vector<SiteId>& sites) {
  return std::adjacent_find(sites.begin(), sites.end(), std::greater_equal<>()) == sites.end();
}

Status Check(const RoundState& state) {
  const auto before = [](const Member& a, const Member& b) { return a.site >= b.site; };
  const bool is_sorted =
      IsSorted(state.present) && IsSorted(state.undecided) && IsSorted(state.declined) &&
      std::adjacent_find(state.cohort.begin(), state.cohort.end(), before) == state.cohort.end();
  if (!is_sorted) {
    return Status(Kind::kFailed, "ROUND-STATE", "saved round: sites are not in order");
  }
  if (!Matches(state, state.counters, &Member::update) ||
      !Matches(state, state.evaluation, &Member::evaluation) ||
      !Matches(state, state.aside, &Member::aside)) {
    return Status(Kind::kFailed, "ROUND-STATE",
                  "saved round: the counters do not match the cohort's standings");
  }
  return {};
}

}  // namespace

const char* PhaseName(Phase phase) {
  switch (phase) {
    case Phase::kPlanned:
      return "Planned";
    case Phase::kSelection:
      return "Selection";
    case Phase::kConfiguration:
      return "Configuration";
    case Phase::kReporting:
      return "Reporting";
    case Phase::kOpening:
      return "Opening";
    case Phase::kApplying:
      return "Applying";
    case Phase::kEvaluating:
      return "Evaluating";
    case Phase::kCommitted:
      return "Committed";
    case Phase::kAbandoned:
      return "Abandoned";
    case Phase::kFailed:
      return "Failed";
  }
  return "?";
}

const char* JobStatusName(JobStatus status) {
  switch (status) {
    case JobStatus::kRunning:
      return "running";
    case JobStatus::kPaused:
      return "paused";
    case JobStatus::kDone:
      return "done";
    case JobStatus::kCancelled:
      return "cancelled";
    case JobStatus::kFailed:
      return "failed";
  }
  return "?";
}

size_t RoundState::FindMember(const SiteId& site) const {
  const auto at = std::lower_bound(
      cohort.begin(), cohort.end(), site,
      [](const Member& member, const SiteId& wanted) { return member.site < wanted; });
  if (at == cohort.end() || at->site != site) return cohort.size();
  return static_cast<size_t>(at - cohort.begin());
}

std::vector<SiteId> RoundState::Willing() const {
  std::vector<SiteId> willing;
  std::copy_if(present.begin(), present.end(), std::back_inserter(willing),
               [this](const SiteId& site) {
                 return !std::binary_search(undecided.begin(), undecided.end(), site) &&
                        !std::binary_search(declined.begin(), declined.end(), site);
               });
  return willing;
}

void RoundState::Save(base::Writer& writer) const {
  writer.U8(kFormat).Text(job.text());
  SaveDigest(writer, plan);
  writer.U8(static_cast<uint8_t>(status)).U32(round.number).U8(static_cast<uint8_t>(phase));
  const bool has_aside = aside.asked > 0;  // sums in the open have no steps beside
  writer.Bool(is_pausing).Bool(is_converged).Bool(has_aside);
  SaveSites(writer, present);
  writer.Varint(cohort.size());
  for (const Member& member : cohort) {
    writer.Text(member.site.text());
    SaveTurn(writer, member.update);
    SaveTurn(writer, member.evaluation);
    if (has_aside) SaveTurn(writer, member.aside);
  }
  SaveCounters(writer, counters);
  SaveCounters(writer, evaluation);
  writer.I64(deadline.micros).Varint(committed_count).Varint(abandoned_in_a_row);
  SaveDigest(writer, model);
  SaveDigest(writer, version);
  SaveDigest(writer, candidate_model);
  SaveDigest(writer, candidate);
  writer.Varint(figures.size());
  for (const model::Figure& figure : figures) writer.Text(figure.name).F64(figure.value);
  writer.Text(withheld).Text(reason);
  SaveSites(writer, undecided);
  SaveSites(writer, declined);
  writer.I64(patience_ends.micros).Varint(step);
  SaveCounters(writer, aside);
}

Result<RoundState> RoundState::Restore(base::Reader& reader) {
  const uint8_t format = reader.U8();
  if (format < 1 || format > kFormat) reader.Fail("unknown format");
  RoundState state;
  state.job = JobId(reader.Text(kNameMax));
  state.plan = base::ReadDigest<PlanHash>(reader);
  state.status = base::ReadEnum(reader, JobStatus::kRunning, JobStatus::kFailed);
  state.round.number = reader.U32();
  state.phase = base::ReadEnum(reader, Phase::kPlanned, Phase::kFailed);
  state.is_pausing = reader.Bool();
  state.is_converged = reader.Bool();
  const bool has_aside = format > 2 && reader.Bool();
  state.present = RestoreList<SiteId>(reader, kSitesMax, RestoreSite);
  state.cohort = RestoreList<Member>(reader, kSitesMax, [&](base::Reader& from) {
    return RestoreMember(from, format, has_aside);
  });
  state.counters = RestoreCounters(reader, format);
  state.evaluation = RestoreCounters(reader, format);
  state.deadline.micros = reader.I64();
  state.committed_count = base::ReadCount(reader);
  state.abandoned_in_a_row = base::ReadCount(reader);
  state.model = base::ReadDigest<ModelHash>(reader);
  state.version = base::ReadDigest<VersionId>(reader);
  state.candidate_model = base::ReadDigest<ModelHash>(reader);
  state.candidate = base::ReadDigest<VersionId>(reader);
  state.figures = RestoreList<model::Figure>(reader, kFiguresMax, RestoreFigure);
  state.withheld = reader.Text(kTextMax);
  state.reason = reader.Text(kTextMax);
  if (format > 1) {
    state.undecided = RestoreList<SiteId>(reader, kSitesMax, RestoreSite);
    state.declined = RestoreList<SiteId>(reader, kSitesMax, RestoreSite);
    state.patience_ends.micros = reader.I64();
  }
  if (format > 2) {
    state.step = base::ReadCount(reader);
    state.aside = RestoreCounters(reader, format);
    if (has_aside != (state.aside.asked > 0)) reader.Fail("answers beside of nobody");
  }
  if (!reader.ok()) return reader.Finish("saved round");
  FLORIN_TRY(Check(state));
  return state;
}

}  // namespace florin::round
