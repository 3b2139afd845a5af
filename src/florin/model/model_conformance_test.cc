// One suite for every kind of the registry.
#include <gtest/gtest.h>

#include <cmath>
#include <ostream>
#include <set>

#include "florin/model/testing.h"

namespace florin::model {
namespace {

struct Case {
  const char* name;
  ModelSpec spec;
  bool is_weighted = false;
};

void PrintTo(const Case& test, std::ostream* out) { *out << test.name; }

ModelSpec Spec(const char* kind, size_t dense, size_t sparse, size_t classes = 0,
               std::vector<size_t> hidden = {}, double l2 = 0) {
  ModelSpec spec;
  spec.kind = kind;
  spec.dense_width = dense;
  spec.sparse_width = sparse;
  spec.classes = classes;
  spec.hidden = std::move(hidden);
  spec.l2 = l2;
  return spec;
}

ModelSpec CountSpec(std::vector<size_t> level_rows, bool is_personalised = false) {
  ModelSpec spec;
  spec.kind = "counts";
  spec.classes = 7;
  spec.level_rows = std::move(level_rows);
  spec.is_personalised = is_personalised;
  return spec;
}

std::vector<Case> Cases() {
  return {{"LogisticDense", Spec("logistic", 5, 0)},
          {"LogisticSparse", Spec("logistic", 0, 9)},
          {"LogisticBoth", Spec("logistic", 3, 6, 0, {}, 0.1), true},
          {"LogisticWide", Spec("logistic", 2, 5000)},
          {"LogisticBare", Spec("logistic", 0, 0)},
          {"MultinomialDense", Spec("multinomial", 5, 0, 4)},
          {"MultinomialSparse", Spec("multinomial", 0, 9, 3)},
          {"MultinomialBoth", Spec("multinomial", 4, 8, 3, {}, 0.1), true},
          {"LinearDense", Spec("linear", 5, 0)},
          {"LinearBoth", Spec("linear", 3, 6, 0, {}, 0.1), true},
          {"MlpBinary", Spec("mlp", 5, 0, 0, {6, 4})},
          {"MlpClasses", Spec("mlp", 5, 0, 3, {6}, 0.1), true},
          {"MlpNoHidden", Spec("mlp", 5, 0, 3)},
          {"CountsOneLevel", CountSpec({9})},
          {"CountsTwoLevels", CountSpec({9, 4})},
          {"CountsPersonalised", CountSpec({9, 4, 2}, true)}};
}

class ModelConformance : public testing::TestWithParam<Case> {
 protected:
  Rows MakeCaseRows(size_t rows = 40, uint64_t seed = 1) const {
    return MakeRows(GetParam().spec,
                    {.rows = rows, .is_weighted = GetParam().is_weighted, .seed = seed});
  }
  // A state away from zero, where gradients and sums have something to say.
  State MakeState(uint64_t seed = 3) const {
    base::SeededRng rng(seed);
    State state = model_->NewState(rng);
    if (state.parameters.scalar() == num::Scalar::kFloat32) {
      for (float& value : state.parameters.f32()) {
        value += static_cast<float>(0.3 * rng.Normal());
      }
    } else if (model_->statistics() != nullptr) {
      const Rows rows = MakeCaseRows(200, seed);
      auto solved =
          model_->statistics()->Solve(state.Clone(), SumOver(*model_, state, rows.view()));
      FLORIN_CHECK(solved.ok());
      state = std::move(solved).value();
    }
    return state;
  }

