#include "sim_json.h"

namespace florin::apps {
namespace {

using Json = nlohmann::ordered_json;

Json Figures(const std::vector<model::Figure>& figures) {
  Json json = Json::object();
  for (const model::Figure& figure : figures) json[figure.name] = figure.value;
  return json;
}

Json MarketJson(const sim::Market& market, bool is_binary) {
  Json json{{"site", market.site.text()},
            {"train_rows", market.train_rows},
            {"test_rows", market.test_rows}};
  if (is_binary) json["test_positives"] = market.test_positives;
  json["cells"] = Json::array();
  for (const sim::Cell& cell : market.cells) {
    Json entry{{"column", sim::ColumnKindName(cell.column)},
               {"federation", cell.federation},
               {"figures", Figures(cell.figures)}};
    if (cell.gain) {
      entry["gain_over_local"] = {{"value", cell.gain->value},
                                  {"low", cell.gain->interval.low},
                                  {"high", cell.gain->interval.high},
                                  {"users", cell.gain->pairs}};
    }
    json["cells"].push_back(std::move(entry));
  }
  return json;
}

Json TrafficJson(const sim::Traffic& traffic) {
  return {{"offers", traffic.offers},
          {"contributions", traffic.contributions},
          {"bytes_down", traffic.bytes_down},
          {"bytes_up", traffic.bytes_up}};
}

Json RunJson(const sim::FederationRun& run) {
  Json members = Json::array();
  for (const SiteId& site : run.federation.members) members.push_back(site.text());
  Json rounds = Json::array();
  for (const job::Version& version : run.result.versions) {
    if (version.round.number == 0) continue;
    rounds.push_back({{"round", version.round.number},
                      {"contributions", version.contribution_count},
                      {"version", version.id.Hex()},
                      {"released", Figures(version.metrics)}});
  }
  Json json{{"name", run.federation.name},
            {"members", std::move(members)},
            {"model_hash", run.result.last().model_hash.Hex()},
            {"version", run.result.last().id.Hex()},
            {"rounds", std::move(rounds)},
            {"traffic", TrafficJson(run.result.traffic)}};
  if (run.open) {
    json["plain"] = {{"model_hash", run.open->last().model_hash.Hex()},
                     {"traffic", TrafficJson(run.open->traffic)}};
  }
  return json;
}

}  // namespace

Json SimulationJson(const job::Plan& plan, const sim::Comparison& comparison,
                    const std::string& origin) {
  const job::JobSpec& spec = plan.spec;
  Json json{{"format", "florin.simulation.v1"},
            {"job",
             {{"id", spec.id.text()},
              {"description", spec.description},
              {"model", spec.model.kind},
              {"strategy", spec.strategy.kind},
              {"rounds", spec.rounds},
              {"seed", spec.seed},
              {"protocol", spec.privacy.protocol},
              {"plan_hash", plan.hash.Hex()}}},
            {"origin", origin},
            {"headline", comparison.headline},
            {"markets", Json::array()},
            {"federations", Json::array()}};
  for (const sim::Market& market : comparison.markets) {
    json["markets"].push_back(MarketJson(market, comparison.is_binary));
  }
  for (const sim::FederationRun& run : comparison.runs) {
    json["federations"].push_back(RunJson(run));
  }
  return json;
}

}  // namespace florin::apps
