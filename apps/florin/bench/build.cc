// How long a change to one room takes to build and test in a warm tree.
#include <cstdlib>
#include <filesystem>

#include "bench.h"

namespace florin::apps::bench {

Result<std::vector<Measurement>> BenchBuild(const Options& options) {
  namespace fs = std::filesystem;
  const fs::path build = fs::path(options.source) / "build" / "debug";
  if (options.source.empty() || !fs::exists(build / "build.ninja")) {
    return Status(Kind::kUsage, "BENCH-SOURCE",
                  "bench build: expected --source, a checkout with a configured build/debug "
                  "(./check --fast makes it), found \"" +
                      options.source + "\"");
  }
  const std::string room = "job";
  const std::string command =
      "CCACHE_DISABLE=1 ninja -C '" + build.string() + "' florin_" + room +
      "_test > /dev/null && '" +
      (build / "src/florin" / room / ("florin_" + room + "_test")).string() + "' > /dev/null";
  const auto is_built = [&] {
    return std::system(command.c_str()) == 0;  // NOLINT(cert-env33-c): the caller's own tree
  };
  if (!is_built()) {  // make the tree warm
    return Status(Kind::kFailed, "BENCH-BUILD", "bench build: the tree does not build: " + command);
  }
  const fs::path touched = fs::path(options.source) / "src/florin" / room / "plan.cc";
  const auto before = fs::last_write_time(touched);
  fs::last_write_time(touched, fs::file_time_type::clock::now());
  const double seconds = Fastest(1, [&] {
    if (!is_built()) std::abort();
  });
  fs::last_write_time(touched, before);
  return std::vector<Measurement>{
      {"build.incremental", seconds, "s", "<= 15",
       "one source of room " + room +
           " changed: compiled without a cache, linked, its unit tests run"}};
}

}  // namespace florin::apps::bench
