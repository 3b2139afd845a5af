// Each operator call, good and bad, over loopback without TLS: who calls is said by the members.
#include <gtest/gtest.h>

#include "florin/api/call.h"
#include "florin/api/operator_testing.h"
#include "florin/api/status_code.h"
#include "florin/job/plan.h"

namespace florin::api {
namespace {

using CallsTest = OperatorTest;

TEST_F(CallsTest, AJobIsSubmittedListedAndShown) {
  OperatorClient client = Client();
  const auto job = client.SubmitJob(JobOf("first"));
  ASSERT_TRUE(job.ok()) << job.status().ToString();
  EXPECT_EQ(job->job(), "first");
  EXPECT_EQ(job->status(), "running");
  EXPECT_EQ(job->rounds(), 3U);
  EXPECT_EQ(job->submitted_by(), "ada");
  EXPECT_EQ(job->submitted_at_micros(), clock_.now.micros);
  const auto plan = job::MakePlan(*ResolveJob(JobOf("first")));
  EXPECT_EQ(job->plan(), std::string((*plan)->hash.bytes.begin(), (*plan)->hash.bytes.end()));

  ASSERT_TRUE(client.SubmitJob(JobOf("second")).ok());
  const auto jobs = client.ListJobs();
  ASSERT_TRUE(jobs.ok());
  ASSERT_EQ(jobs->job_size(), 2);
  EXPECT_EQ(jobs->job(1).job(), "second");

  loop_.Do([&] { EXPECT_TRUE(scheduler_->SiteArrived(SiteId("eu"), clock_.now).ok()); });
  loop_.Do([&] { EXPECT_TRUE(scheduler_->SiteArrived(SiteId("us"), clock_.now).ok()); });
  const auto shown = client.ShowJob(JobId("first"));
  ASSERT_TRUE(shown.ok());
  EXPECT_EQ(shown->text(), JobOf("first").text);
  EXPECT_EQ(shown->job().phase(), "Reporting");
  EXPECT_EQ(shown->updates().asked(), 2U);
  ASSERT_EQ(shown->cohort_size(), 2);
  EXPECT_EQ(shown->cohort(0).site(), "eu");
  EXPECT_EQ(shown->cohort(0).update(), "offered");
  EXPECT_EQ(shown->cohort(0).evaluation(), "idle");
  EXPECT_EQ(shown->present_size(), 2);
  EXPECT_GT(shown->deadline_micros(), clock_.now.micros);
  ASSERT_EQ(shown->version_size(), 1);
  EXPECT_TRUE(shown->version(0).is_current());
  EXPECT_EQ(Audited(), (std::vector<std::string>{"submit-job", "submit-job"}));
}

TEST_F(CallsTest, AJobNameIsTakenOnceAndTheFailureIsAudited) {
  OperatorClient client = Client();
  ASSERT_TRUE(client.SubmitJob(JobOf("first")).ok());
  const auto again = client.SubmitJob(JobOf("first"));
  EXPECT_EQ(CodeOf(again), "JOB-EXISTS");
  EXPECT_EQ(again.status().kind(), Kind::kConflict);
  EXPECT_EQ(Audited(), (std::vector<std::string>{"submit-job", "submit-job", "submit-job-failed"}));
}

// Both ends check alike: the client before it calls, the coordinator whatever the client did.
TEST_F(CallsTest, AJobThatDoesNotParseIsRefusedWithItsPlaceAndNothingIsKept) {
  JobFiles broken = JobOf("first");
  broken.text.replace(broken.text.find("rounds: 3"), 9, "rounds: -3");
  OperatorClient client = Client();
  EXPECT_EQ(CodeOf(client.SubmitJob(broken)), "JOB-RANGE");

  v1::Submission submission;
  submission.set_file(broken.file);
  submission.set_text(broken.text);
  v1::SignedPart part;
  part.set_piece(submission.SerializeAsString());
  const auto stub = v1::Operator::NewStub(grpc::CreateChannel("localhost:" + std::to_string(port_),
                                                              grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  v1::Job answer;
  const auto writer = stub->SubmitJob(&context, &answer);
  writer->Write(part);
  writer->WritesDone();
  const auto status = FromGrpc(writer->Finish());
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->kind(), Kind::kConfig);
  EXPECT_EQ(status->code(), "JOB-RANGE");
  EXPECT_NE(status->message().find("job.yaml:8:38: training.rounds"), std::string::npos)
      << status->ToString();

  EXPECT_EQ(client.ListJobs()->job_size(), 0);
  EXPECT_TRUE(book_.Jobs()->empty());
  EXPECT_TRUE(Audited().empty());
}

TEST_F(CallsTest, ThePlanAndTheFilesMustBeTheClients) {
  const auto entry = CheckSubmission(JobOf("first"), base::AsBytes("other"), "ada", clock_.now);
  EXPECT_EQ(CodeOf(entry), "SUBMIT-SPEC");
  JobFiles with_file = JobOf("first");
  with_file.text.replace(with_file.text.find("- {field: age}"), 14,
                         "- {field: age, vocabulary: {file: ages.csv}}");
  EXPECT_FALSE(ResolveJob(with_file).ok());
  with_file.read["ages.csv"] = "age\nyoung\nold\n";
  const auto resolved = ResolveJob(with_file);
  ASSERT_TRUE(resolved.ok()) << resolved.status().ToString();
  EXPECT_TRUE(Client().SubmitJob(with_file).ok());
}

TEST_F(CallsTest, PauseResumeAndCancel) {
  OperatorClient client = Client();
  ASSERT_TRUE(client.SubmitJob(JobOf("first")).ok());
  EXPECT_EQ(CodeOf(client.ResumeJob(JobId("first"))), "JOB-STATE");
  const auto paused = client.PauseJob(JobId("first"));
  ASSERT_TRUE(paused.ok()) << paused.status().ToString();
  EXPECT_EQ(paused->status(), "paused");
  EXPECT_EQ(client.ResumeJob(JobId("first"))->status(), "running");
  const auto cancelled = client.CancelJob(JobId("first"), "not needed");
  ASSERT_TRUE(cancelled.ok());
  EXPECT_EQ(cancelled->status(), "cancelled");
  EXPECT_TRUE(cancelled->is_over());
  EXPECT_NE(cancelled->reason().find("operator \"ada\": not needed"), std::string::npos);
  EXPECT_EQ(CodeOf(client.CancelJob(JobId("first"), "")), "JOB-STATE");
  EXPECT_EQ(CodeOf(client.CancelJob(JobId("first"), std::string(600, 'x'))), "CANCEL-REASON");
  for (const Status& status :
       {client.PauseJob(JobId("other")).status(), client.ShowJob(JobId("other")).status(),
        client.ListVersions(JobId("other")).status(),
        client.CancelJob(JobId("other"), "").status()}) {
    EXPECT_EQ(status.code(), "JOB-UNKNOWN");
    EXPECT_EQ(status.kind(), Kind::kNotFound);
  }
}

TEST_F(CallsTest, AVersionTravelsWholeAndOnlyItsOwnJobs) {
  OperatorClient client = Client();
  JobFiles wide = JobOf("first");  // a model of several pieces
  wide.text.replace(wide.text.find("- {field: age}"), 14, "- {field: age, hash: 200000}");
  const auto submitted = client.SubmitJob(wide);
  ASSERT_TRUE(submitted.ok()) << submitted.status().ToString();
  ASSERT_TRUE(client.SubmitJob(JobOf("second")).ok());
  const auto versions = client.ListVersions(JobId("first"));
  ASSERT_TRUE(versions.ok());
  ASSERT_EQ(versions->version_size(), 1);
  const auto current = client.GetVersion(JobId("first"), {});
  ASSERT_TRUE(current.ok()) << current.status().ToString();
  EXPECT_GT(current->size(), 3 * kPieceBytes);
  const auto version = job::RestoreVersion(*current);
  ASSERT_TRUE(version.ok());
  EXPECT_EQ(*client.GetVersion(JobId("first"), version->id), *current);
  EXPECT_EQ(CodeOf(client.GetVersion(JobId("second"), version->id)), "VERSION-UNKNOWN");
  EXPECT_EQ(CodeOf(client.GetVersion(JobId("third"), {})), "JOB-UNKNOWN");
}

TEST_F(CallsTest, AVersionWhoseModelIsGoneIsListedAndRefused) {
  OperatorClient client = Client();
  const JobId job("first");
  ASSERT_TRUE(client.SubmitJob(JobOf("first")).ok());
  auto version = job::RestoreVersion(*client.GetVersion(job, {}));
  ASSERT_TRUE(version.ok());
  const VersionId first = version->id;
  for (const uint32_t round : {1U, 2U}) {
    version->parent = version->id;
    version->round = RoundId{round};
    job::SealVersion(*version);
    loop_.Do([&] {
      round::Commit commit;
      commit.state = **store_.Load(job);
      commit.version = *version;
      commit.published = version->id;
      ASSERT_TRUE(store_.Save(job, std::move(commit)).ok());
    });
  }
  const auto versions = client.ListVersions(job);
  ASSERT_TRUE(versions.ok() && versions->version_size() == 3);
  EXPECT_TRUE(versions->version(0).is_dropped());
  EXPECT_FALSE(versions->version(1).is_dropped());
  EXPECT_FALSE(versions->version(2).is_dropped());
  const Status refused = client.GetVersion(job, first).status();
  EXPECT_EQ(refused.code(), "VERSION-DROPPED");
  EXPECT_NE(refused.message().find("one of the 2 newest, the oldest of round 1"), std::string::npos)
      << refused.ToString();
  ASSERT_TRUE(client.PauseJob(job).ok());
  EXPECT_EQ(CodeOf(client.RollBack(job, first)), "VERSION-DROPPED");
}

TEST_F(CallsTest, RollBackNeedsAPausedJobAndAVersion) {
  OperatorClient client = Client();
  ASSERT_TRUE(client.SubmitJob(JobOf("first")).ok());
  const auto version = job::RestoreVersion(*client.GetVersion(JobId("first"), {}));
  EXPECT_EQ(CodeOf(client.RollBack(JobId("first"), version->id)), "ROUND-BUSY");
  ASSERT_TRUE(client.PauseJob(JobId("first")).ok());
  EXPECT_TRUE(client.RollBack(JobId("first"), version->id).ok());
  VersionId other;
  other.bytes.fill(7);
  EXPECT_EQ(CodeOf(client.RollBack(JobId("first"), other)), "ROUND-ROLLBACK");
  EXPECT_EQ(CodeOf(client.RollBack(JobId("first"), {})), "VERSION-UNKNOWN");
}

TEST_F(CallsTest, SitesAndOperatorsComeAndGo) {
  OperatorClient client = Client();
  const auto token = client.AddSite("us", Duration::Seconds(60));
  ASSERT_TRUE(token.ok()) << token.status().ToString();
  EXPECT_EQ(token->token(), "token-of-us-60000000");
  EXPECT_EQ(CodeOf(client.AddSite("eu", Duration::Seconds(60))), "ROSTER-EXISTS");
  EXPECT_EQ(CodeOf(client.AddSite("Bad Name", Duration::Seconds(60))), "NAME");
  EXPECT_EQ(client.AddOperator("bob", Duration::Seconds(60))->token(), "token-of-operator-bob");
  EXPECT_EQ(CodeOf(client.AddOperator("", Duration::Seconds(60))), "NAME");

  loop_.Do([&] { EXPECT_TRUE(scheduler_->SiteArrived(SiteId("eu"), clock_.now).ok()); });
  auto sites = client.ListSites();
  ASSERT_TRUE(sites.ok());
  ASSERT_EQ(sites->member_size(), 1);
  EXPECT_EQ(sites->member(0).name(), "eu");
  EXPECT_TRUE(sites->member(0).is_connected());
  EXPECT_EQ(sites->member(0).revoked_at_micros(), 0);
  EXPECT_EQ(client.ListOperators()->member(0).name(), "ada");

  EXPECT_TRUE(client.RevokeSite("eu").ok());
  EXPECT_EQ(disconnected_, std::vector<std::string>{"eu PEER-REVOKED"});
  sites = client.ListSites();
  EXPECT_EQ(sites->member(0).revoked_at_micros(), clock_.now.micros);
  EXPECT_EQ(CodeOf(client.RevokeSite("nobody")), "PEER-UNKNOWN");
  EXPECT_EQ(CodeOf(client.RemoveOperator("nobody")), "PEER-UNKNOWN");
  EXPECT_TRUE(client.RemoveOperator("ada").ok());
}

TEST_F(CallsTest, CertificatesAreShownEndedAndRenewedAndTheRootIsReplaced) {
  OperatorClient client = Client();
  EXPECT_EQ(CodeOf(client.RenewSite("eu")), "SITE-AWAY");
  loop_.Do([&] { EXPECT_TRUE(scheduler_->SiteArrived(SiteId("eu"), clock_.now).ok()); });
  EXPECT_TRUE(client.RenewSite("eu").ok());
  const auto before = client.ShowCertificates();
  ASSERT_TRUE(before.ok());
  ASSERT_EQ(before->root_size(), 1);

  EXPECT_EQ(CodeOf(client.DenyCertificate(Bytes{1, 2})), "CERTIFICATE-SERIAL");
  const std::string serial = client.ListSites()->member(0).serial();
  EXPECT_TRUE(client.DenyCertificate(base::AsBytes(serial)).ok());
  EXPECT_EQ(client.ShowCertificates()->denied(0), serial);

  EXPECT_EQ(CodeOf(client.EndOldRoot()), "ROTATION-STATE");
  const auto rotated = client.RotateRoot();
  ASSERT_TRUE(rotated.ok());
  ASSERT_EQ(rotated->root_size(), 2);
  EXPECT_EQ(rotated->root(1).fingerprint(), before->root(0).fingerprint());
  EXPECT_EQ(CodeOf(client.RotateRoot()), "ROTATION-STATE");
  const auto ended = client.EndOldRoot();
  ASSERT_TRUE(ended.ok());
  ASSERT_EQ(ended->root_size(), 1);
  EXPECT_EQ(ended->root(0).fingerprint(), rotated->root(0).fingerprint());
  EXPECT_EQ(disconnected_, (std::vector<std::string>{"eu RENEW-ASKED", "eu DIAL-ANEW",
                                                     "eu RENEW-ASKED", "eu DIAL-ANEW"}));
  const auto audit = client.ReadAudit("calls", 0);
  std::string events;
  for (const std::string& line : audit->line()) events += line;
  for (const char* event : {"renew-site", "deny-certificate", "rotate-root", "end-old-root"}) {
    EXPECT_NE(events.find(std::string("\"") + event + "\""), std::string::npos) << event;
  }
}

TEST_F(CallsTest, TheAuditIsReadInPagesAndVerifies) {
  OperatorClient client = Client();
  ASSERT_TRUE(client.SubmitJob(JobOf("first")).ok());
  ASSERT_TRUE(client.PauseJob(JobId("first")).ok());
  const auto all = client.ReadAudit("calls", 0);
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->line_size(), 2);
  EXPECT_EQ(all->next(), 2U);
  EXPECT_NE(all->line(1).find("\"actor\":\"operator ada\""), std::string::npos) << all->line(1);
  EXPECT_EQ(client.ReadAudit("calls", 1)->line(0), all->line(1));
  EXPECT_EQ(client.ReadAudit("calls", 2)->line_size(), 0);

  EXPECT_EQ(client.ReadAudit("members", 0)->line_size(), 0);
  EXPECT_EQ(client.ReadAudit("rounds", 0)->line_size(), 0);
  EXPECT_EQ(CodeOf(client.ReadAudit("secret", 0)), "AUDIT-CHAIN");

  const auto trail = client.ReadJobAudit(JobId("first"), 0);
  ASSERT_TRUE(trail.ok());
  EXPECT_GE(trail->line_size(), 2);
  EXPECT_EQ(client.ReadJobAudit(JobId("first"), 1)->line(0), trail->line(1));
  EXPECT_EQ(client.ReadJobAudit(JobId("first"), 999)->line_size(), 0);
  EXPECT_EQ(CodeOf(client.ReadJobAudit(JobId("other"), 0)), "JOB-UNKNOWN");
}

TEST_F(CallsTest, Case23WhoIsDeniedAgainAndAgainIsLookedAtNoMore) {
  OperatorClient client = Client();
  for (int call = 0; call < 40; ++call) EXPECT_TRUE(client.ListJobs().ok());
  const auto proven = members_.unproven;
  members_.unproven = identity::Peer::Site(SiteId("eu"));
  for (int call = 0; call < 16; ++call) EXPECT_EQ(CodeOf(client.ListJobs()), "OPERATOR-ONLY");
  EXPECT_EQ(CodeOf(client.ListJobs()), "WIRE-STREAMS");
  members_.unproven = proven;
  EXPECT_EQ(CodeOf(client.ListJobs()), "WIRE-STREAMS");  // of this connection, whoever it is
  clock_.now = clock_.now + Duration::Seconds(61);
  EXPECT_TRUE(client.ListJobs().ok());
}

TEST_F(CallsTest, OnlyOperatorsAreAnswered) {
  OperatorClient client = Client();
  ASSERT_TRUE(client.SubmitJob(JobOf("first")).ok());
  members_.unproven = identity::Peer::Site(SiteId("eu"));
  uint64_t seen = 0;
  for (const Status& status :
       {client.ListJobs().status(), client.SubmitJob(JobOf("second")).status(),
        client.PauseJob(JobId("first")).status(), client.GetVersion(JobId("first"), {}).status(),
        client.WatchJob(JobId("first"), seen, {}), client.RevokeSite("eu"),
        client.ReadAudit("calls", 0).status(), client.ShowCertificates().status(),
        client.RotateRoot().status(), client.DenyCertificate(Bytes(20)), client.RenewSite("eu")}) {
    EXPECT_EQ(status.code(), "OPERATOR-ONLY") << status.ToString();
    EXPECT_EQ(status.kind(), Kind::kDenied);
  }
}

TEST_F(CallsTest, ACommandHoldsOnceForOneCallAndOneOperator) {
  OperatorClient client = Client();
  ASSERT_TRUE(client.SubmitJob(JobOf("first")).ok());
  const auto stub = v1::Operator::NewStub(grpc::CreateChannel("localhost:" + std::to_string(port_),
                                                              grpc::InsecureChannelCredentials()));
  v1::JobName name;
  name.set_job("first");
  v1::Signed given;
  given.set_request(name.SerializeAsString());
  const auto sign = [&](const std::string& method, const std::string& who) {
    const Bytes command =
        identity::SignCommand("test", who, members_.ada,
                              CommandOf(method, base::AsBytes(given.request())), clock_.now)
            .Save();
    given.set_command(command.data(), command.size());
  };
  const auto pause = [&] {
    grpc::ClientContext context;
    v1::Job answer;
    return std::string(FromGrpc(stub->PauseJob(&context, given, &answer))->code());
  };
  EXPECT_EQ(pause(), "CODEC");  // not signed at all
  sign("ResumeJob", "ada");
  EXPECT_EQ(pause(), "CALL-COMMAND");
  sign("PauseJob", "bob");
  EXPECT_EQ(pause(), "OPERATOR-MISMATCH");
  sign("PauseJob", "ada");
  EXPECT_EQ(pause(), "");
  EXPECT_EQ(pause(), "COMMAND-REPLAY");
  name.set_job("second");
  given.set_request(name.SerializeAsString());
  EXPECT_EQ(pause(), "CALL-COMMAND");
  given.set_request("\xff\xff");
  EXPECT_EQ(pause(), "CALL-FORM");
  members_.ada = crypto::NewSecretKey();
  given.set_request(name.SerializeAsString());
  sign("PauseJob", "ada");
  EXPECT_EQ(pause(), "COMMAND-SIGNATURE");
}

TEST_F(CallsTest, CallsOfAStoppedEngineEnd) {
  OperatorClient client = Client();
  loop_.Stop();
  EXPECT_EQ(CodeOf(client.ListJobs()), "NET-STOPPED");
  EXPECT_EQ(CodeOf(client.GetVersion(JobId("first"), {})), "NET-STOPPED");
  uint64_t seen = 0;
  EXPECT_EQ(CodeOf(client.WatchJob(JobId("first"), seen, {})), "NET-STOPPED");
  EXPECT_EQ(CodeOf(client.SubmitJob(JobOf("first"))), "NET-STOPPED");
}

TEST(StatusCodeTest, KindsAndCodesComeBack) {
  for (const Kind kind :
       {Kind::kFailed, Kind::kUsage, Kind::kNotFound, Kind::kConflict, Kind::kDenied,
        Kind::kUnreachable, Kind::kTimeout, Kind::kRefused, Kind::kConfig}) {
    const auto back = FromGrpc(ToGrpc({kind, "A-CODE-03", "a sentence [with] brackets."}));
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->kind(), kind);
    EXPECT_EQ(back->ToString(), "a sentence [with] brackets. [A-CODE-03]");
  }
  EXPECT_TRUE(FromGrpc(grpc::Status::OK)->ok());
  EXPECT_FALSE(FromGrpc({grpc::StatusCode::UNAVAILABLE, "connection reset"}).has_value());
  EXPECT_FALSE(FromGrpc({grpc::StatusCode::INTERNAL, "odd [IS-IT]"}).has_value());
}

TEST(StatusCodeTest, ManyLinesKeepTheFirstAndTheLast) {
  std::string text = "first fault";
  for (int i = 0; i < 500; ++i) text += "\njob.yaml:" + std::to_string(i) + ": fault [JOB-KEY]";
  text += "\njob.yaml: 500 faults, listed above";
  const auto back = FromGrpc(ToGrpc({Kind::kConfig, "JOB-KEY", text}));
  EXPECT_LT(back->message().size(), 2100U);
  EXPECT_TRUE(back->message().starts_with("first fault\n"));
  EXPECT_TRUE(back->message().ends_with("\n...\njob.yaml: 500 faults, listed above"));
}

}  // namespace
}  // namespace florin::api
