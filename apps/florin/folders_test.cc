// The folders of a workspace: made, joined and renewed against a real listener on loopback.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "doctor_member.h"
#include "files.h"
#include "florin/store/files.h"
#include "folders_testing.h"
#include "secrets.h"

namespace florin::apps {
namespace {

unsigned ModeOf(const std::string& path) {
  struct stat facts{};
  EXPECT_EQ(stat(path.c_str(), &facts), 0) << path;
  return facts.st_mode & 0777;
}

TEST_F(FoldersTest, InitMakesAFolderThatIsClosedToOthers) {
  const auto made = InitWorkspace(Options(), clock_.Now());
  ASSERT_TRUE(made.ok()) << made.status().ToString();
  for (const auto& entry : fs::recursive_directory_iterator(At("coordinator"))) {
    if (entry.is_symlink()) continue;
    EXPECT_EQ(ModeOf(entry.path().string()) & 077, 0U) << entry.path();
  }
  EXPECT_EQ(ModeOf(At("coordinator")), 0700U);
  EXPECT_FALSE(fs::exists(At("coordinator/init.unfinished")));
  EXPECT_EQ(LoadCoordinator(At("coordinator"))->settings, Options().settings);
  const auto kit = LoadPeer(At("coordinator/operators/admin"));
  ASSERT_TRUE(kit.ok()) << kit.status().ToString();
  EXPECT_EQ(kit->settings.peer, (Peer{Role::kOperator, "admin"}));
  EXPECT_EQ(CodeOf(InitWorkspace(Options(), clock_.Now())), "INIT-EXISTS");
}

TEST_F(FoldersTest, TheFirstOperatorCommands) {
  Start();
  const PeerFolder kit = LoadPeer(At("coordinator/operators/admin")).value();
  const auto command =
      identity::SignCommand("retail", "admin", kit.identity_key, {7}, clock_.Now());
  EXPECT_EQ(members_->AcceptCommand(command, clock_.Now()).value(), Bytes{7});
  const std::string pem = ReadFile(kit.tls.certificate).value();
  EXPECT_EQ(members_->Authorise(pem, clock_.Now()).value(), kit.settings.peer);
}

TEST_F(FoldersTest, AnInterruptedInitIsBegunAnew) {
  fs::create_directory(At("coordinator"));
  std::ofstream(At("coordinator/init.unfinished.tmp")) << "";
  ASSERT_TRUE(InitWorkspace(Options(), clock_.Now()).ok());
  ASSERT_TRUE(WriteSecret(At("coordinator/init.unfinished"), "").ok());
  EXPECT_EQ(CodeOf(LoadCoordinator(At("coordinator"))), "WORKSPACE-PARTIAL");
  EXPECT_TRUE(InitWorkspace(Options(), clock_.Now()).ok());
  EXPECT_TRUE(LoadCoordinator(At("coordinator")).ok());
}

TEST_F(FoldersTest, InitLeavesOtherFoldersAlone) {
  fs::create_directory(At("coordinator"));
  std::ofstream(At("coordinator/thesis.txt")) << "ten years of work";
  EXPECT_EQ(CodeOf(InitWorkspace(Options(), clock_.Now())), "INIT-EXISTS");
  EXPECT_TRUE(fs::exists(At("coordinator/thesis.txt")));
  EXPECT_EQ(CodeOf(LoadCoordinator(At("coordinator"))), "WORKSPACE-MISSING");
}

TEST_F(FoldersTest, ASiteJoins) {
  Start();
  const auto joined = JoinNow(Token());
  ASSERT_TRUE(joined.ok()) << joined.status().ToString();
  EXPECT_EQ(joined->folder.settings.workspace, "retail");
  EXPECT_EQ(joined->folder.settings.address, "127.0.0.1:7443");
  EXPECT_EQ(joined->folder.trust, members_->trust());
  EXPECT_FALSE(fs::exists(At("eu/join.pending")));
  const std::string pem = ReadFile(joined->folder.tls.certificate).value();
  EXPECT_EQ(members_->Authorise(pem, clock_.Now()).value(), kEu);
  for (const auto& entry : fs::recursive_directory_iterator(At("eu"))) {
    if (entry.is_symlink()) continue;
    EXPECT_EQ(ModeOf(entry.path().string()) & 077, 0U) << entry.path();
  }
  EXPECT_EQ(CodeOf(JoinNow("florin1.x", "other")), "TOKEN-DAMAGED");
  EXPECT_EQ(CodeOf(JoinNow("something else", "other")), "TOKEN-FORM");
  EXPECT_FALSE(fs::exists(At("other")));
}

TEST_F(FoldersTest, AFolderJoinsOnce) {
  Start();
  const std::string token = Token();
  ASSERT_TRUE(JoinNow(token).ok());
  EXPECT_EQ(CodeOf(JoinNow(token)), "JOIN-EXISTS");
  EXPECT_EQ(CodeOf(JoinNow(token, "coordinator")), "JOIN-EXISTS");
  EXPECT_EQ(CodeOf(JoinNow(token, "other")), "TOKEN-USED");
  // Stopped right before its last step: it has joined.
  ASSERT_TRUE(WriteSecret(At("eu/join.pending"), "kept").ok());
  EXPECT_TRUE(LoadPeer(At("eu")).ok());
  EXPECT_EQ(CodeOf(JoinNow(token)), "JOIN-EXISTS");
  EXPECT_FALSE(fs::exists(At("eu/join.pending")));
}

// The coordinator took the token, the answer was lost with the joiner: asked again, it answers.
TEST_F(FoldersTest, AJoinThatWasInterruptedIsFinishedWithTheSameToken) {
  Start();
  const std::string token = Token();
  const std::string listen = "127.0.0.1:" + std::to_string(listener_->port());
  listener_.reset();
  EXPECT_EQ(CodeOf(JoinNow(token)), "NET-REFUSED");
  EXPECT_EQ(CodeOf(LoadPeer(At("eu"))), "WORKSPACE-PARTIAL");
  fs::copy(At("eu"), At("lost"), fs::copy_options::recursive);
  coordinator_.settings.enrol_listen = listen;
  listener_ = ServeEnrolment(coordinator_, *members_, clock_, Ignore).value();
  ASSERT_TRUE(JoinNow(token, "lost").ok());
  const auto joined = JoinNow(token);
  ASSERT_TRUE(joined.ok()) << joined.status().ToString();
  const std::string pem = ReadFile(joined->folder.tls.certificate).value();
  EXPECT_EQ(members_->Authorise(pem, clock_.Now()).value(), kEu);
  EXPECT_EQ(members_->members().size(), 2U);  // the operator and one site
}

TEST_F(FoldersTest, TwoAtWorkInOneFolderDoNotMixTheirKeys) {
  Start();
  const std::string token = Token();
  fs::create_directory(At("eu"));
  const store::File other = store::File::Open(At("eu"), O_RDONLY | O_DIRECTORY).value();
  ASSERT_EQ(flock(other.descriptor(), LOCK_EX), 0);
  EXPECT_EQ(CodeOf(JoinNow(token)), "FOLDER-LOCKED");
  ASSERT_EQ(flock(other.descriptor(), LOCK_UN), 0);
  EXPECT_EQ(CodeOf(JoinNow(token)), "");
}

TEST_F(FoldersTest, AWrongNameIsToldAndMendedInTheSameFolder) {
  Start();
  const std::string token = Token();
  const auto wrong = JoinWorkspace({token, At("eu"), {Role::kSite, "us"}}, clock_);
  EXPECT_EQ(CodeOf(wrong), "TOKEN-NAME");
  EXPECT_NE(wrong.status().message().find("site \"eu\""), std::string::npos);
  EXPECT_TRUE(JoinNow(token).ok());
}

TEST_F(FoldersTest, ANewTokenMendsAJoinWhoseTokenEnded) {
  Start();
  const std::string ended = Token();
  const std::string token = Token();
  EXPECT_EQ(CodeOf(JoinNow(ended)), "TOKEN-UNKNOWN");
  EXPECT_TRUE(JoinNow(token).ok());
}

TEST_F(FoldersTest, Case74SecretsThatOthersMayReadAreRefused) {
  Start();
  ASSERT_TRUE(JoinNow(Token()).ok());
  for (const char* name : {"identity.key", "site.secret", "tls/current/key.pem"}) {
    const std::string file = At("eu/") + name;
    ASSERT_EQ(chmod(file.c_str(), 0644), 0);
    const auto loaded = LoadPeer(At("eu"));
    EXPECT_EQ(CodeOf(loaded), "SECRET-OPEN") << name;
    EXPECT_NE(loaded.status().message().find("chmod 600 " + file), std::string::npos);
    ASSERT_EQ(chmod(file.c_str(), 0600), 0);
  }
  EXPECT_TRUE(LoadPeer(At("eu")).ok());
  const std::string key = At("coordinator/tls/current/key.pem");
  ASSERT_EQ(chmod(key.c_str(), 0640), 0);
  EXPECT_EQ(CodeOf(LoadCoordinator(At("coordinator"))), "SECRET-OPEN");
}

TEST_F(FoldersTest, PartsThatDoNotBelongTogetherAreNamed) {
  Start();
  ASSERT_TRUE(JoinNow(Token()).ok());
  const auto swap = [&](const std::string& name, const std::string& content) {
    const std::string kept = ReadFile(At("eu/" + name)).value();
    EXPECT_TRUE(WriteSecret(At("eu/" + name), content).ok());
    const auto loaded = LoadPeer(At("eu"));
    EXPECT_TRUE(WriteSecret(At("eu/" + name), kept).ok());
    return CodeOf(loaded);
  };
  EXPECT_EQ(swap("identity.key", "short"), "WORKSPACE-DAMAGED");
  EXPECT_EQ(swap("trust.bin", "odd"), "CODEC");
  EXPECT_EQ(swap("tls/1/key.pem", crypto::NewTlsKey()), "WORKSPACE-DAMAGED");
  PeerSettings settings = LoadPeer(At("eu"))->settings;
  settings.peer.name = "us";
  EXPECT_EQ(swap("agent.yaml", ToYaml(settings)), "WORKSPACE-DAMAGED");
  settings.workspace = "other";
  EXPECT_EQ(swap("agent.yaml", ToYaml(settings)), "WORKSPACE-DAMAGED");
  EXPECT_TRUE(LoadPeer(At("eu")).ok());
  EXPECT_EQ(CodeOf(LoadPeer(At("nowhere"))), "WORKSPACE-MISSING");
}

TEST_F(FoldersTest, SettingsAreReadWithLineAndColumn) {
  const CoordinatorSettings settings = Options().settings;
  EXPECT_EQ(ParseCoordinator(ToYaml(settings), "c.yaml").value(), settings);
  const auto odd = ParseCoordinator(
      "workspace: retail\nlisten: a\nenrol_listen: b\nadress: x\naddress: Host:1\n"
      "enrol_address: a:1\n",
      "c.yaml");
  const std::string message(odd.status().message());
  EXPECT_NE(message.find("c.yaml:4:1: adress: "), std::string::npos) << message;
  EXPECT_NE(message.find("c.yaml:5:10: address: expected host:port"), std::string::npos) << message;
  CoordinatorSettings many = settings;
  many.kept_versions = 500;
  EXPECT_EQ(ParseCoordinator(ToYaml(many), "c.yaml").value(), many);
  const std::string before =
      "workspace: retail\nlisten: a:1\nenrol_listen: a:2\naddress: a:1\nenrol_address: a:2\n";
  EXPECT_EQ(ParseCoordinator(before, "c.yaml")->kept_versions, 20U);
  EXPECT_EQ(CodeOf(ParseCoordinator(before + "kept_versions: 0\n", "c.yaml")), "SETTINGS-RANGE");
  const PeerSettings peer{{Role::kOperator, "ada"}, "retail", "a:1", "[::1]:2"};
  EXPECT_EQ(ParsePeer(ToYaml(peer), "p.yaml").value(), peer);
  const std::string rest = "workspace: retail\naddress: a:1\nenrol_address: a:2\n";
  EXPECT_EQ(CodeOf(ParsePeer(rest, "p.yaml")), "SETTINGS-MISSING");
  EXPECT_EQ(CodeOf(ParsePeer(rest + "site: a\noperator: b\n", "p.yaml")), "SETTINGS-MISSING");
}

TEST_F(FoldersTest, Case74SettingsThatAreNoneAreNamed) {
  const std::string good = "operator: ada\nworkspace: retail\naddress: a:1\nenrol_address: a:2\n";
  EXPECT_EQ(CodeOf(ParsePeer(good, "p.yaml")), "");
  EXPECT_EQ(CodeOf(ParsePeer(good + "colour: red\n", "p.yaml")), "SETTINGS-KEY");
  EXPECT_EQ(CodeOf(ParsePeer(good + "address: b:1\n", "p.yaml")), "YAML-KEY");
  EXPECT_EQ(CodeOf(ParsePeer("operator: [ada]\n" + good.substr(14), "p.yaml")), "SETTINGS-TYPE");
  EXPECT_EQ(CodeOf(ParsePeer("operator: {", "p.yaml")), "YAML-SYNTAX");
  EXPECT_EQ(CodeOf(ParsePeer("", "p.yaml")), "SETTINGS-MISSING");
}

TEST_F(FoldersTest, NamesOfTheCoordinatorsCertificate) {
  CoordinatorSettings settings = Options().settings;
  settings.address = "[::1]:7443";
  settings.enrol_address = "coordinator.example:7444";
  EXPECT_EQ(NamesOf(settings).ips, std::vector<std::string>{"::1"});
  EXPECT_EQ(NamesOf(settings).dns, std::vector<std::string>{"coordinator.example"});
}

TEST_F(FoldersTest, CertificatesAreRenewedInPlace) {
  Start();
  const auto joined = JoinNow(Token());
  ASSERT_TRUE(joined.ok()) << joined.status().ToString();
  const transport::TlsFiles& tls = joined->folder.tls;
  EXPECT_FALSE(NeedsRenewal(tls, clock_.Now()));
  clock_.shift = Duration::Seconds(16LL * 86'400);
  EXPECT_TRUE(NeedsRenewal(tls, clock_.Now()));
  const std::string before = ReadFile(tls.certificate).value();
  ASSERT_EQ(CodeOf(RenewPeer(joined->folder, clock_)), "");
  EXPECT_FALSE(NeedsRenewal(tls, clock_.Now()));
  EXPECT_NE(ReadFile(tls.certificate).value(), before);
  EXPECT_TRUE(LoadPeer(At("eu")).ok());
  EXPECT_EQ(fs::read_symlink(At("eu/tls/current")), "2");
  EXPECT_TRUE(fs::exists(At("eu/tls/1")));
  ASSERT_EQ(CodeOf(RenewPeer(joined->folder, clock_)), "");
  EXPECT_FALSE(fs::exists(At("eu/tls/1")));
  // The one before holds still: somebody may use it.
  EXPECT_EQ(members_->Authorise(before, clock_.Now()).value(), kEu);
}

// A month and more of a rotation: whoever renews in time never notices.
TEST_F(FoldersTest, TheRootIsRotatedUnderMembersAndJoiners) {
  Start();
  const auto joined = JoinNow(Token());
  ASSERT_TRUE(joined.ok()) << joined.status().ToString();
  const auto chain = [&] { return ReadFile(coordinator_.enrol_tls.certificate).value(); };
  const auto days = [&](int64_t count) {
    clock_.shift = Duration::Seconds(count * 86'400);
    return CodeOf(KeepCoordinatorFresh(coordinator_, *members_, clock_.Now()));
  };
  EXPECT_EQ(days(0), "");
  ASSERT_EQ(CodeOf(RotateRoot(coordinator_, *members_, clock_.Now())), "");
  EXPECT_EQ(CodeOf(RotateRoot(coordinator_, *members_, clock_.Now())), "ROTATION-STATE");
  const std::string by_old = chain();
  const std::string roots = ReadFile(coordinator_.tls.roots).value();
  EXPECT_EQ(roots, members_->trust().roots[0] + members_->trust().roots[1]);

  EXPECT_EQ(days(16), "");
  EXPECT_EQ(chain(), by_old);
  ASSERT_EQ(CodeOf(RenewPeer(joined->folder, clock_)), "");  // knows the old root alone
  const PeerFolder renewed = LoadPeer(At("eu")).value();
  EXPECT_EQ(renewed.trust.roots.size(), 2U);
  const auto late = JoinWorkspace(
      {members_->AddSite(SiteId("us"), kHour, clock_.Now()).value(), At("us"), {Role::kSite, "us"}},
      clock_);
  EXPECT_EQ(CodeOf(late), "");

  EXPECT_EQ(days(29), "");
  EXPECT_NE(chain(), by_old);
  EXPECT_EQ(members_->trust().roots.size(), 2U);
  EXPECT_EQ(days(31), "");
  EXPECT_EQ(members_->trust().roots.size(), 1U);
  EXPECT_EQ(ReadFile(coordinator_.tls.roots).value(), members_->trust().roots[0]);
  std::string code = "none";
  for (int i = 0; i < 50 && !code.empty(); ++i) {  // until the listener has read the new files
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    code = CodeOf(RenewPeer(joined->folder, clock_));
  }
  EXPECT_EQ(code, "");
  EXPECT_EQ(LoadPeer(At("eu"))->trust, members_->trust());
}

std::string Told(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += finding.check + (finding.health == Health::kOk     ? " ok, "
                             : finding.health == Health::kWarn ? " warn, "
                                                               : " fail, ");
  }
  return text;
}

TEST_F(FoldersTest, TheDoctorGoesTheWayToTheCoordinator) {
  Start();
  auto joined = JoinNow(Token());
  ASSERT_TRUE(joined.ok()) << joined.status().ToString();
  EXPECT_TRUE(IsMemberFolder(At("eu")));
  EXPECT_FALSE(IsMemberFolder(At("coordinator")));
  // Nobody is at the port for members: the listener stands in for one that speaks TLS.
  PeerSettings settings = joined->folder.settings;
  settings.address = "127.0.0.1:1";
  ASSERT_TRUE(WriteSecret(At("eu/agent.yaml"), ToYaml(settings)).ok());
  EXPECT_EQ(Told(CheckMember(At("eu"), clock_)), "member ok, certificate ok, DNS ok, TCP fail, ");
  settings.address = settings.enrol_address;
  ASSERT_TRUE(WriteSecret(At("eu/agent.yaml"), ToYaml(settings)).ok());
  EXPECT_EQ(Told(CheckMember(At("eu"), clock_)),
            "member ok, certificate ok, DNS ok, TCP ok, TLS ok, renewal port ok, ");
  base::SystemClock ours;
  clock_.shift = Duration::Seconds(120);
  EXPECT_EQ(CheckMember(At("eu"), ours).back().health, Health::kWarn);
  clock_.shift = Duration::Seconds(-400);
  EXPECT_EQ(CheckMember(At("eu"), ours).back().health, Health::kFail);
  clock_.shift = Duration::Seconds(20LL * 86'400);
  EXPECT_EQ(CheckMember(At("eu"), clock_)[1].health, Health::kWarn);
  clock_.shift = Duration::Seconds(40LL * 86'400);
  EXPECT_EQ(CheckMember(At("eu"), clock_)[1].health, Health::kFail);
  ASSERT_EQ(chmod(At("eu/identity.key").c_str(), 0644), 0);
  EXPECT_EQ(Told(CheckMember(At("eu"), clock_)), "member fail, ");
}

// An operator's folder is renewed by whoever uses it.
TEST_F(FoldersTest, AFolderThatNobodyLooksAfterIsRenewedWhenUsed) {
  Start();
  ASSERT_TRUE(JoinNow(Token()).ok());
  EXPECT_TRUE(LoadFreshPeer(At("eu"), clock_).ok());
  EXPECT_EQ(fs::read_symlink(At("eu/tls/current")), "1");
  clock_.shift = Duration::Seconds(16LL * 86'400);
  ASSERT_TRUE(LoadFreshPeer(At("eu"), clock_).ok());
  EXPECT_EQ(fs::read_symlink(At("eu/tls/current")), "2");
  listener_.reset();
  clock_.shift = Duration::Seconds(40LL * 86'400);
  EXPECT_TRUE(LoadFreshPeer(At("eu"), clock_).ok());  // due, but not ended
  clock_.shift = Duration::Seconds(50LL * 86'400);
  EXPECT_EQ(CodeOf(LoadFreshPeer(At("eu"), clock_)), "NET-REFUSED");
}

TEST_F(FoldersTest, TheCoordinatorIsKnownByTheTrustAsItIsNow) {
  Start();
  ASSERT_TRUE(JoinNow(Token()).ok());
  const auto check = CheckCoordinatorOf(At("eu"), clock_);
  EXPECT_EQ(CodeOf(check(ReadFile(coordinator_.tls.certificate).value())), "");
  EXPECT_EQ(CodeOf(check(ReadFile(At("eu/tls/current/certificate.pem")).value())), "PEER-USE");
  ASSERT_EQ(CodeOf(members_->BeginRotation(clock_.Now())), "");
  ASSERT_EQ(CodeOf(RenewCoordinator(coordinator_, *members_, clock_.Now())), "");
  const std::string by_new = ReadFile(coordinator_.tls.certificate).value();
  EXPECT_EQ(CodeOf(check(by_new)), "PEER-UNKNOWN");
  const Bytes trust = members_->trust().Save();
  ASSERT_TRUE(WriteSecret(At("eu/trust.bin"), std::string(trust.begin(), trust.end())).ok());
  EXPECT_EQ(CodeOf(check(by_new)), "");
}

// An agent that slept for more than a month; the coordinator's own certificate is renewed under
// the listener meanwhile.
TEST_F(FoldersTest, AMemberWhoseCertificateRanOutRenewsIt) {
  Start();
  const auto joined = JoinNow(Token());
  ASSERT_TRUE(joined.ok()) << joined.status().ToString();
  clock_.shift = Duration::Seconds(40LL * 86'400);
  EXPECT_EQ(CodeOf(RenewPeer(joined->folder, clock_)), "JOIN-TLS");
  ASSERT_EQ(CodeOf(RenewCoordinator(coordinator_, *members_, clock_.Now())), "");
  EXPECT_TRUE(LoadCoordinator(At("coordinator")).ok());
  std::string code;
  for (int i = 0; i < 50; ++i) {
    code = CodeOf(RenewPeer(joined->folder, clock_));
    if (code.empty()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_EQ(code, "");
  const std::string pem = ReadFile(joined->folder.tls.certificate).value();
  EXPECT_EQ(members_->Authorise(pem, clock_.Now()).value(), kEu);
}

}  // namespace
}  // namespace florin::apps
