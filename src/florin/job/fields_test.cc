#include "florin/job/fields.h"

#include <set>

#include "florin/job/golden_testing.h"

namespace florin::job {
namespace {

TEST(Fields, PathsAreDistinctAndHaveParents) {
  for (const Span<const Field> table : {JobFields(), ViewFields(), PolicyFields()}) {
    std::set<std::string_view> paths;
    for (const Field& field : table) {
      EXPECT_TRUE(paths.insert(field.path).second) << field.path;
      EXPECT_FALSE(field.help.empty()) << field.path;
      EXPECT_FALSE(field.TypeText().empty()) << field.path;
      std::string_view parent = field.parent();
      if (parent.ends_with("[]") || parent.ends_with(".*")) parent.remove_suffix(2);
      EXPECT_TRUE(parent.empty() || paths.contains(parent)) << field.path;
    }
  }
}

TEST(Fields, ReferencePagesAreTheTables) {
  ExpectGolden(FLORIN_SOURCE_DIR "/docs/spec/job.md", FieldReference());
  ExpectGolden(FLORIN_SOURCE_DIR "/docs/spec/policy.md", PolicyReference());
}

TEST(Bound, TextAndTruthAgree) {
  EXPECT_EQ(Bound{}.ToString(), "");
  EXPECT_EQ((Bound{.low = 0}).ToString(), ">= 0");
  EXPECT_EQ((Bound{.low = 0, .excludes_low = true}).ToString(), "> 0");
  EXPECT_EQ((Bound{.low = 1, .high = 10}).ToString(), "1 to 10");
  const Bound open{.low = 0, .high = 1, .excludes_low = true, .excludes_high = true};
  EXPECT_EQ(open.ToString(), "> 0 and < 1");
  EXPECT_FALSE(open.Holds(0));
  EXPECT_TRUE(open.Holds(0.5));
  EXPECT_FALSE(open.Holds(1));
  EXPECT_TRUE((Bound{.low = 1, .high = 10}).Holds(10));
}

}  // namespace
}  // namespace florin::job
