#include "florin/job/spec.h"

#include "florin/job/golden_testing.h"
#include "florin/job/parse.h"

namespace florin::job {
namespace {

JobSpec Good(const std::string& file) {
  return ParseJob(ReadText(kTestData + "/good/" + file), file, ReadTestFile).value;
}

Bytes Saved(const JobSpec& spec) {
  base::Writer writer;
  spec.Save(writer);
  return std::move(writer).Take();
}

TEST(JobSpec, SaveAndRestoreIsIdentity) {
  for (const std::string& file : FilesIn(kTestData + "/good", ".yaml")) {
    const Bytes bytes = Saved(Good(file));
    base::Reader reader(bytes);
    const auto restored = JobSpec::Restore(reader);
    ASSERT_TRUE(restored.ok()) << file << ": " << restored.status().ToString();
    EXPECT_TRUE(reader.Finish("spec").ok());
    EXPECT_EQ(Saved(*restored), bytes);
  }
}

TEST(JobSpec, TruncatedBytesAreRefused) {
  const Bytes bytes = Saved(Good("everything.yaml"));
  for (size_t size = 0; size < bytes.size(); ++size) {
    base::Reader reader(ByteView(bytes).first(size));
    EXPECT_FALSE(JobSpec::Restore(reader).ok()) << size;
  }
}

// Plans made before jobs had purposes keep their hashes.
TEST(JobSpec, JobThatSaysNoPurposeIsWrittenAsBefore) {
  EXPECT_EQ(Saved(Good("minimal.yaml"))[0], 1);
  const Bytes bytes = Saved(Good("purpose.yaml"));
  EXPECT_EQ(bytes[0], 2);
  base::Reader reader(bytes);
  EXPECT_EQ(JobSpec::Restore(reader)->purpose, "ad-measurement");
}

TEST(JobSpec, PurposesHaveOneSpelling) {
  for (const char* purpose : {"unspecified", "", "world-domination"}) {
    Bytes bytes = Saved(Good("minimal.yaml"));
    bytes[0] = 2;
    base::Writer tail;
    tail.Text(purpose);
    bytes.insert(bytes.end(), tail.view().begin(), tail.view().end());
    base::Reader reader(bytes);
    EXPECT_EQ(JobSpec::Restore(reader).status().code(), "CODEC") << purpose;
  }
}

// Nor does a job that says nothing of patience change its bytes.
TEST(JobSpec, PatienceHasOneSpelling) {
  JobSpec spec = Good("purpose.yaml");
  spec.cohort.patience = Duration::Seconds(int64_t{2} * 86'400);
  Bytes bytes = Saved(spec);
  EXPECT_EQ(bytes[0], 3);
  base::Reader reader(bytes);
  EXPECT_EQ(JobSpec::Restore(reader)->cohort.patience, spec.cohort.patience);
  base::Writer usual;
  usual.I64(CohortSpec{}.patience.micros);
  std::copy(usual.view().begin(), usual.view().end(), bytes.end() - 8);
  base::Reader said_for_nothing(bytes);
  EXPECT_EQ(JobSpec::Restore(said_for_nothing).status().code(), "CODEC");
}

// Nor does a job of 64 bits without a rotation, and no other width than the table's is read.
TEST(JobSpec, RoundingHasOneSpelling) {
  JobSpec spec = Good("minimal.yaml");
  spec.privacy.bits = 16;
  Bytes bytes = Saved(spec);
  EXPECT_EQ(bytes[0], 4);
  uint8_t& width = bytes[bytes.size() - 2];
  EXPECT_EQ(width, 16);
  base::Reader reader(bytes);
  const auto restored = JobSpec::Restore(reader);
  ASSERT_TRUE(restored.ok()) << restored.status().ToString();
  EXPECT_EQ(Saved(*restored), bytes);
  for (const int wrong : {0, 1, 7, 63, 64, 128}) {
    width = static_cast<uint8_t>(wrong);
    base::Reader other(bytes);
    EXPECT_EQ(JobSpec::Restore(other).status().code(), "CODEC") << wrong;
  }
  spec.privacy.rotates = true;
  bytes = Saved(spec);
  base::Reader turned(bytes);
  EXPECT_TRUE(JobSpec::Restore(turned)->privacy.rotates);
  bytes.back() = 2;
  base::Reader neither(bytes);
  EXPECT_EQ(JobSpec::Restore(neither).status().code(), "CODEC");
}

TEST(JobSpec, NumbersOutsideTheirBoundsAreRefused) {
  const auto code = [](auto change) {
    JobSpec spec = Good("everything.yaml");
    change(spec);
    const Bytes bytes = Saved(spec);
    base::Reader reader(bytes);
    const auto restored = JobSpec::Restore(reader);
    return restored.ok() ? std::string() : std::string(restored.status().code());
  };
  EXPECT_EQ(code([](JobSpec&) {}), "");
  EXPECT_EQ(code([](JobSpec& spec) { spec.rounds = 0; }), "JOB-RANGE");
  EXPECT_EQ(code([](JobSpec& spec) { spec.cohort.fraction = 1.5; }), "JOB-RANGE");
  EXPECT_EQ(code([](JobSpec& spec) { spec.cohort.fraction = 0.0 / 0.0; }), "JOB-RANGE");
  EXPECT_EQ(code([](JobSpec& spec) { spec.privacy.weight_max = 1U << 24; }), "JOB-RANGE");
  EXPECT_EQ(code([](JobSpec& spec) { spec.privacy.clipping_norm = 3; }), "JOB-RANGE");
  EXPECT_EQ(code([](JobSpec& spec) { spec.view = "../etc"; }), "NAME");
}

}  // namespace
}  // namespace florin::job
