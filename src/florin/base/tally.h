// Tally: how often each name came lately, to tell who comes too often.
//
// Bounded: all counts begin anew when the span is over, when the clock goes back, and when too many
// names are in it. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "florin/base/time.h"

namespace florin::base {

class Tally {
 public:
  Tally(Duration span, size_t names_max) : span_(span), names_max_(names_max) {}

  // How often it came, with this time.
  uint32_t Count(const std::string& name, Time now) {
    if (IsOver(now) || counts_.size() == names_max_) {
      counts_.clear();
      since_ = now;
    }
    return ++counts_[name];
  }
  uint32_t CountOf(const std::string& name, Time now) const {
    const auto found = counts_.find(name);
    return found == counts_.end() || IsOver(now) ? 0 : found->second;
  }

 private:
  bool IsOver(Time now) const { return now < since_ || now - since_ > span_; }

  Duration span_;
  size_t names_max_;
  std::map<std::string, uint32_t> counts_;
  Time since_;
};

}  // namespace florin::base
