#include "errors.h"

#include <unistd.h>

#include <iostream>

#include "output.h"

namespace florin::apps {

int Finish(const Status& status) {
  if (status.ok()) return 0;
  std::cout.flush();
  const std::string message(status.message());
  // A message of several lines has its details first: the last line is the one to read.
  const size_t last = message.rfind('\n');
  if (last != std::string::npos) std::cerr << message.substr(0, last + 1);
  const std::string line = last == std::string::npos ? message : message.substr(last + 1);
  const bool is_colourful = IsColourful(STDERR_FILENO);
  std::cerr << (is_colourful ? "\x1b[31merror:\x1b[0m " : "error: ") << line << " ["
            << status.code() << "]\n";
  return status.exit_code();
}

Status UsageFault(std::string message) { return Status(Kind::kUsage, "USAGE", std::move(message)); }

}  // namespace florin::apps
