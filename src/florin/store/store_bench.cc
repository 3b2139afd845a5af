// What a saved decision costs, and a large vector. Folder: FLORIN_BENCH_DIR, else the temporary
// one; the figures are those of its disk.
#include <benchmark/benchmark.h>
#include <stdlib.h>  // mkdtemp

#include <cstdlib>
#include <filesystem>
#include <string>

#include "florin/store/sqlite_records.h"
#include "florin/store/sqlite_store.h"

namespace florin::store {
namespace {

class BenchFolder {
 public:
  BenchFolder() {
    const char* base = std::getenv("FLORIN_BENCH_DIR");
    path_ = (base == nullptr ? std::filesystem::temp_directory_path().string() : base) +
            "/florin-bench-XXXXXX";
    FLORIN_CHECK(mkdtemp(path_.data()) != nullptr);
    directory_ = std::move(*Directory::Open(path_ + "/data"));
  }
  BenchFolder(const BenchFolder&) = delete;
  BenchFolder& operator=(const BenchFolder&) = delete;
  ~BenchFolder() {
    directory_.reset();
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  Directory& directory() { return *directory_; }

 private:
  std::string path_;
  std::unique_ptr<Directory> directory_;
};

// State of a cohort of that many, its outbox of offers, one audit entry.
round::Commit CommitOf(uint32_t cohort) {
  round::Commit commit;
  commit.state.job = JobId("job");
  for (uint32_t i = 0; i < cohort; ++i) {
    commit.state.cohort.push_back({SiteId(std::to_string(1'000'000 + i)), {}, {}});
    commit.outbox.emplace_back(round::SendOffer{job::Work::kUpdate, i});
  }
  commit.audit = {"2026-01-31T12:00:00.000000Z round.opening round 3: 100 contributions"};
  return commit;
}

void BenchCommit(benchmark::State& state) {
  BenchFolder folder;
  SqliteStore store(folder.directory());
  const round::Commit commit = CommitOf(static_cast<uint32_t>(state.range(0)));
  for (auto _ : state) FLORIN_CHECK(store.Save(JobId("job"), commit).ok());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BenchCommit)->Arg(10)->Arg(1000)->UseRealTime();

// The running sum of a model of range(0) MB, as a checkpoint.
void BenchCheckpoint(benchmark::State& state) {
  BenchFolder folder;
  SqliteStore store(folder.directory());
  Bytes checkpoint(static_cast<size_t>(state.range(0)) * 1'000'000, 0x5a);
  for (auto _ : state) {
    ++checkpoint[0];
    round::Commit commit = CommitOf(10);
    commit.checkpoint = checkpoint;
    FLORIN_CHECK(store.Save(JobId("job"), std::move(commit)).ok());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 1'000'000);
}
BENCHMARK(BenchCheckpoint)->Arg(1)->Arg(40)->UseRealTime()->Unit(benchmark::kMillisecond);

void BenchLoadCheckpoint(benchmark::State& state) {
  BenchFolder folder;
  SqliteStore store(folder.directory());
  round::Commit commit = CommitOf(10);
  commit.checkpoint = Bytes(static_cast<size_t>(state.range(0)) * 1'000'000, 0x5a);
  FLORIN_CHECK(store.Save(JobId("job"), std::move(commit)).ok());
  for (auto _ : state) benchmark::DoNotOptimize(store.LoadCheckpoint(JobId("job")));
  state.SetBytesProcessed(state.iterations() * state.range(0) * 1'000'000);
}
BENCHMARK(BenchLoadCheckpoint)->Arg(40)->UseRealTime()->Unit(benchmark::kMillisecond);

// A site's sealed contribution of range(0) MB.
void BenchKeepContribution(benchmark::State& state) {
  BenchFolder folder;
  SqliteSiteStore store(folder.directory());
  job::Contribution contribution;
  contribution.job = JobId("job");
  contribution.site = SiteId("acme");
  contribution.message.bulk.words.assign(static_cast<size_t>(state.range(0)) * 125'000,
                                         uint64_t{1} << 62);
  for (auto _ : state) {
    ++contribution.message.bulk.words[0];
    FLORIN_CHECK(store.KeepContribution(contribution, nullptr, nullptr).ok());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 1'000'000);
}
BENCHMARK(BenchKeepContribution)->Arg(40)->UseRealTime()->Unit(benchmark::kMillisecond);

void BenchRecord(benchmark::State& state) {
  BenchFolder folder;
  SqliteRecords records(folder.directory());
  for (auto _ : state) {
    const auto transaction = std::move(*records.Begin());
    FLORIN_CHECK(transaction->Put("token", "a", Bytes(100)).ok());
    FLORIN_CHECK(transaction->Append("audit", Bytes(200)).ok());
    FLORIN_CHECK(transaction->Commit().ok());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BenchRecord)->UseRealTime();

}  // namespace
}  // namespace florin::store
