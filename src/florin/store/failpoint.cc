#include "florin/store/failpoint.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "florin/base/text.h"

namespace florin::store {
namespace {

struct Setting {
  std::string place;  // empty: none
  long passes_left = 1;
  bool is_full = false;
};

Setting Parse(const std::string& text) {
  const auto parts = base::Split(text, ':');
  Setting setting;
  if (!parts.empty()) setting.place = std::string(parts[0]);
  if (parts.size() > 1)
    setting.passes_left = std::strtol(std::string(parts[1]).c_str(), nullptr, 10);
  setting.is_full = parts.size() > 2 && parts[2] == "full";
  return setting;
}

Setting& Current() {
  static Setting setting = [] {
    const char* text = std::getenv("FLORIN_FAILPOINT");
    return Parse(text == nullptr ? "" : text);
  }();
  return setting;
}

}  // namespace

int AtFailpoint(const char* place) {
  Setting& setting = Current();
  if (setting.place.empty() || setting.place != place) return 0;
  if (setting.passes_left > 1) {
    --setting.passes_left;
    return 0;
  }
  if (setting.is_full) return ENOSPC;
  std::raise(SIGKILL);
  return EIO;
}

void SetFailpoint(const std::string& setting) { Current() = Parse(setting); }

}  // namespace florin::store
