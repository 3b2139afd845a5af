#include "agent_rows.h"

#include <filesystem>

#include "files.h"
#include "florin/data/features/featurise.h"

namespace florin::apps {
namespace {

// A reader and the source it reads.
class OwnedReader final : public data::BatchReader {
 public:
  OwnedReader(std::unique_ptr<data::Source> source, std::unique_ptr<data::BatchReader> reader)
      : source_(std::move(source)), reader_(std::move(reader)) {}
  Result<const data::Batch*> Next() override { return reader_->Next(); }
  Status Rewind() override { return reader_->Rewind(); }

 private:
  std::unique_ptr<data::Source> source_;
  std::unique_ptr<data::BatchReader> reader_;
};

}  // namespace

Result<std::unique_ptr<data::BatchReader>> AgentRows::Open(const std::string& view,
                                                           const data::Schema& schema,
                                                           data::Part part) {
  FLORIN_TRY(base::CheckName("view", view));  // a name of the coordinator's: never a path
  const std::filesystem::path file = std::filesystem::path(folder_) / (view + ".view.yaml");
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    return Status(Kind::kNotFound, "VIEW-NAME", "this site has no view \"" + view + "\".");
  }
  FLORIN_ASSIGN(const data::View mapped, LoadView(file.string()));
  FLORIN_ASSIGN(auto source, OpenRows(mapped));
  FLORIN_ASSIGN(auto reader, data::Featurise(*source, mapped, schema, part));
  return std::unique_ptr<data::BatchReader>(
      std::make_unique<OwnedReader>(std::move(source), std::move(reader)));
}

}  // namespace florin::apps
