// What every round::Store and every site::SiteStore must do, as one suite each. A new store adds
// its line to store_conformance_test.cc.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "florin/round/ports.h"
#include "florin/site/site.h"

namespace florin::store {

using MakeStore = std::unique_ptr<round::Store> (*)();

class StoreConformance : public testing::TestWithParam<MakeStore> {
 protected:
  static job::Version VersionOf(const JobId& job, uint32_t round, float parameter) {
    auto state = std::make_shared<model::State>();
    auto layout = num::Layout::Make(num::Scalar::kFloat32, {{"w", {1}}});
    EXPECT_TRUE(layout.ok());
    state->layout = *layout;
    state->parameters = num::Values::Of(Span<const float>(&parameter, 1));
    job::Version version;
    version.job = job;
    version.round = RoundId{round};
    version.state = std::move(state);
    job::SealVersion(version);
    return version;
  }
  static round::Commit CommitOf(uint32_t round) {
    round::Commit commit;
    commit.state.job = JobId("job");
    commit.state.round = RoundId{round};
    return commit;
  }
  void Save(round::Commit commit) {
    const Status status = store_->Save(job_, std::move(commit));
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
  uint32_t LoadedRound() {
    const auto loaded = store_->Load(job_);
    if (!loaded.ok()) return 0;
    const auto& state = *loaded;
    return state ? state->round.number : 0;
  }
  std::vector<VersionId> VersionIds() {
    std::vector<VersionId> ids;
    const auto versions = store_->Versions(job_);
    EXPECT_TRUE(versions.ok());
    for (const job::Lineage& version : *versions) ids.push_back(version.id);
    return ids;
  }
  bool Has(const VersionId& id) {
    const auto found = store_->FindVersion(id);
    if (!found.ok()) return false;
    const auto& version = *found;
    return version && version->id == id;
  }

  job::Version Publish(uint32_t round) {
    job::Version version = VersionOf(job_, round, static_cast<float>(round));
    round::Commit commit = CommitOf(round);
    commit.version = version;
    commit.published = version.id;
    Save(std::move(commit));
    return version;
  }
  void PublishAgain(const job::Version& version) {
    round::Commit commit = CommitOf(LoadedRound());
    commit.published = version.id;
    Save(std::move(commit));
  }

  const JobId job_{"job"};
  std::unique_ptr<round::Store> store_ = GetParam()();
};

// Stores that keep the models of the newest three published versions.
class KeptVersions : public StoreConformance {
 protected:
  static constexpr uint32_t kKept = 3;
  // By place: does the list say that the model is there, and is it?
  std::vector<bool> Models() {
    const auto versions = store_->Versions(job_);
    EXPECT_TRUE(versions.ok());
    std::vector<bool> models;
    for (const round::PublishedVersion& version : *versions) {
      EXPECT_EQ(Has(version.id), version.has_model);
      models.push_back(version.has_model);
    }
    return models;
  }
};

TEST_P(StoreConformance, UnknownNamesAreEmptyAnswers) {
  EXPECT_EQ(LoadedRound(), 0U);
  const auto outbox = store_->Outbox(job_);
  ASSERT_TRUE(outbox.ok());
  EXPECT_TRUE(outbox->empty());
  const auto checkpoint = store_->LoadCheckpoint(job_);
  ASSERT_TRUE(checkpoint.ok());
  EXPECT_TRUE(checkpoint->empty());
  const auto audit = store_->AuditTrail(job_);
  ASSERT_TRUE(audit.ok());
  EXPECT_TRUE(audit->empty());
  EXPECT_TRUE(VersionIds().empty());
  EXPECT_FALSE(Has(VersionOf(job_, 1, 1).id));
}

TEST_P(StoreConformance, StateAndOutboxAreReplacedAndAuditGrows) {
  round::Commit first = CommitOf(1);
  first.outbox = {round::OpenParty{}, round::SendOffer{job::Work::kEvaluate, 7}};
  first.audit = {"a", "b"};
  Save(std::move(first));
  round::Commit second = CommitOf(2);
  second.outbox = {round::ApplySum{}};
  second.audit = {"c"};
  Save(std::move(second));

  EXPECT_EQ(LoadedRound(), 2U);
  const auto outbox = store_->Outbox(job_);
  ASSERT_TRUE(outbox.ok());
  ASSERT_EQ(outbox->size(), 1U);
  EXPECT_TRUE(std::holds_alternative<round::ApplySum>((*outbox)[0]));
  const auto audit = store_->AuditTrail(job_);
  ASSERT_TRUE(audit.ok());
  EXPECT_EQ(*audit, (std::vector<std::string>{"a", "b", "c"}));
}

TEST_P(StoreConformance, CheckpointIsReplacedOnlyByAnother) {
  const auto checkpoint = [&] {
    const auto loaded = store_->LoadCheckpoint(job_);
    return loaded.ok() ? *loaded : Bytes{255};
  };
  round::Commit commit = CommitOf(1);
  commit.checkpoint = Bytes{1, 2, 3};
  Save(std::move(commit));
  Save(CommitOf(2));
  EXPECT_EQ(checkpoint(), (Bytes{1, 2, 3}));
  commit = CommitOf(3);
  commit.checkpoint = Bytes{};
  Save(std::move(commit));
  EXPECT_TRUE(checkpoint().empty());
}

TEST_P(StoreConformance, VersionsAreListedOncePublishedInOrder) {
  const job::Version first = VersionOf(job_, 0, 1);
  job::Version second = VersionOf(job_, 1, 2);
  second.parent = first.id;
  second.metrics = {{"auc", 0.75}};
  second.contribution_count = 3;
  second.created = Time{17};
  job::SealVersion(second);
  round::Commit commit = CommitOf(0);
  commit.version = first;
  commit.published = first.id;
  Save(std::move(commit));
  commit = CommitOf(1);
  commit.version = second;
  Save(std::move(commit));
  EXPECT_EQ(VersionIds(), (std::vector{first.id}));
  EXPECT_TRUE(Has(second.id)) << "a candidate can be found";
  commit = CommitOf(1);
  commit.published = second.id;
  Save(std::move(commit));
  EXPECT_EQ(VersionIds(), (std::vector{first.id, second.id}));
  const auto versions = store_->Versions(job_);
  ASSERT_TRUE(versions.ok() && versions->size() == 2);
  EXPECT_EQ(job::SaveLineage((*versions)[1]), job::SaveLineage(second));
  const auto whole = store_->FindVersion(second.id);
  ASSERT_TRUE(whole.ok() && whole->has_value());
  const job::Version read = whole->value_or(job::Version());
  ASSERT_NE(read.state, nullptr);
  EXPECT_EQ(read.state->parameters.f32()[0], 2.0F);
}

TEST_P(StoreConformance, ANewCandidateReplacesTheOneBefore) {
  const job::Version first = VersionOf(job_, 1, 1);
  const job::Version second = VersionOf(job_, 1, 2);
  round::Commit commit = CommitOf(1);
  commit.version = first;
  Save(std::move(commit));
  commit = CommitOf(1);
  commit.version = second;
  commit.published = second.id;
  Save(std::move(commit));
  EXPECT_FALSE(Has(first.id));
  EXPECT_EQ(VersionIds(), (std::vector{second.id}));
}

// Going back to an earlier version publishes it again.
TEST_P(StoreConformance, AnEarlierVersionMayBePublishedAgain) {
  const job::Version first = VersionOf(job_, 0, 1);
  const job::Version second = VersionOf(job_, 1, 2);
  for (const job::Version& version : {first, second}) {
    round::Commit commit = CommitOf(version.round.number);
    commit.version = version;
    commit.published = version.id;
    Save(std::move(commit));
  }
  round::Commit commit = CommitOf(2);
  commit.published = first.id;
  Save(std::move(commit));
  EXPECT_EQ(VersionIds(), (std::vector{first.id, second.id, first.id}));
}

TEST_P(KeptVersions, OnlyTheNewestHaveModelsAndAllHaveLineages) {
  std::vector<job::Version> made;
  made.reserve(6);
  for (uint32_t round = 0; round < 6; ++round) made.push_back(Publish(round));
  EXPECT_EQ(Models(), (std::vector<bool>{false, false, false, true, true, true}));
  const auto versions = store_->Versions(job_);
  ASSERT_TRUE(versions.ok() && versions->size() == made.size());
  for (size_t i = 0; i < made.size(); ++i) {
    EXPECT_EQ(job::SaveLineage((*versions)[i]), job::SaveLineage(made[i]));
  }
}

TEST_P(KeptVersions, WhatWasRolledBackToIsAmongTheNewest) {
  const job::Version first = Publish(0);
  Publish(1);
  Publish(2);
  PublishAgain(first);
  EXPECT_EQ(Models(), (std::vector<bool>{true, true, true, true})) << "three versions, four places";
  Publish(3);
  Publish(4);
  EXPECT_EQ(Models(), (std::vector<bool>{true, false, false, true, true, true}));
  Publish(5);
  EXPECT_EQ(Models(), (std::vector<bool>{false, false, false, false, true, true, true}));
}

TEST_P(KeptVersions, ACandidateStaysAndOtherJobsAreLeftAlone) {
  const JobId other("other");
  const job::Version theirs = VersionOf(other, 0, 7);
  round::Commit commit = CommitOf(0);
  commit.state.job = other;
  commit.version = theirs;
  commit.published = theirs.id;
  ASSERT_TRUE(store_->Save(other, std::move(commit)).ok());
  const job::Version first = Publish(0);
  const job::Version candidate = VersionOf(job_, 9, 9);
  commit = CommitOf(1);
  commit.version = candidate;
  Save(std::move(commit));
  for (uint32_t i = 0; i < 4; ++i) PublishAgain(first);
  EXPECT_TRUE(Has(candidate.id));
  EXPECT_TRUE(Has(theirs.id));
}

TEST_P(KeptVersions, AVersionWithoutItsModelCannotBePublished) {
  const job::Version first = Publish(0);
  for (uint32_t round = 1; round <= kKept; ++round) Publish(round);
  round::Commit commit = CommitOf(9);
  commit.published = first.id;
  EXPECT_EQ(store_->Save(job_, std::move(commit)).code(), "STORE-VERSION");
  EXPECT_EQ(LoadedRound(), kKept);
}

TEST_P(StoreConformance, RefusedCommitLeavesNothingBehind) {
  round::Commit good = CommitOf(1);
  good.checkpoint = Bytes{1};
  Save(std::move(good));
  round::Commit bad = CommitOf(2);
  bad.audit = {"never"};
  bad.checkpoint = Bytes{2};
  bad.outbox = {round::ApplySum{}};
  bad.version = VersionOf(job_, 1, 1);
  bad.published = VersionOf(job_, 1, 2).id;
  EXPECT_EQ(store_->Save(job_, std::move(bad)).code(), "STORE-VERSION");

  EXPECT_EQ(LoadedRound(), 1U);
  EXPECT_EQ(*store_->LoadCheckpoint(job_), Bytes{1});
  EXPECT_TRUE(store_->Outbox(job_)->empty());
  EXPECT_TRUE(store_->AuditTrail(job_)->empty());
  EXPECT_FALSE(Has(VersionOf(job_, 1, 1).id));
}

TEST_P(StoreConformance, JobsDoNotMix) {
  round::Commit commit = CommitOf(1);
  commit.audit = {"mine"};
  Save(std::move(commit));
  EXPECT_FALSE(store_->Load(JobId("other"))->has_value());
  EXPECT_TRUE(store_->AuditTrail(JobId("other"))->empty());
}

using MakeSiteStore = std::unique_ptr<site::SiteStore> (*)();

class SiteStoreConformance : public testing::TestWithParam<MakeSiteStore> {
 protected:
  static ContributionId IdOf(uint8_t number) {
    ContributionId id;
    id.bytes[0] = number;
    return id;
  }
  void Keep(uint8_t number, uint32_t round, job::Work work, const model::PrivateState& own) {
    job::Contribution contribution;
    contribution.job = job_;
    contribution.round = RoundId{round};
    contribution.work = work;
    contribution.site = SiteId("acme");
    contribution.id = IdOf(number);
    contribution.message.from = {7};
    contribution.message.header = {1, 2};
    contribution.message.bulk.words = {number, 2, 3};
    ASSERT_TRUE(store_->KeepContribution(contribution, &own, nullptr).ok());
  }
  bool Has(uint8_t number) { return store_->FindContribution(IdOf(number))->has_value(); }
  static model::PrivateState PrivateOf(float value) {
    model::PrivateState own;
    own.values.emplace("prior", num::Values::Of(Span<const float>(&value, 1)));
    return own;
  }
  float LoadedPrior() { return store_->LoadPrivate(job_)->values.at("prior").f32()[0]; }

