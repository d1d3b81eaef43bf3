// SPDX-License-Identifier: Apache-2.0
// The client end of the runtime socket. Knows no event loop: whoever owns it says when the socket is ready and what
// time it is, and gets every call answered exactly once, in time or not.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "wire_frame.h"
#include "wire_rpc.h"

namespace aegis::wire {

enum class Failure {
  none,
  not_connected,   // no open channel
  unreachable,     // nobody listens, or the path cannot be used
  squatted,        // somebody listens whom the client must not trust
  timeout,         // no answer before the deadline
  closed,          // the channel ended before the answer
  protocol_error,  // the peer does not speak the protocol
  refused,         // the peer answered with an error
  bad_argument,    // the caller's
};
std::string_view word_of(Failure failure);

struct Reply {
  Failure failure = Failure::none;
  std::string text;  // the result as JSON, or the message of the failure
  int rpc_code = 0;  // with `refused`
};

class Client {
 public:
  using Done = std::function<void(Reply)>;
  using OnNotification = std::function<void(std::string_view frame)>;

  Client() = default;
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Connects and checks who listens: root, or `expected_uid`. Never waits: a listener whose queue is full counts as
  // unreachable.
  Reply open(const std::string& path, uid_t expected_uid);
  // Answers everything outstanding with `why`; the registration ends with the channel.
  void close(Reply why);
  int fd() const { return fd_; }

  // Sends a request; `params` is the JSON text of an object. `done` runs once; inside call() when it cannot be sent.
  void call(std::string_view method, std::string_view params, std::int64_t deadline_ms, Done done);
  // The same, waiting here; answers to other calls that come meanwhile are handed to them.
  Reply call_and_wait(std::string_view method, std::string_view params, std::int64_t deadline_ms);

  // runtime.hello with a fresh nonce; fails with protocol_error when the answer does not carry it.
  void hello(std::int64_t deadline_ms, Done done);
  // agent.register. The token stays in here: the reply does not carry it, every later authenticated() call does.
  void register_agent(std::string_view identity, std::int64_t deadline_ms, Done done);
  // Parameters with the agent's id and token put in front of `members` ("\"a\":1,..." or empty).
  std::string authenticated(std::string_view members) const;
  bool is_registered() const { return !token_.empty(); }

  // Between the two, what is asked is gathered and then leaves with one system call: an answer often brings the next
  // question.
  void cork() { is_corked_ = true; }
  void uncork();

  void on_readable();
  void on_writable();
  void expire(std::int64_t now_ms);

  bool wants_write() const { return fd_ >= 0 && sent_ < unsent_.size(); }
  std::size_t outstanding() const { return calls_.size(); }
  std::optional<std::int64_t> next_deadline() const;
  void on_notification(OnNotification handler) { notification_ = std::move(handler); }

 private:
  struct Call {
    std::int64_t deadline;
    Done done;
  };
  std::uint64_t start(std::string_view method, std::string_view params, std::int64_t deadline_ms, Done done);
  void read_once();
  void take(const Answer& answer);
  void finish(std::uint64_t id, Reply reply);

  int fd_ = -1;
  std::uint64_t next_id_ = 1;  // ids are never used twice, so a late or second answer finds nobody
  std::map<std::uint64_t, Call> calls_;
  FrameReader frames_;
  std::string unsent_;
  std::size_t sent_ = 0;
  bool is_corked_ = false;
  std::string server_nonce_, agent_id_, token_;
  std::string previous_token_;  // of the channel before: takes the identity back from a runtime that still knows it
  std::string credentials_;     // "{\"agentId\":...,\"token\":...", as every authenticated call begins
  OnNotification notification_;
};

// Milliseconds on CLOCK_MONOTONIC, the time every deadline here is in.
std::int64_t monotonic_ms();

}  // namespace aegis::wire
