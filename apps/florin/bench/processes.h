// Children of a benchmark: forked before the program has threads, talked to over a pipe, gone when
// the benchmark is.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "florin/base/status.h"

namespace florin::apps::bench {

class Child {
 public:
  // body runs in the child: it reads `in` and writes `out`, whole lines, and its end is the
  // child's. What the parent has open beside is closed there with the parent's end.
  using Body = std::function<void(int in, int out)>;
  static Result<Child> Fork(const Body& body);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();  // closes its input, waits a while, kills

  void Say(const std::string& line) const;
  Result<std::string> Hear();  // a line; [BENCH-CHILD] the child has gone
  double ResidentMegabytes() const;
  double Descriptors() const;  // open ones

 private:
  Child(pid_t pid, int to, int from) : pid_(pid), to_(to), from_(from) {}
  pid_t pid_;
  int to_;
  int from_;
};

// A line of `fd`, without its end; empty at the end of the input.
std::string ReadLine(int fd);
void WriteLine(int fd, const std::string& line);

}  // namespace florin::apps::bench
