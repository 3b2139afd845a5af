#include "processes.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <filesystem>
#include <fstream>
#include <utility>

namespace florin::apps::bench {

std::string ReadLine(int fd) {
  std::string line;
  for (char c = 0; read(fd, &c, 1) == 1 && c != '\n';) line.push_back(c);
  return line;
}

void WriteLine(int fd, const std::string& line) {
  const std::string text = line + "\n";
  for (size_t done = 0; done < text.size();) {
    const ssize_t count = write(fd, text.data() + done, text.size() - done);
    if (count <= 0) return;  // the other side has gone, and will be missed by its silence
    done += static_cast<size_t>(count);
  }
}

Result<Child> Child::Fork(const Body& body) {
  int down[2];
  int up[2];
  if (pipe2(down, O_CLOEXEC) != 0 || pipe2(up, O_CLOEXEC) != 0) {
    return Status(Kind::kFailed, "BENCH-CHILD", "cannot make a pipe.");
  }
  const pid_t pid = fork();
  if (pid < 0) return Status(Kind::kFailed, "BENCH-CHILD", "cannot start a child process.");
  if (pid == 0) {
    close(down[1]);
    close(up[0]);
    body(down[0], up[1]);
    _exit(0);
  }
  close(down[0]);
  close(up[1]);
  return Child(pid, down[1], up[0]);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), to_(other.to_), from_(other.from_) {}

Child::~Child() {
  if (pid_ < 0) return;
  close(to_);
  close(from_);
  for (int i = 0; i < 50; ++i) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) return;
    usleep(20'000);
  }
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Child::Say(const std::string& line) const { WriteLine(to_, line); }

Result<std::string> Child::Hear() {
  std::string line = ReadLine(from_);
  if (!line.empty()) return line;
  return Status(Kind::kFailed, "BENCH-CHILD", "a process of the benchmark has ended early.");
}

double Child::ResidentMegabytes() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
  }
  return 0;
}

double Child::Descriptors() const {
  double count = 0;
  std::error_code gone;
  const std::filesystem::path folder = "/proc/" + std::to_string(pid_) + "/fd";
  for (const auto& entry : std::filesystem::directory_iterator(folder, gone)) {
    static_cast<void>(entry);
    ++count;
  }
  return count;
}

}  // namespace florin::apps::bench
