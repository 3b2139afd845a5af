#include "agent_rows.h"

#include <filesystem>

#include "files.h"
#include "florin/data/features/featurise.h"

namespace florin::apps {
namespace {

// A table and the reader of it.
class TableReader final : public data::BatchReader {
 public:
  explicit TableReader(data::Table table) : table_(std::move(table)), reader_(table_.view()) {}
  Result<const data::Batch*> Next() override { return reader_.Next(); }
  Status Rewind() override { return reader_.Rewind(); }

 private:
  data::Table table_;
  data::SingleBatchReader reader_;
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
  // One batch, as for whoever holds all rows in one process: sums of floats depend on where they
  // are cut.
  FLORIN_ASSIGN(data::Table table, data::Table::ReadAll(*reader));
  return std::unique_ptr<data::BatchReader>(std::make_unique<TableReader>(std::move(table)));
}

}  // namespace florin::apps
