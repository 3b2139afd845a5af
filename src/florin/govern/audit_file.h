// The audit file: one JSON object a line, entries and the heads signed between them.
//
// There is one way to write a line (key order, no blanks, escapes), so a line is read back only if
// it is written the same again: docs/spec/files.md, "Audit file". This room does no I/O; whoever
// holds the file hands its lines over one by one, so a file of any length is verified in the memory
// of one line.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "florin/govern/audit.h"

namespace florin::govern {

constexpr size_t kAuditLineMax = size_t{1} << 20;  // bytes

// Without the line's end.
std::string ToLine(const Entry& entry);
std::string ToLine(const Head& head);

using AuditLine = std::variant<Entry, Head>;
// Whether the hashes hold is not looked at. [AUDIT-FORM]
Result<AuditLine> ParseLine(std::string_view line);

// Gives `check` the next line of a file. A line that cannot be read is a changed one. [AUDIT-*]
Status TakeLine(ChainCheck& check, std::string_view line);

}  // namespace florin::govern
