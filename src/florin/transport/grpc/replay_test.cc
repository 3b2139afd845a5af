// Sessions of earlier releases, frame by frame, replayed to each of today's ends: a change of the
// wire that older peers would not survive fails here. Every file of testdata is replayed; a session
// that today's ends would hold otherwise is a new file, which UPDATE_GOLDEN=1 adds. The old ones
// stay for as long as those releases may be met.
//
// A file has the steps of Session below; in each the frames `up` and `down` as hex of the messages
// (Frames) that carried them, and what the step meant to the agent (`a`) and the coordinator (`c`).
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "florin/base/crc32c.h"
#include "florin/transport/grpc/ends_testing.h"

namespace florin::transport {
namespace {

namespace fs = std::filesystem;
const fs::path kFolder = FLORIN_SOURCE_DIR "/src/florin/transport/testdata";

struct Line {
  std::string mark;  // "step", "up", "down", "a", "c"
  std::string text;
};
using Lines = std::vector<Line>;

std::string ToHex(const std::string& bytes) {
  std::string hex;
  for (const char byte : bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<uint8_t>(byte) >> 4];
    hex += kDigits[static_cast<uint8_t>(byte) & 15];
  }
  return hex;
}

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

// What a frame means to whoever gets it, in words that do not change with its spelling.
std::string Said(const v1::Frame& frame) {
  switch (frame.body_case()) {
    case v1::Frame::kHello:
      return "hello version " + std::to_string(frame.hello().version()) + ", holds " +
             std::to_string(frame.hello().held_size()) + ", broke off " +
             std::to_string(frame.hello().partial_size());
    case v1::Frame::kParcel:
      return "parcel " + std::to_string(frame.parcel().kind()) + " from " +
             std::to_string(frame.parcel().offset());
    case v1::Frame::kOffer:
      return "offer";
    case v1::Frame::kReceipt:
      return "receipt";
    case v1::Frame::kRefusal:
      return "refusal";
    case v1::Frame::kGoodbye:
      return "goodbye " + frame.goodbye().code();
    case v1::Frame::kWant:
      return "want " + std::to_string(frame.want().digest_size());
    case v1::Frame::kContribution:
      return "contribution of " + std::to_string(frame.contribution().size()) + " from " +
             std::to_string(frame.contribution().offset());
    default:
      return {};  // chunks are cut as the sender likes
  }
}

// Two ends and the steps they take; either may be played by a record instead.
class Session final : public AgentEvents, public CoordinatorEvents {
 public:
  static constexpr std::array kSteps = {"hello", "offer 1", "answer 1", "accept", "refuse",
                                        "lose",  "offer 5", "break",    "hello",  "offer 5",
                                        "go on", "commit",  "goodbye"};

  // As it is held today.
  Lines Hold() {
    for (const char* step : kSteps) {
      lines_.push_back({"step", step});
      Act(step, true, true);
      Carry(std::string(step) == "break");
      Flush();
    }
    return std::move(lines_);
  }

  // One end lives, the other's frames come from the record: what the live one heard and said.
  enum class Side : uint8_t { kAgent, kCoordinator };
  Lines Replay(const Lines& record, Side live, void (*change)(v1::Frame&)) {
    const bool is_agent = live == Side::kAgent;
    for (const Line& line : record) {
      if (line.mark == "step") {
        Flush();
        lines_.push_back(line);
        Act(line.text, is_agent, !is_agent);
      } else if (line.mark == (is_agent ? "down" : "up")) {
        v1::Frames frames;
        EXPECT_TRUE(frames.ParseFromString(FromHex(line.text)));
        for (v1::Frame& frame : *frames.mutable_frame()) {
          change(frame);
          if (is_agent) {
            ToAgent(frame);
          } else {
            ToCoordinator(frame);
          }
        }
      }
      Drain(is_agent);
    }
    Flush();
    std::erase_if(lines_, [&](const Line& line) { return line.mark == (is_agent ? "c" : "a"); });
    return std::move(lines_);
  }

