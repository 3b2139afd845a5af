// Numbered changes of the schema, forward only, compiled in from migrations/NNNN_name.sql.
#pragma once

#include "florin/base/span.h"
#include "florin/base/status.h"
#include "florin/store/database.h"

namespace florin::store {

struct Migration {
  int number;  // 1, 2, 3 ...
  const char* name;
  const char* sql;
};

// This program's, in order. Defined by the build from the files.
Span<const Migration> Migrations();

// Is what is applied a part of `migrations`? [STORE-NEWER], [STORE-MIGRATION], as below.
Status CheckMigrations(Database& database, Span<const Migration> migrations);

// Applies what is missing, each in a transaction of its own, and records the SHA-256 of its text.
// [STORE-NEWER] the database has more than `migrations`; [STORE-MIGRATION] an applied one is not
// the one of that number here. Both leave the database as it was.
Status Migrate(Database& database, Span<const Migration> migrations);

}  // namespace florin::store
