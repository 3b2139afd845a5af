#include "florin/round/effect_codec.h"

#include <string>
#include <string_view>
#include <utility>

#include "florin/base/ids_codec.h"

namespace florin::round {
namespace {

constexpr uint8_t kFormat = 1;
constexpr size_t kEffectsMax = 50'000'000;
constexpr size_t kNameMax = 64;
constexpr size_t kTextMax = 1 << 16;
constexpr size_t kNumbersMax = 256;

using base::ReadCount;
using base::Reader;
using base::Writer;

job::Work RestoreWork(Reader& reader) {
  return base::ReadEnum(reader, job::Work::kUpdate, job::Work::kEvaluate);
}

// A longer text would make an outbox that cannot be read again.
Writer& SaveText(Writer& writer, std::string_view text) {
  return writer.Text(text.substr(0, kTextMax));
}

Writer& SaveWork(Writer& writer, job::Work work) { return writer.U8(static_cast<uint8_t>(work)); }

// One overload of Save and one specialisation of Restore an effect, under its tag.
template <typename T>
struct Form;

template <typename T>
struct EmptyForm {
  static void Save(Writer&, const T&) {}
  static T Restore(Reader&) { return {}; }
};
template <>
struct Form<Keep> : EmptyForm<Keep> {
  static constexpr uint8_t kTag = 12;
};
template <>
struct Form<Publish> : EmptyForm<Publish> {
  static constexpr uint8_t kTag = 2;
};
template <>
struct Form<DropRound> : EmptyForm<DropRound> {
  static constexpr uint8_t kTag = 3;
};
template <>
struct Form<ApplySum> : EmptyForm<ApplySum> {
  static constexpr uint8_t kTag = 10;
};

template <>
struct Form<Audit> {
  static constexpr uint8_t kTag = 1;
  static void Save(Writer& writer, const Audit& audit) { SaveText(writer, audit.entry); }
  static Audit Restore(Reader& reader) { return {reader.Text(kTextMax)}; }
};

template <>
struct Form<SetDeadline> {
  static constexpr uint8_t kTag = 4;
  static void Save(Writer& writer, const SetDeadline& set) { writer.I64(set.at.micros); }
  static SetDeadline Restore(Reader& reader) { return {{reader.I64()}}; }
};

template <>
struct Form<OpenParty> {
  static constexpr uint8_t kTag = 5;
  static void Save(Writer& writer, const OpenParty& open) { SaveWork(writer, open.work); }
  static OpenParty Restore(Reader& reader) { return {RestoreWork(reader)}; }
};

template <>
struct Form<SendOffer> {
  static constexpr uint8_t kTag = 6;
  static void Save(Writer& writer, const SendOffer& offer) {
    SaveWork(writer, offer.work).Varint(offer.member);
  }
  static SendOffer Restore(Reader& reader) {
    const job::Work work = RestoreWork(reader);
    return {work, ReadCount(reader)};
  }
};

template <>
struct Form<Fold> {
  static constexpr uint8_t kTag = 7;
  static void Save(Writer& writer, const Fold& fold) {
    SaveWork(writer.Fixed(fold.id.bytes), fold.work).Varint(fold.member);
  }
  static Fold Restore(Reader& reader) {
    Fold fold;
    fold.id = base::ReadDigest<ContributionId>(reader);
    fold.work = RestoreWork(reader);
    fold.member = ReadCount(reader);
    return fold;
  }
};

template <>
struct Form<SendReceipt> {
  static constexpr uint8_t kTag = 8;
  static void Save(Writer& writer, const SendReceipt& receipt) {
    SaveWork(writer.Text(receipt.site.text()).U32(receipt.round.number), receipt.work);
    writer.Fixed(receipt.id.bytes).U8(static_cast<uint8_t>(receipt.verdict));
    SaveText(writer, receipt.reason);
  }
  static SendReceipt Restore(Reader& reader) {
    SendReceipt receipt;
    receipt.site = SiteId(reader.Text(kNameMax));
    receipt.round.number = reader.U32();
    receipt.work = RestoreWork(reader);
    receipt.id = base::ReadDigest<ContributionId>(reader);
    receipt.verdict = base::ReadEnum(reader, job::Verdict::kAccepted, job::Verdict::kAbandoned);
    receipt.reason = reader.Text(kTextMax);
    return receipt;
  }
};

template <typename Close>
struct CloseForm {
  static void Save(Writer& writer, const Close& close) {
    SaveWork(writer, close.work).Varint(close.dropouts.size());
    for (const uint32_t member : close.dropouts) writer.Varint(member);
  }
  static Close Restore(Reader& reader) {
    Close close;
    close.work = RestoreWork(reader);
    const uint64_t count = reader.Varint();
    if (count > reader.remaining()) reader.Fail("list longer than its bytes");
    for (uint64_t i = 0; reader.ok() && i < count; ++i) close.dropouts.push_back(ReadCount(reader));
    return close;
  }
};
template <>
struct Form<CloseStep> : CloseForm<CloseStep> {
  static constexpr uint8_t kTag = 13;
};
template <>
struct Form<CloseParty> : CloseForm<CloseParty> {
  static constexpr uint8_t kTag = 9;
};

template <>
struct Form<Emit> {
  static constexpr uint8_t kTag = 11;
  static void Save(Writer& writer, const Emit& emit) {
    const job::Event& event = emit.event;
    writer.I64(event.at.micros).Text(event.name).Text(event.job.text());
    SaveText(writer.U32(event.round.number).Text(event.site.text()), event.text);
    writer.Varint(event.numbers.size());
    for (const auto& [name, value] : event.numbers) writer.Text(name).F64(value);
  }
  static Emit Restore(Reader& reader) {
    job::Event event;
    event.at.micros = reader.I64();
    event.name = reader.Text(kNameMax);
    event.job = JobId(reader.Text(kNameMax));
    event.round.number = reader.U32();
    event.site = SiteId(reader.Text(kNameMax));
    event.text = reader.Text(kTextMax);
    const uint64_t count = reader.Varint();
    if (count > kNumbersMax) reader.Fail("too many numbers");
    for (uint64_t i = 0; reader.ok() && i < count; ++i) {
      std::string name = reader.Text(kNameMax);
      const double value = reader.F64();
      event.numbers.emplace_back(std::move(name), value);
    }
    return {std::move(event)};
  }
};

// Tries the variant's alternatives in turn for the one with this tag.
template <size_t kIndex = 0>
Effect RestoreTagged(Reader& reader, uint8_t tag) {
  if constexpr (kIndex < std::variant_size_v<Effect>) {
    using T = std::variant_alternative_t<kIndex, Effect>;
    if (Form<T>::kTag == tag) return Form<T>::Restore(reader);
    return RestoreTagged<kIndex + 1>(reader, tag);
  } else {
    reader.Fail("no such effect");
    return {};
  }
}

}  // namespace

void SaveEffect(const Effect& effect, Writer& writer) {
  std::visit(
      [&]<typename T>(const T& known) {
        writer.U8(Form<T>::kTag);
        Form<T>::Save(writer, known);
      },
      effect);
}

Effect RestoreEffect(Reader& reader) { return RestoreTagged(reader, reader.U8()); }

Bytes SaveOutbox(const std::vector<Effect>& outbox) {
  Writer writer;
  writer.U8(kFormat).Varint(outbox.size());
  for (const Effect& effect : outbox) SaveEffect(effect, writer);
  return std::move(writer).Take();
}

Result<std::vector<Effect>> RestoreOutbox(ByteView bytes) {
  Reader reader(bytes);
  if (reader.U8() != kFormat) reader.Fail("unknown format");
  const uint64_t count = reader.Varint();
  if (count > kEffectsMax || count > reader.remaining()) reader.Fail("list longer than its bytes");
  std::vector<Effect> outbox;
  for (uint64_t i = 0; reader.ok() && i < count; ++i) outbox.push_back(RestoreEffect(reader));
  FLORIN_TRY(reader.Finish("outbox"));
  return outbox;
}

}  // namespace florin::round
