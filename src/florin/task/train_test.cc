#include <gtest/gtest.h>

#include <cmath>

#include "florin/model/testing.h"
#include "florin/task/task.h"
#include "florin/task/testing.h"

namespace florin::task {
namespace {

model::ModelSpec Spec(const char* kind, size_t dense, size_t sparse, size_t classes = 0) {
  model::ModelSpec spec;
  spec.kind = kind;
  spec.dense_width = dense;
  spec.sparse_width = sparse;
  spec.classes = classes;
  return spec;
}

struct Fixture {
  explicit Fixture(const model::ModelSpec& model_spec, size_t row_count = 50)
      : spec(model_spec),
        model(model::MustMake(spec)),
        task(MakeTrainTask(*model)),
        rows(model::MakeRows(spec, {.rows = row_count, .is_weighted = true, .seed = 5})) {
    base::SeededRng rng(2);
    state = model->NewState(rng);
    for (float& value : state.parameters.f32()) value = static_cast<float>(0.2 * rng.Normal());
  }

  model::Yield Run(const model::LocalConfig& config, uint64_t seed = 1) const {
    data::SingleBatchReader reader(rows.view());
    return RunOn(reader, config, seed);
  }
  model::Yield RunOn(data::BatchReader& reader, const model::LocalConfig& config,
                     uint64_t seed = 1) const {
    base::SeededRng rng(seed);
    model::PrivateState own;
    auto yield = task->Run(state, own, reader, config, rng);
    FLORIN_CHECK(yield.ok());
    return std::move(yield).value();
  }

