#include "owner.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "files.h"

namespace florin::apps {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kKind = "owner";
constexpr const char* kKey = "approvals";

std::string PlansFile(const std::string& folder) { return folder + "/plans.json"; }

Result<PlanHash> HashOf(const std::string& hex) {
  FLORIN_ASSIGN(const Bytes bytes, base::FromHex(hex));
  PlanHash hash;
  if (bytes.size() != hash.bytes.size()) {
    return Status(Kind::kConfig, "OWNER-PLAN",
                  "a plan's hash has 64 digits, found " + std::to_string(hex.size()) + ".");
  }
  std::copy(bytes.begin(), bytes.end(), hash.bytes.begin());
  return hash;
}

Result<govern::Decision> DecisionOf(const std::string& name) {
  for (const auto decision :
       {govern::Decision::kPending, govern::Decision::kApproved, govern::Decision::kRefused}) {
    if (name == govern::DecisionName(decision)) return decision;
  }
  return Status(Kind::kConfig, "OWNER-DECISION", "\"" + name + "\" is no decision.");
}

json ToJson(const OwnerDecision& decision) {
  return {{"job", decision.job.text()},
          {"plan", decision.plan.Hex()},
          {"decision", govern::DecisionName(decision.decision)},
          {"who", decision.who},
          {"why", decision.why}};
}

// Throws what the library throws.
OwnerDecision Parse(const json& object, Status& status) {
  OwnerDecision decision;
  decision.job = JobId(object.at("job").get<std::string>());
  decision.who = object.at("who").get<std::string>();
  decision.why = object.at("why").get<std::string>();
  const auto plan = HashOf(object.at("plan").get<std::string>());
  const auto word = DecisionOf(object.at("decision").get<std::string>());
  status = !plan.ok() ? plan.status() : word.status();
  if (!status.ok()) return decision;
  decision.plan = *plan;
  decision.decision = *word;
  return decision;
}

Result<OwnerDecision> ParseDecision(const std::string& text) {
  try {
    Status status;
    OwnerDecision decision = Parse(json::parse(text), status);
    if (!status.ok()) return status;
    return decision;
  } catch (const json::exception& error) {
    return Status(Kind::kConfig, "OWNER-DECISION", std::string("no decision: ") + error.what());
  }
}

Result<govern::Approvals> LoadApprovals(store::Records& records) {
  FLORIN_ASSIGN(const auto reading, records.Begin());
  FLORIN_ASSIGN(const auto bytes, reading->Get(kKind, kKey));
  if (!bytes) return govern::Approvals();
  base::Reader reader(*bytes);
  FLORIN_ASSIGN(govern::Approvals approvals, govern::Approvals::Restore(reader));
  FLORIN_TRY(reader.Finish("approvals"));
  return approvals;
}

Status KeepApprovals(store::Records& records, const govern::Approvals& approvals) {
  base::Writer writer;
  approvals.Save(writer);
  FLORIN_ASSIGN(const auto change, records.Begin());
  FLORIN_TRY(change->Put(kKind, kKey, writer.view()));
  return change->Commit();
}

}  // namespace

Status LeaveDecision(const std::string& folder, const OwnerDecision& decision) {
  FLORIN_TRY(MakeFolder(folder + "/decisions"));
  const std::string name = decision.job.text() + "." + decision.plan.Short() + ".json";
  return WriteFile(folder + "/decisions/" + name, ToJson(decision).dump(2) + "\n");
}

Result<std::vector<OfferedPlan>> ReadPlans(const std::string& folder) {
  const std::string file = PlansFile(folder);
  if (!fs::exists(file)) {
    return Status(Kind::kNotFound, "OWNER-PLANS",
                  file + ": there is none yet: the agent writes it once it runs.");
  }
  FLORIN_ASSIGN(const std::string text, ReadFile(file));
  std::vector<OfferedPlan> plans;
  try {
    const json whole = json::parse(text);
    for (const json& object : whole.at("plans")) {
      Status status;
      OfferedPlan plan{Parse(object, status), {}};
      FLORIN_TRY(std::move(status));
      for (const json& change : object.at("changes")) {
        plan.changes.push_back({change.at("name"), change.at("before"), change.at("after")});
      }
      plans.push_back(std::move(plan));
    }
  } catch (const json::exception& error) {
    return Status(Kind::kConfig, "OWNER-PLANS", file + ": " + error.what());
  }
  return plans;
}

Result<std::unique_ptr<OwnersDesk>> OwnersDesk::Open(const std::string& folder,
                                                     store::Records& records,
                                                     const crypto::Ed25519Seed& seed, Time now) {
  std::unique_ptr<OwnersDesk> desk(new OwnersDesk(folder, records));
  govern::SitePolicy policy;
  const std::string file = folder + "/policy.yaml";
  if (fs::exists(file)) {
    FLORIN_ASSIGN(policy, LoadPolicy(file));
  } else {
    policy.name = "ask";
  }
  policy.file = "policy.yaml";  // what is said of it travels, its folder's name does not
  FLORIN_ASSIGN(govern::Approvals approvals, LoadApprovals(records));
  desk->gate_ = std::make_unique<govern::OwnersGate>(
      std::move(policy), std::move(approvals),
      [&records](const govern::Approvals& kept) { return KeepApprovals(records, kept); });
  FLORIN_ASSIGN(desk->trail_, api::AuditTrail::Open(folder + "/audit.jsonl", seed));
  FLORIN_TRY(desk->Note(now, "agent", "agent-started", {}));
  FLORIN_TRY(desk->WritePlans());
  return desk;
}

OwnersDesk::Taken OwnersDesk::TakeDecisions(Time now) {
  Taken taken;
  std::error_code error;
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder_ + "/decisions", error)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  for (const std::string& file : files) {
    const Status status = Take(file, now);
    if (status.ok()) {
      ++taken.decisions;
      fs::remove(file, error);
    } else {
      fs::rename(file, file + ".refused", error);
      taken.faults.push_back(file + ": " + status.ToString());
    }
  }
  return taken;
}

Status OwnersDesk::Take(const std::string& file, Time now) {
  FLORIN_ASSIGN(const std::string text, ReadFile(file));
  FLORIN_ASSIGN(const OwnerDecision decision, ParseDecision(text));
  FLORIN_TRY(gate_->Decide(decision.job, decision.plan, decision.decision, decision.who, now,
                           decision.why));
  return Note(now, "owner " + decision.who,
              std::string("plan-") + govern::DecisionName(decision.decision),
              {{"job", decision.job.text()}, {"plan", decision.plan.Hex()}, {"why", decision.why}});
}

Status OwnersDesk::WritePlans() {
  const govern::Approvals approvals = gate_->approvals();
  if (is_written_ && approvals == written_) return {};
  json plans = json::array();
  for (const govern::Approval& approval : approvals.all()) {
    json plan =
        ToJson({approval.job, approval.plan, approval.decision, approval.who, approval.why});
    plan["summary"] = approval.summary;
    plan["changes"] = json::array();
    for (const govern::Change& change : approvals.ChangesSinceApproved(approval)) {
      plan["changes"].push_back(
          {{"name", change.name}, {"before", change.before}, {"after", change.after}});
    }
    plans.push_back(std::move(plan));
  }
  FLORIN_TRY(WriteFile(PlansFile(folder_), json{{"plans", std::move(plans)}}.dump(
                                               2, ' ', false, json::error_handler_t::replace) +
                                               "\n"));
  written_ = approvals;
  is_written_ = true;
  return {};
}

}  // namespace florin::apps
