#include "florin/model/state.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace florin::model {
namespace {

State MakeState() {
  State state;
  state.layout = num::Layout::Make(num::Scalar::kFloat32, {{.name = "weights", .shape = {2, 2}},
                                                           {.name = "intercept", .shape = {2}}})
                     .value();
  state.parameters = num::Values::Of(Span<const float>(std::vector<float>{1, 2, 3, 4, 5, 6}));
  state.memory["adam_m"] = num::Values::Of(Span<const float>(std::vector<float>{.5F}));
  state.memory["newton_loss"] = num::Values::Of(Span<const double>(std::vector<double>{7, 8}));
  state.is_converged = true;
  return state;
}

Bytes Saved(const State& state) {
  base::Writer writer;
  state.Save(writer);
  return std::move(writer).Take();
}

TEST(StateTest, SurvivesSaveAndRestore) {
  const State state = MakeState();
  const Bytes bytes = Saved(state);
  base::Reader reader(bytes);
  const auto restored = State::Restore(reader);
  ASSERT_TRUE(restored.ok());
  EXPECT_TRUE(reader.Finish("state").ok());
  EXPECT_EQ(restored->layout, state.layout);
  EXPECT_EQ(restored->parameters, state.parameters);
  EXPECT_EQ(restored->memory, state.memory);
  EXPECT_TRUE(restored->is_converged);
  EXPECT_EQ(Saved(*restored), bytes);
}

TEST(StateTest, CloneIsEqualAndApart) {
  const State state = MakeState();
  State clone = state.Clone();
  EXPECT_EQ(Saved(clone), Saved(state));
  clone.parameters.f32()[0] = 9;
  clone.memory["adam_m"].f32()[0] = 9;
  EXPECT_EQ(state.parameters.f32()[0], 1);
  EXPECT_EQ(state.memory.at("adam_m").f32()[0], .5F);
}

TEST(StateTest, ModelBytesLeaveMemoryOut) {
  State state = MakeState();
  base::Writer with;
  state.SaveModel(with);
  state.memory.clear();
  state.is_converged = false;
  base::Writer without;
  state.SaveModel(without);
  EXPECT_TRUE(std::ranges::equal(with.view(), without.view()));
}

TEST(StateTest, EveryCutOfItsBytesIsRefused) {
  const Bytes bytes = Saved(MakeState());
  for (size_t size = 0; size < bytes.size(); ++size) {
    base::Reader reader(ByteView(bytes).first(size));
    EXPECT_FALSE(State::Restore(reader).ok()) << size;
  }
}

TEST(StateTest, ParametersOfAnotherLayoutAreRefused) {
  State state = MakeState();
  for (const num::Scalar scalar : {num::Scalar::kFloat64, num::Scalar::kFloat32}) {
    state.parameters = num::Values::Zeros(scalar, scalar == num::Scalar::kFloat64 ? 6 : 5);
    const Bytes bytes = Saved(state);
    base::Reader reader(bytes);
    EXPECT_EQ(State::Restore(reader).status().code(), "CODEC");
  }
}

TEST(StateTest, NamesOutOfOrderAreRefused) {
  base::Writer writer;
  MakeState().SaveModel(writer);
  writer.Varint(2);
  for (const char* name : {"b", "a"}) {
    writer.Text(name);
    num::Values::Zeros(num::Scalar::kByte, 1).Save(writer);
  }
  writer.Bool(false);
  base::Reader reader(writer.view());
  EXPECT_FALSE(State::Restore(reader).ok());
}

TEST(PrivateStateTest, SurvivesSaveRestoreAndClone) {
  PrivateState own;
  EXPECT_TRUE(own.empty());
  own.values["prior"] = num::Values::Of(Span<const int64_t>(std::vector<int64_t>{1, 2, 3}));
  own.values["backoff"] = num::Values::Of(Span<const double>(std::vector<double>{2, 20}));
  base::Writer writer;
  own.Save(writer);
  base::Reader reader(writer.view());
  const auto restored = PrivateState::Restore(reader);
  ASSERT_TRUE(restored.ok());
  EXPECT_TRUE(reader.Finish("private state").ok());
  EXPECT_EQ(restored->values, own.values);
  EXPECT_EQ(own.Clone().values, own.values);
}

}  // namespace
}  // namespace florin::model
