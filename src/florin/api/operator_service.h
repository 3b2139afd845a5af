// OperatorService: what operators ask of a coordinator, over gRPC: docs/spec/wire.md, "Operator
// calls". It stands on the sites' port; the program gives service() to that server, with the
// certificates.
//
// Handlers run on gRPC's threads and touch the engine nowhere: they hand closures to `post`, which
// runs them on the engine's thread, one at a time. A closure that is dropped ends its call as
// stopped. Order of going: the server first, then whoever runs closures, then this.
//
// Statuses carry "sentence [CODE]"; beside those of Scheduler and Members: Kind::kDenied
// [OPERATOR-ONLY] a site or coordinator calls, [OPERATOR-MISMATCH], [CALL-COMMAND]; [CALL-FORM]
// bytes that are no request; [WIRE-STREAMS] a connection was denied too often; [JOB-UNKNOWN],
// [VERSION-UNKNOWN], [SUBMIT-SIZE], [SUBMIT-SPEC], [SUBMIT-FILE], [JOB-*] with file:line:column,
// [WATCH-SLOW], [NET-STOPPED].
#pragma once

#include <functional>
#include <memory>

#include <grpcpp/impl/service_type.h>

#include "florin/api/audit_log.h"
#include "florin/api/event_hub.h"
#include "florin/api/members.h"
#include "florin/round/job_book.h"
#include "florin/round/ports.h"
#include "florin/round/scheduler.h"

namespace florin::api {

// What the calls are about; touched on the engine's thread alone.
struct Engine {
  round::Scheduler& scheduler;
  round::Store& store;
  round::JobBook& book;
};

// The workspace's root is more than records: the program has files of it. On the engine's thread.
struct RootKeeper {
  std::function<Status(Time)> rotate = NoRoots;   // a new root beside the old one
  std::function<Status(Time)> end_old = NoRoots;  // the old one is trusted no more

  static Status NoRoots(Time) {
    return {Kind::kConflict, "ROTATION-STATE", "this program keeps no root."};
  }
};

struct OperatorOptions {
  // Runs a closure on the engine's thread, later or at once; any thread calls it.
  std::function<void(std::function<void()>)> post;
  RootKeeper roots = {};
  // On the engine's thread: the site's connection is to end, since it was revoked or is to renew.
  std::function<void(const SiteId&, const Status& why)> disconnect = [](const auto&, const auto&) {
  };
  // On the engine's thread: the store broke under a change; the process should end and resume.
  std::function<void(const Status&)> on_fault = [](const Status&) {};
};

class OperatorService {
 public:
  // All of these outlive the service.
  OperatorService(Engine engine, Members& members, AuditLog& audit, EventHub& hub,
                  base::Clock& clock, OperatorOptions options);
  ~OperatorService();

  grpc::Service* service();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace florin::api
