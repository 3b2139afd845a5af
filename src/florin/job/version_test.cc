#include "florin/job/version.h"

#include "florin/crypto/sha256.h"
#include "florin/job/golden_testing.h"

namespace florin::job {
namespace {

Version Sample() {
  model::State state;
  state.layout = *num::Layout::Make(num::Scalar::kFloat32, {{.name = "weights", .shape = {2}},
                                                            {.name = "intercept", .shape = {}}});
  const std::vector<float> values = {0.5F, -1.25F, 3};
  state.parameters = num::Values::Of(Span<const float>(values));
  state.memory.emplace("adam_m", state.parameters.Clone());
  Version version;
  version.job = JobId("response");
  version.round = {4};
  version.metrics = {{"auc", 0.75}, {"logloss", 0.25}};
  version.contribution_count = 3;
  version.created = {1'700'000'000'000'000};
  version.parent.bytes.fill(0x11);
  version.plan.bytes.fill(0x22);
  version.state = std::make_shared<const model::State>(std::move(state));
  SealVersion(version);
  return version;
}

TEST(Version, FileIsIdentity) {
  const Version version = Sample();
  const Bytes bytes = SaveVersion(version);
  const auto restored = RestoreVersion(bytes);
  ASSERT_TRUE(restored.ok()) << restored.status().ToString();
  EXPECT_EQ(restored->id, version.id);
  EXPECT_EQ(restored->parent, version.parent);
  EXPECT_EQ(restored->round, version.round);
  EXPECT_EQ(restored->metrics.size(), 2U);
  EXPECT_EQ(restored->contribution_count, 3U);
  EXPECT_EQ(restored->created, version.created);
  EXPECT_EQ(restored->state->memory.size(), 1U);
  EXPECT_EQ(SaveVersion(*restored), bytes);
}

// A program of today must read a file of yesterday.
TEST(Version, FileFormatIsStable) {
  const Bytes bytes = SaveVersion(Sample());
  ExpectGolden(kTestData + "/seeds/version.florin", std::string(bytes.begin(), bytes.end()));
}

TEST(Version, ExampleBytesOfTheDocumentAreRead) {
  const std::string document = ReadText(FLORIN_SOURCE_DIR "/docs/spec/files.md");
  const std::string fence = "```hex\n";
  const size_t begin = document.find(fence);
  ASSERT_NE(begin, std::string::npos);
  std::string hex = document.substr(begin + fence.size());
  hex.erase(hex.find("```"));
  std::erase(hex, '\n');
  const auto bytes = base::FromHex(hex);
  ASSERT_TRUE(bytes.ok());
  const auto version = RestoreVersion(*bytes);
  ASSERT_TRUE(version.ok()) << version.status().ToString();
  EXPECT_EQ(version->id, Sample().id);
  EXPECT_EQ(version->metrics[1].name, "logloss");
}

TEST(Version, IdCoversLineageAndHashCoversTheModelAlone) {
  const Version version = Sample();
  const auto changed = [](auto change) {
    Version other = Sample();
    change(other);
    SealVersion(other);
    return other;
  };
  const Version later = changed([](Version& v) { v.created.micros += 1; });
  EXPECT_EQ(later.id, version.id);
  const Version next = changed([](Version& v) { v.round.number += 1; });
  EXPECT_NE(next.id, version.id);
  EXPECT_EQ(next.model_hash, version.model_hash);
  const Version better = changed([](Version& v) { v.metrics[0].value = 0.8; });
  EXPECT_NE(better.id, version.id);
  const Version forgetful = changed([](Version& v) {
    model::State state = v.state->Clone();
    state.memory.clear();
    v.state = std::make_shared<const model::State>(std::move(state));
  });
  EXPECT_EQ(forgetful.model_hash, version.model_hash);
  const Version moved = changed([](Version& v) {
    model::State state = v.state->Clone();
    state.parameters.f32()[0] += 1;
    v.state = std::make_shared<const model::State>(std::move(state));
  });
  EXPECT_NE(moved.model_hash, version.model_hash);
  EXPECT_NE(moved.id, version.id);
}

TEST(Version, EveryDamagedByteIsFound) {
  const Bytes bytes = SaveVersion(Sample());
  for (size_t i = 0; i < bytes.size(); ++i) {
    Bytes damaged = bytes;
    damaged[i] ^= 1;
    EXPECT_EQ(RestoreVersion(damaged).status().code(), "MODEL-FILE") << i;
    EXPECT_FALSE(RestoreVersion(ByteView(bytes).first(i)).ok()) << i;
  }
}

// A file whose checksum was made again after a change of its content.
TEST(Version, ForgedContentIsFoundByItsHashes) {
  Bytes bytes = SaveVersion(Sample());
  const size_t body = bytes.size() - 32;
  bytes[12] ^= 1;  // first byte of the id
  const auto digest = crypto::HashSha256(ByteView(bytes).first(body));
  std::copy(digest.begin(), digest.end(), bytes.begin() + static_cast<std::ptrdiff_t>(body));
  EXPECT_EQ(RestoreVersion(bytes).status().code(), "MODEL-HASH");
}

}  // namespace
}  // namespace florin::job
