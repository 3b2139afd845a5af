// Killed anywhere, a store reopens with the last commit it answered Ok to, or the one after it, and
// with nothing half done. SIGKILL loses no page the system has: what a power cut adds is fsync's
// part, which these tests do not see.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <set>

#include "florin/store/failpoint.h"
#include "florin/store/sqlite_testing.h"

namespace florin::store {
namespace {

constexpr size_t kLarge = size_t{100} << 10;
constexpr uint32_t kCommits = 12;
constexpr uint32_t kKept = 1;  // published models: the sixth commit drops that of the third

// What commit `round` holds: an audit entry each, a checkpoint that is large, small, none or the
// one before, and every third publishes a version.
Bytes CheckpointOf(uint32_t round) {
  return Pattern(round % 2 == 0 ? kLarge : 100, static_cast<uint8_t>(round));
}

round::Commit WholeCommit(uint32_t round) {
  round::Commit commit = CommitOf(round);
  commit.audit = {"entry " + std::to_string(round)};
  commit.outbox = {round::SendOffer{job::Work::kUpdate, round}};
  commit.checkpoint = CheckpointOf(round);
  commit.version = VersionOf(round, kLarge / 4);
  if (round % 3 == 0) commit.published = commit.version->id;
  return commit;
}

// Everything of `round` is there, and nothing of a later one.
void ExpectWhole(const std::string& path, uint32_t round) {
  const auto directory = MustOpen(path);
  SqliteStore store(*directory, kKept);
  const JobId job("job");
  ASSERT_EQ(LoadedRound(store), round);
  EXPECT_EQ(store.AuditTrail(job)->size(), round);
  const auto versions = *store.Versions(job);
  ASSERT_EQ(versions.size(), round / 3);
  for (size_t i = 0; i < versions.size(); ++i) {
    EXPECT_EQ(versions[i].has_model, i + kKept >= versions.size());
    EXPECT_EQ(store.FindVersion(versions[i].id)->has_value(), versions[i].has_model);
  }
  if (round == 0) return;
  EXPECT_EQ(std::get<round::SendOffer>(store.Outbox(job)->at(0)).member, round);
  EXPECT_EQ(*store.LoadCheckpoint(job), CheckpointOf(round));
  EXPECT_TRUE(store.FindVersion(VersionOf(round, kLarge / 4).id)->has_value());
  const size_t blobs =
      (round % 2 == 0 ? 1 : 0) + std::min(round / 3, kKept) + (round % 3 == 0 ? 0 : 1);
  EXPECT_EQ(BlobCount(path), blobs) << "no orphan, nothing missing";
  ASSERT_TRUE(store.Save(job, WholeCommit(round + 1)).ok()) << "it goes on";
}

// Runs `work` in a process of its own under a fail point. It writes a byte for every commit that
// was answered Ok; how many, and whether it was killed.
struct Outcome {
  uint32_t answered = 0;
  bool is_killed = false;
};
Outcome RunAndKill(const std::string& failpoint, const std::function<void(int answers)>& work) {
  int answers[2];
  EXPECT_EQ(pipe(answers), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(answers[0]);
    SetFailpoint(failpoint);
    work(answers[1]);
    _exit(0);
  }
  close(answers[1]);
  Outcome outcome;
  for (char answer; read(answers[0], &answer, 1) == 1;) ++outcome.answered;
  close(answers[0]);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  outcome.is_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  EXPECT_TRUE(outcome.is_killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
  return outcome;
}

Outcome SaveAndKill(const std::string& path, const std::string& failpoint) {
  return RunAndKill(failpoint, [&](int answers) {
    auto directory = Directory::Open(path);
    if (!directory.ok()) _exit(1);
    SqliteStore store(**directory, kKept);
    for (uint32_t round = 1; round <= kCommits; ++round) {
      if (!store.Save(JobId("job"), WholeCommit(round)).ok()) _exit(2);
      if (write(answers, "+", 1) != 1) _exit(3);
    }
  });
}

TEST(Crash, KilledAtEveryStepItReopensWhole) {
  size_t kills = 0;
  const std::set<std::string> after_commit{"commit.end", "blob.remove"};
  for (const std::string place : {"commit.begin", "blob.write", "blob.sync", "blob.rename",
                                  "blob.folder", "commit.end", "blob.remove"}) {
    for (int pass = 1; pass <= 7; ++pass) {
      SCOPED_TRACE(place + ":" + std::to_string(pass));
      const TempFolder folder;
      {
        MustOpen(folder.At("data"));
      }
      const Outcome outcome = SaveAndKill(folder.At("data"), place + ":" + std::to_string(pass));
      kills += outcome.is_killed;
      // Killed after the commit and before the answer, the commit is there.
      const bool is_one_ahead = outcome.is_killed && after_commit.contains(place);
      ExpectWhole(folder.At("data"), outcome.answered + (is_one_ahead ? 1 : 0));
    }
  }
  EXPECT_EQ(kills, 49U);
}

// Whenever it comes, and wherever SQLite is at that moment.
TEST(Crash, KilledAtAnyMomentItLosesNoAnsweredCommit) {
  for (useconds_t micros = 0; micros < 10; ++micros) {
    SCOPED_TRACE(micros);
    const TempFolder folder;
    {
      MustOpen(folder.At("data"));
    }
    int answers[2];
    ASSERT_EQ(pipe(answers), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(answers[0]);
      auto directory = Directory::Open(folder.At("data"));
      SqliteStore store(**directory, kKept);
      for (uint32_t round = 1;; ++round) {
        if (!store.Save(JobId("job"), WholeCommit(round)).ok()) _exit(2);
        if (write(answers[1], "+", 1) != 1) _exit(3);
      }
    }
    close(answers[1]);
    usleep(20'000 + 3'700 * micros);
    ASSERT_EQ(kill(child, SIGKILL), 0);
    uint32_t answered = 0;
    for (char answer; read(answers[0], &answer, 1) == 1;) ++answered;
    close(answers[0]);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    uint32_t loaded = 0;
    {
      const auto directory = MustOpen(folder.At("data"));
      SqliteStore store(*directory);
      loaded = LoadedRound(store);
    }
    EXPECT_GE(loaded, answered);
    EXPECT_LE(loaded, answered + 1);
    ExpectWhole(folder.At("data"), loaded);
  }
}

}  // namespace
}  // namespace florin::store
