#include <gtest/gtest.h>

#include "florin/model/testing.h"
#include "florin/task/task.h"
#include "florin/task/testing.h"

namespace florin::task {
namespace {

TEST(EvaluateTaskTest, YieldsTheMetricSumsHoweverTheRowsAreCut) {
  model::ModelSpec spec;
  spec.kind = "logistic";
  spec.dense_width = 3;
  const auto model = model::MustMake(spec);
  const model::Rows rows = model::MakeRows(spec, {.rows = 5000});
  base::SeededRng rng(1);
  model::State state = model->NewState(rng);
  for (float& value : state.parameters.f32()) value = 0.5F;
  const auto metrics =
      model::MetricSet::Make(model->output(), model->output_count(), {"auc", "logloss"}).value();
  std::vector<float> scores(5000);
  ASSERT_TRUE(model->Predict(state, {}, rows.view(), scores).ok());
  std::vector<int64_t> expected(metrics.layout().size());
  metrics.Accumulate(rows.view(), scores, expected);
  const auto task = MakeEvaluateTask(*model, metrics);
  EXPECT_EQ(task->layout(), metrics.layout());
  for (const size_t batch_rows : {5000U, 1000U, 333U}) {
    ChunkReader reader(rows.view(), batch_rows);
    model::PrivateState own;
    const auto yield = task->Run(state, own, reader, {}, rng);
    ASSERT_TRUE(yield.ok());
    EXPECT_EQ(yield->weight, 1);
    EXPECT_EQ(yield->metrics, std::vector<double>{5000});
    EXPECT_EQ(yield->values.i64()[0], 5000);
    const auto figures = metrics.Figures(yield->values.i64());
    const auto wanted = metrics.Figures(expected);
    for (size_t i = 0; i < wanted.size(); ++i) {
      EXPECT_NEAR(figures[i].value, wanted[i].value, 1e-6);
    }
  }
}

TEST(EvaluateTaskTest, ScoresWithTheSitesPrivateState) {
  model::ModelSpec spec;
  spec.kind = "counts";
  spec.classes = 5;
  spec.level_rows = {4};
  const auto model = model::MustMake(spec);
  model::Rows rows = model::MakeRows(spec, {.rows = 20});
  std::ranges::fill(rows.levels, data::kUnknownRow);
  std::ranges::fill(rows.label, 3.0F);
  base::SeededRng rng(1);
  const model::State state = model->NewState(rng);
  const auto metrics = model::MetricSet::Make(model->output(), 5, {"accuracy"}).value();
  const auto task = MakeEvaluateTask(*model, metrics);
  model::PrivateState own;
  data::SingleBatchReader reader(rows.view());
  const auto without = task->Run(state, own, reader, {}, rng);
  model->statistics()->BeginPrivate(own);
  model->statistics()->Remember(rows.view(), own);
  ASSERT_TRUE(reader.Rewind().ok());
  const auto with = task->Run(state, own, reader, {}, rng);
  ASSERT_TRUE(without.ok() && with.ok());
  EXPECT_EQ(metrics.Figures(without->values.i64())[0].value, 0);
  EXPECT_EQ(metrics.Figures(with->values.i64())[0].value, 1);
}

TEST(EvaluateTaskTest, RowsWithoutLabelsAreAnError) {
  model::ModelSpec spec;
  spec.kind = "logistic";
  spec.dense_width = 2;
  const auto model = model::MustMake(spec);
  model::Rows rows = model::MakeRows(spec, {.rows = 5});
  rows.label.clear();
  const auto task =
      MakeEvaluateTask(*model, model::MetricSet::Make(model->output(), 1, {"auc"}).value());
  base::SeededRng rng(1);
  model::PrivateState own;
  data::SingleBatchReader reader(rows.view());
  EXPECT_EQ(task->Run(model->NewState(rng), own, reader, {}, rng).status().code(), "METRIC-LABEL");
}

TEST(EvaluateTaskTest, NoRowsIsAnError) {
  model::ModelSpec spec;
  spec.kind = "logistic";
  const auto model = model::MustMake(spec);
  const auto task =
      MakeEvaluateTask(*model, model::MetricSet::Make(model->output(), 1, {"auc"}).value());
  base::SeededRng rng(1);
  model::PrivateState own;
  data::SingleBatchReader reader((data::Batch()));
  EXPECT_EQ(task->Run(model->NewState(rng), own, reader, {}, rng).status().code(), "TASK-NO-ROWS");
}

}  // namespace
}  // namespace florin::task
