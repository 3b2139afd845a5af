// Backup and restore of a Directory as one file (docs/spec/store.md, "Backup file").
//
// Both verify what they made or were given, payload by payload. Errors: [STORE-BACKUP] there is no
// store, a file or folder is in the way, or the file is no whole backup; [STORE-BLOB] a payload of
// the directory is missing or damaged; [STORE-NEWER], [STORE-MIGRATION] the backup is of another
// program; those of database.h.
#pragma once

#include <string>
#include <vector>

#include "florin/base/bytes.h"
#include "florin/base/status.h"

namespace florin::store {

// A file that lies beside a directory and is kept with it: settings, keys. The name is the
// caller's.
struct Companion {
  std::string name;
  Bytes bytes;
  bool operator==(const Companion&) const = default;
};

// Writes the store as of one moment, and its companions, to `file`, which must not be there. The
// directory may be in use, by this process or another. The file holds the secrets that the
// directory holds: 0600.
Status Backup(const std::string& directory, const std::string& file,
              const std::vector<Companion>& companions = {});

// Is `file` a backup, whole and undamaged, that this program can restore?
Status CheckBackup(const std::string& file);

// What was kept with the store, by name, ascending.
Result<std::vector<Companion>> ReadCompanions(const std::string& file);

// Makes a store of a backup in `directory`, which must be empty or not be there. Budgets and rounds
// are as they were then: what happened since is not known to it.
Status Restore(const std::string& file, const std::string& directory);

}  // namespace florin::store
