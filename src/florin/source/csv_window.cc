#include "florin/source/csv_window.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace florin::source {
namespace {

Status FileFault(const std::string& name, std::string_view code, std::string_view what,
                 Kind kind = Kind::kFailed) {
  return Status(kind, code, name + ": " + std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

void RowWindow::Close::operator()(const int* file) const {
  ::close(*file);
  delete file;
}

Result<RowWindow> RowWindow::Open(const data::CsvFormat& format, std::string name,
                                  const CsvOptions& options) {
  RowWindow window;
  const int file = ::open(format.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return FileFault(name, "CSV-OPEN", "cannot open", Kind::kNotFound);
  window.file_.reset(new int(file));
  window.name_ = std::move(name);
  window.delimiter_ = format.delimiter;
  window.quote_ = format.quote;
  window.is_latin1_ = format.latin1;
  window.row_size_max_ = options.row_size_max;
  window.capacity_ = std::max<size_t>(1, options.buffer_size);
  window.buffer_.resize(kFrontSlack + window.capacity_ + kScanSlack);

  unsigned char mark[3] = {};
  const ssize_t size = ::pread(file, mark, sizeof(mark), 0);
  if (size < 0) return FileFault(window.name_, "CSV-OPEN", "cannot read", Kind::kNotFound);
  if (size >= 2 && ((mark[0] == 0xff && mark[1] == 0xfe) || (mark[0] == 0xfe && mark[1] == 0xff))) {
    return Status(Kind::kFailed, "CSV-ENCODING",
                  window.name_ + ": expected UTF-8 or Latin-1, found UTF-16; save it as UTF-8");
  }
  const bool has_mark = size == 3 && mark[0] == 0xef && mark[1] == 0xbb && mark[2] == 0xbf;
  FLORIN_TRY(window.Seek({.offset = has_mark ? 3U : 0U, .line = 1}));
  return window;
}

Status RowWindow::Seek(Position position) {
  if (::lseek(*file_, static_cast<off_t>(position.offset), SEEK_SET) < 0) {
    return FileFault(name_, "CSV-READ", "cannot rewind");
  }
  start_ = position;
  size_ = consumed_ = 0;
  is_last_ = is_skipping_ = false;
  structure_ = {};
  fault_ = Fault::kNone;
  return {};
}

Result<bool> RowWindow::Advance() {
  Consume();
  while (true) {
    FLORIN_TRY(Fill());
    if (size_ == 0) return false;
    if (is_skipping_) {
      const char* line_feed = static_cast<const char*>(std::memchr(text(), '\n', size_));
      is_skipping_ = line_feed == nullptr;
      consumed_ = is_skipping_ ? size_ : static_cast<size_t>(line_feed - text()) + 1;
      start_.offset += consumed_;
      start_.line += is_skipping_ ? 0 : 1;
      continue;
    }
    Scan(text(), size_, delimiter_, quote_, structure_);
    FindFault();
    if (structure_.row_count > 0 || fault_ != Fault::kNone) return true;
    if (!Grow()) {
      fault_ = structure_.ends_inside_quotes ? Fault::kOpenQuote : Fault::kRowTooLong;
      return true;
    }
  }
}

// Notes what the scan found after its last complete row.
void RowWindow::FindFault() {
  fault_ = Fault::kNone;
  if (structure_.fault != Structure::kNoFault) fault_ = Fault::kMisplacedQuote;
  if (structure_.ends_inside_quotes && is_last_) fault_ = Fault::kOpenQuote;
  const size_t row_count = structure_.row_count;
  const uint32_t row_end = row_count > 0 ? structure_.row_ends[row_count - 1] : 0;
  fault_row_ = structure_.separators[row_end] + 1;
  fault_cell_ = structure_.separators[structure_.separator_count - 1] + 1;
}

// Passes over the rows of this window, and over the first line of a faulty one.
void RowWindow::Consume() {
  if (structure_.row_count == 0 && fault_ == Fault::kNone) return;
  const Position after = structure_.row_count > 0 ? After(structure_.row_count - 1) : start_;
  consumed_ = static_cast<size_t>(after.offset - start_.offset);
  start_ = after;
  structure_.row_count = 0;
  if (fault_ == Fault::kNone) return;
  const auto* line_feed =
      static_cast<const char*>(std::memchr(text() + consumed_, '\n', size_ - consumed_));
  const size_t line_end =
      line_feed == nullptr ? size_ : static_cast<size_t>(line_feed - text()) + 1;
  start_.offset += line_end - consumed_;
  start_.line += line_feed == nullptr ? 0 : 1;
  is_skipping_ = line_feed == nullptr;
  consumed_ = line_end;
  fault_ = Fault::kNone;
}

// Moves what is left to the front and reads until the buffer is full or the file ends.
Status RowWindow::Fill() {
  char* text = buffer_.data() + kFrontSlack;
  size_ -= consumed_;
  std::memmove(text, text + consumed_, size_);
  consumed_ = 0;
  while (size_ < capacity_ && !is_last_) {
    FLORIN_ASSIGN(const size_t count, Read(text + size_, capacity_ - size_));
    is_last_ = count == 0;
    size_ += count;
  }
  // The last line of a file may lack its line feed; the slack has room for one.
  if (is_last_ && size_ > 0 && text[size_ - 1] != '\n') text[size_++] = '\n';
  return {};
}

Result<size_t> RowWindow::Read(char* to, size_t size) {
  while (true) {
    const ssize_t count = ::read(*file_, to, size);
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EINTR) return FileFault(name_, "CSV-READ", "cannot read");
  }
}

bool RowWindow::Grow() {
  if (capacity_ >= row_size_max_) return false;
  capacity_ = std::min(capacity_ * 2, row_size_max_);
  buffer_.resize(kFrontSlack + capacity_ + kScanSlack);
  return true;
}

RowWindow::Position RowWindow::After(size_t row) const {
  const size_t end = structure_.separators[structure_.row_ends[row]] + size_t{1};
  const auto lines = structure_.has_quoted_breaks
                         ? static_cast<uint64_t>(std::count(text(), text() + end, '\n'))
                         : row + 1;
  return {.offset = start_.offset + end, .line = start_.line + lines};
}

data::Place RowWindow::PlaceOf(uint32_t offset) const {
  data::Place place{.line = start_.line, .column = 1};
  for (uint32_t i = 0; i < offset; ++i) {
    const char c = text()[i];
    if (c == '\n') {
      ++place.line;
      place.column = 1;
    } else if (is_latin1_ || (static_cast<unsigned char>(c) & 0xc0) != 0x80) {
      ++place.column;  // a UTF-8 character counts at its first byte
    }
  }
  return place;
}

}  // namespace florin::source
