// The audit chains of a coordinator among its records: a log for each, a line of
// govern/audit_file.h an entry, and the newest signed head beside it.
//
// Whoever appends does it in the transaction of what happened, so the chain and the state tell the
// same story. Heads are signed with one key, made when the first entry is and kept among the
// records; who remembers a head, or its key, sees a chain that was cut or written anew.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "florin/crypto/ed25519.h"
#include "florin/govern/audit.h"
#include "florin/store/records.h"

namespace florin::api {

inline constexpr std::string_view kCallsChain = "audit";         // what operators asked for
inline constexpr std::string_view kMembersChain = "membership";  // who belongs
inline constexpr std::string_view kRoundsChain = "rounds";       // what jobs and rounds came to

struct News {
  std::string actor;
  std::string event;
  govern::AuditFields fields;
};

// Links the news, at least one, to the chain and signs where it then stands. [AUDIT-FORM] a text
// outside its bounds, or what was stored is no chain; [AUDIT-KEY] the key is damaged; and what the
// transaction says.
Status AppendNews(store::Transaction& change, std::string_view chain, Time now,
                  std::vector<News> news);

// The newest head as a line; "" while the chain is empty.
Result<std::string> NewestHead(store::Transaction& reading, std::string_view chain);

// Whose signature the heads have. [AUDIT-KEY] there is none yet, or it is damaged.
Result<crypto::Ed25519PublicKey> AuditKey(store::Transaction& reading);

}  // namespace florin::api