  const JobId job_{"job"};
  std::unique_ptr<site::SiteStore> store_ = GetParam()();
};

// One party a round and work, as its last answer left it; it goes with the contributions.
TEST_P(SiteStoreConformance, PartyIsKeptWithItsAnswerAndForgottenWithItsRound) {
  const auto keep = [&](uint32_t round, job::Work work, uint32_t step) {
    job::Contribution contribution;
    contribution.job = job_;
    contribution.round = RoundId{round};
    contribution.work = work;
    contribution.site = SiteId("acme");
    contribution.step = step;
    contribution.id = IdOf(static_cast<uint8_t>(10 * round + step));
    contribution.message = {{7}, protocol::kAggregator, {1, 2}, {}};
    const site::SavedParty party{.step = step, .bytes = Bytes(40, static_cast<uint8_t>(step))};
    ASSERT_TRUE(store_->KeepContribution(contribution, nullptr, &party).ok());
  };
  const auto step_of = [&](uint32_t round, job::Work work) {
    const auto party = store_->FindParty(job_, RoundId{round}, work);
    EXPECT_TRUE(party.ok());
    if (!party.ok() || !party->has_value()) return -1;
    EXPECT_EQ((*party)->bytes, Bytes(40, static_cast<uint8_t>((*party)->step)));
    return static_cast<int>((*party)->step);
  };
  using enum job::Work;
  EXPECT_EQ(step_of(3, kUpdate), -1);
  keep(2, kUpdate, 4);
  keep(3, kUpdate, 0);
  keep(3, kUpdate, 1);
  keep(3, kEvaluate, 2);
  EXPECT_EQ(step_of(2, kUpdate), 4);
  EXPECT_EQ(step_of(3, kUpdate), 1) << "the last answer's";
  EXPECT_EQ(step_of(3, kEvaluate), 2);
  EXPECT_EQ(step_of(4, kUpdate), -1);
  EXPECT_TRUE(Has(30) && Has(31)) << "all answers are kept";
  EXPECT_TRUE(store_->LoadPrivate(job_)->empty());
  ASSERT_TRUE(store_->ForgetContributionsBefore(job_, RoundId{3}, kUpdate).ok());
  EXPECT_EQ(step_of(2, kUpdate), -1);
  EXPECT_EQ(step_of(3, kUpdate), 1);
  ASSERT_TRUE(store_->ForgetContributions(job_, RoundId{3}, kUpdate).ok());
  EXPECT_EQ(step_of(3, kUpdate), -1);
  EXPECT_EQ(step_of(3, kEvaluate), 2);
}

TEST_P(SiteStoreConformance, UnknownNamesAreEmptyAnswers) {
  EXPECT_FALSE(Has(1));
  EXPECT_TRUE(store_->LoadPrivate(job_)->empty());
  EXPECT_TRUE(store_->ForgetContributions(job_, RoundId{1}, job::Work::kUpdate).ok());
}

TEST_P(SiteStoreConformance, ContributionIsKeptWholeWithItsPrivateState) {
  Keep(1, 3, job::Work::kEvaluate, PrivateOf(0.5F));
  const auto found = store_->FindContribution(IdOf(1));
  ASSERT_TRUE(found.ok() && found->has_value());
  const job::Contribution contribution = found->value_or(job::Contribution());
  EXPECT_EQ(contribution.round, RoundId{3});
  EXPECT_EQ(contribution.work, job::Work::kEvaluate);
  EXPECT_EQ(contribution.site, SiteId("acme"));
  EXPECT_EQ(contribution.message.from.index, 7U);
  EXPECT_EQ(contribution.message.header, (Bytes{1, 2}));
  ASSERT_EQ(contribution.message.bulk_size(), 3U);
  std::vector<uint64_t> words(3);
  contribution.message.CopyBulk(0, words);
  EXPECT_EQ(words, (std::vector<uint64_t>{1, 2, 3}));
  EXPECT_EQ(LoadedPrior(), 0.5F);
  EXPECT_TRUE(store_->LoadPrivate(JobId("other"))->empty());
}

TEST_P(SiteStoreConformance, PrivateStateIsReplaced) {
  ASSERT_TRUE(store_->SavePrivate(job_, PrivateOf(1)).ok());
  ASSERT_TRUE(store_->SavePrivate(job_, PrivateOf(2)).ok());
  EXPECT_EQ(LoadedPrior(), 2.0F);
  Keep(1, 1, job::Work::kUpdate, PrivateOf(3));
  EXPECT_EQ(LoadedPrior(), 3.0F);
}

TEST_P(SiteStoreConformance, ForgettingARoundKeepsTheOthersAndThePrivateState) {
  Keep(1, 1, job::Work::kUpdate, PrivateOf(1));
  Keep(2, 1, job::Work::kEvaluate, PrivateOf(1));
  Keep(3, 2, job::Work::kUpdate, PrivateOf(1));
  ASSERT_TRUE(store_->ForgetContributions(job_, RoundId{1}, job::Work::kUpdate).ok());
  EXPECT_FALSE(Has(1));
  EXPECT_TRUE(Has(2));
  EXPECT_TRUE(Has(3));
  EXPECT_EQ(LoadedPrior(), 1.0F);
}

TEST_P(SiteStoreConformance, ForgettingEarlierRoundsKeepsTheRest) {
  Keep(1, 1, job::Work::kUpdate, PrivateOf(1));
  Keep(2, 2, job::Work::kUpdate, PrivateOf(1));
  Keep(3, 3, job::Work::kUpdate, PrivateOf(1));
  Keep(4, 1, job::Work::kEvaluate, PrivateOf(1));
  ASSERT_TRUE(
      store_->ForgetContributionsBefore(JobId("other"), RoundId{9}, job::Work::kUpdate).ok());
  EXPECT_TRUE(Has(1));
  ASSERT_TRUE(store_->ForgetContributionsBefore(job_, RoundId{3}, job::Work::kUpdate).ok());
  EXPECT_FALSE(Has(1));
  EXPECT_FALSE(Has(2));
  EXPECT_TRUE(Has(3));
  EXPECT_TRUE(Has(4));
}

TEST_P(SiteStoreConformance, SameBulkOfTwoRoundsIsKeptUntilBothAreForgotten) {
  const auto keep = [&](uint8_t number, uint32_t round) {
    job::Contribution contribution;
    contribution.job = job_;
    contribution.round = RoundId{round};
    contribution.site = SiteId("acme");
    contribution.id = IdOf(number);
    contribution.message.bulk.words.assign(20'000, ~uint64_t{0} >> 1);
    ASSERT_TRUE(store_->KeepContribution(contribution, nullptr, nullptr).ok());
  };
  keep(1, 1);
  keep(2, 2);
  ASSERT_TRUE(store_->ForgetContributions(job_, RoundId{1}, job::Work::kUpdate).ok());
  ASSERT_TRUE(Has(2));
  EXPECT_EQ(store_->FindContribution(IdOf(2))->value_or(job::Contribution()).message.bulk_size(),
            20'000U);
}

}  // namespace florin::store
