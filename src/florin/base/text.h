// Small text tools: splitting, trimming, strict numbers, "did you mean", and numbers for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "florin/base/span.h"

namespace florin::base {

std::vector<std::string_view> Split(std::string_view text, char separator);
std::string_view Trim(std::string_view text);  // blanks and tabs at both ends
std::string Lower(std::string_view text);      // ASCII
std::string Join(Span<const std::string> parts, std::string_view separator);

// The whole text must be the number; no blanks, no trailing characters.
std::optional<int64_t> ParseInt(std::string_view text);
std::optional<double> ParseDouble(std::string_view text);  // finite decimal numbers only

// `names` nearest to `word` when it is near enough to be a slip of the hand, else "".
std::string Nearest(std::string_view word, Span<const std::string> names);
// ` Did you mean "x"?`, or the list of all names, ready to end an error message.
std::string DidYouMean(std::string_view word, Span<const std::string> names);

std::string Fixed(double value, int digits);  // "0.2092"
std::string Shortest(double value);           // shortest text that reads back as the same double
std::string WithCommas(int64_t value);        // "63,542"
std::string HumanBytes(uint64_t bytes);       // "1.3 MB" (powers of 1000)

// Quoted and escaped for JSON.
std::string JsonQuote(std::string_view text);
bool IsUtf8(std::string_view text);
// At most `size_max` bytes of UTF-8, whole characters.
std::string_view Cut(std::string_view text, size_t size_max);

}  // namespace florin::base
