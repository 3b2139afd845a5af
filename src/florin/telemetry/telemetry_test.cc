#include <gtest/gtest.h>

#include <limits>
#include <sstream>
#include <vector>

#include "florin/telemetry/json_log.h"
#include "florin/telemetry/progress.h"
#include "florin/telemetry/tee.h"

namespace florin::telemetry {
namespace {

job::Event Committed() {
  job::Event event;
  event.at = Time{1'000'000};
  event.name = "round.committed";
  event.job = JobId("hotels");
  event.round = RoundId{13};
  event.text = "round 13 committed: 4 contributions from 4 sites.";
  event.numbers = {{"committed", 12}, {"rounds", 50},    {"asked", 4},   {"accepted", 4},
                   {"rows", 2000},    {"loss", 0.41249}, {"auc", 0.7311}};
  return event;
}

TEST(JsonLogTest, EventIsOneLineWithEveryKey) {
  std::ostringstream out;
  JsonLog log(out);
  log.Emit(Committed());
  EXPECT_EQ(out.str(),
            "{\"at\":\"1970-01-01T00:00:01.000000Z\",\"name\":\"round.committed\","
            "\"job\":\"hotels\",\"round\":13,\"site\":\"\","
            "\"text\":\"round 13 committed: 4 contributions from 4 sites.\","
            "\"numbers\":{\"committed\":12,\"rounds\":50,\"asked\":4,\"accepted\":4,"
            "\"rows\":2000,\"loss\":0.41249,\"auc\":0.7311}}\n");
}

TEST(JsonLogTest, HostileTextStaysOneLineOfJson) {
  job::Event event;
  event.name = "site.refused";
  event.text = "a \"quote\"\nand \xff a broken byte";
  event.numbers = {{"x", std::numeric_limits<double>::infinity()}};
  const std::string json = ToJson(event);
  EXPECT_EQ(json.find('\n'), std::string::npos);
  EXPECT_NE(json.find("\\\"quote\\\"\\u000aand ? a broken byte"), std::string::npos);
  EXPECT_NE(json.find("\"x\":null"), std::string::npos);
}

TEST(ProgressTest, CommittedRoundIsOneLineOfSitesAndFigures) {
  std::ostringstream out;
  Progress progress(out, 12);
  progress.Emit(Committed());
  EXPECT_EQ(out.str(), "round 12/12 committed: 4 of 4 sites, loss 0.412, auc 0.731\n");
}

TEST(ProgressTest, ALongJobIsSomeTenLinesAndEndsWithItsLastRound) {
  std::ostringstream out;
  Progress progress(out, 50);
  job::Event event = Committed();
  for (int round = 1; round <= 23; ++round) {
    event.numbers[0].second = round;
    progress.Emit(event);
  }
  job::Event done;
  done.name = "job.done";
  progress.Emit(done);
  std::vector<int> rounds;
  std::istringstream lines(out.str());
  for (std::string line; std::getline(lines, line);) rounds.push_back(std::stoi(line.substr(6)));
  EXPECT_EQ(rounds, (std::vector<int>{1, 5, 10, 15, 20, 23}));
}

TEST(ProgressTest, WithheldMetricsAreSaid) {
  std::ostringstream out;
  job::Event event = Committed();
  event.numbers = {{"committed", 1}, {"asked", 2}, {"accepted", 2}, {"metrics_withheld", 1}};
  Progress(out, 1).Emit(event);
  EXPECT_EQ(out.str(), "round 1/1 committed: 2 of 2 sites, metrics withheld\n");
}

TEST(ProgressTest, TroubleIsToldAndRoutineIsNot) {
  std::ostringstream out;
  Progress progress(out, 50);
  job::Event event;
  event.name = "round.abandoned";
  event.text = "round 2 abandoned in Reporting.";
  progress.Emit(event);
  event.name = "round.started";
  progress.Emit(event);
  EXPECT_EQ(out.str(), "round 2 abandoned in Reporting.\n");
}

TEST(ProgressTest, ARefusalIsToldOnceWhileItStaysTheSame) {
  std::ostringstream out;
  Progress progress(out, 50);
  const auto refuse = [&](uint32_t round, const char* site, const std::string& why) {
    job::Event event;
    event.name = "site.refused";
    event.round = RoundId{round};
    event.site = SiteId(site);
    event.text = "round " + std::to_string(round) + ": " + site + " refused: " + why;
    progress.Emit(event);
  };
  refuse(1, "a", "no");
  refuse(1, "b", "no");
  refuse(2, "a", "no");
  refuse(3, "a", "rows");
  refuse(4, "a", "rows");
  refuse(5, "a", "no");
  EXPECT_EQ(out.str(),
            "round 1: a refused: no\nround 1: b refused: no\nround 3: a refused: rows\n"
            "round 5: a refused: no\n");
}

TEST(TeeTest, EverySinkGetsEveryEvent) {
  std::ostringstream json;
  std::ostringstream lines;
  JsonLog log(json);
  Progress progress(lines, 12);
  Tee tee({&log, &progress});
  tee.Emit(Committed());
  EXPECT_FALSE(json.str().empty());
  EXPECT_FALSE(lines.str().empty());
}

}  // namespace
}  // namespace florin::telemetry
