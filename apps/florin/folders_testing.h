// A workspace and its folders, with a real listener on loopback, for tests of this program.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>  // mkdtemp

#include <filesystem>
#include <memory>
#include <string>

#include "enrol.h"
#include "florin/base/clock.h"
#include "florin/store/sealed_records.h"
#include "florin/store/sqlite_records.h"

namespace florin::apps {

namespace fs = std::filesystem;
using identity::Peer;
using identity::Role;

inline const Peer kEu{Role::kSite, "eu"};
inline constexpr Duration kHour = Duration::Seconds(3600);

template <typename T>
std::string CodeOf(const Result<T>& result) {
  return result.ok() ? "" : std::string(result.status().code());
}
inline std::string CodeOf(const Status& status) { return std::string(status.code()); }

class ShiftedClock final : public base::Clock {
 public:
  Time Now() override { return clock_.Now() + shift; }
  Duration shift;

 private:
  base::SystemClock clock_;
};

class FoldersTest : public testing::Test {
 protected:
  FoldersTest() {
    char pattern[] = "/tmp/florin-folders-XXXXXX";
    root_ = mkdtemp(pattern);
  }
  ~FoldersTest() override { fs::remove_all(root_); }

  std::string At(const std::string& name) const { return root_ + "/" + name; }
  InitOptions Options() const {
    InitOptions options;
    options.folder = At("coordinator");
    options.settings = {.workspace = "retail",
                        .listen = "127.0.0.1:7443",
                        .enrol_listen = "127.0.0.1:7444",
                        .address = "127.0.0.1:7443",
                        .enrol_address = "127.0.0.1:7444"};
    return options;
  }

  // A coordinator that runs, as far as enrolment goes.
  void Start() {
    const auto made = InitWorkspace(Options(), clock_.Now());
    ASSERT_TRUE(made.ok()) << made.status().ToString();
    coordinator_ = made->folder;
    auto directory = store::Directory::Open(coordinator_.store);
    ASSERT_TRUE(directory.ok()) << directory.status().ToString();
    directory_ = std::move(*directory);
    plain_ = std::make_unique<store::SqliteRecords>(*directory_);
    vault_ = store::Vault::Load(coordinator_.path).value();
    records_ = std::make_unique<store::SealedRecords>(*plain_, vault_);
    members_ = api::Membership::Load(*records_).value();
    // Port 0 is not for settings: find a free one first.
    coordinator_.settings.enrol_listen = "127.0.0.1:0";
    listener_ = ServeEnrolment(coordinator_, *members_, clock_, Ignore).value();
    const std::string address = "127.0.0.1:" + std::to_string(listener_->port());
    ASSERT_TRUE(members_->MoveTo({"127.0.0.1:7443", address}, clock_.Now()).ok());
  }
  static void Ignore(const transport::EnrolmentEvent&) {}
  std::string Token() { return members_->AddSite(SiteId("eu"), kHour, clock_.Now()).value(); }
  Result<Joined> JoinNow(const std::string& token, const std::string& name = "eu") {
    return JoinWorkspace({token, At(name), kEu}, clock_);
  }

  std::string root_;
  ShiftedClock clock_;
  CoordinatorFolder coordinator_;
  std::unique_ptr<store::Directory> directory_;
  std::unique_ptr<store::SqliteRecords> plain_;
  store::Vault vault_;
  std::unique_ptr<store::SealedRecords> records_;
  std::unique_ptr<api::Membership> members_;
  std::unique_ptr<transport::EnrolmentListener> listener_;
};

}  // namespace florin::apps
