// Records whose secret kinds, the authority's key and the seed of the audit chains, are sealed by a
// vault; the others pass as they are. What it is given outlives it, and the vault has a key.
//
// [KEYS-OPEN] beside the errors of records.h.
#pragma once

#include "florin/store/records.h"
#include "florin/store/vault.h"

namespace florin::store {

class SealedRecords final : public Records {
 public:
  SealedRecords(Records& records, const Vault& vault) : records_(records), vault_(vault) {}
  Result<std::unique_ptr<Transaction>> Begin() override;
  // Seals what an earlier program left open, in one transaction.
  Status SealAll();

 private:
  Records& records_;
  const Vault& vault_;
};

}  // namespace florin::store
