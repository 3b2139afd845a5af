// What must be true of gRPC in the whole process before the first server or channel is made.
#pragma once

namespace florin::transport {

// Silences gRPC's own log, which repeats on stderr what callers hear by events with more words;
// switches off the search for lock cycles that Debian's build of its mutexes does at every lock;
// and keeps its callback threads alive. gRPC 1.51 takes those threads down with the last channel or
// server and aborts when an event comes meanwhile: a site that dials again and again meets that.
// Idempotent; any thread.
void PrepareGrpc();

}  // namespace florin::transport
