// Files that live as long as a test.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "florin/base/check.h"
#include "florin/data/view.h"

namespace florin::source {

class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view bytes) {
    const char* folder = std::getenv("TMPDIR");
    path_ = std::string(folder != nullptr ? folder : "/tmp") + "/florin-csv-XXXXXX";
    const int file = ::mkstemp(path_.data());
    FLORIN_CHECK(file >= 0);
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t count = ::write(file, bytes.data() + done, bytes.size() - done);
      FLORIN_CHECK(count > 0);
      done += static_cast<size_t>(count);
    }
    ::close(file);
  }
  ~TemporaryFile() { std::remove(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }
  data::CsvFormat format() const {
    data::CsvFormat format;
    format.path = path_;
    return format;
  }

 private:
  std::string path_;
};

// A cell as RFC 4180 writes it, in quotes where it must be or `always`.
inline std::string CsvCell(std::string_view text, char delimiter, char quote, bool always) {
  const char special[] = {delimiter, quote, '\r', '\n', '\0'};
  if (!always && text.find_first_of(special) == std::string_view::npos) return std::string(text);
  std::string cell(1, quote);
  for (const char c : text) {
    if (c == quote) cell += quote;
    cell += c;
  }
  return cell + quote;
}

}  // namespace florin::source
