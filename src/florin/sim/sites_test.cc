#include "florin/sim/sites.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace florin::sim {
namespace {

namespace fs = std::filesystem;

class LoadSitesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("florin_sites_" + std::to_string(::getpid()));
    fs::create_directories(root_);
    data::Feature feature;
    feature.name = feature.field = "visits";
    schema_.features = {feature};
    schema_.label = {data::Label::Kind::kBinary, "bought", 0, {}};
    schema_.time_field = "day";
    schema_.split.kind = data::Split::Kind::kTime;
    schema_.split.time = 1'388'534'400'000'000;  // 2014-01-01
  }
  void TearDown() override { fs::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  fs::path root_;
  data::Schema schema_;
};

constexpr char kView[] = "view: shop\ncsv: {path: shop.csv}\nfields: {bought: ordered}\n";
constexpr char kRows[] = "day,visits,ordered\n2013-05-01,3,1\n2013-06-01,1,0\n2014-02-01,2,1\n";

TEST_F(LoadSitesTest, EachDirectoryIsASiteCutAtTheSplit) {
  for (const char* site : {"brazil", "austria"}) {
    Write(std::string(site) + "/shop.view.yaml", kView);
    Write(std::string(site) + "/shop.csv", kRows);
  }
  Write("notes/readme.txt", "not a site");
  auto sites = LoadSites(root_.string(), "shop", schema_);
  ASSERT_TRUE(sites.ok()) << sites.status().ToString();
  ASSERT_EQ(sites->size(), 2U);
  EXPECT_EQ((*sites)[0].id.text(), "austria");
  EXPECT_EQ((*sites)[0].train.rows(), 2U);
  EXPECT_EQ((*sites)[0].test.rows(), 1U);
  EXPECT_EQ(Pool(*sites, {SiteId("austria"), SiteId("brazil")}).train.rows(), 4U);
}

TEST_F(LoadSitesTest, NoSiteIsAnErrorThatSaysWhatWasExpected) {
  auto sites = LoadSites(root_.string(), "shop", schema_);
  ASSERT_FALSE(sites.ok());
  EXPECT_EQ(sites.status().code(), "SIM-SITES");
  EXPECT_NE(sites.status().message().find("shop.view.yaml"), std::string::npos);
}

TEST_F(LoadSitesTest, AFaultyViewNamesItsSite) {
  Write("chile/shop.view.yaml", "view: shop\ncvs: {path: shop.csv}\n");
  auto sites = LoadSites(root_.string(), "shop", schema_);
  ASSERT_FALSE(sites.ok());
  EXPECT_NE(sites.status().message().find("chile"), std::string::npos);
}

}  // namespace
}  // namespace florin::sim