  model::ModelSpec spec;
  std::unique_ptr<model::Model> model;
  std::unique_ptr<Task> task;
  model::Rows rows;
  model::State state;
};

TEST(TrainTaskTest, OneStepOverAllRowsIsMinusRateTimesGradient) {
  const Fixture fixture(Spec("logistic", 4, 6));
  const size_t size = fixture.state.parameters.size();
  std::vector<float> grad(size);
  std::vector<float> scratch;
  const double loss = fixture.model->differentiable()->Gradient(fixture.state.parameters.f32(), {},
                                                                fixture.rows.view(), grad, scratch);
  const model::Yield yield = fixture.Run({.epochs = 1, .batch_size = 100, .learning_rate = 0.25});
  EXPECT_EQ(yield.weight, 50);
  EXPECT_EQ(yield.metrics[0], 50);
  EXPECT_NEAR(yield.metrics[1], loss, 1e-9);
  ASSERT_EQ(yield.values.size(), size);
  for (size_t i = 0; i < size; ++i) {
    EXPECT_NEAR(yield.values.f32()[i], -0.25F * grad[i], 1e-6F);
  }
}

// Whatever order the rows come in, an epoch meets each of them once: with steps too small to matter
// the update is the sum of all rows' gradients.
TEST(TrainTaskTest, AnEpochMeetsEveryRowOnce) {
  for (const auto& spec : {Spec("logistic", 4, 6), Spec("multinomial", 3, 5, 3)}) {
    Fixture fixture(spec);
    fixture.rows.weight.clear();
    const model::Yield whole = fixture.Run({.epochs = 1, .batch_size = 50, .learning_rate = 5e-4});
    const model::Yield steps = fixture.Run({.epochs = 1, .batch_size = 10, .learning_rate = 1e-4});
    for (size_t i = 0; i < whole.values.size(); ++i) {
      EXPECT_NEAR(steps.values.f32()[i], whole.values.f32()[i], 2e-6F);
    }
  }
}

TEST(TrainTaskTest, SameSeedSameYieldOtherSeedOtherOrder) {
  const Fixture fixture(Spec("multinomial", 4, 3, 3));
  const model::LocalConfig config{.epochs = 3, .batch_size = 8, .learning_rate = 0.5};
  EXPECT_EQ(fixture.Run(config, 1).values, fixture.Run(config, 1).values);
  EXPECT_FALSE(fixture.Run(config, 1).values == fixture.Run(config, 2).values);
}

TEST(TrainTaskTest, HowTheReaderCutsTheRowsDoesNotMatter) {
  for (const auto& spec : {Spec("logistic", 4, 6), Spec("multinomial", 0, 5, 3)}) {
    const Fixture fixture(spec);
    const model::LocalConfig config{.epochs = 2, .batch_size = 8, .learning_rate = 0.5};
    const model::Yield whole = fixture.Run(config);
    for (const size_t batch_rows : {1U, 7U, 49U, 50U}) {
      ChunkReader reader(fixture.rows.view(), batch_rows);
      EXPECT_EQ(fixture.RunOn(reader, config).values, whole.values) << batch_rows;
    }
  }
}

TEST(TrainTaskTest, MoreEpochsTrainMoreAndReportTheFirstOnesLoss) {
  const Fixture fixture(Spec("logistic", 4, 0));
  const model::Yield one = fixture.Run({.epochs = 1, .batch_size = 8, .learning_rate = 0.1});
  const model::Yield five = fixture.Run({.epochs = 5, .batch_size = 8, .learning_rate = 0.1});
  EXPECT_EQ(one.metrics, five.metrics);
  EXPECT_FALSE(one.values == five.values);
}

TEST(TrainTaskTest, TheProximalTermHoldsTheUpdateBack) {
  const Fixture fixture(Spec("logistic", 4, 0));
  const auto norm = [&](double mu) {
    const model::Yield yield =
        fixture.Run({.epochs = 20, .batch_size = 8, .learning_rate = 0.1, .proximal_mu = mu});
    double squares = 0;
    for (const float v : yield.values.f32()) squares += static_cast<double>(v * v);
    return std::sqrt(squares);
  };
  EXPECT_LT(norm(1), norm(0) / 2);
  EXPECT_LT(norm(5), norm(1));
}

// Two steps by hand: the pull acts on the distance from the offer, so only from the second step on.
TEST(TrainTaskTest, TheProximalStepIsThatOfFedProx) {
  const Fixture fixture(Spec("linear", 2, 0), 6);
  const double rate = 0.1;
  const double mu = 0.7;
  const model::Yield yield =
      fixture.Run({.epochs = 2, .batch_size = 6, .learning_rate = rate, .proximal_mu = mu});
  std::vector<float> params(fixture.state.parameters.f32().begin(),
                            fixture.state.parameters.f32().end());
  const std::vector<float> offered = params;
  std::vector<float> grad(3);
  std::vector<float> scratch;
  for (int step = 0; step < 2; ++step) {
    fixture.model->differentiable()->Gradient(params, {}, fixture.rows.view(), grad, scratch);
    for (size_t i = 0; i < 3; ++i) {
      params[i] -= static_cast<float>(
          rate * (static_cast<double>(grad[i]) +
                  mu * (static_cast<double>(params[i]) - static_cast<double>(offered[i]))));
    }
  }
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(yield.values.f32()[i], params[i] - offered[i], 1e-6F);
  }
}

TEST(TrainTaskTest, NoRowsIsAnError) {
  const Fixture fixture(Spec("logistic", 4, 0));
  data::SingleBatchReader reader((data::Batch()));
  base::SeededRng rng(1);
  model::PrivateState own;
  EXPECT_EQ(fixture.task->Run(fixture.state, own, reader, {}, rng).status().code(), "TASK-NO-ROWS");
}

TEST(TrainTaskTest, AStateOfAnotherModelIsAnError) {
  const Fixture fixture(Spec("logistic", 4, 0));
  const Fixture other(Spec("logistic", 5, 0));
  data::SingleBatchReader reader(fixture.rows.view());
  base::SeededRng rng(1);
  model::PrivateState own;
  EXPECT_EQ(fixture.task->Run(other.state, own, reader, {}, rng).status().code(), "TASK-STATE");
}

TEST(TrainTaskTest, RowsOfAnotherSchemaAreAnError) {
  const Fixture fixture(Spec("logistic", 4, 0));
  const Fixture other(Spec("logistic", 5, 0));
  data::SingleBatchReader reader(other.rows.view());
  base::SeededRng rng(1);
  model::PrivateState own;
  EXPECT_EQ(fixture.task->Run(fixture.state, own, reader, {}, rng).status().code(), "MODEL-BATCH");
}

TEST(TrainTaskTest, ErrorsOfTheReaderComeThrough) {
  const Fixture fixture(Spec("logistic", 4, 0));
  BrokenReader reader;
  base::SeededRng rng(1);
  model::PrivateState own;
  EXPECT_EQ(fixture.task->Run(fixture.state, own, reader, {}, rng).status().code(), "BROKEN");
}

}  // namespace
}  // namespace florin::task
