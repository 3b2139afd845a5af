#include "florin/protocol/threshold_he/words.h"

#include <algorithm>
#include <utility>

#include "florin/base/codec.h"
#include "florin/crypto/transcript.h"
#include "florin/protocol/checks.h"

namespace florin::protocol::threshold_he {
namespace {

using base::Reader;
using base::Writer;

constexpr uint8_t kSetupVersion = 1;

Writer Begin(Step step) {
  Writer writer;
  writer.U8(step);
  return writer;
}

Status Finish(const Reader& reader) {
  const Status status = reader.Finish("threshold_he");
  if (status.ok()) return {};
  return Fault("PROTO-MESSAGE", std::string(status.message()) + ".");
}

// A header of `step`, read by `read(reader, word)`.
template <typename Word, typename Read>
Result<Word> Parse(Step step, ByteView header, const Read& read) {
  Reader reader(header);
  if (reader.U8() != step) reader.Fail("message of another step");
  Word word;
  read(reader, word);
  FLORIN_TRY(Finish(reader));
  return word;
}

Bytes ReadBytes(Reader& reader, size_t size) {
  const ByteView bytes = reader.Fixed(size);
  return Bytes(bytes.begin(), bytes.end());
}

Bytes Signed(Writer writer, const Sign& sign) {
  const Signature signature = sign(writer.view());
  writer.Fixed(signature);
  return std::move(writer).Take();
}

}  // namespace

Bytes Write(const Contribution& word) {
  Writer writer = Begin(kContribute);
  writer.Fixed(word.signature).Fixed(word.key);
  return std::move(writer).Take();
}

Bytes Write(const OpenAsked& word) {
  Writer writer = Begin(kOpen);
  writer.Fixed(word.context).Varint(word.counted.size());
  for (const Counted& one : word.counted) {
    writer.Varint(one.who.place.index).Text(one.who.name).Fixed(one.who.identity);
    writer.Fixed(one.vector).Fixed(one.signature);
  }
  return std::move(writer).Take();
}

Bytes Write(const Opening& word) {
  Writer writer = Begin(kOpen);
  writer.Fixed(word.signature).Fixed(word.opening);
  return std::move(writer).Take();
}

Bytes Write(const RecoverAsked& word) {
  Writer writer = Begin(kRecover);
  writer.Fixed(word.context).Blob(word.missing);
  return std::move(writer).Take();
}

Bytes Write(const Recovered& word) {
  Writer writer = Begin(kRecover);
  writer.Fixed(word.signature).Varint(word.shares.size());
  for (const Share& share : word.shares) writer.Fixed(share);
  return std::move(writer).Take();
}

Result<Contribution> ReadContribution(ByteView header) {
  return Parse<Contribution>(kContribute, header, [](Reader& reader, Contribution& word) {
    word.signature = ReadArray<64>(reader);
    word.key = ReadBytes(reader, kSealedKeySize);
  });
}

Result<OpenAsked> ReadOpenAsked(ByteView header) {
  return Parse<OpenAsked>(kOpen, header, [](Reader& reader, OpenAsked& word) {
    word.context = ReadArray<32>(reader);
    const uint64_t count = reader.Varint();
    if (count > kContributorsMax) reader.Fail("too many contributors");
    uint64_t last = 0;
    for (uint64_t i = 0; reader.ok() && i < count; ++i) {
      const uint64_t place = reader.Varint();
      if (place <= last || place > kContributorsMax) reader.Fail("places out of order");
      last = place;
      Counted one;
      one.who.place = {static_cast<uint32_t>(place)};
      one.who.name = reader.Text(kNameMax);
      one.who.identity = ReadArray<32>(reader);
      one.vector = ReadArray<32>(reader);
      one.signature = ReadArray<64>(reader);
      word.counted.push_back(std::move(one));
    }
  });
}

Result<Opening> ReadOpening(ByteView header) {
  return Parse<Opening>(kOpen, header, [](Reader& reader, Opening& word) {
    word.signature = ReadArray<64>(reader);
    word.opening = ReadBytes(reader, kOpeningSize);
  });
}

Result<RecoverAsked> ReadRecoverAsked(ByteView header) {
  return Parse<RecoverAsked>(kRecover, header, [](Reader& reader, RecoverAsked& word) {
    word.context = ReadArray<32>(reader);
    const ByteView missing = reader.Blob(kMembersMax);
    word.missing.assign(missing.begin(), missing.end());
    if (word.missing.empty() ||
        std::ranges::adjacent_find(word.missing, std::greater_equal{}) != word.missing.end()) {
      reader.Fail("places out of order");
    }
  });
}

Result<Recovered> ReadRecovered(ByteView header) {
  return Parse<Recovered>(kRecover, header, [](Reader& reader, Recovered& word) {
    word.signature = ReadArray<64>(reader);
    const uint64_t count = reader.Varint();
    if (count > kMembersMax) reader.Fail("too many shares");
    for (uint64_t i = 0; reader.ok() && i < count; ++i) {
      word.shares.push_back(ReadArray<crypto::kShareSize>(reader));
    }
  });
}

Digest ContributionDigest(const Digest& context, PartyId place, const Digest& committee,
                          const Digest& vector, const Digest& key) {
  return crypto::Transcript("florin/threshold_he/contribution/1")
      .Add("context", ByteView(context))
      .Add("place", place.index)
      .Add("committee", ByteView(committee))
      .Add("vector", ByteView(vector))
      .Add("key", ByteView(key))
      .Digest();
}

Digest AnswerDigest(const Digest& committee, PartyId place, ByteView question, ByteView answer) {
  return crypto::Transcript("florin/threshold_he/answer/1")
      .Add("committee", ByteView(committee))
      .Add("place", place.index)
      .Add("question", question)
      .Add("answer", answer)
      .Digest();
}

Bytes WriteSigned(const Pledge& word, const Sign& sign) {
  Writer writer;
  writer.U8(kSetupVersion).Fixed(word.box_key).Fixed(word.commitment);
  return Signed(std::move(writer), sign);
}

Bytes WriteSigned(const Reveal& word, const Sign& sign) {
  Writer writer;
  writer.U8(kSetupVersion).Fixed(word.share);
  for (const auto& box : word.boxes) writer.Fixed(box);
  return Signed(std::move(writer), sign);
}

Result<Pledge> ReadPledge(ByteView bytes) {
  Reader reader(bytes);
  if (reader.U8() != kSetupVersion) reader.Fail("unknown version");
  Pledge word;
  word.box_key = ReadArray<32>(reader);
  word.commitment = ReadArray<32>(reader);
  reader.Fixed(sizeof(Signature));
  FLORIN_TRY(Finish(reader));
  return word;
}

Result<Reveal> ReadReveal(ByteView bytes, size_t members) {
  Reader reader(bytes);
  if (reader.U8() != kSetupVersion) reader.Fail("unknown version");
  Reveal word;
  word.share = ReadBytes(reader, kKeyShareSize);
  for (size_t i = 0; i < members; ++i) word.boxes.push_back(ReadArray<kBoxSize>(reader));
  reader.Fixed(sizeof(Signature));
  FLORIN_TRY(Finish(reader));
  return word;
}

}  // namespace florin::protocol::threshold_he
