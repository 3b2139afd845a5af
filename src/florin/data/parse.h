// Cells as numbers and times: one reading for every source and for the values of a view.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "florin/data/source.h"

namespace florin::data {

// The double nearest to a decimal number: sign, digits, one decimal point, exponent; blanks around
// it are passed over. kMissingNumber when `text` is empty, anything else, or out of range.
double ParseNumber(std::string_view text, char decimal_point = '.');

// Microseconds since 1970 UTC of one of
//   YYYY-MM-DD, YYYYMMDD, YYYY-MM-DD[ T]HH:MM[:SS[.f...]] with an optional Z or +hh:mm (else UTC),
//   an integer: seconds since 1970 when its magnitude is below 1e11, else milliseconds.
// Eight digits are always a date: as seconds they would be days of 1970 to 1973. Digits after the
// sixth of a second's fraction are dropped; blanks around it are passed over. kMissingTime when
// `text` is empty or anything else.
int64_t ParseTime(std::string_view text);

// `text` for a message: in double quotes, controls escaped, cut after 40 bytes; always UTF-8.
std::string QuoteCell(std::string_view text);

// The reason of a reject: `nights: expected a number, found "two"`.
std::string WrongKind(std::string_view column, FieldKind kind, std::string_view text);

}  // namespace florin::data
