// For this room's tests: an audit chain as an auditor reads it.
#pragma once

#include <gtest/gtest.h>

#include "florin/api/chain_log.h"
#include "florin/govern/audit_file.h"

namespace florin::api {

// How many entries the chain has, after every link and the signature behind the last were verified.
inline uint64_t VerifiedEntries(store::Records& records, std::string_view chain) {
  const auto reading = records.Begin().value();
  const std::string head = NewestHead(*reading, chain).value();
  const auto lines = reading->ReadLog(chain, 0, 1000).value();
  if (lines.empty()) {
    EXPECT_EQ(head, "");
    return 0;
  }
  govern::ChainCheck::Options options;
  options.keys = {AuditKey(*reading).value()};
  options.verify = crypto::VerifyEd25519;
  options.heads = {std::get<govern::Head>(govern::ParseLine(head).value())};
  govern::ChainCheck check(std::move(options));
  for (const Bytes& line : lines) {
    const Status status = govern::TakeLine(check, std::string(line.begin(), line.end()));
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
  const Status status = check.Finish();
  EXPECT_TRUE(status.ok()) << status.ToString();
  return check.index();
}

}  // namespace florin::api
