#include "florin/store/sealed_records.h"

#include <algorithm>
#include <utility>

namespace florin::store {
namespace {

constexpr std::string_view kSecretKinds[] = {"authority", "secret"};

bool IsSecret(std::string_view kind) {
  return std::ranges::find(kSecretKinds, kind) != std::end(kSecretKinds);
}

std::string NameOf(std::string_view kind, std::string_view key) {
  return "store/" + std::string(kind) + "/" + std::string(key);
}

class SealedTransaction final : public Transaction {
 public:
  SealedTransaction(std::unique_ptr<Transaction> inner, const Vault& vault)
      : inner_(std::move(inner)), vault_(vault) {}

  Status Put(std::string_view kind, std::string_view key, ByteView bytes) override {
    if (!IsSecret(kind)) return inner_->Put(kind, key, bytes);
    return inner_->Put(kind, key, vault_.Seal(NameOf(kind, key), bytes));
  }
  Result<std::optional<Bytes>> Get(std::string_view kind, std::string_view key) override {
    FLORIN_ASSIGN(std::optional<Bytes> bytes, inner_->Get(kind, key));
    if (bytes && IsSecret(kind)) {
      FLORIN_ASSIGN(*bytes, vault_.Open(NameOf(kind, key), *bytes));
    }
    return bytes;
  }
  Result<std::vector<Record>> List(std::string_view kind) override {
    FLORIN_ASSIGN(std::vector<Record> records, inner_->List(kind));
    if (!IsSecret(kind)) return records;
    for (Record& record : records) {
      FLORIN_ASSIGN(record.bytes, vault_.Open(NameOf(kind, record.key), record.bytes));
    }
    return records;
  }
  Result<bool> Delete(std::string_view kind, std::string_view key) override {
    return inner_->Delete(kind, key);
  }
  Result<uint64_t> Append(std::string_view kind, ByteView bytes) override {
    return inner_->Append(kind, bytes);
  }
  Result<uint64_t> LogSize(std::string_view kind) override { return inner_->LogSize(kind); }
  Result<std::vector<Bytes>> ReadLog(std::string_view kind, uint64_t first,
                                     size_t count_max) override {
    return inner_->ReadLog(kind, first, count_max);
  }
  Status Commit() override { return inner_->Commit(); }

 private:
  std::unique_ptr<Transaction> inner_;
  const Vault& vault_;
};

}  // namespace

Result<std::unique_ptr<Transaction>> SealedRecords::Begin() {
  FLORIN_ASSIGN(auto inner, records_.Begin());
  return std::unique_ptr<Transaction>(
      std::make_unique<SealedTransaction>(std::move(inner), vault_));
}

Status SealedRecords::SealAll() {
  FLORIN_ASSIGN(const auto change, records_.Begin());
  for (const std::string_view kind : kSecretKinds) {
    FLORIN_ASSIGN(const std::vector<Record> records, change->List(kind));
    for (const Record& record : records) {
      if (IsSealed(record.bytes)) continue;
      FLORIN_TRY(
          change->Put(kind, record.key, vault_.Seal(NameOf(kind, record.key), record.bytes)));
    }
  }
  return change->Commit();
}

}  // namespace florin::store
