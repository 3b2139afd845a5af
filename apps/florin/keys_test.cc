// Secrets of whole folders on the disk: none lies open, and none is lost to a new key.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "folders_testing.h"
#include "secrets.h"

namespace florin::apps {
namespace {

// Every file under the root with these bytes in it.
std::vector<std::string> FilesWith(const std::string& root, const std::string& bytes) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file() || entry.is_symlink()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (text.find(bytes) != std::string::npos) found.push_back(entry.path().string());
  }
  return found;
}

template <typename Bytes32>
std::string Raw(const Bytes32& bytes) {
  return {bytes.begin(), bytes.end()};
}

TEST_F(FoldersTest, Case80NoSecretLiesOpenOnTheDisk) {
  Start();
  ASSERT_TRUE(JoinNow(Token()).ok());
  const PeerFolder site = LoadPeer(At("eu")).value();
  const PeerFolder kit = LoadPeer(At("coordinator/operators/admin")).value();
  const Bytes seed = (*records_->Begin())->Get("secret", "audit-seed").value().value();
  for (const std::string& secret :
       {Raw(site.identity_key), Raw(site.site_secret), Raw(kit.identity_key), Raw(kit.site_secret),
        Raw(seed), std::string("PRIVATE KEY")}) {
    ASSERT_GE(secret.size(), 11U);
    EXPECT_EQ(FilesWith(root_, secret), std::vector<std::string>());
  }
  EXPECT_FALSE(FilesWith(root_, "BEGIN CERTIFICATE").empty());  // it would find one
}

TEST_F(FoldersTest, WhatLiesOpenIsReadAndThenSealed) {
  Start();
  ASSERT_TRUE(JoinNow(Token()).ok());
  const PeerFolder before = LoadPeer(At("eu")).value();
  const store::Vault vault = store::Vault::Load(At("eu")).value();
  for (const SecretFile& file : SecretFilesIn(At("eu"))) {
    ASSERT_TRUE(WriteSecret(file.path, ReadSealed(vault, file.path, file.name).value()).ok());
  }
  fs::remove(At("eu/data.key"));
  fs::remove(At("eu/kek"));
  EXPECT_EQ(LoadPeer(At("eu"))->identity_key, before.identity_key);
  EXPECT_FALSE(FilesWith(At("eu"), Raw(before.identity_key)).empty());
  ASSERT_TRUE(SealFolder(At("eu"), clock_.Now()).ok());
  EXPECT_EQ(LoadPeer(At("eu"))->identity_key, before.identity_key);
  EXPECT_EQ(LoadPeer(At("eu"))->site_secret, before.site_secret);
  EXPECT_TRUE(FilesWith(At("eu"), Raw(before.identity_key)).empty());
  EXPECT_TRUE(FilesWith(At("eu"), "PRIVATE KEY").empty());
}

TEST_F(FoldersTest, NoKeyIsMadeOverSecretsThatAreSealed) {
  Start();
  ASSERT_TRUE(JoinNow(Token()).ok());
  fs::rename(At("eu/data.key"), At("kept"));
  EXPECT_EQ(CodeOf(LoadPeer(At("eu"))), "KEYS-MISSING");
  EXPECT_EQ(CodeOf(SealFolder(At("eu"), clock_.Now())), "KEYS-MISSING");
  EXPECT_FALSE(fs::exists(At("eu/data.key")));
  fs::copy(At("coordinator/data.key"), At("eu/data.key"));
  EXPECT_EQ(CodeOf(LoadPeer(At("eu"))), "KEYS-WRONG");
  fs::rename(At("kept"), At("eu/data.key"));
  fs::remove(At("eu/kek"));
  EXPECT_EQ(CodeOf(LoadPeer(At("eu"))), "KEYS-MISSING");
}

}  // namespace
}  // namespace florin::apps