 private:
  void Act(const std::string& step, bool is_agent, bool is_coordinator) {
    if (step == "hello") {
      if (is_coordinator) coordinator_ = std::make_unique<CoordinatorEnd>(kSite, bulk_, *this);
      if (is_agent) agent_ = std::make_unique<AgentEnd>(kSite, memory_, *this, Time{1});
    } else if (step == "answer 1" || step == "break" || step == "go on") {
      if (is_agent) agent_->Send(Answer(step == "answer 1" ? 1 : 5));
    } else if (step == "refuse" && is_agent) {
      agent_->Send(job::Refusal{JobId("job"), RoundId{1}, job::Work::kUpdate, kSite, "NO", "no."});
    }
    if (is_coordinator) Say(step);
  }
  void Say(const std::string& step) {
    if (step == "offer 1") Ask(1, 0.25F);
    if (step == "offer 5") Ask(5, 0.25F);
    if (step == "lose") {  // the site keeps two states: the first has to come again
      Ask(2, 2);
      Ask(3, 3);
      Ask(4, 0.25F);
    }
    if (step == "accept") Receive(job::Verdict::kAccepted, "");
    if (step == "commit") {
      Receive(job::Verdict::kRejected, "why");
      Receive(job::Verdict::kCommitted, "");
    }
    if (step == "goodbye")
      coordinator_->outbox().Push(Goodbye({Kind::kDenied, "PEER-REVOKED", "."}));
  }
  void Ask(uint32_t round, float parameter) {
    job::Offer offer = OfferOf(plan_, kSite, round, parameter);
    offer.local = {.epochs = 2, .batch_size = 32, .learning_rate = 0.5};
    offer.deadline = Time{round};
    coordinator_->Send(Loaded(std::move(offer)));
  }
  void Receive(job::Verdict verdict, std::string reason) {
    job::Receipt receipt{JobId("job"), RoundId{1}, job::Work::kUpdate, kSite,
                         {},           verdict,    std::move(reason)};
    receipt.id.bytes.fill(7);
    coordinator_->Send(receipt);
  }
  std::shared_ptr<const job::Contribution> Answer(uint32_t round) const {
    return std::make_shared<const job::Contribution>(
        ContributionOf(OfferOf(plan_, kSite, round), round));
  }

  // Until neither has more to say. A contribution that breaks off ends in the middle of its bulk.
  void Carry(bool breaks_off) {
    v1::Frame frame;
    for (bool is_moving = true; is_moving;) {
      is_moving = false;
      if (NextFrame(agent_->outbox(), frame)) {
        is_moving = !(breaks_off && frame.has_chunk());
        if (!is_moving) Halve(frame);
        Record("up", frame);
        Note("a", Said(frame));
        ToCoordinator(frame);
      } else if (NextFrame(coordinator_->outbox(), frame)) {
        is_moving = true;
        Record("down", frame);
        Note("c", Said(frame));
        ToAgent(frame);
      }
    }
  }
  static void Halve(v1::Frame& frame) {
    v1::Chunk& chunk = *frame.mutable_chunk();
    chunk.mutable_data()->resize(chunk.data().size() / 2);
    chunk.set_crc32c(base::Crc32c(base::AsBytes(std::string_view(chunk.data()))));
  }
  void Drain(bool is_agent) {
    v1::Frame frame;
    while (is_agent && agent_ != nullptr && NextFrame(agent_->outbox(), frame))
      Note("a", Said(frame));
    while (!is_agent && coordinator_ != nullptr && NextFrame(coordinator_->outbox(), frame)) {
      Note("c", Said(frame));
    }
  }
  void Record(const char* mark, const v1::Frame& frame) {
    v1::Frames frames;
    *frames.add_frame() = frame;
    lines_.push_back({mark, ToHex(frames.SerializeAsString())});
  }
  // Notes of a step stand behind its frames, those of one end in their order.
  void Note(const char* mark, const std::string& text) {
    if (!text.empty()) notes_.push_back({mark, text});
  }
  void Flush() {
    for (const char* mark : {"a", "c"}) {
      std::ranges::copy_if(notes_, std::back_inserter(lines_),
                           [&](const Line& line) { return line.mark == mark; });
    }
    notes_.clear();
  }
  void ToAgent(const v1::Frame& frame) {
    const Status status = agent_->Receive(frame);
    if (!status.ok()) Note("a", "heard the end " + std::string(status.code()));
  }
  void ToCoordinator(const v1::Frame& frame) {
    const Status status = coordinator_->Receive(frame, Time{2});
    if (!status.ok()) Note("c", "heard the end " + std::string(status.code()));
  }

