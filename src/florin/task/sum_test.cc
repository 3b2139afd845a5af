#include <gtest/gtest.h>

#include "florin/model/testing.h"
#include "florin/task/task.h"
#include "florin/task/testing.h"

namespace florin::task {
namespace {

model::ModelSpec CountSpec() {
  model::ModelSpec spec;
  spec.kind = "counts";
  spec.classes = 4;
  spec.level_rows = {6, 3};
  return spec;
}

TEST(SumTaskTest, YieldsTheSumsOfAllBatchesWithWeightOne) {
  model::ModelSpec logistic;
  logistic.kind = "logistic";
  logistic.dense_width = 3;
  for (const model::ModelSpec& spec : {CountSpec(), logistic}) {
    const auto model = model::MustMake(spec);
    const auto task = MakeSumTask(*model);
    const model::Rows rows = model::MakeRows(spec, {.rows = 30});
    base::SeededRng rng(1);
    const model::State state = model->NewState(rng);
    ChunkReader reader(rows.view(), 7);
    model::PrivateState own;
    const auto yield = task->Run(state, own, reader, {}, rng);
    ASSERT_TRUE(yield.ok());
    EXPECT_EQ(yield->weight, 1);
    EXPECT_EQ(yield->metrics, std::vector<double>{30});
    EXPECT_EQ(task->layout(), model->statistics()->layout());
    const num::Values expected = model::SumOver(*model, state, rows.view()).sum;
    if (spec.kind == "counts") {
      EXPECT_EQ(yield->values, expected);
      continue;
    }
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(yield->values.f64()[i], expected.f64()[i], 1e-4);
    }
  }
}

TEST(SumTaskTest, KeepsTheSitesPriorForItself) {
  const auto model = model::MustMake(CountSpec());
  const auto task = MakeSumTask(*model);
  const model::Rows rows = model::MakeRows(CountSpec(), {.rows = 30});
  base::SeededRng rng(1);
  const model::State state = model->NewState(rng);
  model::PrivateState own;
  for (int pass = 0; pass < 2; ++pass) {  // a second pass replaces, never adds
    ChunkReader reader(rows.view(), 7);
    ASSERT_TRUE(task->Run(state, own, reader, {}, rng).ok());
    int64_t total = 0;
    for (const int64_t count : own.values.at("prior").i64()) total += count;
    EXPECT_EQ(total, 30);
  }
}

TEST(SumTaskTest, AFailedPassLeavesThePrivateStateAlone) {
  const auto model = model::MustMake(CountSpec());
  const auto task = MakeSumTask(*model);
  model::Rows rows = model::MakeRows(CountSpec(), {.rows = 30});
  rows.label[20] = 99;
  base::SeededRng rng(1);
  const model::State state = model->NewState(rng);
  model::PrivateState own;
  own.values["prior"] = num::Values::Of(Span<const int64_t>(std::vector<int64_t>{1, 2, 3, 4}));
  ChunkReader reader(rows.view(), 7);
  EXPECT_EQ(task->Run(state, own, reader, {}, rng).status().code(), "MODEL-BATCH");
  EXPECT_EQ(own.values.at("prior").i64()[3], 4);
  ChunkReader empty(rows.view().Slice(0, 0), 7);
  EXPECT_EQ(task->Run(state, own, empty, {}, rng).status().code(), "TASK-NO-ROWS");
  BrokenReader broken;
  EXPECT_EQ(task->Run(state, own, broken, {}, rng).status().code(), "BROKEN");
}

}  // namespace
}  // namespace florin::task
