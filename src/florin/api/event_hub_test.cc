#include "florin/api/event_hub.h"

#include <gtest/gtest.h>

#include <string>

namespace florin::api {
namespace {

job::Event EventOf(const std::string& job, const std::string& name) {
  job::Event event;
  event.job = JobId(job);
  event.name = name;
  return event;
}

// The next event's name and number, "-" when there is none, or the code of the error.
std::string Next(EventHub::Watch& watch) {
  const auto next = watch.Next();
  if (!next.ok()) return std::string(next.status().code());
  if (!next->has_value()) return "-";
  return (*next)->event->name + " " + std::to_string((*next)->number);
}

TEST(EventHubTest, AWatchHearsItsJobInOrder) {
  EventHub hub({.first = 100});
  int wakes = 0;
  hub.Emit(EventOf("a", "early"));
  const auto watch = hub.Open(JobId("a"), 0, [&] { ++wakes; });
  hub.Emit(EventOf("b", "other"));
  hub.Emit(EventOf("a", "later"));
  EXPECT_EQ(wakes, 0);  // it has not waited yet
  EXPECT_EQ(Next(*watch), "early 100");
  EXPECT_EQ(Next(*watch), "later 102");
  EXPECT_EQ(Next(*watch), "-");
  hub.Emit(EventOf("b", "other"));
  EXPECT_EQ(wakes, 0);
  hub.Emit(EventOf("a", "new"));
  hub.Emit(EventOf("a", "newer"));
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(Next(*watch), "new 104");
  EXPECT_EQ(Next(*watch), "newer 105");
  EXPECT_EQ(hub.newest(), 105U);
}

TEST(EventHubTest, AWatchGoesOnAfterANumber) {
  EventHub hub({.kept_max = 3, .first = 10});
  for (int i = 0; i < 5; ++i) hub.Emit(EventOf("a", "e"));  // 10 to 14; 12 to 14 are kept
  const auto exact = hub.Open(JobId("a"), 12, [] {});
  EXPECT_EQ(Next(*exact), "e 13");
  EXPECT_FALSE(exact->has_gap());
  const auto just = hub.Open(JobId("a"), 11, [] {});
  EXPECT_EQ(Next(*just), "e 12");
  EXPECT_FALSE(just->has_gap());
  const auto late = hub.Open(JobId("a"), 10, [] {});
  EXPECT_EQ(Next(*late), "e 12");
  EXPECT_TRUE(late->has_gap());
  const auto all = hub.Open(JobId("a"), 0, [] {});
  EXPECT_EQ(Next(*all), "e 12");
  EXPECT_FALSE(all->has_gap());
  const auto none = hub.Open(JobId("a"), 14, [] {});
  EXPECT_EQ(Next(*none), "-");
  const auto ahead = hub.Open(JobId("a"), 99, [] {});  // of a process before, whose clock was ahead
  EXPECT_EQ(Next(*ahead), "e 12");
  EXPECT_TRUE(ahead->has_gap());
}

TEST(EventHubTest, AWatcherThatFallsBehindLosesItsStream) {
  EventHub hub({.kept_max = 3});
  const auto slow = hub.Open(JobId("a"), 0, [] {});
  for (int i = 0; i < 3; ++i) hub.Emit(EventOf("a", "e"));
  EXPECT_EQ(Next(*slow), "e 1");
  hub.Emit(EventOf("a", "e"));
  EXPECT_EQ(Next(*slow), "e 2");
  for (int i = 0; i < 3; ++i) hub.Emit(EventOf("a", "e"));
  EXPECT_EQ(Next(*slow), "WATCH-SLOW");
}

// Only the events of other jobs pass: who waits is not behind.
TEST(EventHubTest, AWatcherOfAQuietJobKeepsItsPlace) {
  EventHub hub({.kept_max = 3});
  int wakes = 0;
  const auto watch = hub.Open(JobId("quiet"), 0, [&] { ++wakes; });
  EXPECT_EQ(Next(*watch), "-");
  for (int i = 0; i < 50; ++i) hub.Emit(EventOf("busy", "e"));
  hub.Emit(EventOf("quiet", "word"));
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(Next(*watch), "word 51");
}

TEST(EventHubTest, AWatchThatIsGoneIsNotWoken) {
  EventHub hub({});
  int wakes = 0;
  auto watch = hub.Open(JobId("a"), 0, [&] { ++wakes; });
  EXPECT_EQ(Next(*watch), "-");
  watch.reset();
  hub.Emit(EventOf("a", "e"));
  EXPECT_EQ(wakes, 0);
}

}  // namespace
}  // namespace florin::api
