// Watching a job over loopback.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "florin/api/operator_testing.h"

namespace florin::api {
namespace {

class WatchTest : public OperatorTest {
 protected:
  WatchTest() : OperatorTest(/*events_kept=*/200) {}

  void Emit(const std::string& name, size_t padding = 0) {
    job::Event event;
    event.name = name;
    event.job = JobId("first");
    event.text = std::string(padding, 'x');
    event.numbers = {{"committed", 2}};
    loop_.Do([&] { hub_.Emit(event); });
  }
};

TEST_F(WatchTest, EventsComeUntilTheJobIsOver) {
  OperatorClient client = Client();
  ASSERT_TRUE(client.SubmitJob(JobOf("first")).ok());
  std::atomic<int> count = 0;
  std::vector<std::string> names;
  uint64_t seen = 0;
  std::string status;
  Status end(Kind::kFailed, "UNSET", "");
  std::thread watching([&] {
    end = client.WatchJob(JobId("first"), seen,
                          {[&](const v1::Job& job) { status = job.status(); },
                           [&](const v1::Event& event) {
                             names.push_back(event.name());
                             ++count;
                           }});
  });
  while (count == 0) std::this_thread::yield();
  OperatorClient other = Client();
  ASSERT_TRUE(other.PauseJob(JobId("first")).ok());
  ASSERT_TRUE(other.CancelJob(JobId("first"), "enough").ok());
  watching.join();
  EXPECT_TRUE(end.ok()) << end.ToString();
  EXPECT_EQ(status, "running");
  EXPECT_EQ(names.front(), "job.started");
  EXPECT_EQ(names.back(), "job.cancelled");
  EXPECT_EQ(seen, hub_.newest());
}

TEST_F(WatchTest, AJobIsFollowedToItsEnd) {
  LetSitesAnswer();
  OperatorClient client = Client();
  ASSERT_TRUE(client.SubmitJob(JobOf("first")).ok());
  std::vector<std::string> committed;
  const OperatorClient::Watcher watcher{[](const v1::Job&) {},
                                        [&](const v1::Event& event) {
                                          if (event.name() != "round.committed") return;
                                          committed.push_back(event.number_of(0).name());
                                        }};
  EXPECT_TRUE(client.FollowJob(JobId("first"), watcher).ok());
  EXPECT_EQ(committed, std::vector<std::string>(3, "committed"));
  const auto detail = client.ShowJob(JobId("first"));
  EXPECT_EQ(detail->job().status(), "done");
  ASSERT_EQ(detail->version_size(), 4);
  EXPECT_EQ(detail->version(3).contributions(), 2U);
  EXPECT_TRUE(detail->version(3).is_current());
  EXPECT_FALSE(detail->version(0).is_current());
}

TEST_F(WatchTest, AWatchResumesBehindWhatWasSeen) {
  OperatorClient client = Client();
  ASSERT_TRUE(client.SubmitJob(JobOf("first")).ok());
  ASSERT_TRUE(client.CancelJob(JobId("first"), "").ok());
  std::vector<uint64_t> numbers;
  std::vector<bool> gaps;
  const OperatorClient::Watcher watcher{[](const v1::Job&) {},
                                        [&](const v1::Event& event) {
                                          numbers.push_back(event.number());
                                          gaps.push_back(event.is_gap());
                                        }};
  uint64_t seen = 0;
  ASSERT_TRUE(client.WatchJob(JobId("first"), seen, watcher).ok());  // over: what is kept, and end
  const std::vector<uint64_t> all = std::exchange(numbers, {});
  ASSERT_GE(all.size(), 2U);
  seen = all[0];
  ASSERT_TRUE(client.WatchJob(JobId("first"), seen, watcher).ok());
  EXPECT_EQ(numbers, std::vector<uint64_t>(all.begin() + 1, all.end()));
  numbers.clear();
  ASSERT_TRUE(client.FollowJob(JobId("first"), watcher).ok());
  EXPECT_EQ(numbers, all);
  EXPECT_EQ(std::ranges::count(gaps, true), 0);

  for (int i = 0; i < 300; ++i) Emit("round.committed");
  gaps.clear();
  seen = all[0];
  ASSERT_TRUE(client.WatchJob(JobId("first"), seen, watcher).ok());
  EXPECT_EQ(gaps.size(), 200U);
  EXPECT_TRUE(gaps[0]);
  EXPECT_EQ(std::ranges::count(gaps, true), 1);
}

TEST_F(WatchTest, AnUnknownJobIsToldAtOnce) {
  uint64_t seen = 0;
  EXPECT_EQ(CodeOf(Client().WatchJob(JobId("other"), seen, {})), "JOB-UNKNOWN");
  EXPECT_EQ(CodeOf(Client().FollowJob(JobId("other"), {})), "JOB-UNKNOWN");
}

TEST_F(WatchTest, ARemovedOperatorWatchesNoMore) {
  OperatorClient client = Client();
  ASSERT_TRUE(client.SubmitJob(JobOf("first")).ok());
  std::atomic<bool> is_watching = false;
  Status end;
  std::thread watching([&] {
    uint64_t seen = 0;
    end = client.WatchJob(JobId("first"), seen,
                          {[&](const v1::Job&) { is_watching = true; }, [](const v1::Event&) {}});
  });
  while (!is_watching) std::this_thread::yield();
  EXPECT_TRUE(Client().RemoveOperator("ada").ok());
  watching.join();
  EXPECT_EQ(end.code(), "PEER-REVOKED") << end.ToString();
}

// It reads nothing while megabytes come: its stream ends, and the engine has not waited.
TEST_F(WatchTest, ASlowWatcherIsDropped) {
  OperatorClient client = Client();
  ASSERT_TRUE(client.SubmitJob(JobOf("first")).ok());
  const auto stub = v1::Operator::NewStub(grpc::CreateChannel("localhost:" + std::to_string(port_),
                                                              grpc::InsecureChannelCredentials()));
  v1::WatchRequest request;
  request.set_job("first");
  grpc::ClientContext context;
  const auto reader = stub->WatchJob(&context, request);
  v1::WatchItem item;
  ASSERT_TRUE(reader->Read(&item));
  for (int i = 0; i < 2000; ++i) Emit("round.committed", 20'000);
  int read = 0;
  while (reader->Read(&item)) ++read;
  EXPECT_LT(read, 2000);
  const grpc::Status end = reader->Finish();
  EXPECT_NE(end.error_message().find("[WATCH-SLOW]"), std::string::npos) << end.error_message();
}

TEST_F(WatchTest, AWatcherThatHangsUpIsForgotten) {
  OperatorClient client = Client();
  ASSERT_TRUE(client.SubmitJob(JobOf("first")).ok());
  const auto stub = v1::Operator::NewStub(grpc::CreateChannel("localhost:" + std::to_string(port_),
                                                              grpc::InsecureChannelCredentials()));
  v1::WatchRequest request;
  request.set_job("first");
  for (int i = 0; i < 20; ++i) {
    grpc::ClientContext context;
    const auto reader = stub->WatchJob(&context, request);
    v1::WatchItem item;
    ASSERT_TRUE(reader->Read(&item));
    context.TryCancel();
    Emit("round.committed");
    while (reader->Read(&item)) {
    }
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
}

}  // namespace
}  // namespace florin::api
