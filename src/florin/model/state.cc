#include "florin/model/state.h"

namespace florin::model {
namespace {

// A state has a handful of named vectors; more is a forged message.
constexpr size_t kNamedMax = 64;
constexpr size_t kNameSizeMax = 64;
constexpr size_t kHeadSize = 64;  // more than the numbers around a vector take

using Named = std::map<std::string, num::Values>;

Named CloneNamed(const Named& named) {
  Named copy;
  for (const auto& [name, values] : named) copy.emplace(name, values.Clone());
  return copy;
}

void SaveNamed(const Named& named, base::Writer& writer) {
  writer.Varint(named.size());
  for (const auto& [name, values] : named) {
    writer.Text(name);
    values.Save(writer);
  }
}

// Names come back strictly ascending, as a map writes them: one state, one spelling.
Named RestoreNamed(base::Reader& reader) {
  Named named;
  const uint64_t count = reader.Varint();
  if (count > kNamedMax) reader.Fail("too many named vectors");
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    std::string name = reader.Text(kNameSizeMax);
    num::Values values = num::Values::Restore(reader, num::Layout::kValuesMax);
    if (!named.empty() && name <= named.rbegin()->first) {
      reader.Fail("named vectors not in ascending order");
    }
    if (reader.ok()) named.emplace_hint(named.end(), std::move(name), std::move(values));
  }
  return named;
}

}  // namespace

State State::Clone() const {
  return {.layout = layout,
          .parameters = parameters.Clone(),
          .memory = CloneNamed(memory),
          .is_converged = is_converged};
}

void State::SaveModel(base::Writer& writer) const {
  layout.Save(writer);
  writer.Reserve(parameters.bytes().size() + kHeadSize);
  parameters.Save(writer);
}

void State::SaveWithoutMemory(base::Writer& writer) const {
  SaveModel(writer);
  SaveNamed({}, writer);
  writer.Bool(is_converged);
}

void State::Save(base::Writer& writer) const {
  SaveModel(writer);
  SaveNamed(memory, writer);
  writer.Bool(is_converged);
}

Result<State> State::Restore(base::Reader& reader) {
  FLORIN_ASSIGN(num::Layout layout, num::Layout::Restore(reader));
  State state;
  state.parameters = num::Values::Restore(reader, layout.size());
  if (reader.ok() &&
      (state.parameters.size() != layout.size() || state.parameters.scalar() != layout.scalar())) {
    reader.Fail("parameters do not have the layout's size and scalar");
  }
  state.layout = std::move(layout);
  state.memory = RestoreNamed(reader);
  state.is_converged = reader.Bool();
  if (!reader.ok()) return reader.Finish("state");
  return state;
}

void PrivateState::Save(base::Writer& writer) const { SaveNamed(values, writer); }

Result<PrivateState> PrivateState::Restore(base::Reader& reader) {
  PrivateState own;
  own.values = RestoreNamed(reader);
  if (!reader.ok()) return reader.Finish("private state");
  return own;
}

PrivateState PrivateState::Clone() const { return {.values = CloneNamed(values)}; }

}  // namespace florin::model