  std::unique_ptr<Model> model_ = MustMake(GetParam().spec);
};

TEST_P(ModelConformance, NewStateHasTheModelsLayout) {
  base::SeededRng rng(1);
  const State state = model_->NewState(rng);
  EXPECT_EQ(state.layout, model_->layout());
  EXPECT_EQ(state.parameters.size(), model_->layout().size());
  EXPECT_EQ(state.parameters.scalar(), model_->layout().scalar());
  size_t slices = 0;
  for (const num::Slice& slice : model_->layout().slices()) slices += slice.size;
  EXPECT_EQ(slices, model_->layout().size());
}

TEST_P(ModelConformance, HasOneOfTheTwoTrainingFaces) {
  EXPECT_TRUE(model_->differentiable() != nullptr || model_->statistics() != nullptr);
  EXPECT_GE(model_->output_count(), 1U);
  EXPECT_TRUE(model_->output() == Output::kClasses || model_->output_count() == 1);
}

TEST_P(ModelConformance, InitIsFixedBySeed) {
  base::SeededRng first(5);
  base::SeededRng second(5);
  EXPECT_EQ(model_->NewState(first).parameters, model_->NewState(second).parameters);
}

TEST_P(ModelConformance, PredictGivesFiniteScoresThatDoNotDependOnChunks) {
  const State state = MakeState();
  Rows rows = MakeCaseRows(33);
  rows.label.clear();  // rows to be scored have none
  const size_t width = model_->output_count();
  std::vector<float> scores(33 * width, std::nanf(""));
  ASSERT_TRUE(model_->Predict(state, {}, rows.view(), scores).ok());
  for (const float score : scores) EXPECT_TRUE(std::isfinite(score));
  std::vector<float> pieces(33 * width);
  const Span<float> all(pieces);
  ASSERT_TRUE(model_->Predict(state, {}, rows.view().Slice(0, 10), all.first(10 * width)).ok());
  ASSERT_TRUE(model_->Predict(state, {}, rows.view().Slice(10, 23), all.last(23 * width)).ok());
  for (size_t i = 0; i < scores.size(); ++i) EXPECT_NEAR(pieces[i], scores[i], 1e-6F);
}

TEST_P(ModelConformance, ProbabilitiesAreProbabilities) {
  const State state = MakeState();
  const Rows rows = MakeCaseRows();
  const size_t width = model_->output_count();
  std::vector<float> scores(rows.rows * width);
  ASSERT_TRUE(model_->Predict(state, {}, rows.view(), scores).ok());
  if (model_->output() == Output::kReal) return;
  for (const float score : scores) EXPECT_GE(score, 0.0F);
  if (GetParam().spec.kind == "counts") return;  // ranking scores
  for (size_t r = 0; r < rows.rows; ++r) {
    float sum = 0;
    for (size_t c = 0; c < width; ++c) sum += scores[r * width + c];
    EXPECT_NEAR(sum, width > 1 ? 1 : 0.5, width > 1 ? 1e-5 : 0.5);
  }
}

TEST_P(ModelConformance, RowsAndStatesOfAnotherModelAreRefused) {
  const State state = MakeState();
  Rows rows = MakeCaseRows(4);
  std::vector<float> scores(4 * model_->output_count());
  if (GetParam().spec.kind == "counts") {
    rows.level_count += 1;
  } else {
    rows.dense_width += 1;
  }
  EXPECT_EQ(model_->Predict(state, {}, rows.view(), scores).code(), "MODEL-BATCH");
  State other;
  other.parameters = num::Values::Zeros(num::Scalar::kFloat32, 1000);
  const Rows good = MakeCaseRows(4);
  EXPECT_EQ(model_->Predict(other, {}, good.view(), scores).code(), "MODEL-STATE");
}

TEST_P(ModelConformance, AcceptsItsOwnRowsAndNoOthers) {
  if (model_->differentiable() == nullptr) return;
  const Differentiable& face = *model_->differentiable();
  const Rows rows = MakeCaseRows();
  EXPECT_TRUE(face.Accepts(rows.view()).ok());
  EXPECT_TRUE(face.Accepts(rows.view().Slice(5, 7)).ok());
  Rows unlabelled = rows;
  unlabelled.label.pop_back();
  EXPECT_EQ(face.Accepts(unlabelled.view()).code(), "MODEL-BATCH");
  Rows wider = rows;
  wider.dense_width += 1;
  EXPECT_EQ(face.Accepts(wider.view()).code(), "MODEL-BATCH");
  if (GetParam().spec.sparse_width > 0) {
    Rows outside = rows;
    outside.sparse_index.back() = static_cast<uint32_t>(GetParam().spec.sparse_width);
    EXPECT_EQ(face.Accepts(outside.view()).code(), "MODEL-BATCH");
    outside.sparse_index.pop_back();
    EXPECT_EQ(face.Accepts(outside.view()).code(), "MODEL-BATCH");
  }
  if (GetParam().spec.classes == 0) return;
  for (const float label : {-1.0F, static_cast<float>(GetParam().spec.classes), std::nanf("")}) {
    Rows mislabelled = rows;
    mislabelled.label[3] = label;
    EXPECT_EQ(face.Accepts(mislabelled.view()).code(), "MODEL-BATCH");
  }
}

double PenalisedMeanLoss(const Case& test, const Model& model, Span<const float> params,
                         const data::Batch& batch) {
  std::vector<float> grad(params.size());
  std::vector<float> scratch;
  const double loss = model.differentiable()->Gradient(params, {}, batch, grad, scratch);
  double weight = static_cast<double>(batch.rows);
  if (!batch.weight.empty()) {
    weight = 0;
    for (const float w : batch.weight) weight += static_cast<double>(w);
  }
  double squares = 0;
  for (const num::Slice& slice : model.layout().slices()) {
    if (slice.name == "intercept" || slice.name.ends_with("_bias")) continue;
    for (const float value : params.subspan(slice.offset, slice.size)) {
      squares += static_cast<double>(value) * static_cast<double>(value);
    }
  }
  return loss / weight + test.spec.l2 / 2 * squares;
}

TEST_P(ModelConformance, GradientMatchesFiniteDifferences) {
  if (model_->differentiable() == nullptr) return;
  const Rows rows = MakeCaseRows(12);
  State state = MakeState();
  const Span<float> params = state.parameters.f32();
  std::vector<float> grad(params.size(), std::nanf(""));
  std::vector<float> scratch;
  model_->differentiable()->Gradient(params, {}, rows.view(), grad, scratch);
  const double at = PenalisedMeanLoss(GetParam(), *model_, params, rows.view());
  const size_t stride = std::max<size_t>(params.size() / 60, 1);
  for (size_t i = 0; i < params.size(); i += stride) {
    const float held = params[i];
    const float step = 4e-3F;
    params[i] = held + step;
    const double above = PenalisedMeanLoss(GetParam(), *model_, params, rows.view());
    const double above_at = static_cast<double>(params[i]);
    params[i] = held - step;
    const double below = PenalisedMeanLoss(GetParam(), *model_, params, rows.view());
    const double right = (above - at) / (above_at - static_cast<double>(held));
    const double left = (at - below) / (static_cast<double>(held) - static_cast<double>(params[i]));
    params[i] = held;
    // Between both slopes: a ReLU may have its corner inside the step.
    EXPECT_GT(static_cast<double>(grad[i]), std::min(left, right) - 1e-3) << "parameter " << i;
    EXPECT_LT(static_cast<double>(grad[i]), std::max(left, right) + 1e-3) << "parameter " << i;
  }
  for (const float value : grad) EXPECT_TRUE(std::isfinite(value));
}

TEST_P(ModelConformance, GradientStepsLowerTheLoss) {
  if (model_->differentiable() == nullptr) return;
  const Rows rows = MakeCaseRows(60);
  State state = MakeState();
  const Span<float> params = state.parameters.f32();
  std::vector<float> grad(params.size());
  std::vector<float> scratch;
  double before = PenalisedMeanLoss(GetParam(), *model_, params, rows.view());
  for (int step = 0; step < 5; ++step) {
    model_->differentiable()->Gradient(params, {}, rows.view(), grad, scratch);
    for (size_t i = 0; i < grad.size(); ++i) params[i] -= 0.05F * grad[i];
    const double after = PenalisedMeanLoss(GetParam(), *model_, params, rows.view());
    EXPECT_LT(after, before);
    before = after;
  }
}

TEST_P(ModelConformance, StatisticsOfHalvesAddUpToTheWhole) {
  if (model_->statistics() == nullptr) return;
  const Statistics& statistics = *model_->statistics();
  const State state = MakeState();
  const Rows rows = MakeCaseRows(50);
  const num::Values whole = SumOver(*model_, state, rows.view()).sum;
  num::Values halves = SumOver(*model_, state, rows.view().Slice(0, 20)).sum;
  ASSERT_TRUE(statistics.Accumulate(state, {}, rows.view().Slice(20, 30), halves).ok());
  if (statistics.layout().scalar() == num::Scalar::kInt64) {
    EXPECT_EQ(halves, whole);
    return;
  }
  for (size_t i = 0; i < whole.size(); ++i) {
    EXPECT_NEAR(halves.f64()[i], whole.f64()[i], 1e-4) << "entry " << i;
  }
}

TEST_P(ModelConformance, StatisticsRefuseWhatIsNotTheirs) {
  if (model_->statistics() == nullptr) return;
  const Statistics& statistics = *model_->statistics();
  const State state = MakeState();
  Rows rows = MakeCaseRows(4);
  rows.label.clear();
  num::Values sums = num::Values::Zeros(statistics.layout().scalar(), statistics.layout().size());
  EXPECT_EQ(statistics.Accumulate(state, {}, rows.view(), sums).code(), "MODEL-BATCH");
  Aggregate aggregate;
  aggregate.sum = num::Values::Zeros(statistics.layout().scalar(), 1);
  EXPECT_EQ(statistics.Solve(state.Clone(), aggregate).status().code(), "MODEL-AGGREGATE");
  aggregate.sum = num::Values::Zeros(num::Scalar::kByte, statistics.layout().size());
  EXPECT_EQ(statistics.Solve(state.Clone(), aggregate).status().code(), "MODEL-AGGREGATE");
}

TEST_P(ModelConformance, SolvedStatisticsScoreTheirRowsBetterThanNothing) {
  if (model_->statistics() == nullptr || GetParam().spec.kind == "counts") return;
  const Rows rows = MakeCaseRows(200);
  base::SeededRng rng(1);
  State state = model_->NewState(rng);
  const double before = PenalisedMeanLoss(GetParam(), *model_, state.parameters.f32(), rows.view());
  auto solved = model_->statistics()->Solve(state.Clone(), SumOver(*model_, state, rows.view()));
  ASSERT_TRUE(solved.ok()) << solved.status().ToString();
  const double after =
      PenalisedMeanLoss(GetParam(), *model_, solved->parameters.f32(), rows.view());
  EXPECT_LE(after, before);
}

TEST_P(ModelConformance, PersonaliseKeepsPredictWorking) {
  const State state = MakeState();
  const Rows rows = MakeCaseRows();
  PrivateState own;
  ASSERT_TRUE(model_->Personalise(state, rows.view(), own).ok());
  std::vector<float> scores(rows.rows * model_->output_count());
  ASSERT_TRUE(model_->Predict(state, own, rows.view(), scores).ok());
  for (const float score : scores) EXPECT_TRUE(std::isfinite(score));
}

TEST_P(ModelConformance, SpecSurvivesSaveAndRestore) {
  base::Writer writer;
  GetParam().spec.Save(writer);
  base::Reader reader(writer.view());
  const auto restored = ModelSpec::Restore(reader);
  ASSERT_TRUE(restored.ok());
  EXPECT_TRUE(reader.Finish("spec").ok());
  base::Writer again;
  restored->Save(again);
  EXPECT_TRUE(std::ranges::equal(again.view(), writer.view()));
  EXPECT_EQ(MustMake(*restored)->layout(), model_->layout());
}

INSTANTIATE_TEST_SUITE_P(AllKinds, ModelConformance, testing::ValuesIn(Cases()),
                         [](const auto& test) { return test.param.name; });

TEST(ModelRegistryTest, EveryKindHasACaseAndAHelpLine) {
  std::set<std::string> covered;
  for (const Case& test : Cases()) covered.insert(test.spec.kind);
  for (const ModelKind& kind : ModelKinds()) {
    EXPECT_TRUE(covered.contains(kind.name)) << kind.name;
    EXPECT_GT(std::string(kind.help).size(), 10U);
  }
}

TEST(ModelRegistryTest, UnknownKindIsRefusedWithASuggestion) {
  ModelSpec spec;
  spec.kind = "logistics";
  const Status status = MakeModel(spec).status();
  EXPECT_EQ(status.code(), "MODEL-KIND");
  EXPECT_NE(status.message().find("\"logistic\""), std::string_view::npos);
}

TEST(ModelRegistryTest, ImpossibleShapesAreRefused) {
  for (const ModelSpec& spec :
       {Spec("multinomial", 3, 0, 1), Spec("mlp", 0, 0), Spec("mlp", 3, 2), Spec("mlp", 3, 0, 1),
        Spec("mlp", 3, 0, 2, {0}), Spec("logistic", 3, 0, 0, {}, -1.0), CountSpec({}),
        CountSpec({3, 0}), CountSpec({1, 1, 1, 1, 1}, true),
        Spec("logistic", size_t{1} << 60, 0)}) {
    const Status status = MakeModel(spec).status();
    EXPECT_EQ(status.code(), "MODEL-SHAPE") << spec.kind;
    EXPECT_EQ(status.kind(), Kind::kConfig);
  }
}

}  // namespace
}  // namespace florin::model
