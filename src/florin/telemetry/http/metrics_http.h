// MetricsHttp: GET /metrics and /healthz on an address of its own, for Prometheus and load
// balancers.
//
// Plain HTTP, no authentication: bind it to loopback or to a network of the operators. One thread;
// at most 32 connections at a time, each with five seconds for a request of at most 8 KiB.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "florin/base/status.h"

namespace florin::telemetry {

class MetricsHttp {
 public:
  // render: called on the server's thread. listen: "127.0.0.1:9464", an address, not a name.
  // [NET-LISTEN] the address cannot be listened on.
  static Result<std::unique_ptr<MetricsHttp>> Start(const std::string& listen,
                                                    std::function<std::string()> render);
  ~MetricsHttp();
  int port() const;

 private:
  class Impl;
  explicit MetricsHttp(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace florin::telemetry
