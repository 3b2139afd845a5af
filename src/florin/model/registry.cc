#include <array>
#include <string>

#include "florin/base/text.h"
#include "florin/model/kinds.h"
#include "florin/model/model.h"

namespace florin::model {
namespace {

constexpr size_t kNameSizeMax = 64;
constexpr size_t kListMax = 64;

constexpr std::array kKinds = {
    ModelKind{"logistic", "probability of a yes; FedAvg family or exact Newton", MakeLogistic},
    ModelKind{"multinomial", "one of several classes, linear; FedAvg family", MakeMultinomial},
    ModelKind{"linear", "expected value, linear; FedAvg family or exact in one round", MakeLinear},
    ModelKind{"mlp", "probability or classes, dense layers with ReLU; FedAvg family", MakeMlp},
    ModelKind{"counts", "ranks items by counts per context, exact in one round", MakeCounts},
};

void SaveSizes(const std::vector<size_t>& sizes, base::Writer& writer) {
  writer.Varint(sizes.size());
  for (const size_t size : sizes) writer.Varint(size);
}

std::vector<size_t> RestoreSizes(base::Reader& reader) {
  const uint64_t count = reader.Varint();
  if (count > kListMax) reader.Fail("too many sizes");
  std::vector<size_t> sizes;
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    sizes.push_back(static_cast<size_t>(reader.Varint()));
  }
  return sizes;
}

}  // namespace

State Model::NewState(Rng& rng) const {
  State state;
  state.layout = layout();
  state.parameters = num::Values::Zeros(layout().scalar(), layout().size());
  Init(state.parameters, rng);
  return state;
}

void ModelSpec::Save(base::Writer& writer) const {
  writer.Text(kind).Varint(dense_width).Varint(sparse_width).Varint(classes);
  SaveSizes(level_rows, writer);
  SaveSizes(hidden, writer);
  writer.F64(l2).Array(Span<const double>(backoff)).Bool(is_personalised);
}

Result<ModelSpec> ModelSpec::Restore(base::Reader& reader) {
  ModelSpec spec;
  spec.kind = reader.Text(kNameSizeMax);
  spec.dense_width = static_cast<size_t>(reader.Varint());
  spec.sparse_width = static_cast<size_t>(reader.Varint());
  spec.classes = static_cast<size_t>(reader.Varint());
  spec.level_rows = RestoreSizes(reader);
  spec.hidden = RestoreSizes(reader);
  spec.l2 = reader.F64();
  spec.backoff = reader.Array<double>(kListMax);
  spec.is_personalised = reader.Bool();
  if (!reader.ok()) return reader.Finish("model");
  return spec;
}

Span<const ModelKind> ModelKinds() { return kKinds; }

Result<std::unique_ptr<Model>> MakeModel(const ModelSpec& spec) {
  std::vector<std::string> names;
  for (const ModelKind& kind : kKinds) {
    if (spec.kind == kind.name) return kind.make(spec);
    names.emplace_back(kind.name);
  }
  return Status(Kind::kConfig, "MODEL-KIND",
                "unknown model \"" + spec.kind + "\"." + base::DidYouMean(spec.kind, names));
}

}  // namespace florin::model