  void Welcomed(const v1::Hello& hello) override {
    Note("a", "heard hello at " + std::to_string(hello.clock_micros()));
  }
  void Offered(job::Offer offer) override {
    std::ostringstream text;
    text << "heard offer " << offer.job.text() << " round " << offer.round.number << " plan "
         << offer.plan->hash.Short() << " model " << offer.model_hash.Short() << " of "
         << offer.state->parameters.f32()[0] << " epochs " << offer.local.epochs << " rate "
         << offer.local.learning_rate << " place " << offer.self.index << "/" << offer.cohort_size
         << " until " << offer.deadline.micros;
    Note("a", text.str());
  }
  void Received(job::Receipt receipt) override {
    Note("a", std::string("heard receipt ") + job::VerdictName(receipt.verdict) + " round " +
                  std::to_string(receipt.round.number) + " id " + receipt.id.Short() + " " +
                  receipt.reason);
  }
  void Arrived(const v1::Hello& hello) override {
    Note("c", "heard hello at " + std::to_string(hello.clock_micros()));
  }
  void Contributed(job::Contribution contribution) override {
    const bool is_whole = contribution.message == Answer(contribution.round.number)->message;
    Note("c", "heard contribution round " + std::to_string(contribution.round.number) + " id " +
                  contribution.id.Short() + (is_whole ? " whole" : " CHANGED"));
  }
  void Refused(job::Refusal refusal) override {
    Note("c", "heard refusal " + refusal.code + ": " + refusal.reason);
  }

  std::shared_ptr<const job::Plan> plan_ = PlanOf(5);
  AgentMemory memory_{kParcelMax};
  Assembler bulk_;
  std::unique_ptr<AgentEnd> agent_;
  std::unique_ptr<CoordinatorEnd> coordinator_;
  Lines lines_;
  Lines notes_;
};

std::string TextOf(const Lines& lines) {
  std::string text;
  for (const Line& line : lines) text += line.mark + " " + line.text + "\n";
  return text;
}

Lines Read(const fs::path& path) {
  Lines lines;
  std::ifstream file(path);
  for (std::string text; std::getline(file, text);) {
    const size_t space = text.find(' ');
    lines.push_back({text.substr(0, space), text.substr(space + 1)});
  }
  return lines;
}

// session-1.txt, session-2.txt ...: the oldest first.
std::vector<fs::path> Recorded() {
  std::vector<fs::path> paths;
  for (fs::path path;
       fs::exists(path = kFolder / ("session-" + std::to_string(paths.size() + 1) + ".txt"));) {
    paths.push_back(path);
  }
  return paths;
}

TEST(Replay, TheSessionOfTodayIsRecorded) {
  const std::string today = TextOf(Session().Hold());
  const auto recorded = Recorded();
  const bool is_there = !recorded.empty() && TextOf(Read(recorded.back())) == today;
  if (!is_there && std::getenv("UPDATE_GOLDEN") != nullptr) {
    fs::create_directories(kFolder);
    std::ofstream(kFolder / ("session-" + std::to_string(recorded.size() + 1) + ".txt")) << today;
    return;
  }
  EXPECT_TRUE(is_there) << "UPDATE_GOLDEN=1 adds the session of this release; the others stay";
}

// What the record says that an end said and heard is what today's end says and hears.
void ExpectSameOutcome(void (*change)(v1::Frame&)) {
  const auto recorded = Recorded();
  ASSERT_FALSE(recorded.empty());
  for (const fs::path& path : recorded) {
    SCOPED_TRACE(path.filename());
    const Lines record = Read(path);
    const auto of = [&](const char* mark) {
      Lines lines = record;
      std::erase_if(lines,
                    [&](const auto& line) { return line.mark != "step" && line.mark != mark; });
      return TextOf(lines);
    };
    EXPECT_EQ(TextOf(Session().Replay(record, Session::Side::kAgent, change)), of("a"));
    EXPECT_EQ(TextOf(Session().Replay(record, Session::Side::kCoordinator, change)), of("c"));
  }
}

TEST(Replay, OlderPeersAreUnderstood) {
  ExpectSameOutcome([](v1::Frame&) {});
}

// Fields of a later release in every message of the session, at every depth.
void AddUnknownFields(google::protobuf::Message& message) {
  const auto* reflection = message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      AddUnknownFields(*reflection->MutableMessage(&message, field));
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      AddUnknownFields(*reflection->MutableRepeatedMessage(&message, field, i));
    }
  }
  auto* unknown = reflection->MutableUnknownFields(&message);
  unknown->AddVarint(1000, 7);
  unknown->AddLengthDelimited(1001, "of a later release");
}

TEST(Replay, FieldsOfLaterPeersArePassedOver) {
  ExpectSameOutcome([](v1::Frame& frame) {
    AddUnknownFields(frame);
    v1::Frame carried;
    ASSERT_TRUE(carried.ParseFromString(frame.SerializeAsString()));
    frame = carried;
  });
}

}  // namespace
}  // namespace florin::transport
